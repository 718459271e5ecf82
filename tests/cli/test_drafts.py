"""The project manager's commands on drafts: what they print, what they change, what they refuse."""

import pytest

from domain.contract import Contract, ContractCustomer
from domain.option_sets import BulkConfirmationStatus, InvoiceState, ProjectInvoiceStatus
from domain.rows import Merge
from domain.tables import Table
from tests.builders import details_of, invoices, lines, put_all, retainer
from tests.cli.conftest import Terminal

DAY = "2026-08-31"


@pytest.fixture
def drafted(loaded: Terminal) -> Terminal:
    """The contract of Coho Winery on a draft."""
    loaded.say("ready", "C-COHO", "--up-to", DAY)
    loaded.say("create-proforma", "C-COHO", "--cut-off", DAY)
    return loaded


def first_line(terminal: Terminal) -> str:
    return details_of(terminal.line)[0].detail[:8]


def test_a_draft_is_shown_with_ids_and_total(drafted: Terminal) -> None:
    said = drafted.say("draft", "PRO-000001")
    assert first_line(drafted) in said
    assert "PRO-000001: 1 line detail, 1,000.00 GBP, tax 0, draft" in said


def test_discount_and_fee_are_shown_where_there_are_any(drafted: Terminal) -> None:
    assert "discount" not in drafted.say("draft", "PRO-000001")
    (line,) = lines(drafted.line)
    percents = {"msdyn_discountpercentage": "10", "msdyn_feepercentage": "5"}
    drafted.line.store.write(Table.DATAVERSE_INVOICE_LINES, line.key.partition, (Merge(line.key.row, percents),))
    assert "712.50 GBP" in drafted.say("edit", "PRO-000001", "quantity=3", "--all")
    said = drafted.say("draft", "PRO-000001")
    assert all(told in said for told in ("discount", "75.00", "fee", "37.50", "712.50 GBP"))


def test_a_line_is_edited_and_the_total_follows(drafted: Terminal) -> None:
    said = drafted.say("edit", "PRO-000001", "quantity=3", "Billing type=chargeable", "--line", first_line(drafted))
    assert "750.00 GBP" in said
    assert "Nothing was to be changed." in drafted.say("edit", "PRO-000001", "quantity=3", "--all")
    assert "tax 12.50" in drafted.say("edit", "PRO-000001", "tax=12.50", "--all")
    assert "tax 0," in drafted.say("edit", "PRO-000001", "tax=", "--all")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("quantity=-1", "--all"), "can't have the quantity -1"),
        (("colour=blue", "--all"), "has no field colour; fields that can be edited: billing type"),
        (("quantity", "--all"), "is not a field with its value, as quantity=6"),
        (("billing type=free", "--all"), "there is no billing type free"),
        (("quantity=1", "--line", "12345678"), "has no line detail 12345678"),
        (("quantity=1", "--line", "1"), "has no line detail 1"),
    ],
)
def test_what_cannot_be_edited_is_told_in_a_sentence(arguments: tuple[str, ...], told: str, drafted: Terminal) -> None:
    before = drafted.line.snapshot()
    assert told in drafted.say("edit", "PRO-000001", *arguments, code=1)
    assert drafted.line.snapshot() == before


def test_a_line_is_added_by_hand_and_removed(drafted: Terminal) -> None:
    said = drafted.say("add-line", "PRO-000001", "fee", "1", "300", "--category", "Fee", "--on", DAY)
    assert "2 line details, 1,300.00 GBP" in said
    by_hand = next(each for each in details_of(drafted.line) if each.source is None)
    assert "1 line detail, 1,000.00 GBP" in drafted.say("remove-line", "PRO-000001", by_hand.detail)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("gift", "1", "300"), "there is no class gift"),
        (("milestone", "1", "300"), "only time, expense, material and fee"),
        (("fee", "many", "300"), "must be a decimal number"),
        (("fee", "1", "300", "--category", "Nothing"), "there is no transaction category Nothing"),
        (("fee", "1", "300", "--number", "7"), "has no line 7"),
    ],
)
def test_a_wrong_line_by_hand_is_told(arguments: tuple[str, ...], told: str, drafted: Terminal) -> None:
    assert told in drafted.say("add-line", "PRO-000001", *arguments, code=1)
    assert len(details_of(drafted.line)) == 1


def test_review_and_back(drafted: Terminal) -> None:
    assert "PRO-000001 is in review." in drafted.say("review", "PRO-000001")
    assert invoices(drafted.line)[0].status == ProjectInvoiceStatus.IN_REVIEW
    assert "PRO-000001 is draft." in drafted.say("review", "PRO-000001", "--back")


