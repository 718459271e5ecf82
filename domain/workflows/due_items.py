"""The items of a contract that are due, and the drafts that have them: read, claim by version, put back.

An item is claimed by its version: whoever stamps it first has it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import batched
from types import MappingProxyType

from domain.actuals import Actual
from domain.backlog import (
    ITEM_TABLES,
    BacklogEntry,
    Item,
    ItemKind,
    claimed_columns,
    draft_id,
    is_due,
    item_of_actual,
    item_of_milestone,
    item_of_retainer,
    released_columns,
)
from domain.contract import Account, Contract, ContractCustomer, ContractLine, Milestone
from domain.errors import ChangedMeanwhile, NotYet, Problem, ReasonCode
from domain.ports import TRANSACTION_OPERATIONS_MAX, RowStore
from domain.retainer import Retainer
from domain.retainer_uses import is_to_be_refunded, is_usable
from domain.rows import Merge, RowKey, StoredRow
from domain.saving import read_keys, save, save_across
from domain.schedule_runs import LineLimits
from domain.tables import Table
from domain.workflows.backlog_index import INDEX, put_on_index
from domain.workflows.draft_retainers import retainers_of
from domain.workflows.reading import find_record, read_records

_NO_DRAFTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Billing:
    """What is known about a contract when its drafts are made."""

    # the command that makes its drafts
    wish: str
    # items dated later stay on the backlog
    cut_off: date
    contract: Contract
    lines: Mapping[str, ContractLine]
    customers: Mapping[str, ContractCustomer]
    # ids of the accounts behind the customers that are known
    accounts: frozenset[str]
    # when its drafts were asked for; None: its drafts stand already
    asked_at: datetime | None
    # contract customer: the draft that its items go on; all others get one of their own
    drafts: Mapping[str, str]
    # a run of invoice schedules: contract line, and up to when it is billed; None: all lines up to the cut-off
    limits: Mapping[str, LineLimits] | None = None
    # customers who have retainers that a draft can use, and those whose retainers are to be paid back
    advanced: frozenset[str] = frozenset()
    refunded: frozenset[str] = frozenset()

    def invoice_of(self, customer: str) -> str:
        """Name the draft that a customer's items go on."""
        return self.drafts.get(customer) or draft_id(self.wish, self.contract.contract, customer)

    def line_of(self, item: Item) -> ContractLine | None:
        """Find the contract line of an item; a retainer of the whole contract has none."""
        return self.lines.get(item.contract_line or "")

    def takes(self, item: Item, invoice: str) -> bool:
        """Tell whether an item goes on a draft, perhaps because it stands on it already."""
        limits = None if self.limits is None else self.limits.get(item.contract_line or "")
        is_of_line = item.contract_line is not None
        if self.limits is not None and limits is None and is_of_line and item.invoice is None:
            return False
        return is_due(item, limits.of(item.kind) if limits else self.cut_off, invoice)


def read_billing(
    store: RowStore,
    contract_id: str,
    *,
    wish: str,
    cut_off: date,
    asked_at: datetime | None = None,
    drafts: Mapping[str, str] = _NO_DRAFTS,
    limits: Mapping[str, LineLimits] | None = None,
) -> Billing:
    """Read the contract with its lines, customers and their accounts.

    Raises:
        NotYet: the contract is not known (yet).
    """
    contract = find_record(store, Table.DATAVERSE_CONTRACTS, RowKey(contract_id, contract_id), Contract)
    if contract is None:
        sentence = f"contract {contract_id} is not known; load it, or check the id"
        raise NotYet(Problem(ReasonCode.CONTRACT_UNKNOWN, sentence, (contract_id,)))
    lines = read_records(store, Table.DATAVERSE_CONTRACT_LINES, contract.contract, ContractLine)
    customers = list(read_records(store, Table.DATAVERSE_CONTRACT_CUSTOMERS, contract.contract, ContractCustomer))
    keys = (RowKey(customer.account, customer.account) for customer in customers)
    accounts = read_keys(store, Table.DATAVERSE_ACCOUNTS, keys, Account.columns())
    retainers = [each for _, each in retainers_of(store, contract.contract)]
    payers = [customer.contract_customer for customer in customers]
    return Billing(
        wish,
        cut_off,
        contract,
        {line.line: line for line in lines},
        {customer.contract_customer: customer for customer in customers},
        frozenset(key.row for key in accounts),
        asked_at,
        drafts,
        limits,
        frozenset(each for each in payers if any(is_usable(one, each) for one in retainers)),
        frozenset(each for each in payers if any(is_to_be_refunded(one, each) for one in retainers)),
    )


@dataclass(frozen=True, slots=True)
class DuePage:
    """What is due on a page of the backlog, and what stays behind."""

    # by contract customer, in the order of the backlog
    due: Mapping[str, Sequence[Item]]
    behind: Sequence[tuple[Item, Problem]]


def due_pages(store: RowStore, billing: Billing) -> Iterator[DuePage]:
    """Read page by page what is due, and each item that stays behind, so that a long backlog never stands in memory."""
    for items in _indexed_items(store, billing.contract.contract):
        due: dict[str, list[Item]] = {}
        behind: list[tuple[Item, Problem]] = []
        for item in items:
            if not billing.takes(item, billing.invoice_of(item.contract_customer or "")):
                continue
            problem = _misfit(billing, item)
            if problem is None:
                due.setdefault(item.contract_customer or "", []).append(item)
            else:
                behind.append((item, problem))
        # what has left the index since it was read is settled, and stays behind nobody
        keys = (item.key for item, _ in behind)
        stand = read_keys(store, INDEX, keys, ("Kind",))
        yield DuePage(due, [(item, problem) for item, problem in behind if item.key in stand])


