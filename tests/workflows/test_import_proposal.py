"""A proposal has all of its lines or none, and says exactly what is missing."""

from decimal import Decimal
from itertools import count

import pytest

from domain.commands import ImportProposal
from domain.completeness import SHOWN_MAX
from domain.errors import ChangedMeanwhile, NotYet
from domain.identifiers import derive_id
from domain.invoice_proposal import ProposalStatus
from domain.option_sets import FinanceBillingType
from domain.outcome import Outcome
from domain.pending_work import WorkKind
from domain.rows import Merge, RowKey
from domain.tables import Table
from domain.workflows.delete_proposal_lines import delete_lines
from domain.workflows.dispatch import perform
from functions.storage.memory import Call
from tests.finance_builders import PROPOSAL
from tests.line import Line
from tests.workflows.restless import dying, nothing, overtake
from tests.workflows.staged_work import (
    ACCRUES,
    add_setup,
    bill,
    billed,
    cost,
    finance,
    header,
    problems,
    proposal_lines,
    propose,
    read_proposal,
    sale,
    stage,
    staged_row,
    works,
)

SALES = [sale(number) for number in range(3)]
STAGING, HEADERS = Table.FINANCE_ACTUALS_STAGING, Table.FINANCE_INVOICE_PROPOSALS
NON_BILLABLE = {
    "Kind": "ProjBillingTypeLinePropertyDefault",
    "BillingType": "Chargeable",
    "LinePropertyId": "NonBillable",
    "ToBeInvoiced": False,
    "ToBeAccrued": False,
}


def command(line: Line) -> ImportProposal:
    return ImportProposal(
        command=derive_id("import", PROPOSAL),
        correlation=PROPOSAL,
        requested_at=line.clock.now(),
        proposal=PROPOSAL,
    )


def ask(line: Line) -> Outcome:
    return perform(line.store, line.queues, command(line))


def posted() -> Line:
    """A line on which the three unbilled sales are posted."""
    line = finance(ACCRUES)
    stage(line, *SALES)
    line.tick()
    line.post_all()
    return line


def test_g19d_one_line_of_four_hours_at_250() -> None:
    line = finance(ACCRUES)
    stage(line, SALES[0])
    propose(line, SALES[0])
    line.tick()
    line.post_all()
    (only,) = proposal_lines(line)
    assert (only.quantity, only.price, only.amount) == (Decimal(4), Decimal(250), Decimal(1000))
    assert (only.number, only.line_table, only.actual) == (1, "ProjProposalEmpl", billed(SALES[0]).actual)


def test_g45_one_sale_that_is_not_posted_keeps_all_lines_away_and_is_named() -> None:
    line = finance(ACCRUES)
    stage(line, *SALES[:2])
    line.tick()
    line.post_all()
    late = SALES[2].changed(document_date="2026-08-28")
    stage(line, late)
    propose(line, *SALES[:2], late)
    line.tick()
    assert proposal_lines(line) == []
    assert read_proposal(line).amount is None
    (problem,) = problems(line)
    assert (problem.code.value, problem.ids) == ("unbilled_sales_not_posted", (late.actual,))
    assert late.actual in problem.sentence
    assert "post their integration journals" in problem.sentence
    line.post_all()
    assert [each.number for each in proposal_lines(line)] == [1, 2, 3]
    assert read_proposal(line).amount == Decimal(3000)
    assert problems(line) == []


def test_a_missing_billed_sale_is_named_and_taken_when_it_arrives() -> None:
    line = posted()
    header(line, *(billed(each) for each in SALES))
    bill(line, SALES[0])
    bill(line, SALES[1])
    # what Dataverse has: the third is still on its way
    line.tick()
    assert len(problems(line)) == 1
    problem = problems(line)[0]
    assert problem.code.value == "billed_sales_mismatch"
    assert "2 of 3 billed sales" in problem.sentence
    assert proposal_lines(line) == []
    bill(line, SALES[2])
    line.tick()
    assert len(proposal_lines(line)) == 3
    assert problems(line) == []


def test_a_billed_sale_that_was_not_confirmed_is_named() -> None:
    line = posted()
    header(line, *(billed(each) for each in SALES[:2]))
    for each in SALES:
        bill(line, each)
    line.tick()
    assert problems(line)[0].code.value == "billed_sales_mismatch"
    assert proposal_lines(line) == []


def test_a_connection_that_has_not_arrived_is_named() -> None:
    line = posted()
    header(line, *(billed(each) for each in SALES))
    bill(line, SALES[0], connected=False)
    bill(line, SALES[1])
    bill(line, SALES[2])
    line.tick()
    (problem,) = problems(line)
    assert (problem.code.value, problem.ids) == ("connection_missing", (billed(SALES[0]).actual,))


def test_a_header_that_has_not_arrived_is_waited_for() -> None:
    line = posted()
    with pytest.raises(NotYet, match="the header of proposal"):
        ask(line)
    propose(line, *SALES)
    assert ask(line).problems == ()
    assert problems(line) == []


def test_what_the_queue_found_missing_is_cleared_by_the_tick() -> None:
    line = finance(ACCRUES)
    stage(line, *SALES)
    propose(line, *SALES)
    line.tick()
    ask(line)
    assert [problem.code.value for problem in problems(line)] == ["unbilled_sales_not_posted"]
    assert problems(line)[0].sentence.count(",") >= min(2, SHOWN_MAX - 1)
    line.post_all()
    assert problems(line) == []
    assert read_proposal(line).status == ProposalStatus.INVOICED


