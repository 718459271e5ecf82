"""A document on its way through a real table service, its transactions several at a time: the same rows as in turn."""

from itertools import groupby
from typing import Any

from domain.commands import Command, ImportProposal, PostProposal
from domain.identifiers import derive_id
from domain.ports import RowStore
from domain.rows import Insert
from domain.saving import save
from domain.tables import Table
from domain.workflows.dispatch import perform
from functions.storage.at_once import AtOnceRowStore
from functions.storage.memory import MemoryQueues
from tests.contract.conftest import AzureStoreUnderTest
from tests.contract.faulty_transport import Fault
from tests.e2e.account import Account
from tests.fakes.frozen_clock import FrozenClock
from tests.line import END_OF_AUGUST, START, Line
from tests.many_lines import drafted
from tools.devhost.azurite import Azurite

LINES = 250
AT_ONCE = 8
ALL_FAULTS = (Fault.ANSWER_LOST, Fault.NEVER_SENT, Fault.COMMITTED_THEN_503)
DOCUMENT = (
    Table.DATAVERSE_ACTUALS,
    Table.DATAVERSE_TRANSACTION_CONNECTIONS,
    Table.DATAVERSE_INVOICES,
    Table.FINANCE_ACTUALS_STAGING,
    Table.FINANCE_TRANSACTION_RELATIONSHIPS,
    Table.FINANCE_INVOICE_PROPOSALS,
    Table.FINANCE_INVOICE_PROPOSAL_LINES,
    Table.FINANCE_PROJECT_INVOICE_LINES,
    Table.FINANCE_LEDGER_ENTRIES,
    Table.FINANCE_PROJECT_INVOICES,
)


def test_a_document_ends_in_the_same_rows_as_in_turn(azurite: Azurite, lean_store: AzureStoreUnderTest) -> None:
    # numbers are the same in every account: what another test has left would be somebody else's
    with Account.open(azurite.connection_string) as account:
        account.empty()
    draft = drafted(1, LINES)
    (header,) = draft.rows(Table.DATAVERSE_INVOICES)
    for table in Table:
        for partition, rows in groupby(draft.rows(table), key=lambda row: row.key.partition):
            save(lean_store.store, table, partition, (Insert(row.key.row, row.columns) for row in rows))
    draft.confirm(header.key.row)
    confirm = draft.queues.take()
    assert confirm is not None
    bill(draft, draft.store, confirm)
    lean_store.plan(*ALL_FAULTS)
    bill(draft, AtOnceRowStore(lean_store.store, AT_ONCE), confirm)
    for table in DOCUMENT:
        stands = read(lean_store.store, table, header.key.row)
        assert stands == read(draft.store, table, header.key.row), table
    assert len(read(lean_store.store, Table.FINANCE_PROJECT_INVOICE_LINES, header.key.row)) == LINES


def bill(line: Line, store: RowStore, confirm: Command) -> None:
    """From confirmation to write-back, message by message; the timers of a shared storage are not this test's."""
    queues = MemoryQueues(FrozenClock(START))
    queues.send((confirm,))
    drain(store, queues)
    work: dict[str, Any] = {
        "correlation": confirm.correlation,
        "requested_at": line.clock.now(),
        "proposal": confirm.document,
    }
    queues.send((ImportProposal(command=derive_id("test-import", confirm.document), **work),))
    drain(store, queues)
    queues.send((PostProposal(command=derive_id("test-post", confirm.document), invoice_date=END_OF_AUGUST, **work),))
    drain(store, queues)


def drain(store: RowStore, queues: MemoryQueues) -> None:
    while (command := queues.take()) is not None:
        assert not perform(store, queues, command).problems


def read(store: RowStore, table: Table, partition: str) -> dict[str, dict[str, object]]:
    return {row.key.row: dict(row.columns) for page in store.read_pages(table, partition) for row in page}
