"""What the accountant does to a proposal at the command line."""

from domain.invoice_proposal import ProjectInvoice, Proposal
from domain.rows import Merge
from domain.tables import Table
from tests.cli.conftest import Terminal
from tests.line import CONTRACT_DANISH

DAY = "2026-08-31"
UNBILLED_COHO = "1887189a-f93f-5348-8e8e-5b24376c443d"


def proposed(terminal: Terminal) -> Terminal:
    """The Danish milestones up to the open proposal PRO-000001."""
    terminal.line.bill(CONTRACT_DANISH)
    terminal.line.tick()
    terminal.line.drain()
    return terminal


def header(terminal: Terminal) -> Proposal:
    (proposal,) = terminal.line.records(Table.FINANCE_INVOICE_PROPOSALS, Proposal)
    return proposal


def test_lines_are_shown_and_edited(loaded: Terminal) -> None:
    shown = proposed(loaded).say("proposal", "PRO-000001")
    assert "Milestone" in shown
    assert "DK" in shown
    before = loaded.line.snapshot()
    told = loaded.say("proposal", "PRO-000001", "--invoice-date", DAY)
    assert f"posted on {DAY}: sales tax " in told
    assert "can't be posted on 1990-01-01" in loaded.say("proposal", "PRO-000001", "--invoice-date", "1990-01-01")
    assert loaded.line.snapshot() == before
    told = loaded.say("edit-proposal", "PRO-000001", "sales tax group=EU", "--line", "1")
    assert "PRO-000001: 1 line edited" in told
    assert "EU" in loaded.say("proposal", "PRO-000001")
    assert "write it as" in loaded.say("edit-proposal", "PRO-000001", "EU", code=1)
    assert "has no line 9" in loaded.say("edit-proposal", "PRO-000001", "sales tax group=", "--line", "9", code=1)
    loaded.say("post", "proposals", "--invoice-date", DAY)
    loaded.line.drain()
    (invoice,) = loaded.line.records(Table.FINANCE_PROJECT_INVOICES, ProjectInvoice)
    assert invoice.total == invoice.amount


def test_the_header_is_edited_where_the_company_lets_it(loaded: Terminal) -> None:
    proposed(loaded)
    edit = ("edit-proposal", "PRO-000001", "--header", "dimensions=Region=North")
    assert "AllowARDimensionUpdate" in loaded.say(*edit, code=1)
    for row in loaded.line.rows(Table.FINANCE_SETUP):
        if row.key == ("dkds", "ProjParameters"):
            change = Merge(row.key.row, {"AllowARDimensionUpdate": True})
            loaded.line.store.write(Table.FINANCE_SETUP, "dkds", (change,))
    assert "has dimensions Region=North" in loaded.say(*edit)
    assert "dimensions of the header: Region=North" in loaded.say("proposal", "PRO-000001")


def test_a_milestone_is_edited_between_deletion_and_import(loaded: Terminal) -> None:
    proposed(loaded)
    (billed, *_) = (row for row in loaded.line.rows(Table.FINANCE_ON_ACCOUNT_TRANSACTIONS))
    edit = ("edit-on-account", "C-DANISH", str(billed.columns["TransId"]), "dimensions=CostCenter=7")
    assert "delete the proposal's lines first" in loaded.say(*edit, code=1)
    assert "PRO-000001 has no lines" in loaded.say("delete-lines", "PRO-000001")
    assert "dimensions CostCenter=7" in loaded.say(*edit)
    assert "imported again" in loaded.say("import-again", "PRO-000001")
    assert "CostCenter=7" in loaded.say("proposal", "PRO-000001")
    assert "0 on-account transactions" in loaded.say("edit-on-account", "C-DANISH", "nothing", "dimensions=", code=1)


def test_lines_are_imported_again_at_once(loaded: Terminal) -> None:
    proposed(loaded)
    assert "imported again" in loaded.say("import-again", "PRO-000001")
    assert header(loaded).deletions == 1
    loaded.has_app = False
    assert "Asked to import" in loaded.say("import-again", "PRO-000001", "--wait", "0")
    assert header(loaded).deletions == 1


def test_the_accounting_of_a_posted_sale_is_adjusted(loaded: Terminal) -> None:
    loaded.line.tick()
    loaded.say("post", "journals")
    loaded.line.drain()
    edit = ("adjust-accounting", UNBILLED_COHO, "dimensions=CostCenter=7", "--on", DAY)
    assert f"{UNBILLED_COHO} has dimensions CostCenter=7" in loaded.say(*edit)
    assert "post its integration journal first" in loaded.say("adjust-accounting", "nobody", "dimensions=", code=1)
