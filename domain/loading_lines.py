"""Loading what hangs on a contract line: find its contract, which the rows do not name, and refuse what can't stand."""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from domain.contract import Milestone
from domain.errors import Problem, ReasonCode
from domain.invoice_schedule import InvoiceSchedule
from domain.record import Record
from domain.rows import RowKey
from domain.split_billing import LineCustomer, split_problems

type Places = Mapping[str, str]


def placed_schedule(record: Record, places: Places) -> Record | Problem:
    """Find the contract of an invoice schedule's line."""
    schedule = cast(InvoiceSchedule, record)
    contract = schedule.contract or _contract_of(schedule.contract_line, places)
    if contract is not None:
        return schedule.changed(contract=contract)
    return _unplaced_line("invoice schedule", schedule.schedule, schedule.contract_line)


def placed_line_customer(record: Record, places: Places) -> Record | Problem:
    """Find the contract of the line that a customer pays for."""
    customer = cast(LineCustomer, record)
    contract = customer.contract or _contract_of(customer.contract_line, places)
    if contract is not None:
        return customer.changed(contract=contract)
    return _unplaced_line("contract line customer", customer.line_customer, customer.contract_line)


def _contract_of(line: str, places: Places) -> str | None:
    place = places.get(line)
    return RowKey.from_text(place).partition if place else None


def _unplaced_line(what: str, id_: str, line: str) -> Problem:
    sentence = (
        f"{what} {id_} names contract line {line}, which is not among the contract lines of this load; "
        "name the file of the contract lines before this one"
    )
    return Problem(ReasonCode.ROW_COLUMN_WRONG, sentence, ("msdyn_contractlineid",))


def own_milestone(record: Record, places: Places) -> Record | Problem:
    """Refuse a milestone that its header makes, and one that has tax on nothing (What's new, 2943191)."""
    milestone = cast(Milestone, record)
    if milestone.header is not None:
        sentence = (
            f"milestone {milestone.milestone} is a line of header {milestone.header}; load the header, its lines are "
            "made when it is split"
        )
        return Problem(ReasonCode.ROW_COLUMN_WRONG, sentence, ("msdyn_milestoneheader",))
    if milestone.tax and not milestone.amount:
        sentence = f"milestone {milestone.milestone} has tax but no amount; leave the tax out"
        return Problem(ReasonCode.ROW_COLUMN_WRONG, sentence, ("msdyn_tax",))
    return milestone


def problems_of_splits(records: Iterable[Record]) -> Iterator[Problem]:
    """Tell which splits of contract lines are not whole."""
    return split_problems(cast(LineCustomer, record) for record in records)
