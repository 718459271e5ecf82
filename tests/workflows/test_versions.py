"""What somebody else has changed since it was read is not written over: it is read again, or the caller is told."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import pytest

from domain.commands import ConfirmInvoice, ImportProposal
from domain.errors import ChangedMeanwhile, InvoicingError, NotYet
from domain.open_documents import of_invoice
from domain.pending_work import WorkKind
from domain.replays import Replay, ReplayState
from domain.rows import Merge, RowKey
from domain.staging import OnAccountTransaction
from domain.tables import Table
from domain.workflows.adjust_accounting import adjust_accounting
from domain.workflows.apply_fixed_rate import apply_fixed_rate
from domain.workflows.confirm_many import confirm_many
from domain.workflows.delete_journal_lines import delete_journal_lines
from domain.workflows.dispatch import perform
from domain.workflows.edit_journal_lines import edit_journal_lines
from domain.workflows.edit_on_account import edit_on_account
from domain.workflows.edit_proposal import edit_header, edit_lines
from domain.workflows.open_index import close, note, read_open, register
from domain.workflows.post_pending import posting_command, read_pending
from domain.workflows.reconcile_accrued_revenue import reconcile_accrued_revenue
from domain.workflows.replay import end_replay
from domain.workflows.sync_table_map import sync_table_map
from domain.workflows.update_to_draft import update_to_draft
from functions.storage.memory import Call
from tests.builders import drafted
from tests.builders import sale as sold
from tests.finance_builders import AUGUST_27, PROPOSAL, fixed_rate_row, rate_row
from tests.line import END_OF_AUGUST, START, Line
from tests.workflows.adatum import ACTUALS, CONTRACT, CORRELATION, actual, guid, put_actuals, put_references, sync
from tests.workflows.journal_work import COST, SALE, imported, number_of, only, post
from tests.workflows.restless import nothing
from tests.workflows.staged_work import ACCRUES, add_setup, cost, finance, key_of, propose, sale, stage, without

JOURNALS, LINES = Table.FINANCE_INTEGRATION_JOURNALS, Table.FINANCE_INTEGRATION_JOURNAL_LINES
HEADERS, WORK = Table.FINANCE_INVOICE_PROPOSALS, Table.FINANCE_PENDING_WORK
TRANSACTIONS = Table.FINANCE_PROJECT_TRANSACTIONS


@dataclass(frozen=True, slots=True)
class Race:
    """An act, one of its writes, and how it tells that somebody else was faster there."""

    line: Line
    act: Callable[[], object]
    table: Table
    # which of its writes to the table
    nth: int = 1
    # None: it looks again by itself
    told: type[InvoicingError] | None = None
    # how the key of the row ends that somebody changes; otherwise it is the first of the write
    ending: str = ""


@dataclass(slots=True)
class Faster:
    """Somebody who changes the row of a write just before it, in nothing but its version."""

    race: Race
    left: int
    has_come: bool = False
    # the slower one has written all the same
    is_written_over: bool = False

    def before(self, call: Call) -> None:
        memory = self.race.line.memory
        memory.after_call = nothing
        self.left -= (call.method, call.table) == ("write", self.race.table)
        if self.left or self.has_come:
            return
        self.has_come = True
        memory.before_call = nothing
        rows = [row for row in memory.rows(call.table) if row.key.partition == call.partition]
        row = next(each for each in rows if each.key.row.endswith(self.race.ending or call.row))
        memory.write(call.table, call.partition, (Merge(row.key.row, row.columns),))
        memory.before_call, memory.after_call = self.before, self.after

    def after(self, _: Call) -> None:
        self.is_written_over = True


def bad(*, in_error: bool = False, good: bool = True) -> Line:
    """A journal with a cost that has no account."""
    more = {"JournalPostingErrors": "ErrorStatus"} if in_error else {}
    line = imported(**more) if good else finance(ACCRUES)
    if not good:
        stage(line, COST)
        line.tick()
    without(line, PostingType=122)
    return line


def posting(line: Line, table: Table, nth: int = 1, *, ending: str = "") -> Race:
    return Race(line, partial(post, line, only(line)), table, nth, NotYet, ending)


def deletion(table: Table) -> Race:
    line = imported()
    act = partial(delete_journal_lines, line.store, journal=only(line).journal, numbers=[number_of(line, SALE.actual)])
    return Race(line, act, table)


def edit_of_a_journal_line() -> Race:
    line = imported()
    name, numbers = only(line).journal, [number_of(line, SALE.actual)]
    changes = {"dimensions": "CostCenter=7"}
    act = partial(edit_journal_lines, line.store, journal=name, numbers=numbers, changes=changes)
    return Race(line, act, LINES)


def update(table: Table) -> Race:
    line = bad(in_error=True)
    post(line, only(line))
    return Race(line, partial(update_to_draft, line.store, journal=only(line).journal), table)


def agreement() -> Race:
    line = finance(ACCRUES, rate_row("GBP", "USD", "2026-01-01", "131"), currency="GBP")
    stage(line, sale(1, currency="GBP"))
    line.tick()
    add_setup(line, fixed_rate_row("125"))
    return Race(line, partial(apply_fixed_rate, line.store), LINES, told=ChangedMeanwhile)


def choice(nth: int) -> Race:
    """An import of a cost, behind which a sale waits for its rate."""
    line = finance(currency="GBP")
    stage(line, cost("c"), sale("s", currency="GBP"))
    return Race(line, line.tick, WORK, nth)


def proposed(*, imports: bool = True, posts: bool = False) -> Line:
    line = finance(ACCRUES, AllowARDimensionUpdate=True)
    stage(line, sale(1))
    line.tick()
    line.post_all()
    propose(line, sale(1))
    if imports:
        line.tick()
    if posts:
        line.post_all()
        line.drain()
    return line


def edit_of_lines(nth: int) -> Race:
    line = proposed()
    for row in line.rows(Table.FINANCE_INVOICE_PROPOSAL_LINES):
        merge = Merge(row.key.row, {"TaxGroupId": "OLD"})
        line.store.write(Table.FINANCE_INVOICE_PROPOSAL_LINES, PROPOSAL, (merge,))
    return Race(line, partial(edit_lines, line.store, PROPOSAL, fields={"sales tax group": ""}), HEADERS, nth)


def edit_of_a_header() -> Race:
    line = proposed()
    act = partial(edit_header, line.store, PROPOSAL, fields={"dimensions": "CostCenter=7"})
    return Race(line, act, HEADERS, told=ChangedMeanwhile)


def end_of_an_import() -> Race:
    line = proposed(imports=False)
    command = ImportProposal(command=guid(6), correlation=CORRELATION, requested_at=START, proposal=PROPOSAL)
    # offered to be posted first
    return Race(line, partial(perform, line.store, line.queues, command), WORK, 2)


def invoicing(nth: int) -> Race:
    line = proposed()
    (work,) = read_pending(line.store, WorkKind.POST_PROPOSAL)
    command = posting_command(work, START, END_OF_AUGUST)
    return Race(line, partial(perform, line.store, line.queues, command), HEADERS, nth, NotYet)


def adjustment(nth: int) -> Race:
    line = proposed(imports=False)
    act = partial(adjust_accounting, line.store, key_of(sale(1)), fields={"dimensions": "CostCenter=7"}, on=AUGUST_27)
    return Race(line, act, TRANSACTIONS, nth)


def clearing(table: Table) -> Race:
    line = proposed(posts=True)
    (row,) = line.rows(TRANSACTIONS)
    line.store.write(TRANSACTIONS, row.key.partition, (Merge(row.key.row, {"LedgerSalesReversed": "900"}),))
    act = partial(reconcile_accrued_revenue, line.store, proposals=(PROPOSAL,), on=END_OF_AUGUST)
    return Race(line, act, table, 2 if table is JOURNALS else 1, ChangedMeanwhile)


def on_account() -> Race:
    line, key = finance(), RowKey(CONTRACT, f"2026-08-27|{guid(7)}")
    transaction = OnAccountTransaction.model_validate(
        {
            "company": "usmf",
            "transaction": guid(7),
            "contract": "C-1",
            "currency": "USD",
            "amount": "10",
            "transaction_date": "2026-08-27",
            "tax_group": "OLD",
        }
    )
    line.put(Table.FINANCE_ON_ACCOUNT_TRANSACTIONS, key, transaction)
    act = partial(edit_on_account, line.store, key, fields={"sales tax group": ""})
    return Race(line, act, Table.FINANCE_ON_ACCOUNT_TRANSACTIONS, told=ChangedMeanwhile)


def bulk() -> Race:
    line = Line.in_memory()
    ids = [drafted(line, sold(1)).invoice]
    act = partial(confirm_many, line.store, line.queues, invoices=ids, on=END_OF_AUGUST, wish=guid(88), at=START)
    return Race(line, act, Table.DATAVERSE_INVOICES)


def refused_in_bulk() -> Race:
    line = Line.in_memory()
    header = drafted(line, sold(1)).changed(invoice=guid(9), number="PRO-9", details=0)
    line.put(Table.DATAVERSE_INVOICES, header.key, header)
    confirm_many(line.store, line.queues, invoices=[guid(9)], on=END_OF_AUGUST, wish=guid(88), at=START)
    command = line.queues.take()
    assert command is not None
    # it has no line details
    return Race(line, partial(perform, line.store, line.queues, command), Table.DATAVERSE_INVOICES)


def confirmation(nth: int) -> Race:
    line = Line.in_memory()
    command = line.confirm(drafted(line, sold(1)).invoice)
    assert line.queues.take() == command
    return Race(line, partial(perform, line.store, line.queues, command), Table.DATAVERSE_INVOICES, nth, NotYet)


def open_documents(act: str) -> Race:
    line = Line.in_memory()
    register(line.store, (of_invoice(guid(1), "PRO-1", CORRELATION),))
    (row,) = read_open(line.store)
    acts = {"note": partial(note, line.store, row, progress="seen", tries=1), "close": partial(close, line.store, row)}
    return Race(line, acts[act], Table.INVOICING_OPEN_DOCUMENTS)


def end_of_a_replay() -> Race:
    line = Line.in_memory()
    begun = Replay(kind=ConfirmInvoice.name, letter=guid(3), number=1, by="ann", at=START)
    line.put(Table.INVOICING_REPLAYS, begun.key, begun)
    command = ConfirmInvoice(
        command=guid(4),
        correlation=CORRELATION,
        requested_at=START,
        invoice=guid(5),
        confirmed_on=END_OF_AUGUST,
        letter=guid(3),
        replay=1,
    )
    return Race(line, partial(end_replay, line.store, command, ReplayState.DONE), Table.INVOICING_REPLAYS)


def sync_again() -> Race:
    line = Line.in_memory()
    put_references(line.memory)
    put_actuals(line.memory, actual(1))
    sync_table_map(line.store, sync(ACTUALS))
    key = actual(1).backlog_key
    line.store.write(Table.DATAVERSE_ACTUALS, key.partition, (Merge(key.row, {"msdyn_description": "new"}),))
    # to add it comes first
    return Race(line, partial(sync_table_map, line.store, sync(ACTUALS)), Table.FINANCE_ACTUALS_STAGING, 2)


def load_again() -> Race:
    line = Line.in_memory()
    account = {"accountid": guid(1), "accountnumber": "A-1", "name": "Adatum"}
    line.load_entities("accounts", account)
    act = partial(line.load_entities, "accounts", {**account, "name": "Adatum Corporation"})
    return Race(line, act, Table.DATAVERSE_ACCOUNTS)


RACES: dict[str, Callable[[], Race]] = {
    "a journal stops at a bad line": lambda: posting(bad(in_error=True), LINES),
    "a journal stops": lambda: posting(bad(in_error=True), JOURNALS),
    "a bad line is decided": lambda: posting(bad(), LINES, ending=COST.actual),
    "a good line is decided": lambda: posting(bad(), LINES, ending=SALE.actual),
    "a reason is put on a line": lambda: posting(bad(good=False), LINES),
    "a journal is begun": lambda: posting(imported(), JOURNALS),
    "a journal is posted": lambda: posting(imported(), JOURNALS, 2),
    "a line is deleted": lambda: deletion(LINES),
    "lines are counted": lambda: deletion(JOURNALS),
    "a line of a journal is edited": edit_of_a_journal_line,
    "a line is updated to draft": lambda: update(LINES),
    "a journal is updated to draft": lambda: update(JOURNALS),
    "a line gets its agreed rate": agreement,
    "a choice is committed": lambda: choice(2),
    # after its journal was offered
    "a choice is ended": lambda: choice(4),
    "an act is put on a proposal": lambda: edit_of_lines(1),
    "an act on a proposal ends": lambda: edit_of_lines(2),
    "a header is edited": edit_of_a_header,
    "an import is put away": end_of_an_import,
    "a proposal is begun to be posted": lambda: invoicing(1),
    "a proposal is posted": lambda: invoicing(2),
    "an adjustment is begun": lambda: adjustment(1),
    "an adjustment is checked": lambda: adjustment(2),
    "an adjustment is ended": lambda: adjustment(3),
    "a transaction is cleared": lambda: clearing(TRANSACTIONS),
    "a journal of corrections goes on": lambda: clearing(JOURNALS),
    "an on-account transaction is edited": on_account,
    "an invoice is scheduled": bulk,
    "an invoice is refused in bulk": refused_in_bulk,
    "a confirmation begins": lambda: confirmation(1),
    "an invoice is confirmed": lambda: confirmation(2),
    "a look is noted": lambda: open_documents("note"),
    "a document is closed": lambda: open_documents("close"),
    "a replay ends": end_of_a_replay,
    "a row is synced again": sync_again,
    "a row is loaded again": load_again,
}


@pytest.mark.parametrize("name", RACES)
def test_what_was_changed_is_not_written_over(name: str) -> None:
    race = RACES[name]()
    faster = Faster(race, race.nth)
    race.line.memory.before_call = faster.before
    with pytest.raises(race.told) if race.told else nullcontext():
        race.act()
    race.line.memory.before_call = race.line.memory.after_call = nothing
    assert faster.has_come
    assert not faster.is_written_over
