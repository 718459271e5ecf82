"""The commands of a scenario that change a draft: edit, add, remove, delete, review, refresh.

A line detail is called as the row behind it, or as the scenario called it when it was added by hand.
"""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from domain.actuals import Actual
from domain.contract import TransactionCategory
from domain.draft_editing import NewLine, field_name
from domain.identifiers import derive_id
from domain.option_sets import ProjectInvoiceStatus, RetainerUse
from domain.proforma import Invoice, InvoiceLineDetail
from domain.rows import Merge
from domain.tables import Table
from domain.workflows.add_to_invoice import add_to_invoice
from domain.workflows.edit_draft import add_line, delete_draft, edit_details, remove_details, review_draft
from domain.workflows.refresh_draft import refresh_draft
from domain.workflows.refund_retainer import refund_retainer
from tools.scenarios.document import BadScenario
from tools.scenarios.vocabulary import value_of
from tools.scenarios.world import World

_DAY = r"\d{4}-\d\d-\d\d"
_NUMBER = r"PRO-\d+"
# how the refund of a retainer is called, beside what is applied of it
_REFUND = "refund of "
# how a line is entered: what people write, and the attribute
_ENTRY = MappingProxyType({"class": "transaction_class", "contract_line": "line", "date": "on"})


def edit(world: World, invoice: str, names: str, fields: str) -> None:
    """Edit one or many line details alike."""
    header = header_of(world, invoice)
    changes: dict[str, object] = {}
    for name, text in _fields(fields).items():
        is_known = name in InvoiceLineDetail.model_fields
        changes[name] = value_of(InvoiceLineDetail, name, text, world.names) if is_known else text
    ids = [detail_called(world, header, name.strip()) for name in names.split(",")]
    edit_details(world.store, invoice=header.invoice, edits=dict.fromkeys(ids, changes))


def add(world: World, name: str, invoice: str, fields: str) -> None:
    """Add a line detail by hand and call it by a name."""
    header = header_of(world, invoice)
    told = {_ENTRY.get(field, field): text for field, text in _fields(fields).items()}
    entry = NewLine(
        wish=name,
        line=int(told.get("line", "1")),
        transaction_class=value_of(InvoiceLineDetail, "transaction_class", told["transaction_class"], world.names),  # type: ignore[arg-type] # an option set
        quantity=value_of(InvoiceLineDetail, "quantity", told["quantity"], world.names),  # type: ignore[arg-type] # a number
        price=value_of(InvoiceLineDetail, "price", told["price"], world.names),  # type: ignore[arg-type] # a number
        on=date.fromisoformat(told.get("on", "2026-08-24")),
        description=told.get("description"),
        category=_category(world, told.get("category", "Fee")),
    )
    world.names.learn(name, derive_id("invoice-line-by-hand", header.invoice, name))
    add_line(world.store, invoice=header.invoice, entry=entry)


def remove(world: World, names: str, invoice: str) -> None:
    """Remove line details."""
    header = header_of(world, invoice)
    ids = [detail_called(world, header, name.strip()) for name in names.split(",")]
    remove_details(world.store, invoice=header.invoice, details=ids)


def delete(world: World, invoice: str) -> None:
    """Delete a draft."""
    delete_draft(world.store, invoice=header_of(world, invoice).invoice)


def review(world: World, invoice: str, status: str) -> None:
    """Put a draft in review, or back."""
    member = ProjectInvoiceStatus[status.upper().replace(" ", "_")]
    review_draft(world.store, invoice=header_of(world, invoice).invoice, status=member)


def refresh(world: World, invoice: str, up_to: str) -> None:
    """Add what has become ready."""
    outcome = refresh_draft(world.store, invoice=header_of(world, invoice).invoice, cut_off=date.fromisoformat(up_to))
    world.told += outcome.problems


def add_to(world: World, contract: str, up_to: str) -> None:
    """Put due items on the latest draft of their customer, or on a new one."""
    wish = derive_id("scenario-add-to-invoice", len(world.queues.sent), next(world.wishes))
    outcome = add_to_invoice(
        world.store,
        contract=world.terms(contract).contract.contract,
        cut_off=date.fromisoformat(up_to),
        wish=wish,
        at=world.clock.now(),
    )
    world.told += outcome.problems


