"""Revising a posted invoice, and confirming its corrections: once, whoever dies, comes twice or comes at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, partial

import pytest

from domain.commands import ReviseInvoice
from domain.errors import ChangedMeanwhile, OutcomeUnknown, ReasonCode, Refused
from domain.identifiers import derive_id
from domain.option_sets import AdjustmentStatus, BillingStatus, ProjectInvoiceStatus, TransactionType
from domain.outcome import Action, Outcome
from domain.proforma import Invoice, InvoiceLineDetail
from domain.tables import Table
from domain.workflows.dispatch import perform
from domain.workflows.draft_acts import settle
from domain.workflows.edit_draft import delete_draft, edit_details, remove_details
from domain.workflows.revise_invoice import revise_invoice
from tests.builders import actuals, connections, details_of, drafted, edit, index, invoices, sales
from tests.line import ADATUM, CONTRACT_ADATUM, CONTRACT_DANISH, DANISH, Breaker, Delivery, Line, ProcessDied
from tests.workflows.adatum import after_writes as before_the_next_write

IN_PROCESS, ADJUSTED = AdjustmentStatus.IN_PROCESS, AdjustmentStatus.ADJUSTED
FAULTS = {"process dies": ProcessDied(), "answer is lost": OutcomeUnknown("the connection was closed")}


@cache
def _posted(folder: str, contract: str) -> Line:
    line = Line.in_memory()
    line.load_samples(folder)
    line.finish()
    line.bill(contract)
    line.finish()
    return line


def posted(folder: str = ADATUM, contract: str = CONTRACT_ADATUM) -> tuple[Line, Invoice]:
    line = _posted(folder, contract).twin()
    (header,) = invoices(line)
    assert header.status == ProjectInvoiceStatus.POSTED
    return line, header


def wish_for(invoice: Invoice, *details: str, add_to: str | None = None, wish: object = "") -> ReviseInvoice:
    identifier = derive_id("test-revise-invoice", invoice.invoice, wish, add_to)
    return ReviseInvoice.model_validate(
        {
            "command": identifier,
            "correlation": identifier,
            "requested_at": "2026-08-31T12:00:00Z",
            "invoice": invoice.invoice,
            "details": details,
            "add_to": add_to,
        }
    )


def revise(line: Line, invoice: Invoice, *details: str, add_to: str | None = None, wish: object = "") -> Outcome:
    line.send(wish_for(invoice, *details, add_to=add_to, wish=wish))
    return line.drain()[0]


def drafts(line: Line) -> list[Invoice]:
    return [header for header in invoices(line) if header.has_corrections]


def corrections(line: Line) -> list[InvoiceLineDetail]:
    return [detail for detail in details_of(line) if detail.correction]


def originals(line: Line) -> list[InvoiceLineDetail]:
    return [detail for detail in details_of(line) if not detail.correction]


def revised() -> tuple[Line, Invoice]:
    """A corrective draft whose first line is to be invoiced in part."""
    line, invoice = posted()
    revise(line, invoice)
    (draft,) = drafts(line)
    part = max(corrections(line), key=lambda each: each.previous_quantity or 0)
    edit_details(line.store, invoice=draft.invoice, edits={part.detail: {"quantity": "1"}})
    return line, drafts(line)[0]


def test_every_line_is_a_full_credit_that_keeps_its_billed_sale() -> None:
    line, invoice = posted()
    outcome = revise(line, invoice)
    (draft,) = drafts(line)
    assert (outcome.action, outcome.facts["draft"]) == (Action.INVOICE_REVISED, draft.number)
    assert (draft.amount, draft.details) == (-invoice.amount, invoice.details)
    kept = {each.actual: each for each in actuals(line) if each.corrected_by == draft.invoice}
    assert {each.adjustment_status for each in kept.values()} == {IN_PROCESS}
    made = corrections(line)
    assert {detail.source for detail in made} == kept.keys()
    assert {(str(detail.quantity), str(detail.amount)) for detail in made} == {("0", "0")}
    assert [detail.previous_amount for detail in made] == [kept[detail.source or ""].amount for detail in made]
    assert [detail.origins for detail in made] == [kept[detail.source or ""].origins for detail in made]
    assert all(f"msdyn_invoicelinetransaction:{detail.original_detail}" in detail.origins for detail in made)
    replacing = {each.transaction1: each for each in connections(line) if each.transaction1_role == "Replacing"}
    assert replacing.keys() == {detail.detail for detail in made}
    assert {each.transaction2_key for each in replacing.values()} == {detail.source_key for detail in made}


def test_the_same_command_again_changes_nothing_even_after_an_edit() -> None:
    line, _ = revised()
    before = line.snapshot()
    (invoice,) = (header for header in invoices(line) if not header.has_corrections)
    assert revise(line, invoice).action == Action.INVOICE_REVISED
    assert line.snapshot() == before


@pytest.mark.parametrize(
    ("details", "code"),
    [
        (("11111111-1111-5111-8111-111111111111",), ReasonCode.LINE_DETAIL_UNKNOWN),
        ((), ReasonCode.NOTHING_TO_REVISE),
        (("first",), ReasonCode.ALREADY_REVISED),
    ],
)
def test_a_refused_revision_changes_nothing(details: tuple[str, ...], code: ReasonCode) -> None:
    line, invoice = posted()
    revise(line, invoice)
    named = tuple(originals(line)[0].detail if each == "first" else each for each in details)
    before = line.snapshot()
    with pytest.raises(Refused) as refused:
        revise_invoice(line.store, wish_for(invoice, *named, wish="again"))
    assert refused.value.problem.code == code
    assert line.snapshot() == before


def test_what_is_added_to_a_draft_that_cannot_be_changed_is_free_again() -> None:
    line, invoice = posted()
    first, second, *_ = originals(line)
    revise(line, invoice, first.detail)
    (draft,) = drafts(line)
    line.confirm(draft.invoice)
    line.drain()
    before = _filled(line)
    with pytest.raises(Refused) as refused:
        revise_invoice(line.store, wish_for(invoice, second.detail, add_to=draft.invoice))
    assert refused.value.problem.code == ReasonCode.DOCUMENT_WRONG_STATE
    assert _filled(line) == before
    assert len(corrections(line)) == 1


def _filled(line: Line) -> dict[str, dict[str, object]]:
    """All actuals without cleared columns: a merge leaves empty text where it clears."""
    rows = line.snapshot()["DataverseActuals"]
    return {key: {name: value for name, value in row.items() if value != ""} for key, row in rows.items()}


def test_a_deleted_corrective_draft_gives_its_billed_sales_back() -> None:
    line, invoice = posted()
    revise(line, invoice)
    delete_draft(line.store, invoice=drafts(line)[0].invoice)
    assert {each.corrected_by for each in actuals(line)} == {None}
    assert revise(line, invoice, wish="again").action == Action.INVOICE_REVISED
    assert [header.amount for header in drafts(line) if header.details] == [-invoice.amount]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_of_a_revision_ends_as_if_there_had_been_none(after: bool, fault: str) -> None:
    start, invoice = posted()
    whole = start.twin()
    whole.send(wish_for(invoice))
    counted = Breaker(whole)
    whole.drain()
    assert counted.requests > 10
    for at in range(1, counted.requests + 1):
        line = start.twin()
        line.send(wish_for(invoice))
        breaker = Breaker(line, at=at, after=after, error=FAULTS[fault])
        line.drain()
        assert (breaker.has_broken, line.dead) == (True, [])
        assert line.snapshot() == whole.snapshot(), f"request {at}"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_while_a_draft_is_added_to_ends_as_if_there_had_been_none(after: bool, fault: str) -> None:
    start, invoice = posted()
    first, *others = originals(start)
    revise(start, invoice, first.detail)
    (draft,) = drafts(start)
    command = wish_for(invoice, *(each.detail for each in others), add_to=draft.invoice)
    whole = start.twin()
    whole.send(command)
    counted = Breaker(whole)
    whole.drain()
    assert drafts(whole)[0].amount == -invoice.amount
    for at in range(1, counted.requests + 1):
        line = start.twin()
        line.send(command)
        Breaker(line, at=at, after=after, error=FAULTS[fault])
        line.drain()
        assert line.dead == []
        assert line.snapshot() == whole.snapshot(), f"request {at}"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_of_its_confirmation_ends_as_if_there_had_been_none(after: bool, fault: str) -> None:
    start, draft = revised()
    whole = start.twin()
    whole.confirm(draft.invoice)
    counted = Breaker(whole)
    whole.drain()
    assert counted.requests > 20
    for at in range(1, counted.requests + 1):
        line = start.twin()
        line.confirm(draft.invoice)
        Breaker(line, at=at, after=after, error=FAULTS[fault])
        line.drain()
        assert line.dead == []
        assert line.snapshot() == whole.snapshot(), f"request {at}"


def test_what_is_back_on_the_backlog_may_be_used_before_the_confirmation_has_come_to_its_end() -> None:
    start, draft = revised()
    counted = start.twin()
    counted.confirm(draft.invoice)
    breaker = Breaker(counted)
    counted.drain()
    for at in range(1, breaker.requests + 1):
        line = start.twin()
        line.confirm(draft.invoice)
        # the first delivery dies; while it is away, somebody marks what stands on the backlog
        Breaker(line, at=at, after=True, error=ProcessDied())
        line.memory.after_call, dies = (lambda call: None), line.memory.after_call
        line.memory.after_call = partial(_dies_and_marks, line, dies)
        line.drain()
        assert line.dead == []
        assert drafts(line)[0].status == ProjectInvoiceStatus.CONFIRMED
        back = [each for each in actuals(line) if each.corrected_by is None and each.invoice is None]
        sales = [each for each in back if each.transaction_type == TransactionType.UNBILLED_SALES]
        statuses = {BillingStatus.UNBILLED_SALES_CREATED, BillingStatus.READY_TO_INVOICE}
        assert {each.billing_status for each in sales} <= statuses
        assert len(sales) == len(corrections(line))


def _dies_and_marks(line: Line, dies: object, call: object) -> None:
    try:
        dies(call)  # type: ignore[operator] # a hook
    except ProcessDied:
        line.memory.before_call = line.memory.after_call = lambda _: None
        line.mark_ready(CONTRACT_ADATUM)
        raise


def test_a_milestone_that_was_released_and_claimed_again_keeps_its_new_draft() -> None:
    start, invoice = posted(DANISH, CONTRACT_DANISH)
    revise(start, invoice)
    (draft,) = drafts(start)
    whole = start.twin()
    whole.confirm(draft.invoice)
    breaker = Breaker(whole)
    _deliver_once(whole)
    assert index(whole)
    for at in range(1, breaker.requests + 1):
        line = start.twin()
        command = line.confirm(draft.invoice)
        line.queues.take()
        line.send(command)
        Breaker(line, at=at, after=True, error=ProcessDied())
        # a request that the storage refuses has no end at which the process could die
        with suppress(ProcessDied):
            _deliver_once(line)
        line.create_proforma(CONTRACT_DANISH, wish="again")
        line.send(command)
        line.drain()
        assert line.dead == []
        again = [header for header in invoices(line) if header.invoice not in {draft.invoice, invoice.invoice}]
        assert drafts(line)[0].status == ProjectInvoiceStatus.CONFIRMED
        assert [header.amount for header in again] in ([], [invoice.amount])
        assert bool(again) != bool(index(line)), f"request {at}"


def _deliver_once(line: Line) -> None:
    while (command := line.queues.take()) is not None:
        perform(line.store, line.queues, command)


def posted_by_hand() -> tuple[Line, Invoice]:
    """Two sales on an invoice that is posted, without finance."""
    line = Line.in_memory()
    line.confirm(drafted(line, *sales(2)).invoice)
    line.drain()
    edit(line, invoices(line)[0].changed(status=ProjectInvoiceStatus.POSTED, customer_invoice="CIV-1"))
    return line, invoices(line)[0]


def test_a_revision_that_was_overtaken_takes_nothing_twice() -> None:
    line, invoice = posted_by_hand()

    def another() -> None:
        revise_invoice(line.store, wish_for(invoice, wish="another"))

    before_the_next_write(line.memory, Table.DATAVERSE_ACTUALS, another)
    with pytest.raises(Refused) as refused:
        revise_invoice(line.store, wish_for(invoice))
    assert refused.value.problem.code == ReasonCode.NOTHING_TO_REVISE
    (draft,) = drafts(line)
    assert len(corrections(line)) == 2
    assert {each.corrected_by for each in actuals(line)} == {None, draft.invoice}


@pytest.mark.parametrize("table", [Table.DATAVERSE_INVOICE_LINE_DETAILS, Table.DATAVERSE_INVOICES])
def test_a_correction_that_was_edited_before_a_slow_delivery_writes_it_stays(table: Table) -> None:
    line, invoice = posted_by_hand()

    def another_delivery_and_a_person() -> None:
        revise_invoice(line.store, wish_for(invoice))
        edits = {corrections(line)[0].detail: {"quantity": "1"}}
        edit_details(line.store, invoice=drafts(line)[0].invoice, edits=edits)

    before_the_next_write(line.memory, table, another_delivery_and_a_person)
    revise_invoice(line.store, wish_for(invoice))
    assert [str(each.quantity) for each in corrections(line)] == ["1", "0"]
    assert str(drafts(line)[0].amount) == "-3000.00"


def test_a_late_removal_frees_no_billed_sale_that_another_draft_corrects() -> None:
    line, invoice = posted_by_hand()
    revise_invoice(line.store, wish_for(invoice, originals(line)[0].detail))
    ((draft,), (detail,)) = drafts(line), corrections(line)

    def removed_and_revised_again() -> None:
        settle(line.store, draft.invoice)
        revise_invoice(line.store, wish_for(invoice, originals(line)[0].detail, wish="another"))

    before_the_next_write(line.memory, Table.DATAVERSE_ACTUALS, removed_and_revised_again)
    remove_details(line.store, invoice=draft.invoice, details=[detail.detail])
    (again,) = corrections(line)
    assert {each.corrected_by for each in actuals(line)} == {None, again.invoice}
    assert again.invoice != draft.invoice


def test_two_revisions_at_once_take_nothing_twice() -> None:
    for attempt in range(5):
        line, invoice = posted()
        commands = [wish_for(invoice, wish=(attempt, each)) for each in range(4)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(partial(_tried, line), commands))
        for command in commands:
            line.send(command)
        line.drain()
        assert line.dead == []
        taken = [detail.source for detail in corrections(line)]
        assert len(taken) == len(set(taken)) == invoice.details
        assert sum(header.amount for header in drafts(line)) == -invoice.amount
        kept = {each.actual: each.corrected_by for each in actuals(line) if each.corrected_by}
        assert kept == {detail.source: detail.invoice for detail in corrections(line)}


def test_of_two_that_choose_the_same_line_one_is_refused_and_keeps_nothing() -> None:
    for attempt in range(5):
        line, invoice = posted()
        first, second, third, *_ = (each.detail for each in originals(line))
        commands = [
            wish_for(invoice, first, second, wish=(attempt, "left")),
            wish_for(invoice, second, third, wish=(attempt, "right")),
        ]
        with ThreadPoolExecutor(2) as pool:
            ended = list(pool.map(partial(_tried, line), commands))
        assert set(ended) == {Action.INVOICE_REVISED, ReasonCode.ALREADY_REVISED}
        kept = {each.actual for each in actuals(line) if each.corrected_by}
        assert kept == {detail.source for detail in corrections(line)}
        assert len(kept) == 2


def _tried(line: Line, command: ReviseInvoice) -> Action | ReasonCode | None:
    try:
        return revise_invoice(line.store, command).action
    except Refused as refused:
        return refused.problem.code
    except ChangedMeanwhile:
        # the host delivers it again
        return None


@pytest.mark.parametrize("seed", range(5))
def test_copies_in_any_order_end_alike(seed: int) -> None:
    whole, draft = revised()
    line, _ = revised()
    for each, delivery in ((whole, Delivery()), (line, Delivery(seed=seed, twice=True))):
        each.confirm(draft.invoice)
        each.drain(delivery)
        each.finish()
        assert each.dead == []
    for table in ("DataverseActuals", "DataverseTransactionConnections", "FinanceProjectInvoices"):
        assert line.snapshot()[table].keys() == whole.snapshot()[table].keys()
    assert {header.status for header in invoices(line)} == {ProjectInvoiceStatus.POSTED}
