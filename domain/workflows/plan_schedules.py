"""Plan the runs of a contract line: its invoice schedules, and their entries on the work index."""

from datetime import date

from domain.contract import Contract, ContractLine
from domain.errors import Problem, ReasonCode, Refused
from domain.outcome import Action, Outcome
from domain.ports import RowStore
from domain.rows import Insert
from domain.saving import read_keys, save
from domain.schedule_planning import Frequency, run_dates, schedule_on
from domain.tables import Table
from domain.workflows.reading import read_records
from domain.workflows.schedule_rows import plan


def plan_schedules(
    store: RowStore, contract: Contract, *, line: int, first: date, until: date, every: Frequency
) -> Outcome:
    """Plan runs from a first day to a last one.

    Args:
        store: where the contract stands.
        contract: the contract.
        line: number of the contract line.
        first: the first run date.
        until: no run is later.
        every: how often.

    Returns:
        How many runs were planned.

    Raises:
        Refused: the contract has no such line, or the days are wrong; nothing was changed.

    Repeating it: a run that stands stays, also when it has run.
    """
    found = _line(store, contract, line)
    dates = run_dates(first, until, every)
    if isinstance(dates, Problem):
        raise Refused(dates)
    wanted = {each.key: each for each in (schedule_on(contract.contract, found.line, day) for day in dates)}
    table = Table.DATAVERSE_INVOICE_SCHEDULES
    standing = read_keys(store, table, wanted, ("msdyn_invoicerunstatus",))
    new = [each for key, each in wanted.items() if key not in standing]
    save(store, table, contract.contract, (Insert(each.schedule, each.to_columns()) for each in new))
    # a planner that died before this comes again: entries of schedules that have run are removed by the next tick
    plan(store, wanted.values())
    return Outcome(Action.SCHEDULES_PLANNED if new else Action.NOTHING_TO_DO, contract.contract, {"runs": len(new)})


def _line(store: RowStore, contract: Contract, number: int) -> ContractLine:
    lines = list(read_records(store, Table.DATAVERSE_CONTRACT_LINES, contract.contract, ContractLine))
    found = next((line for line in lines if line.number == number), None)
    if found is None:
        known = ", ".join(str(line.number) for line in sorted(lines, key=lambda each: each.number))
        sentence = f"contract {contract.number} has no line {number}; its lines are {known}"
        raise Refused(Problem(ReasonCode.DOCUMENT_UNKNOWN, sentence, (contract.contract,)))
    return found