def evaluate(world: World, name: str, status: str) -> None:
    """Let somebody evaluate the not-to-exceed limit of a sale: what the product's own process writes."""
    id_ = world.names.id_of(name)
    member = value_of(Actual, "nte_status", status, world.names)
    for row in world.store.rows(Table.DATAVERSE_ACTUALS):
        if row.columns.get("msdyn_actualid") == id_ and isinstance(member, int):
            change = Merge(row.key.row, {"msdyn_ntestatus": int(member)})
            world.store.write(Table.DATAVERSE_ACTUALS, row.key.partition, (change,))


def refund(world: World, name: str, contract: str, invoice: str | None = None) -> None:
    """Stage the refund of a retainer, on a draft or on its contract."""
    draft = header_of(world, invoice).invoice if invoice else None
    id_ = world.names.id_of(name)
    refund_retainer(world.store, contract=world.terms(contract).contract.contract, retainer=id_, invoice=draft)


def _fields(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(", "))
    return {field_name(name): value.strip() for name, _, value in pairs}


def header_of(world: World, number: str) -> Invoice:
    """Find an invoice by its number."""
    for row in world.store.rows(Table.DATAVERSE_INVOICES):
        invoice = Invoice.from_columns(row.columns)
        if invoice.number == number:
            return invoice
    raise BadScenario(f"there is no invoice {number}")


def detail_called(world: World, header: Invoice, name: str) -> str:
    """Find a line detail by the name of what stands behind it; behind a correction stands the detail it corrects."""
    rows = world.store.rows(Table.DATAVERSE_INVOICE_LINE_DETAILS)
    details = {each.detail: each for each in (InvoiceLineDetail.from_columns(row.columns) for row in rows)}
    is_refund = name.startswith(_REFUND)
    id_ = world.names.id_of(name.removeprefix(_REFUND))
    for detail in details.values():
        is_called = id_ in _ids(detail, details) and (detail.retainer_use == RetainerUse.REFUND) == is_refund
        if detail.invoice == header.invoice and is_called:
            return detail.detail
    # the product says that there is none
    return id_


def _ids(detail: InvoiceLineDetail, details: Mapping[str, InvoiceLineDetail]) -> set[str | None]:
    original = details.get(detail.original_detail or "")
    return {detail.detail, detail.source} | (_ids(original, details) if original else set())


def _category(world: World, name: str) -> str | None:
    rows = world.store.rows(Table.DATAVERSE_TRANSACTION_CATEGORIES)
    categories = (TransactionCategory.from_columns(row.columns) for row in rows)
    return next((each.category for each in categories if each.name == name), None)


DRAFT_COMMANDS: Mapping[str, tuple[str, Callable[..., None]]] = MappingProxyType(
    {
        rf"edit (?P<invoice>{_NUMBER}) (?P<names>[^:]+): (?P<fields>.+)": (
            "edit PRO-000001 sale, travel: quantity = 6, billing type = Complimentary",
            edit,
        ),
        rf"add (?P<name>\S+) to (?P<invoice>{_NUMBER}): (?P<fields>.+)": (
            "add gift to PRO-000001: contract line = 1, class = Fee, quantity = 1, price = 300, category = Fee",
            add,
        ),
        rf"remove (?P<names>.+) from (?P<invoice>{_NUMBER})": ("remove sale, travel from PRO-000001", remove),
        rf"refund (?P<name>\S+) of (?P<contract>\S+?)(?: on (?P<invoice>{_NUMBER}))?": (
            "refund advance of C-ADATUM on PRO-000001",
            refund,
        ),
        rf"delete (?P<invoice>{_NUMBER})": ("delete PRO-000001", delete),
        rf"make (?P<invoice>{_NUMBER}) (?P<status>draft|in review|confirmed)": ("make PRO-000001 in review", review),
        rf"add to invoice (?P<contract>\S+) up to (?P<up_to>{_DAY})": (
            "add to invoice C-ADATUM up to 2026-08-31",
            add_to,
        ),
        r"evaluate the limit of (?P<name>\S+): (?P<status>.+)": ("evaluate the limit of sale: Failed", evaluate),
        rf"refresh (?P<invoice>{_NUMBER}) up to (?P<up_to>{_DAY})": (
            "refresh PRO-000001 up to 2026-08-31",
            refresh,
        ),
    }
)
