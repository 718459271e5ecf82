"""Runs of invoice schedules: which schedules run together, what a run bills, and what it leaves on its schedules.

Project Operations documentation, configure-automated-invoice-creation: a schedule runs on its invoice run date;
time-and-material lines take ready transactions dated up to the cut-off, fixed-price lines ready milestones dated up to
the run date; lines of one contract with the same run date share one invoice; without transactions there is no invoice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.backlog import Item, ItemKind
from domain.commands import CreateProforma
from domain.identifiers import derive_id
from domain.invoice_schedule import DueSchedule, InvoiceSchedule
from domain.option_sets import InvoiceRunStatus


@dataclass(frozen=True, slots=True)
class LineLimits:
    """Up to which days, inclusive, a run bills a contract line."""

    transactions: date
    milestones: date

    def of(self, kind: ItemKind) -> date:
        """Name the last day for a kind of item."""
        return self.milestones if kind == ItemKind.MILESTONE else self.transactions


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run has come to."""

    # the draft that it made, or the first of several; None: nothing was to be billed
    invoice: str | None
    # contract lines of which something due stayed behind for a reason that a person can mend
    failed_lines: frozenset[str]


def is_over(schedule: InvoiceSchedule) -> bool:
    """Tell whether nothing is to be done about a schedule any more."""
    return schedule.run_status == InvoiceRunStatus.RUN_SUCCESSFUL


def is_running(schedule: InvoiceSchedule) -> bool:
    """Tell whether a tick has begun its run and the command has not come to its end yet."""
    is_begun = schedule.run is not None and schedule.run_on == schedule.run_date
    return is_begun and schedule.run_status == InvoiceRunStatus.NOT_RUN


def begin(schedules: Sequence[InvoiceSchedule], now: datetime) -> list[InvoiceSchedule]:
    """Begin the run of the schedules of one contract and run date; those that are running stay as they are.

    The id of the run follows from all of them, begun or not: whoever goes on with what another tick has begun in part
    gives the rest the same id. A schedule that came later gets a run of its own.
    """
    due = [each for each in schedules if not is_over(each)]
    first = due[0]
    ids = sorted(f"{each.schedule}:{_failures(each)}" for each in due)
    run = derive_id("schedule-run", first.contract, first.run_date, *ids)
    at = next((each.run_at for each in due if each.run == run and each.run_at), now)
    stamp = {"run": run, "run_on": first.run_date, "run_at": at, "run_status": InvoiceRunStatus.NOT_RUN}
    return [each if is_running(each) else each.changed(**stamp, failures=_failures(each), invoice=None) for each in due]


def _failures(schedule: InvoiceSchedule) -> int:
    return schedule.failures + (schedule.run_status == InvoiceRunStatus.RUN_FAILED)


def run_commands(schedules: Iterable[InvoiceSchedule]) -> list[CreateProforma]:
    """Make the command of each run that schedules stand in."""
    runs: dict[str, list[InvoiceSchedule]] = {}
    for schedule in schedules:
        runs.setdefault(schedule.run or "", []).append(schedule)
    return [_command(run, members) for run, members in runs.items()]


def _command(run: str, schedules: Sequence[InvoiceSchedule]) -> CreateProforma:
    first = schedules[0]
    fields = {
        "command": run,
        "correlation": run,
        "requested_at": first.run_at,
        "contract": first.contract,
        "cut_off": max(each.billed_up_to for each in schedules),
        "scheduled_on": first.run_date,
    }
    return CreateProforma.model_validate(fields)


def line_limits(schedules: Iterable[InvoiceSchedule]) -> Mapping[str, LineLimits]:
    """Tell up to when each contract line is billed; of several schedules of a line the latest cut-off counts."""
    limits: dict[str, LineLimits] = {}
    for schedule in sorted(schedules, key=lambda each: each.billed_up_to):
        limits[schedule.contract_line] = LineLimits(schedule.billed_up_to, schedule.run_date)
    return limits


def ended(schedule: InvoiceSchedule, result: RunResult) -> InvoiceSchedule:
    """Write on a schedule what its run has come to."""
    is_failed = schedule.contract_line in result.failed_lines
    status = InvoiceRunStatus.RUN_FAILED if is_failed else InvoiceRunStatus.RUN_SUCCESSFUL
    return schedule.changed(run_status=status, invoice=result.invoice)


def failed_lines(behind: Iterable[Item]) -> frozenset[str]:
    """Name the contract lines of items that stayed behind."""
    return frozenset(each.contract_line for each in behind if each.contract_line is not None)


def due_entry(schedule: InvoiceSchedule) -> DueSchedule | None:
    """Make the row of the work index for a schedule that is still to run, perhaps again."""
    if is_over(schedule) or schedule.contract is None:
        return None
    return DueSchedule(contract=schedule.contract, schedule=schedule.schedule, run_date=schedule.run_date)
