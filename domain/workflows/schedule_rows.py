"""The rows of invoice schedules and their work index: find what is to run, read a run, write how it ended.

A row of the index is a hint: its schedule may have run, or may have got another run date since. Whoever meets such a
row removes it; who plans a schedule writes its row of the index last, so that none is removed too early for good.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from domain.commands import CreateProforma
from domain.errors import ChangedMeanwhile
from domain.invoice_schedule import TO_RUN, DueSchedule, InvoiceSchedule
from domain.ports import RowStore
from domain.rows import Delete, Insert, Replace, StoredRow
from domain.saving import ROUNDS_MAX, read_keys, save
from domain.schedule_runs import RunResult, due_entry, ended, is_over
from domain.tables import Table

# above every key of the index that begins with the same run date, or the same run date and contract
_HIGHEST = "~"

type Planned = tuple[StoredRow, InvoiceSchedule]


def due_groups(store: RowStore, up_to: date) -> Iterator[list[DueSchedule]]:
    """Read what is to run up to a day, the schedules of one run date and contract together, the oldest first."""
    pages = store.read_pages(Table.DATAVERSE_DUE_SCHEDULES, TO_RUN, last=f"{up_to}{_HIGHEST}")
    entries = (DueSchedule.from_columns(row.columns) for page in pages for row in page)
    for _, group in groupby(entries, key=lambda entry: (entry.run_date, entry.contract)):
        yield list(group)


def read_group(store: RowStore, entries: Sequence[DueSchedule]) -> list[Planned]:
    """Read the schedules of a group that are to run on its date; rows of the index that say otherwise are removed."""
    rows = read_keys(store, Table.DATAVERSE_INVOICE_SCHEDULES, (entry.place for entry in entries))
    stand = {row.key.row: (row, InvoiceSchedule.from_columns(row.columns)) for row in rows.values()}
    idle = [
        entry
        for entry in entries
        if entry.schedule in stand and not _is_to_run(stand[entry.schedule][1], entry.run_date)
    ]
    _remove(store, idle)
    gone = {entry.schedule for entry in idle}
    return [planned for schedule, planned in stand.items() if schedule not in gone]


def _is_to_run(schedule: InvoiceSchedule, run_date: date) -> bool:
    return schedule.run_date == run_date and not is_over(schedule)


def _remove(store: RowStore, entries: Iterable[DueSchedule]) -> None:
    keys = (f"{entry.run_date}|{entry.contract}|{entry.schedule}" for entry in entries)
    save(store, Table.DATAVERSE_DUE_SCHEDULES, TO_RUN, (Delete(key) for key in keys))


def plan(store: RowStore, schedules: Iterable[InvoiceSchedule]) -> None:
    """Put schedules that are still to run on the work index."""
    made = ((each.due_key.row, due_entry(each)) for each in schedules)
    inserts = (Insert(row, entry.to_columns()) for row, entry in made if entry is not None)
    save(store, Table.DATAVERSE_DUE_SCHEDULES, TO_RUN, inserts)


def write(store: RowStore, contract: str, before: Sequence[Planned], after: Sequence[InvoiceSchedule]) -> None:
    """Bring schedules of a contract up to date, each by the version that was read.

    Raises:
        ChangedMeanwhile: one of them was changed since.
    """
    pairs = zip(before, after, strict=True)
    changes = [Replace(row.key.row, new.to_columns(), row.etag) for (row, old), new in pairs if new != old]
    save(store, Table.DATAVERSE_INVOICE_SCHEDULES, contract, changes)


def read_run(store: RowStore, command: CreateProforma) -> list[Planned]:
    """Read the schedules that stand in the run of a command and have not ended long ago."""
    prefix = f"{command.scheduled_on}|{command.contract}|"
    pages = store.read_pages(Table.DATAVERSE_DUE_SCHEDULES, TO_RUN, first=prefix, last=prefix + _HIGHEST)
    entries = [DueSchedule.from_columns(row.columns) for page in pages for row in page]
    rows = read_keys(store, Table.DATAVERSE_INVOICE_SCHEDULES, (entry.place for entry in entries))
    planned = [(row, InvoiceSchedule.from_columns(row.columns)) for row in rows.values()]
    return [each for each in planned if each[1].run == command.command and each[1].run_on == command.scheduled_on]


def end_run(store: RowStore, command: CreateProforma, result: RunResult) -> None:
    """Write on every schedule of a run how it ended, then take those that succeeded off the work index."""
    for _ in range(ROUNDS_MAX):
        planned = read_run(store, command)
        after = [ended(schedule, result) for _, schedule in planned]
        try:
            write(store, command.contract, planned, after)
        except ChangedMeanwhile:
            # somebody has changed one of them: read again
            continue
        break
    else:
        raise ChangedMeanwhile(f"{Table.DATAVERSE_INVOICE_SCHEDULES} {command.contract}: schedules change; try again")
    entries = (
        DueSchedule(contract=command.contract, schedule=each.schedule, run_date=each.run_on or each.run_date)
        for each in after
        if is_over(each)
    )
    _remove(store, entries)
