"""What the project manager does to a milestone header: say how much is billed next, make it ready, split customers."""

from collections.abc import Sequence
from datetime import date, datetime

from domain.commands import SyncTableMap
from domain.contract import ContractCustomer, Currency, Milestone
from domain.errors import Problem, ReasonCode, Refused
from domain.identifiers import derive_id
from domain.milestone_header import MilestoneHeader, PendingSplit
from domain.option_sets import MilestoneStatus
from domain.outcome import Action, Outcome
from domain.ports import CommandSender, RowStore
from domain.progress_billing import Next, begun, customers_of, split_of, with_next
from domain.rows import RowKey
from domain.split_billing import LineCustomer, Splits, effective_splits
from domain.tables import Table
from domain.workflows.milestone_headers import Decide, act_on_header, read_lines
from domain.workflows.reading import find_record, read_records

MILESTONES_MAP = "contract_line_milestones"
# above every key that begins with the same text
_HIGHEST = "~"
OPEN = frozenset((MilestoneStatus.NOT_READY, MilestoneStatus.READY_TO_INVOICE))


def set_next(store: RowStore, *, contract: str, header: str, wanted: Next) -> Outcome:
    """Say how much of a milestone header is billed next.

    Raises:
        Refused: there is no such header, its last part is not confirmed yet, or more is wanted than is left; nothing
            was changed.

    Repeating it: what stands as wanted stays.
    """

    def decide(stands: MilestoneHeader, _: list[Milestone]) -> MilestoneHeader | None:
        after = with_next(stands, wanted, _currency(store, stands))
        if isinstance(after, Problem):
            raise Refused(after)
        return None if after == stands else after

    after, is_changed = act_on_header(store, RowKey(contract, header), decide)
    return _outcome(after, is_changed)


def make_next_ready(
    store: RowStore, sender: CommandSender, *, contract: str, header: str, on: date, at: datetime
) -> Outcome:
    """Split the next part off a milestone header: a milestone for each customer, Ready to invoice, dated as told.

    Raises:
        Refused: there is no such header, nothing is said to be next, or the split of the contract line is not whole;
            nothing was changed.

    Repeating it: a part that is ready stays, and is sent to finance again.
    """

    def decide(stands: MilestoneHeader, lines: list[Milestone]) -> MilestoneHeader | None:
        return _begin(stands, split_of(stands, lines, _splits(store, stands), on, _currency(store, stands)))

    return _act(store, sender, RowKey(contract, header), decide, at)


def split_customers(store: RowStore, sender: CommandSender, *, contract: str, header: str, at: datetime) -> Outcome:
    """Make a milestone for each customer of a header that is billed as a whole; each is marked ready by itself.

    Raises:
        Refused: there is no such header, it is billed in parts, or the split of the contract line is not whole.

    Repeating it: milestones that stand stay, and are sent to finance again.
    """

    def decide(stands: MilestoneHeader, _: list[Milestone]) -> MilestoneHeader | None:
        return _begin(stands, customers_of(stands, _splits(store, stands), _currency(store, stands)))

    return _act(store, sender, RowKey(contract, header), decide, at)


def _begin(header: MilestoneHeader, split: PendingSplit | Problem | None) -> MilestoneHeader | None:
    if isinstance(split, Problem):
        raise Refused(split)
    return None if split is None else begun(header, split)


def _act(store: RowStore, sender: CommandSender, key: RowKey, decide: Decide, at: datetime) -> Outcome:
    after, is_changed = act_on_header(store, key, decide)
    sender.send(tuple(_sync(after, row, at) for row in _open_rows(store, after)))
    return _outcome(after, is_changed)


def _open_rows(store: RowStore, header: MilestoneHeader) -> Sequence[str]:
    lines = {line.milestone for line in read_lines(store, header) if line.invoice_status in OPEN and not line.is_rest}
    return [row for row in header.lines if row.rpartition("|")[2] in lines]


def _sync(header: MilestoneHeader, row: str, at: datetime) -> SyncTableMap:
    return SyncTableMap(
        command=derive_id("sync", MILESTONES_MAP, header.header, row),
        correlation=derive_id("load", header.contract),
        requested_at=at,
        map=MILESTONES_MAP,
        partition=header.contract,
        first=row,
        last=row,
    )


def _outcome(header: MilestoneHeader, is_changed: bool) -> Outcome:
    facts: dict[str, str | int] = {
        "milestone": header.name,
        "next_amount": str(header.next_amount or 0),
        "next_status": header.next_status.name.lower(),
        "status": header.status.name.lower(),
    }
    return Outcome(Action.MILESTONE_CHANGED if is_changed else Action.NOTHING_TO_DO, header.header, facts)


def _splits(store: RowStore, header: MilestoneHeader) -> Splits:
    prefix = f"{header.contract_line}|"
    pages = store.read_pages(Table.DATAVERSE_LINE_CUSTOMERS, header.contract, first=prefix, last=prefix + _HIGHEST)
    splits = [LineCustomer.from_columns(row.columns) for page in pages for row in page]
    payers = list(read_records(store, Table.DATAVERSE_CONTRACT_CUSTOMERS, header.contract, ContractCustomer))
    effective = effective_splits(header.contract_line, splits, payers)
    if isinstance(effective, Problem):
        raise Refused(effective)
    return effective


def _currency(store: RowStore, header: MilestoneHeader) -> str:
    currency = find_record(store, Table.DATAVERSE_CURRENCIES, RowKey(header.currency, header.currency), Currency)
    if currency is None:
        sentence = f"currency {header.currency} of milestone header {header.name} is not known; load it"
        raise Refused(Problem(ReasonCode.DOCUMENT_UNKNOWN, sentence, (header.currency,)))
    return currency.iso_code