def test_what_a_slow_command_found_missing_does_not_stay_when_a_tick_has_imported_it() -> None:
    line = posted()
    header(line, *(billed(each) for each in SALES))

    def overtake(call: Call) -> None:
        # it has looked, and is about to say what is missing
        if call.table is Table.INVOICING_PROBLEMS:
            line.memory.before_call = nothing
            for each in SALES:
                bill(line, each)
            line.tick()

    line.memory.before_call = overtake
    assert [problem.code.value for problem in ask(line).problems] == ["billed_sales_mismatch"]
    assert len(proposal_lines(line)) == 3
    assert problems(line) == []


def test_importing_twice_changes_nothing() -> None:
    line = posted()
    propose(line, *SALES)
    ask(line)
    before = line.snapshot()
    ask(line)
    assert line.snapshot() == before


@pytest.mark.parametrize("billing_type", [FinanceBillingType.NON_CHARGEABLE, FinanceBillingType.COMPLIMENTARY])
def test_rows_without_revenue_give_no_line_and_are_processed(billing_type: FinanceBillingType) -> None:
    line = finance(ACCRUES)
    free = SALES[0].changed(billing_type=billing_type)
    stage(line, free, SALES[1])
    propose(line, free, SALES[1])
    line.tick()
    line.post_all()
    line.drain()
    assert [each.actual for each in proposal_lines(line)] == [billed(SALES[1]).actual]
    rows = {row.columns["ActualId"]: row.columns for row in line.rows(Table.FINANCE_ACTUALS_STAGING)}
    mine = rows[billed(free).actual]
    assert (mine["IsProcessed"], mine["AccountingAmount"], mine["SalesTaxAmount"]) == (True, "0", "0")
    assert "VoucherNumber" not in mine


def test_a_proposal_of_rows_without_revenue_is_closed_and_written_back() -> None:
    line = finance(ACCRUES)
    free = SALES[0].changed(billing_type=FinanceBillingType.NON_CHARGEABLE)
    stage(line, free)
    propose(line, free)
    line.tick()
    line.post_all()
    line.drain()
    assert (read_proposal(line).status, read_proposal(line).lines) == (ProposalStatus.CLOSED, 0)
    assert line.rows(Table.FINANCE_PROJECT_INVOICES) == []
    row = next(
        row for row in line.rows(Table.FINANCE_ACTUALS_STAGING) if row.columns["ActualId"] == billed(free).actual
    )
    assert (row.columns["IsProcessed"], row.columns["AccountingAmount"]) == (True, "0")
    assert works(line, WorkKind.POST_PROPOSAL) == []
    assert problems(line) == []


def test_set_up_that_changes_between_two_tries_leaves_each_line_once() -> None:
    for fatal in count(1):
        line = posted()
        propose(line, *SALES)
        with dying(line, fatal) as death:
            line.tick()
        decided = proposal_lines(line)
        add_setup(line, NON_BILLABLE)
        line.tick()
        assert works(line, WorkKind.PROPOSAL_LINES) == [], f"call {fatal}"
        if decided:
            assert proposal_lines(line) == decided
            assert read_proposal(line).amount == sum(each.amount for each in decided)
        if not death.died:
            break
    assert fatal > 10


def test_a_slow_import_leaves_the_marks_of_the_lines_that_were_made_since() -> None:
    line = posted()
    propose(line, *SALES)

    def others() -> None:
        # imported, deleted and imported again: by then one row carries no revenue, so the others have other numbers
        line.tick()
        delete_lines(line.store, PROPOSAL)
        first = RowKey(PROPOSAL, proposal_rows(line)[0])
        line.store.write(STAGING, PROPOSAL, (Merge(first.row, {"BillingType": "Complimentary"}),))
        line.tick()

    overtake(line, "write", STAGING, others)
    with pytest.raises(ChangedMeanwhile):
        ask(line)
    counting = [each for each in proposal_lines(line) if each.deletions == 1]
    assert [each.number for each in counting] == [1, 2]
    marks = {row.columns["ActualId"]: row.columns.get("InvoiceProposalLine") for row in line.rows(STAGING)}
    assert {name: number for name, number in marks.items() if number} == {each.actual: each.number for each in counting}


def proposal_rows(line: Line) -> list[str]:
    return [row.key.row for row in line.rows(STAGING) if row.key.partition == PROPOSAL]


def test_a_slow_import_leaves_the_header_as_it_was_edited_since() -> None:
    line = posted()
    propose(line, *SALES)

    def others() -> None:
        line.tick()
        line.store.write(HEADERS, PROPOSAL, (Merge(PROPOSAL, {"DefaultDimension": "CostCenter=7"}),))

    overtake(line, "write", HEADERS, others)
    with pytest.raises(ChangedMeanwhile):
        ask(line)
    assert read_proposal(line).default_dimension == "CostCenter=7"
    assert ask(line).problems == ()


def test_dying_at_any_call_leaves_what_a_straight_run_leaves() -> None:
    straight = posted()
    propose(straight, *SALES)
    straight.tick()
    for fatal in count(1):
        line = posted()
        propose(line, *SALES)
        with dying(line, fatal) as death:
            line.tick()
        line.tick()
        assert line.snapshot() == straight.snapshot(), f"call {fatal}"
        if not death.died:
            break
    assert fatal > 10


def test_a_cost_is_no_business_of_a_proposal() -> None:
    line = posted()
    extra = cost("c")
    stage(line, extra)
    propose(line, *SALES)
    line.tick()
    assert len(proposal_lines(line)) == 3
    assert not staged_row(line, extra).processed
