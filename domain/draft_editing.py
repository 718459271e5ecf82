"""What people may change on a draft: which field of which line detail, and what follows from it.

Project Operations documentation, update-ild-on-an-invoice, modern-invoicing and add-new-ild-to-invoice. `EDITABLE` is
the table of rules: a detail of time-and-material work may get another billing type, quantity, price, tax and
descriptions, a milestone another billing type, tax and descriptions, a use of a retainer another amount. Where the
documentation is silent, a line that was added by hand may be edited as freely as it was entered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from pydantic import ValidationError

from domain.backlog import line_id
from domain.confirmation import TRANSACTION_CLASSES
from domain.discount_fee import Percents, shares
from domain.errors import Problem, ReasonCode
from domain.identifiers import derive_id
from domain.money import ZERO, multiply, round_amount
from domain.option_sets import BillingType, TransactionClass
from domain.proforma import Invoice, InvoiceLine, InvoiceLineDetail

# the range of an amount in Dataverse
AMOUNT_MAX = Decimal(1_000_000_000)


class DetailKind(StrEnum):
    """What the rules tell apart."""

    TRANSACTION = "a transaction"
    MILESTONE = "a milestone"
    RETAINER = "a retainer"
    RETAINER_USE = "a use of a retainer"
    BY_HAND = "a line that was added by hand"


WORK = frozenset((DetailKind.TRANSACTION, DetailKind.BY_HAND))
BILLED = WORK | {DetailKind.MILESTONE}
# field: the kinds of details on which it may be changed; all other fields come from the row behind the detail
EDITABLE: Mapping[str, frozenset[DetailKind]] = MappingProxyType(
    {
        "billing_type": BILLED,
        "quantity": WORK,
        "price": WORK,
        "tax": BILLED,
        "description": BILLED,
        "external_description": BILLED,
        "amount": frozenset((DetailKind.RETAINER_USE,)),
    }
)
# fields that may be changed on a correction: the rest stays as it was invoiced
CORRECTABLE = ("quantity", "tax")
# fields that may be cleared
OPTIONAL = frozenset(("tax", "description", "external_description"))
BILLING_TYPES = frozenset((BillingType.CHARGEABLE, BillingType.NON_CHARGEABLE, BillingType.COMPLIMENTARY))

NO_PERCENTS = Percents()

type Changes = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line detail as somebody enters it, without an actual behind it."""

    # identifies the wish: entered twice with the same one, it is still one line
    wish: str
    # number of the invoice line
    line: int
    transaction_class: TransactionClass
    quantity: Decimal
    price: Decimal
    on: date
    billing_type: BillingType = BillingType.CHARGEABLE
    tax: Decimal | None = None
    description: str | None = None
    category: str | None = None
    resource: str | None = None
    product: str | None = None


def field_name(text: str) -> str:
    """Read the name of a field as people write it: `billing type`, `Billing-Type`."""
    return text.strip().lower().replace(" ", "_").replace("-", "_")


def kind_of(detail: InvoiceLineDetail) -> DetailKind:
    """Tell what the rules apply to a detail as."""
    if detail.transaction_class == TransactionClass.RETAINER:
        return DetailKind.RETAINER_USE if detail.uses_retainer else DetailKind.RETAINER
    if detail.transaction_class == TransactionClass.MILESTONE:
        return DetailKind.MILESTONE
    return DetailKind.BY_HAND if detail.source_key is None else DetailKind.TRANSACTION


def edited(
    detail: InvoiceLineDetail, changes: Changes, currency: str, percents: Percents = NO_PERCENTS
) -> InvoiceLineDetail | Problem:
    """Change fields of a detail; its amount, discount and fee follow its quantity and price.

    Args:
        detail: as it stands on a draft.
        changes: fields with their new values; None clears one.
        currency: ISO code of the invoice's currency, to which the amount is rounded.
        percents: of the detail's invoice line.

    Returns:
        The detail as it should stand, or the reason why it must not.
    """
    problems = (_problem_of_field(detail, name, value) for name, value in changes.items())
    problem = next((each for each in problems if each is not None), None)
    if problem is not None:
        return problem
    try:
        changed = detail.changed(**changes)
    except ValidationError as error:
        return _wrong_value(detail, error)
    if detail.uses_retainer:
        return _used(detail, abs(round_amount(changed.amount, currency)))
    if (changed.quantity, changed.price) != (detail.quantity, detail.price):
        amount = _amount(changed, currency)
        both = _discount_and_fee(detail, amount, percents, currency)
        changed = changed.changed(amount=amount, **both)
    return _out_of_bounds(changed, changes) or changed


def _used(detail: InvoiceLineDetail, amount: Decimal) -> InvoiceLineDetail:
    """Use another amount of a retainer, entered with or without its sign."""
    if -detail.amount == amount:
        return detail
    return detail.changed(quantity=-1, price=amount, amount=-amount, by_hand=True)