def claim(store: RowStore, billing: Billing, invoice: str, items: Sequence[Item]) -> list[Item]:
    """Stamp items with a draft.

    Returns:
        The items that stand on the draft now, also those that an earlier delivery had stamped; others were faster with
        the rest.
    """
    claimed = [item for item in items if item.invoice == invoice]
    for kind in ItemKind:
        open_items = [item for item in items if item.kind == kind and item.invoice is None]
        for chunk in batched(open_items, TRANSACTION_OPERATIONS_MAX, strict=False):
            claimed += _claim_chunk(store, billing, invoice, chunk)
    return sorted(claimed, key=lambda item: (item.kind, item.key))


def claimed_by(store: RowStore, invoice: str, places: Iterable[tuple[ItemKind, RowKey]]) -> list[Item]:
    """Read which items are claimed for an invoice and not billed by it."""
    late: list[Item] = []
    known = list(places)
    for kind, table in ITEM_TABLES.items():
        claimed = claimed_columns(kind, invoice).items()
        rows = read_keys(store, table, (key for each, key in known if each == kind)).values()
        late += [_item(kind, row) for row in rows if all(row.columns.get(name) == value for name, value in claimed)]
    return late


def put_back_indexed(store: RowStore, items: Sequence[Item]) -> None:
    """Clear the stamp of items; they are ready again: first in the work index, as when items are marked ready."""
    put_on_index(store, {item.key: BacklogEntry(kind=item.kind, item=item.id) for item in items})
    for kind, table in ITEM_TABLES.items():
        mine = (item for item in items if item.kind == kind)
        merges = ((item.key.partition, Merge(item.key.row, released_columns(kind), item.etag)) for item in mine)
        save_across(store, table, merges)


def _indexed_items(store: RowStore, contract: str) -> Iterator[list[Item]]:
    for page in store.read_pages(INDEX, contract):
        versions = {row.key: row.etag for row in page}
        entries = [(row.key, BacklogEntry.from_columns(row.columns).kind) for row in page]
        keys = {kind: [key for key, entry_kind in entries if entry_kind == kind] for kind in ItemKind}
        rows = {kind: read_keys(store, ITEM_TABLES[kind], keys[kind]).values() for kind in ItemKind}
        yield [replace(_item(kind, row), entry=versions[row.key]) for kind in ItemKind for row in rows[kind]]


def _item(kind: ItemKind, row: StoredRow) -> Item:
    if kind == ItemKind.MILESTONE:
        return item_of_milestone(Milestone.from_columns(row.columns), row.key, row.etag)
    if kind == ItemKind.RETAINER:
        return item_of_retainer(Retainer.from_columns(row.columns), row.key, row.etag)
    return item_of_actual(Actual.from_columns(row.columns), row.key, row.etag)


def _misfit(billing: Billing, item: Item) -> Problem | None:
    contract = billing.contract
    is_of_contract = item.kind == ItemKind.RETAINER and item.contract_line is None
    if item.contract_line not in billing.lines and not is_of_contract:
        sentence = (
            f"{item.kind} {item.id} names contract line {item.contract_line}, which contract {contract.number} does "
            "not have; load the line, or correct the item"
        )
        return Problem(ReasonCode.ITEM_NOT_ON_BACKLOG, sentence, (item.id,))
    if item.exclusion is not None or item.contract_customer is None:
        return item.exclusion
    payer = billing.customers.get(item.contract_customer)
    if payer is None:
        sentence = (
            f"{item.kind} {item.id} names contract customer {item.contract_customer}, which contract "
            f"{contract.number} does not have; load the customer, or correct the item"
        )
        return Problem(ReasonCode.ITEM_HAS_NO_CUSTOMER, sentence, (item.id,))
    if item.currency != contract.currency:
        sentence = f"{item.kind} {item.id} is not in the currency of contract {contract.number}; correct the item"
        return Problem(ReasonCode.CURRENCY_NOT_OF_CONTRACT, sentence, (item.id,))
    if payer.account not in billing.accounts:
        sentence = f"account {payer.account} of contract customer {payer.name} is not known; load the account"
        return Problem(ReasonCode.CUSTOMER_UNKNOWN, sentence, (payer.account,))
    return None


def _claim_chunk(store: RowStore, billing: Billing, invoice: str, items: Sequence[Item]) -> Sequence[Item]:
    if not items:
        return ()
    kind, partition = items[0].kind, billing.contract.contract
    changes = claimed_columns(kind, invoice)
    try:
        save(store, ITEM_TABLES[kind], partition, (Merge(item.key.row, changes, item.etag) for item in items))
    except ChangedMeanwhile:
        # somebody else took or changed one of them: read what stands and claim what is left
        entries = {item.key: item.entry for item in items}
        rows = read_keys(store, ITEM_TABLES[kind], entries).values()
        again = [replace(_item(kind, row), entry=entries[row.key]) for row in rows]
        mine = [item for item in again if item.invoice == invoice]
        open_items = [item for item in again if item.invoice is None and item.exclusion is None]
        left = [item for item in open_items if billing.takes(item, invoice)]
        return (*mine, *_claim_chunk(store, billing, invoice, left))
    return items
