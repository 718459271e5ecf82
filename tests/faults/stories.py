"""The stories that every fault befalls: small, and together they use every stage of the line."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

from domain.actuals import Actual
from domain.commands import ConfirmInvoice
from domain.identifiers import derive_id
from domain.option_sets import BillingType, TransactionClass, TransactionType
from domain.pending_work import WorkKind
from domain.proforma import Invoice, InvoiceLineDetail
from domain.rows import Delete, RowKey, Value
from domain.saving import save
from domain.tables import Table
from domain.workflows.confirm_invoice import commands_after
from domain.workflows.edit_draft import edit_details
from domain.workflows.import_from_staging import import_from_staging
from domain.workflows.post_pending import posting_command, read_pending
from tests.faults.world import TICK, Act, Story, World
from tests.line import END_OF_AUGUST, START
from tests.properties.histories import History
from tests.properties.retainer_acts import plan_retainer
from tests.properties.work import Work
from tests.workflows.test_revise_invoice import wish_for
from tools.scenarios.confirmed import confirmed_invoice

ADATUM_CONTRACT, DANISH_CONTRACT = "C-ADATUM", "C-DANISH"
WORKED = date(2026, 8, 24)
LATER = date(2026, 9, 2)


def _history(act: Callable[[History], None], number: int) -> Act:
    """An act of whoever loads rows or works on drafts; the rows that it brings have the ids of its number."""

    def do(world: World) -> None:
        act(History(world.line, count=100 * number))

    return do


def _work(kind: TransactionClass, *, quantity: int = 4, price: int = 250, cost: str | None = None) -> Work:
    billing = BillingType.CHARGEABLE
    return Work(ADATUM_CONTRACT, kind, Decimal(quantity), Decimal(price), billing, WORKED, cost)


def approve(number: int, *works: Work) -> tuple[str, Act]:
    """Approved work is loaded with the connections of cost and sale."""

    def do(history: History) -> None:
        loaded: list[Actual] = []
        history.load = lambda _, *rows: loaded.extend(rows)  # type: ignore[method-assign]
        for work in works:
            history.approve(work)
        del history.load
        # one file for all, so that one message carries all
        history.load(Table.DATAVERSE_ACTUALS, *loaded)
        history.connect()

    return "load approved work", _history(do, number)


def ready(contract: str) -> tuple[str, Act]:
    """The project manager marks everything of a contract."""
    return "mark ready", _history(lambda history: history.mark_ready(contract, END_OF_AUGUST), 0)


def draft(contract: str, number: int = 1) -> tuple[str, Act]:
    """The project manager asks for drafts."""
    return "ask for drafts", _history(lambda history: history.create_proforma(contract, LATER), number)


def confirm(world: World) -> None:
    """The project manager confirms every draft."""
    for invoice in world.line.records(Table.DATAVERSE_INVOICES, Invoice):
        if invoice.is_confirmable:
            world.line.confirm(invoice.invoice, on=END_OF_AUGUST)


def tick(world: World) -> None:
    """Import from staging, on its schedule."""
    for _ in import_from_staging(world.store, world.queues, world.host_clock.now()):
        pass


def post(kind: WorkKind) -> tuple[str, Act]:
    """The clerk posts everything of a kind that is pending."""

    def do(world: World) -> None:
        works = list(read_pending(world.store, kind))
        world.line.send(*(posting_command(work, world.clock.now(), END_OF_AUGUST) for work in works))

    return f"ask to {kind.value}", do


TICKS = (TICK, tick)
CONFIRM = ("ask for confirmation", confirm)
POST_JOURNALS, POST_PROPOSALS = post(WorkKind.POST_JOURNAL), post(WorkKind.POST_PROPOSAL)
# from a draft to the customer invoice, when the costs and sales of it stand on journals already
TO_THE_END = (CONFIRM, TICKS, POST_JOURNALS, TICKS, POST_PROPOSALS, TICKS)
# the reversals of what was corrected wait until the sales that they take back are posted
CORRECTED_TO_THE_END = (*TO_THE_END[:4], POST_JOURNALS, *TO_THE_END[3:])


def _reduce(world: World) -> None:
    """The project manager bills less than was worked."""
    detail = next(each for each in world.line.records(Table.DATAVERSE_INVOICE_LINE_DETAILS, InvoiceLineDetail))
    edit_details(world.store, invoice=detail.invoice, edits={detail.detail: {"quantity": "3"}})


def _revise(world: World) -> None:
    """The project manager revises the posted invoice."""
    (invoice,) = (each for each in world.line.records(Table.DATAVERSE_INVOICES, Invoice) if not each.has_corrections)
    world.line.send(wish_for(invoice))


def _credit_in_part(world: World) -> None:
    """One of the corrections keeps some of its quantity."""
    details = world.line.records(Table.DATAVERSE_INVOICE_LINE_DETAILS, InvoiceLineDetail)
    detail = next(each for each in details if each.correction)
    edit_details(world.store, invoice=detail.invoice, edits={detail.detail: {"quantity": "1"}})


TRAVEL: dict[str, Value] = {
    "PostingType": 121,
    "CategoryId": "TRAVEL",
    "MainAccount": "540200",
    "AccountName": "Travel",
}


def _forget_travel(world: World) -> None:
    """The accountant takes the cost account of travel out of the set-up."""
    for row in world.store.rows(Table.FINANCE_SETUP):
        if row.key.row.startswith("ProjPosting|121|*|*|TRAVEL"):
            save(world.store, Table.FINANCE_SETUP, row.key.partition, (Delete(row.key.row),))


def _restore_travel(world: World) -> None:
    History(world.line).set_up("usmf", "ProjPosting", **TRAVEL)


def _plan(number: int) -> tuple[str, Act]:
    """A milestone is loaded."""
    return "load a milestone", _history(lambda history: history.plan_milestone(Decimal(5000), WORKED), number)


def _advance(number: int) -> tuple[str, Act]:
    """A retainer is loaded; less than the work that it is used for."""
    plan = partial(plan_retainer, contract=ADATUM_CONTRACT, amount=Decimal(700), day=WORKED)
    return "load a retainer", _history(plan, number)


def _retainer(world: World) -> None:
    """A confirmed invoice of a retainer stands in Dataverse, and its commands are sent to finance."""
    terms = History(world.line).terms(ADATUM_CONTRACT)
    invoice, number = derive_id("story-retainer", 1), "PRO-000900"
    actuals = [_retainer_sale(terms.contract.currency, world, invoice)]
    header = confirmed_invoice(invoice, number, terms.contract, terms.payer, actuals)
    key = RowKey(invoice, f"0001|0001|{actuals[0].actual}")
    for table, place, record in (
        (Table.DATAVERSE_ACTUALS, key, actuals[0]),
        (Table.DATAVERSE_INVOICES, header.key, header),
    ):
        if world.store.find(table, place) is None:
            world.line.put(table, place, record)
    common = {"command": header.correlation, "correlation": header.correlation, "requested_at": START}
    wish = ConfirmInvoice.model_validate({**common, "invoice": invoice, "confirmed_on": header.confirmed_on})
    world.line.queues.send(commands_after(header, wish))


def _retainer_sale(currency: str, world: World, invoice: str) -> Actual:
    terms = History(world.line).terms(ADATUM_CONTRACT)
    return Actual(
        actual=derive_id("story-retainer-sale", invoice),
        transaction_type=TransactionType.BILLED_SALES,
        transaction_class=TransactionClass.RETAINER,
        billing_type=BillingType.CHARGEABLE,
        quantity=Decimal(1),
        price=Decimal(1000),
        amount=Decimal(1000),
        currency=currency,
        transaction_date=WORKED,
        contract=terms.contract.contract,
        contract_line=terms.line.line,
        project=terms.line.project,
        owning_company=terms.contract.owning_company,
        invoice=invoice,
    )


HOURS = _work(TransactionClass.TIME, cost="USD")
TRIP = _work(TransactionClass.EXPENSE, quantity=1, price=300)

BILLED = (approve(1, HOURS, TRIP), ready(ADATUM_CONTRACT), draft(ADATUM_CONTRACT))
WITHOUT_TRAVEL = (("take an account out of the set-up", _forget_travel),)
WITH_TRAVEL = (("put the account back", _restore_travel),)

STORIES = (
    Story("time and material", (*BILLED, *TO_THE_END)),
    Story("reduced quantity", (approve(1, HOURS), *BILLED[1:], ("edit the draft", _reduce), *CORRECTED_TO_THE_END)),
    Story("milestone", (_plan(1), ready(DANISH_CONTRACT), draft(DANISH_CONTRACT), *TO_THE_END)),
    Story(
        "two invoices of one contract at once",
        (
            approve(1, HOURS),
            ready(ADATUM_CONTRACT),
            draft(ADATUM_CONTRACT),
            approve(2, TRIP),
            ready(ADATUM_CONTRACT),
            draft(ADATUM_CONTRACT, 2),
            *TO_THE_END,
        ),
    ),
    Story(
        "partial credit",
        (
            approve(1, HOURS),
            *BILLED[1:],
            *TO_THE_END,
            ("revise", _revise),
            ("edit the correction", _credit_in_part),
            *CORRECTED_TO_THE_END,
        ),
    ),
    Story(
        "retainer",
        (
            _advance(5),
            ready(ADATUM_CONTRACT),
            draft(ADATUM_CONTRACT),
            CONFIRM,
            approve(1, HOURS),
            ready(ADATUM_CONTRACT),
            draft(ADATUM_CONTRACT, 2),
            *TO_THE_END,
        ),
    ),
    Story("retainer in finance", (("a retainer is confirmed", _retainer), *TO_THE_END[1:]), begins_in_finance=True),
    Story(
        "journal with an error line",
        (
            approve(1, HOURS, replace(TRIP, cost_currency="USD")),
            TICKS,
            *WITHOUT_TRAVEL,
            POST_JOURNALS,
            *WITH_TRAVEL,
            POST_JOURNALS,
            TICKS,
        ),
    ),
)


def of_many(story: Story) -> bool:
    """Whether a story is about more than one invoice; these take as long as all the others together."""
    return story.name in {"partial credit", "two invoices of one contract at once", "retainer"}


# the order of acts of two contracts at once
SIMULATED = (
    *STORIES[:4],
    Story(
        "two contracts at once",
        (
            approve(1, HOURS, TRIP),
            _plan(3),
            ready(ADATUM_CONTRACT),
            ready(DANISH_CONTRACT),
            draft(DANISH_CONTRACT, 2),
            draft(ADATUM_CONTRACT),
            *TO_THE_END,
        ),
    ),
)
