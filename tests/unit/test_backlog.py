"""Which items of the backlog may be invoiced, which are due, and what becomes of them on a draft."""

from datetime import date

import pytest

from domain.actuals import Actual
from domain.backlog import (
    Item,
    claimed_columns,
    draft_id,
    is_due,
    item_of_actual,
    item_of_milestone,
    ready_or_reason,
    released_columns,
)
from domain.contract import Milestone
from domain.draft_totals import DetailAmount, DraftTotals
from domain.drafted_items import detail_of
from domain.errors import ReasonCode
from domain.option_sets import (
    AdjustmentStatus,
    BillingStatus,
    BillingType,
    MilestoneStatus,
    NotToExceedStatus,
    TransactionClass,
    TransactionType,
)
from tests.builders import ORIGINS, contract_line, sale
from tests.workflows.adatum import CONTRACT, INVOICE, LINE, PAYER, guid, milestone

DAY = date(2026, 8, 3)
LATER = date(2026, 8, 4)
EARLIER = date(2026, 8, 2)
READY = BillingStatus.READY_TO_INVOICE


def of(row: Actual | Milestone) -> Item:
    if isinstance(row, Milestone):
        return item_of_milestone(row, row.key, "etag")
    return item_of_actual(row, row.backlog_key, "etag")


def test_an_open_item_dated_in_time_can_be_marked() -> None:
    assert ready_or_reason(of(sale(1)), DAY) is None
    assert ready_or_reason(of(sale(1, billing_status=READY)), DAY) is None
    assert ready_or_reason(of(sale(1, billing_status=None)), DAY) is None
    assert ready_or_reason(of(milestone(invoice_status=MilestoneStatus.NOT_READY)), date(2026, 8, 15)) is None


@pytest.mark.parametrize("status", [None, "NOT_APPLICABLE", "NOT_EVALUATED", "COMMITTED"])
def test_only_a_limit_that_was_found_to_be_exceeded_keeps_a_sale_away(status: str | None) -> None:
    nte_status = None if status is None else NotToExceedStatus[status]
    assert ready_or_reason(of(sale(1, nte_status=nte_status)), DAY) is None


@pytest.mark.parametrize(
    ("row", "code", "word"),
    [
        (sale(1, transaction_type=TransactionType.COST), ReasonCode.ITEM_NOT_ON_BACKLOG, "not unbilled sales"),
        (sale(1, adjustment_status=AdjustmentStatus.ADJUSTED), ReasonCode.ITEM_ADJUSTED, "adjusted"),
        (sale(1, adjustment_status=AdjustmentStatus.UNADJUSTABLE), ReasonCode.ITEM_ADJUSTED, "unadjustable"),
        (sale(1, adjustment_status=AdjustmentStatus.IN_PROCESS), ReasonCode.ITEM_ADJUSTED, "in process"),
        (sale(1, nte_status=NotToExceedStatus.FAILED), ReasonCode.ITEM_EXCEEDS_LIMIT, "raise the limit"),
        (sale(1, contract_customer=None), ReasonCode.ITEM_HAS_NO_CUSTOMER, "contract-line customer"),
        (milestone(contract_customer=None), ReasonCode.ITEM_HAS_NO_CUSTOMER, "contract-line customer"),
        (sale(1, invoice=INVOICE), ReasonCode.ITEM_NOT_ON_BACKLOG, f"stands on invoice {INVOICE}"),
        (milestone(invoice=INVOICE), ReasonCode.ITEM_NOT_ON_BACKLOG, f"stands on invoice {INVOICE}"),
        (sale(1, transaction_date=LATER), ReasonCode.ITEM_NOT_ON_BACKLOG, "only past-dated"),
        (sale(1, billing_status=BillingStatus.CANCELED), ReasonCode.ITEM_NOT_ON_BACKLOG, "canceled"),
        (
            sale(1, billing_status=BillingStatus.CUSTOMER_INVOICE_POSTED),
            ReasonCode.ITEM_NOT_ON_BACKLOG,
            "customer invoice posted",
        ),
        (
            milestone(invoice_status=MilestoneStatus.CUSTOMER_INVOICE_POSTED, milestone_date="2026-08-01"),
            ReasonCode.ITEM_NOT_ON_BACKLOG,
            "customer invoice posted",
        ),
    ],
)
def test_what_cannot_be_invoiced_says_why(row: Actual | Milestone, code: ReasonCode, word: str) -> None:
    problem = ready_or_reason(of(row), DAY)
    assert problem is not None
    assert (problem.code, problem.ids[0]) == (code, row.actual if isinstance(row, Actual) else row.milestone)
    assert word in problem.sentence


