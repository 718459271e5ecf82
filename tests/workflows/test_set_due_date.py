"""The due date of a proposal that somebody sets by hand: it counts for the invoice date that it was set for."""

from datetime import date

import pytest

from domain.commands import PostProposal
from domain.errors import NotYet, Refused
from domain.identifiers import derive_id
from domain.invoice_proposal import ProjectInvoice, ProposalStatus
from domain.ledger import CustomerTransaction
from domain.tables import Table
from domain.workflows.dispatch import perform
from domain.workflows.set_due_date import set_due_date
from tests.finance_builders import PROPOSAL
from tests.line import Line
from tests.workflows.staged_work import ACCRUES, finance, propose, read_proposal, sale, stage

AUGUST_31, SEPTEMBER_1 = date(2026, 8, 31), date(2026, 9, 1)
CHRISTMAS = date(2026, 12, 24)


def open_proposal() -> Line:
    line, mine = finance(ACCRUES), sale(1)
    stage(line, mine)
    line.tick()
    line.post_all()
    propose(line, mine)
    line.tick()
    assert read_proposal(line).status == ProposalStatus.OPEN
    return line


def post(line: Line, on: date) -> ProjectInvoice:
    common = {"command": derive_id("post", on), "correlation": PROPOSAL, "requested_at": line.clock.now()}
    command = PostProposal.model_validate({**common, "proposal": PROPOSAL, "invoice_date": on})
    perform(line.store, line.queues, command)
    (invoice,) = line.records(Table.FINANCE_PROJECT_INVOICES, ProjectInvoice)
    return invoice


def by_terms(on: date) -> date:
    return post(open_proposal(), on).due_date


@pytest.mark.parametrize(
    ("invoice_date", "set_for", "is_kept"),
    [
        (AUGUST_31, AUGUST_31, True),
        (SEPTEMBER_1, SEPTEMBER_1, True),
        (SEPTEMBER_1, AUGUST_31, False),
    ],
)
def test_it_counts_until_the_invoice_date_changes(invoice_date: date, set_for: date, is_kept: bool) -> None:
    line = open_proposal()
    set_due_date(line.store, proposal=PROPOSAL, due_date=CHRISTMAS, invoice_date=set_for)
    invoice = post(line, invoice_date)
    assert invoice.due_date == (CHRISTMAS if is_kept else by_terms(invoice_date))
    (owed,) = line.records(Table.FINANCE_CUSTOMER_TRANSACTIONS, CustomerTransaction)
    assert owed.due_date == invoice.due_date
    # the terms that are printed stay
    assert invoice.payment_terms == post(open_proposal(), invoice_date).payment_terms


def test_without_a_word_it_is_meant_for_the_invoice_date_of_the_proposal() -> None:
    line = open_proposal()
    after = set_due_date(line.store, proposal=PROPOSAL, due_date=CHRISTMAS)
    assert (after.manual_due_date, after.manual_due_date_for) == (CHRISTMAS, read_proposal(line).invoice_date)
    assert post(line, after.invoice_date).due_date == CHRISTMAS


def test_it_can_be_taken_away_again() -> None:
    line = open_proposal()
    set_due_date(line.store, proposal=PROPOSAL, due_date=CHRISTMAS, invoice_date=AUGUST_31)
    set_due_date(line.store, proposal=PROPOSAL, due_date=None)
    assert read_proposal(line).manual_due_date_for is None
    assert post(line, AUGUST_31).due_date == by_terms(AUGUST_31)


def test_what_is_posted_keeps_its_due_date() -> None:
    line = open_proposal()
    due = post(line, AUGUST_31).due_date
    with pytest.raises(Refused, match="its due date cannot be changed any more"):
        set_due_date(line.store, proposal=PROPOSAL, due_date=CHRISTMAS)
    (invoice,) = line.records(Table.FINANCE_PROJECT_INVOICES, ProjectInvoice)
    assert invoice.due_date == due


def test_a_proposal_that_has_not_arrived_is_not_yet_known() -> None:
    with pytest.raises(NotYet):
        set_due_date(finance(ACCRUES).store, proposal=PROPOSAL, due_date=CHRISTMAS)
