"""`invoicing reconcile`: the tie-out, the rows behind a difference, mending and making the indexes anew."""

from datetime import timedelta

from domain.rows import Delete, Merge
from domain.tables import Table
from tests.cli.conftest import Terminal
from tests.line import CONTRACT_ADATUM, CONTRACT_COHO, CONTRACT_DANISH
from tests.workflows.restless import CONTRACTS

INDEXES = (
    Table.FINANCE_PENDING_WORK,
    Table.DATAVERSE_DRAFTS,
    Table.DATAVERSE_BILLING_BACKLOG,
    Table.INVOICING_OPEN_DOCUMENTS,
)


def finished(loaded: Terminal) -> Terminal:
    """Three contracts, billed and posted."""
    loaded.line.tick()
    loaded.line.bill(CONTRACT_ADATUM, CONTRACT_COHO, CONTRACT_DANISH)
    loaded.line.finish()
    return loaded


def test_nothing_at_all_is_said_so(terminal: Terminal) -> None:
    assert "Nothing is confirmed or loaded" in terminal.say("reconcile")


def test_everything_ties_out_by_legal_entity_and_currency(loaded: Terminal) -> None:
    told = finished(loaded).say("reconcile")
    assert "everything ties out" in told
    assert "usmf billed sales " + " ".join(["6 = 2,747.00 USD"] * 5) in told
    assert "usmf billed sales " + " ".join(["1 = 1,000.00 GBP"] * 5) in told
    assert "dkds milestones " + " ".join(["1 = 5,000.00 DKK"] * 3) in told
    assert "dkds billed sales " + " ".join(["1 = 5,000.00 DKK"] * 5) in told
    assert "Differences" not in told


def test_only_a_legal_entity_or_what_is_new_is_looked_at(loaded: Terminal) -> None:
    terminal = finished(loaded)
    told = terminal.say("reconcile", "--company", "DKDS")
    assert "dkds" in told
    assert "usmf" not in told
    assert "Nothing is confirmed or loaded" not in terminal.say("reconcile", "--since", "2026-08-01")
    assert "Nothing is confirmed or loaded" in terminal.say("reconcile", "--since", "2027-01-01")


def test_what_waits_for_a_person_does_not_tie_out_yet(loaded: Terminal) -> None:
    loaded.line.tick()
    told = loaded.say("reconcile", code=1)
    assert "waits to be posted" in told
    assert "contract C-ADATUM" in told
    assert "what is missing waits for something that is known" in told


def test_a_cent_is_named_with_its_row(loaded: Terminal) -> None:
    line = finished(loaded).line
    row = line.rows(Table.FINANCE_PROJECT_INVOICE_LINES)[0]
    cent = Merge(row.key.row, {"LineAmount": "0.01"})
    line.store.write(Table.FINANCE_PROJECT_INVOICE_LINES, row.key.partition, (cent,))
    told = loaded.say("reconcile", code=1)
    assert "amount_differs" in told
    assert str(row.columns["ActualId"]) in told
    assert "that nothing explains" in told


def test_what_is_lost_is_sent_again_when_asked(loaded: Terminal) -> None:
    line = finished(loaded).line
    row = next(row for row in line.rows(Table.DATAVERSE_CUSTOMER_INVOICES))
    line.store.write(Table.DATAVERSE_CUSTOMER_INVOICES, row.key.partition, (Delete(row.key.row),))
    assert "not_written_back" in loaded.say("reconcile", code=1)
    assert "Sent again: 1 (commands and pieces of work)" in loaded.say("reconcile", "--fix", code=1)
    line.drain()
    assert "everything ties out" in loaded.say("reconcile")
    assert "Nothing was sent again" in loaded.say("reconcile", "--fix")


def test_every_work_index_is_made_anew(loaded: Terminal) -> None:
    line = loaded.line
    line.tick()
    for contract in CONTRACTS:
        line.mark_ready(contract)
    line.create_proforma(CONTRACT_ADATUM)
    line.create_proforma(CONTRACT_DANISH)
    line.drain()
    line.reconcile(2, after=timedelta(hours=1))
    before = line.snapshot()
    for table in INDEXES:
        for row in line.rows(table):
            line.store.write(table, row.key.partition, (Delete(row.key.row),))
    told = loaded.say("reconcile", "--rebuild", code=1)
    assert "DataverseDrafts: 2 rows registered" in told
    after = line.snapshot()
    for table in INDEXES:
        stood, stands = before[table.value], after[table.value]
        assert stood.keys() <= stands.keys() or table is Table.INVOICING_OPEN_DOCUMENTS, table
    line.bill(CONTRACT_COHO)
    line.finish()
    line.reconcile(4, after=timedelta(hours=1))
    assert "everything ties out" in loaded.say("reconcile")