def added(invoice: Invoice, line: InvoiceLine, entry: NewLine, currency: str) -> InvoiceLineDetail | Problem:
    """Make the detail of a line that somebody enters by hand."""
    if entry.transaction_class not in TRANSACTION_CLASSES:
        name = entry.transaction_class.name.lower()
        sentence = f"invoice {invoice.number}: only time, expense, material and fee can be added by hand, not {name}"
        return Problem(ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED, sentence, (invoice.invoice,))
    amount = multiply(entry.quantity, entry.price, currency)
    percents = Percents(line.discount_percent, line.fee_percent).of(amount, currency)
    detail = InvoiceLineDetail(
        detail=derive_id("invoice-line-by-hand", invoice.invoice, entry.wish),
        invoice=invoice.invoice,
        line=line_id(invoice.invoice, line.contract_line),
        line_number=line.number,
        transaction_class=entry.transaction_class,
        billing_type=entry.billing_type,
        quantity=entry.quantity,
        price=entry.price,
        amount=amount,
        discount=percents["discount"],
        fee=percents["fee"],
        tax=entry.tax,
        currency=invoice.currency,
        transaction_date=entry.on,
        contract=invoice.contract,
        contract_line=line.contract_line,
        contract_customer=invoice.contract_customer,
        project=line.project,
        category=entry.category,
        resource=entry.resource,
        product=entry.product,
        description=entry.description,
    )
    given: Changes = {"quantity": entry.quantity, "billing_type": entry.billing_type}
    return _out_of_bounds(detail, given) or detail


def _problem_of_field(detail: InvoiceLineDetail, name: str, value: object) -> Problem | None:
    told, kind = name.replace("_", " "), kind_of(detail)
    if name not in InvoiceLineDetail.model_fields:
        fields = ", ".join(field.replace("_", " ") for field in EDITABLE)
        return _problem(ReasonCode.FIELD_UNKNOWN, detail, f"has no field {told}; fields that can be edited: {fields}")
    if name == "currency":
        what = "is in the currency of its contract, as the whole invoice is; that can't be changed"
        return _problem(ReasonCode.CURRENCY_NOT_OF_CONTRACT, detail, what)
    if detail.correction and name not in CORRECTABLE:
        is_billing_type = name == "billing_type"
        code = ReasonCode.BILLING_TYPE_ON_CORRECTION if is_billing_type else ReasonCode.FIELD_NOT_EDITABLE
        what = f"corrects an invoiced line, so its {told} stays; correct its {' or '.join(CORRECTABLE)} instead"
        return _problem(code, detail, what)
    if kind not in EDITABLE.get(name, ()):
        fields = ", ".join(field.replace("_", " ") for field, kinds in EDITABLE.items() if kind in kinds)
        what = f"is {kind}, whose {told} can't be edited; its editable fields are: {fields or 'none'}"
        return _problem(ReasonCode.FIELD_NOT_EDITABLE, detail, what)
    if value is None and name not in OPTIONAL:
        return _problem(ReasonCode.FIELD_VALUE_WRONG, detail, f"must have a {told}; give one")
    return None


def _amount(detail: InvoiceLineDetail, currency: str) -> Decimal:
    if detail.previous_amount is not None and detail.quantity == detail.previous_quantity:
        # set back to what was invoiced, which is not always the product
        return detail.previous_amount
    return multiply(detail.quantity, detail.price, currency)


def _discount_and_fee(
    before: InvoiceLineDetail, amount: Decimal, percents: Percents, currency: str
) -> Mapping[str, Decimal | None]:
    """Calculate discount and fee of another amount.

    What is corrected keeps the proportion that it was invoiced with, and so does what its invoice line says nothing of:
    a discount that was promised is not lost by an edit.
    """
    kept, agreed = shares(before.previous or before, amount), percents.of(amount, currency)
    is_agreed = {name: before.previous is None and getattr(percents, name) is not None for name in kept}
    return {name: agreed[name] if is_agreed[name] else kept[name] for name in kept}


def _out_of_bounds(detail: InvoiceLineDetail, changes: Changes) -> Problem | None:
    if "quantity" in changes and detail.quantity < 0:
        way_out = "0 credits all of it" if detail.correction else "credit an invoice that is confirmed by correcting it"
        what = f"can't have the quantity {detail.quantity}; {way_out}"
        return _problem(ReasonCode.QUANTITY_NEGATIVE, detail, what)
    if "billing_type" in changes and detail.billing_type not in BILLING_TYPES:
        what = "must be Chargeable, Non-chargeable or Complimentary"
        return _problem(ReasonCode.FIELD_VALUE_WRONG, detail, what)
    if max(abs(detail.amount), abs(detail.tax or ZERO)) > AMOUNT_MAX:
        what = f"has an amount above {AMOUNT_MAX:,}, which Dataverse can't hold; divide it"
        return _problem(ReasonCode.FIELD_VALUE_WRONG, detail, what)
    return None


def _wrong_value(detail: InvoiceLineDetail, error: ValidationError) -> Problem:
    first = error.errors(include_url=False, include_context=False)[0]
    field = str(first["loc"][0])
    names = {(info.alias or name): name for name, info in InvoiceLineDetail.model_fields.items()}
    told = names.get(field, field).replace("_", " ")
    reason = first["msg"].removeprefix("Value error, ")
    return _problem(ReasonCode.FIELD_VALUE_WRONG, detail, f"can't have this {told}: {reason}")


def _problem(code: ReasonCode, detail: InvoiceLineDetail, what: str) -> Problem:
    return Problem(code, f"line detail {detail.detail} {what}", (detail.detail,))
