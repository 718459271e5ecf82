"""Mark items of a contract's billing backlog as Ready to invoice.

The work index gets its row first and the item its status after: an index row whose item is not ready is passed over by
whoever reads it, an item without its index row would be forgotten.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from domain.actuals import Actual
from domain.backlog import (
    ITEM_TABLES,
    READY_COLUMNS,
    BacklogEntry,
    Item,
    ItemKind,
    item_of_actual,
    item_of_milestone,
    item_of_retainer,
    ready_or_reason,
)
from domain.contract import Contract, Milestone
from domain.errors import ChangedMeanwhile, Problem, ReasonCode, Refused
from domain.option_sets import TransactionType
from domain.outcome import Action, Outcome
from domain.ports import RowStore
from domain.rows import Insert, Merge, RowKey
from domain.saving import save
from domain.tables import Table
from domain.timeline import ready_event
from domain.workflows.draft_retainers import retainers_of
from domain.workflows.milestone_headers import follow_items
from domain.workflows.reading import find_record

# items that are marked between two reads of the contract
ITEMS_PER_PAGE = 1000


def mark_ready(store: RowStore, *, contract: str, up_to: date, items: Sequence[str] = ()) -> Outcome:
    """Make the named items, or all that can be, Ready to invoice.

    Args:
        store: where the backlog stands.
        contract: id of the contract.
        up_to: items dated later stay as they are.
        items: ids of unbilled sales actuals, milestones and retainers; empty means every item that is open and dated
            in time.

    Returns:
        How many items are ready now, and a problem for each named item that can't be. When none is named, those that
        can't be are passed over.

    Raises:
        Refused: there is no such contract.
    """
    if find_record(store, Table.DATAVERSE_CONTRACTS, RowKey(contract, contract), Contract) is None:
        sentence = f"contract {contract} is not known; load it, or check the id"
        raise Refused(Problem(ReasonCode.CONTRACT_UNKNOWN, sentence, (contract,)))
    wanted, problems, marked, seen = frozenset(items), [], 0, set()
    for page in _pages(backlog_items(store, contract), wanted):
        if wanted:
            seen |= {item.id for item in page}
        told = [(item, ready_or_reason(item, up_to)) for item in page]
        problems += [problem for _, problem in told if problem is not None and wanted]
        ready = [item for item, problem in told if problem is None]
        _mark(store, contract, ready)
        marked += len(ready)
    problems += [_unknown(item, contract) for item in sorted(wanted - seen)]
    action = Action.ITEMS_MARKED_READY if marked else Action.NOTHING_TO_DO
    return Outcome(action, contract, {"items": marked}, tuple(problems))


def backlog_items(store: RowStore, contract: str) -> Iterator[Item]:
    """Read every unbilled sale, milestone and retainer of a contract, open or not, in the order of their dates."""
    for page in store.read_pages(Table.DATAVERSE_ACTUALS, contract, columns=Actual.columns()):
        for row in page:
            actual = Actual.from_columns(row.columns)
            if actual.transaction_type == TransactionType.UNBILLED_SALES:
                yield item_of_actual(actual, row.key, row.etag)
    for page in store.read_pages(Table.DATAVERSE_MILESTONES, contract, columns=Milestone.columns()):
        for row in page:
            yield item_of_milestone(Milestone.from_columns(row.columns), row.key, row.etag)
    for row, retainer in retainers_of(store, contract):
        yield item_of_retainer(retainer, row.key, row.etag)


def _pages(items: Iterator[Item], wanted: frozenset[str]) -> Iterator[list[Item]]:
    page: list[Item] = []
    for item in items:
        if not wanted or item.id in wanted:
            page.append(item)
        if len(page) == ITEMS_PER_PAGE:
            yield page
            page = []
    if page:
        yield page


def _mark(store: RowStore, contract: str, items: Sequence[Item]) -> None:
    entries = ((item.key.row, BacklogEntry(kind=item.kind, item=item.id)) for item in items)
    inserts = (Insert(row, entry.to_columns()) for row, entry in entries)
    save(store, Table.DATAVERSE_BILLING_BACKLOG, contract, inserts)
    for kind in ItemKind:
        merges = [Merge(item.key.row, READY_COLUMNS[kind], item.etag) for item in items if item.kind == kind]
        _merge(store, contract, kind, merges)
    events = [ready_event(contract, item.id) for item in items]
    save(store, Table.INVOICING_TIMELINE, contract, (Insert(each.key.row, each.to_columns()) for each in events))
    follow_items(store, items)


def _merge(store: RowStore, contract: str, kind: ItemKind, merges: Sequence[Merge]) -> None:
    try:
        save(store, ITEM_TABLES[kind], contract, merges)
    except ChangedMeanwhile as error:
        sentence = f"an item of contract {contract} changed while it was marked ready; do it again"
        raise Refused(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (contract,))) from error


def _unknown(item: str, contract: str) -> Problem:
    sentence = f"item {item} is not on the billing backlog of contract {contract}; check the id"
    return Problem(ReasonCode.ITEM_NOT_ON_BACKLOG, sentence, (item, contract))
