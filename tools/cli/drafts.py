"""What the project manager does to drafts: show, edit, add and remove lines, refresh, review, delete, confirm many."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from domain.contract import TransactionCategory
from domain.discount_fee import NAMES, has_any
from domain.draft_editing import NewLine, field_name
from domain.errors import Problem
from domain.money import decimal_from
from domain.option_sets import BillingType, InvoiceState, ProjectInvoiceStatus, TransactionClass
from domain.outcome import Action, Outcome
from domain.proforma import Invoice, InvoiceLineDetail
from domain.tables import Table
from domain.workflows.add_to_invoice import add_to_invoice
from domain.workflows.confirm_many import confirm_many
from domain.workflows.edit_draft import add_line, delete_draft, edit_details, remove_details, review_draft
from domain.workflows.reading import read_records
from domain.workflows.refresh_draft import refresh_draft
from tools.cli.amounts import amount_text, count_text
from tools.cli.desk import Desk, Sorry, new_id
from tools.cli.drawing import draw_rows, grid, say
from tools.cli.finding import find_contract, find_invoice
from tools.cli.ready import currency_code

# of an id, so many characters are enough when they are those of one detail alone
SHORT = 8
BILLING_TYPES = {each.name.lower(): each for each in BillingType}


def show_draft(desk: Desk, name: str) -> int:
    """Print the line details of an invoice."""
    invoice = find_invoice(desk, name)
    details = list(_details(desk, invoice))
    # most contracts have neither discount nor fee
    both = NAMES if any(map(has_any, details)) else ()
    figures = ("quantity", "price", "amount", *both, "tax")
    columns = ("id", "line", "class", "date", "what", *figures, "billing type")
    table = grid(f"{invoice.number}, {invoice.name}", *columns, right=figures)
    draw_rows(desk.console, table, (_cells(each, figures) for each in details))
    _tell_total(desk, invoice)
    return 0


def edit(desk: Desk, name: str, *, lines: Sequence[str], everything: bool, fields: Sequence[str]) -> int:
    """Edit line details alike."""
    invoice = find_invoice(desk, name)
    ids = [each.detail for each in _details(desk, invoice)] if everything else detail_ids(desk, invoice, lines)
    changes = dict(_change(field) for field in fields)
    return _tell(desk, invoice, edit_details(desk.store, invoice=invoice.invoice, edits=dict.fromkeys(ids, changes)))


def add(
    desk: Desk,
    name: str,
    *,
    line: int,
    transaction_class: str,
    quantity: str,
    price: str,
    on: date | None,
    category: str | None,
    description: str | None,
) -> int:
    """Add a line detail by hand."""
    invoice = find_invoice(desk, name)
    entry = NewLine(
        wish=new_id(),
        line=line,
        transaction_class=_class(transaction_class),
        quantity=_number(quantity),
        price=_number(price),
        on=on or desk.today,
        category=_category(desk, category),
        description=description,
    )
    return _tell(desk, invoice, add_line(desk.store, invoice=invoice.invoice, entry=entry))


def remove(desk: Desk, name: str, lines: Sequence[str]) -> int:
    """Remove line details."""
    invoice = find_invoice(desk, name)
    return _tell(
        desk, invoice, remove_details(desk.store, invoice=invoice.invoice, details=detail_ids(desk, invoice, lines))
    )


def delete(desk: Desk, name: str) -> int:
    """Delete a draft."""
    invoice = find_invoice(desk, name)
    delete_draft(desk.store, invoice=invoice.invoice)
    say(desk.console, f"{invoice.number} is deleted; what stood on it is Ready to invoice again.", "green")
    return 0


def review(desk: Desk, name: str, *, back: bool) -> int:
    """Put a draft in review, or back."""
    invoice = find_invoice(desk, name)
    status = ProjectInvoiceStatus.DRAFT if back else ProjectInvoiceStatus.IN_REVIEW
    review_draft(desk.store, invoice=invoice.invoice, status=status)
    say(desk.console, f"{invoice.number} is {status.name.lower().replace('_', ' ')}.", "green")
    return 0


def refresh(desk: Desk, name: str, *, cut_off: date | None) -> int:
    """Add what has become ready to a draft."""
    invoice = find_invoice(desk, name)
    return _tell(desk, invoice, refresh_draft(desk.store, invoice=invoice.invoice, cut_off=cut_off or desk.today))


def add_to(desk: Desk, name: str, *, cut_off: date | None) -> int:
    """Add what is ready on a contract to its latest drafts."""
    contract = find_contract(desk, name)
    outcome = add_to_invoice(
        desk.store, contract=contract.contract, cut_off=cut_off or desk.today, wish=new_id(), at=desk.clock.now()
    )
    say(desk.console, f"{count_text(int(outcome.facts['items']), 'item')} of {contract.number} added to drafts.")
    return _tell_problems(desk, outcome.problems)


def confirm_all(desk: Desk, names: Sequence[str], *, on: date | None) -> int:
    """Schedule many drafts for confirmation."""
    ids = [find_invoice(desk, name).invoice for name in names]
    outcome = confirm_many(
        desk.store, desk.sender, invoices=ids, on=on or desk.today, wish=new_id(), at=desk.clock.now()
    )
    told = f"{count_text(int(outcome.facts['invoices']), 'invoice')} scheduled; `invoicing status` tells how each ends."
    say(desk.console, told, "green")
    return _tell_problems(desk, outcome.problems)


def _details(desk: Desk, invoice: Invoice) -> Iterator[InvoiceLineDetail]:
    return read_records(desk.store, Table.DATAVERSE_INVOICE_LINE_DETAILS, invoice.invoice, InvoiceLineDetail)


def detail_ids(desk: Desk, invoice: Invoice, names: Sequence[str]) -> list[str]:
    """Find line details of an invoice by how their ids begin."""
    known = [each.detail for each in _details(desk, invoice)]
    return [_id(invoice, known, name.lower()) for name in names]


def _id(invoice: Invoice, known: Sequence[str], name: str) -> str:
    found = [each for each in known if len(name) >= SHORT and each.startswith(name)]
    if len(found) != 1:
        what = "several line details" if found else "no line detail"
        raise Sorry(f"{invoice.number} has {what} {name}; `invoicing draft {invoice.number}` shows their ids")
    return found[0]


def _change(text: str) -> tuple[str, object]:
    name, sign, value = text.partition("=")
    if not sign:
        raise Sorry(f"{text!r} is not a field with its value, as quantity=6")
    field, given = field_name(name), value.strip()
    if field == "billing_type" and given:
        known = ", ".join(BILLING_TYPES)
        if field_name(given) not in BILLING_TYPES:
            raise Sorry(f"there is no billing type {given}; there are {known}")
        return field, BILLING_TYPES[field_name(given)]
    return field, given or None


def _class(text: str) -> TransactionClass:
    try:
        return TransactionClass[text.upper()]
    except KeyError:
        raise Sorry(f"there is no class {text}; time, expense, material and fee can be added") from None


def _number(text: str) -> Decimal:
    try:
        return decimal_from(text)
    except ValueError as error:
        raise Sorry(f"{text!r} {error}") from None


def _category(desk: Desk, name: str | None) -> str | None:
    if name is None:
        return None
    rows = desk.browser.rows(Table.DATAVERSE_TRANSACTION_CATEGORIES, where=("msdyn_name", name), limit=1)
    found = next((TransactionCategory.from_columns(row.columns) for row in rows), None)
    if found is None:
        raise Sorry(f"there is no transaction category {name}; `invoicing show DataverseTransactionCategories` has all")
    return found.category


def _cells(detail: InvoiceLineDetail, figures: Iterable[str]) -> tuple[object, ...]:
    billing = "" if detail.billing_type is None else detail.billing_type.name.lower().replace("_", "-")
    use = "" if detail.retainer_use is None else f" {detail.retainer_use.value}"
    what = (f"{detail.transaction_class.name.lower()}{use}", detail.transaction_date, detail.description or "")
    return (
        detail.detail[:SHORT],
        detail.line_number,
        *what,
        *(f"{getattr(detail, name) or 0:,f}" for name in figures),
        billing,
    )


def _tell(desk: Desk, invoice: Invoice, outcome: Outcome) -> int:
    if outcome.action == Action.NOTHING_TO_DO:
        say(desk.console, "Nothing was to be changed.", "yellow")
    _tell_total(desk, find_invoice(desk, invoice.invoice))
    return _tell_problems(desk, outcome.problems)


def _tell_total(desk: Desk, invoice: Invoice) -> None:
    code = currency_code(desk, invoice.currency)
    shown = invoice.state if invoice.state == InvoiceState.CANCELED else invoice.status
    status = shown.name.lower().replace("_", " ")
    parts = (count_text(invoice.details, "line detail"), amount_text(invoice.amount, code), f"tax {invoice.tax:,f}")
    say(desk.console, f"{invoice.number}: {', '.join(parts)}, {status}", "green")


def _tell_problems(desk: Desk, problems: Sequence[Problem]) -> int:
    for problem in problems:
        say(desk.console, f"not done: {problem.sentence} ({problem.code.value})", "red")
    return 1 if problems else 0