def test_refresh_and_add_to_invoice_say_when_there_is_nothing(drafted: Terminal) -> None:
    assert "Nothing was to be changed." in drafted.say("refresh", "PRO-000001", "--cut-off", DAY, code=1)
    said = drafted.say("add-to-invoice", "C-COHO", "--cut-off", DAY, code=1)
    assert "(nothing_to_invoice)" in said


def test_a_deleted_draft_gives_back_and_the_next_command_takes_it(drafted: Terminal) -> None:
    assert "PRO-000001 is deleted" in drafted.say("delete-draft", "PRO-000001")
    assert invoices(drafted.line)[0].state == InvoiceState.CANCELED
    assert "GBP Canceled" in drafted.say("status", "PRO-000001")
    assert "was deleted" in drafted.say("edit", "PRO-000001", "quantity=3", "--all", code=1)
    assert "1 item of C-COHO added" in drafted.say("add-to-invoice", "C-COHO", "--cut-off", DAY)


def test_many_are_scheduled(drafted: Terminal) -> None:
    assert "1 invoice scheduled" in drafted.say("confirm-many", "PRO-000001", "--on", DAY)
    assert "Draft, bulk confirmation scheduled" in drafted.say("status", "PRO-000001")
    drafted.line.drain()
    (header,) = invoices(drafted.line)
    assert (header.status, header.bulk_status) == (ProjectInvoiceStatus.CONFIRMED, BulkConfirmationStatus.COMPLETE)
    assert "can't be changed" in drafted.say("confirm-many", "PRO-000001", code=1)


@pytest.fixture
def posted(drafted: Terminal) -> Terminal:
    """The invoice of Coho Winery, posted."""
    drafted.say("confirm", "PRO-000001", "--on", DAY)
    drafted.line.finish()
    return drafted


def test_a_posted_invoice_is_revised(posted: Terminal) -> None:
    billed = first_line(posted)
    said = posted.say("revise", "PRO-000001")
    assert "PRO-000002: 1 line detail, -1,000.00 GBP, corrective draft" in said
    assert "has no line detail" in posted.say("revise", "PRO-000001", "--line", "12345678", code=1)
    assert "already_revised" in posted.say("revise", "PRO-000001", "--line", billed, code=1)


def test_corrections_are_added_to_a_corrective_draft(posted: Terminal) -> None:
    posted.say("revise", "PRO-000001")
    correction = next(each for each in details_of(posted.line) if each.correction)
    posted.say("remove-line", "PRO-000002", correction.detail)
    said = posted.say("revise", "PRO-000001", "--line", correction.original_detail or "", "--into", "PRO-000002")
    assert "PRO-000002: 1 line detail, -1,000.00 GBP, corrective draft" in said


def test_a_draft_can_not_be_revised(drafted: Terminal) -> None:
    assert "correction_before_posting" in drafted.say("revise", "PRO-000001", code=1)


def test_retainers_are_shown_applied_and_paid_back(loaded: Terminal) -> None:
    terms = next(each for each in loaded.line.records(Table.DATAVERSE_CONTRACTS, Contract) if each.number == "C-COHO")
    payers = loaded.line.records(Table.DATAVERSE_CONTRACT_CUSTOMERS, ContractCustomer)
    payer = next(each for each in payers if each.contract == terms.contract)
    own = {"contract": terms.contract, "contract_customer": payer.contract_customer, "currency": terms.currency}
    advance = retainer(1, amount="1500", **own)
    put_all(loaded.line, advance)
    loaded.say("ready", "C-COHO", "--up-to", DAY, "--item", advance.retainer)
    loaded.say("create-proforma", "C-COHO", "--cut-off", DAY)
    loaded.say("confirm", "PRO-000001", "--on", DAY)
    loaded.say("ready", "C-COHO", "--up-to", DAY)
    assert "0.00 GBP" in loaded.say("create-proforma", "C-COHO", "--cut-off", DAY)
    assert "retainer applied" in loaded.say("draft", "PRO-000002")
    assert "customer invoice posted 1,500 0 1,500 1,000.00" in loaded.say("retainers", "C-COHO")
    assert "has no retainer 12345678" in loaded.say("refund", "C-COHO", "12345678", code=1)
    assert "Ready to refund by PRO-000002" in loaded.say("refund", "C-COHO", advance.retainer, "--on", "PRO-000002")
    assert "-500.00 GBP" in loaded.say("draft", "PRO-000002")
    loaded.say("confirm", "PRO-000002", "--on", DAY)
    loaded.line.finish()
    assert "unbilled sales posted done 1 of 1" in loaded.say("status", "PRO-000002")