@pytest.mark.parametrize(
    ("changes", "cut_off", "due"),
    [
        ({"billing_status": READY}, DAY, True),
        ({"billing_status": READY}, EARLIER, False),
        ({"billing_status": BillingStatus.UNBILLED_SALES_CREATED}, DAY, False),
        ({"billing_status": READY, "adjustment_status": AdjustmentStatus.ADJUSTED}, DAY, False),
        # it is due, so that the draft can say why it stays behind
        ({"billing_status": READY, "contract_customer": None}, DAY, True),
        ({"billing_status": BillingStatus.CUSTOMER_INVOICE_CREATED, "invoice": INVOICE}, EARLIER, True),
        ({"billing_status": BillingStatus.CUSTOMER_INVOICE_CREATED, "invoice": guid(99)}, DAY, False),
        ({"billing_status": READY, "invoice": guid(99)}, DAY, False),
    ],
)
def test_due_is_what_is_ready_in_time_or_claimed_by_this_draft(
    changes: dict[str, object], cut_off: date, due: bool
) -> None:
    assert is_due(of(sale(1, **changes)), cut_off, INVOICE) is due


def test_a_claim_and_its_release_are_the_columns_that_people_see() -> None:
    kind = of(sale(1)).kind
    assert claimed_columns(kind, INVOICE) == {"msdyn_billingstatus": 192350001, "msdyn_invoice": INVOICE}
    assert released_columns(kind) == {"msdyn_billingstatus": 192350004, "msdyn_invoice": None}
    kind = of(milestone()).kind
    assert claimed_columns(kind, INVOICE) == {"msdyn_invoicestatus": 192350002, "msdyn_invoice": INVOICE}
    assert released_columns(kind) == {"msdyn_invoicestatus": 192350001, "msdyn_invoice": None}


def test_each_customer_and_each_command_has_its_own_draft() -> None:
    ids = {draft_id(command, CONTRACT, payer) for command in (guid(1), guid(2)) for payer in (PAYER, guid(3))}
    assert len(ids) == 4


def test_a_detail_says_what_the_unbilled_sale_says() -> None:
    source = sale(1, transaction_class=TransactionClass.FEE, billing_type=BillingType.COMPLIMENTARY)
    detail = detail_of(of(source), INVOICE, contract_line(7, LINE))
    copied = ("transaction_class", "billing_type", "quantity", "price", "amount", "currency", "transaction_date")
    links = ("contract", "contract_line", "contract_customer", "project", "category", "resource", "description")
    assert all(getattr(detail, name) == getattr(source, name) for name in (*copied, *links))
    assert (detail.origins, detail.source, detail.source_key) == (ORIGINS, source.actual, source.backlog_key.text)
    assert (detail.line_number, detail.correction) == (7, False)
    assert detail.key.row == f"0007|2026-08-03|{source.actual}"


def test_a_milestone_is_one_chargeable_piece_of_its_amount() -> None:
    detail = detail_of(of(milestone()), INVOICE, contract_line(1, LINE))
    assert (detail.transaction_class, detail.billing_type) == (TransactionClass.MILESTONE, BillingType.CHARGEABLE)
    assert [str(each) for each in (detail.quantity, detail.price, detail.amount)] == ["1", "5000.00", "5000.00"]
    assert (detail.transaction_date, detail.description) == (date(2026, 8, 15), "Design approved")


def test_only_chargeable_details_count_to_the_total() -> None:
    line, other = contract_line(1, LINE), contract_line(2)
    amounts = {
        BillingType.CHARGEABLE: "1600.00",
        BillingType.NON_CHARGEABLE: "400.00",
        BillingType.COMPLIMENTARY: "200.00",
        None: "1.00",
    }
    rows = [sale(number, billing_type=kind, amount=amount) for number, (kind, amount) in enumerate(amounts.items())]
    details = [detail_of(of(row), INVOICE, line) for row in rows]
    totals = DraftTotals(DetailAmount.from_columns(detail.to_columns()) for detail in details)
    assert (totals.count, str(totals.chargeable)) == (4, "1600.00")
    made = totals.line(line, INVOICE)
    sums = (made.chargeable, made.non_chargeable, made.complimentary)
    assert [str(each) for each in sums] == ["1600.00", "400.00", "200.00"]
    assert totals.line(other, INVOICE).chargeable == 0
