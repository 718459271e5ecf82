"""How the actuals are made that an invoice creates, and the connections and origins that explain them.

Project Operations documentation: ActualsonTM and ActualonFP (which rows), connectingactuals (roles), linkingactuals
(origins). A row that an invoice makes and invoices at once stands in the invoice's partition, behind its line detail;
one that can be invoiced later stands on the contract's backlog.
"""

from dataclasses import dataclass

from domain.actuals import Actual, TransactionConnection
from domain.discount_fee import NAMES as DISCOUNT_FEE
from domain.discount_fee import turned
from domain.identifiers import derive_id
from domain.option_sets import AdjustmentStatus, BillingStatus, TransactionType
from domain.proforma import Invoice, InvoiceLineDetail
from domain.rows import RowKey

# what a billed or unbilled sale takes over from the line detail
_FROM_DETAIL = (
    "transaction_class",
    "quantity",
    "price",
    "amount",
    *DISCOUNT_FEE,
    "currency",
    "transaction_date",
    "contract",
    "contract_line",
    "contract_customer",
    "project",
    "category",
    "resource",
    "product",
    "description",
    "external_description",
)
# what only finance knows, and only about the row that it has posted
_NOT_POSTED = ("accounting_amount", "accounting_exchange_rate", "voucher", "sales_tax_amount")


@dataclass(frozen=True, slots=True)
class Made:
    """A new actual with the place where it stands."""

    key: RowKey
    actual: Actual


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection: which record, where it stands, and the role that it plays for the other end."""

    record: str
    key: RowKey
    role: str
    type: str = "msdyn_actual"

    @classmethod
    def of(cls, made: Made, role: str) -> "End":
        """Connect a new actual."""
        return cls(made.actual.actual, made.key, role)


@dataclass(frozen=True, slots=True)
class Connected:
    """A new connection with the place where it stands."""

    key: RowKey
    connection: TransactionConnection


def placed(detail: InvoiceLineDetail, place: int, actual: Actual) -> Made:
    """Put an actual behind its line detail, in the invoice's partition; places order the actuals of one detail."""
    return Made(RowKey(detail.invoice, f"{detail.key.row}|{place}|{actual.actual}"), actual)


def on_backlog(actual: Actual) -> Made:
    """Put an actual on the backlog of its contract, where it can be marked ready and invoiced."""
    return Made(actual.backlog_key, actual)


def reversal_of(source: Actual, source_key: RowKey, detail: InvoiceLineDetail, *, role: str, skip_sync: bool) -> Actual:
    """Make the row that takes an actual back: same columns, quantity, amount, discount and fee turned, Unadjustable.

    Args:
        source: the actual as it stands.
        source_key: where it stands; a reversal that crosses to finance names it, so that finance reverses exactly.
        detail: the line detail for which it is made; part of the id.
        role: what the row is for its source; part of the id.
        skip_sync: True when finance does not need it, because it marks the sale as invoiced instead.
    """
    return source.changed(
        actual=derive_id(role, detail.detail, source.actual),
        quantity=-source.quantity,
        amount=-source.amount,
        **turned(source),
        billing_status=None,
        adjustment_status=AdjustmentStatus.UNADJUSTABLE,
        nte_status=None,
        skip_sync=skip_sync,
        invoice=detail.invoice,
        reverses=None if skip_sync else source_key.text,
        **dict.fromkeys(_NOT_POSTED),
    )


def billed_sale(invoice: Invoice, detail: InvoiceLineDetail, *, role: str = "billed-sales", **given: object) -> Actual:
    """Make the billed sale of a line detail; `given` overrides what it takes over from the detail."""
    return _of_detail(invoice, detail, role=role, transaction_type=TransactionType.BILLED_SALES, **given)


def unbilled_sale(invoice: Invoice, detail: InvoiceLineDetail, /, *, role: str, **given: object) -> Actual:
    """Make an unbilled sale for a line detail; `given` overrides what it takes over from the detail."""
    defaults = {"billing_status": BillingStatus.CUSTOMER_INVOICE_POSTED}
    return _of_detail(
        invoice, detail, role=role, transaction_type=TransactionType.UNBILLED_SALES, **{**defaults, **given}
    )


def _of_detail(invoice: Invoice, detail: InvoiceLineDetail, /, *, role: str, **given: object) -> Actual:
    taken = {name: getattr(detail, name) for name in (*_FROM_DETAIL, "billing_type")}
    own = {
        "actual": derive_id(role, detail.detail),
        "owning_company": invoice.owning_company,
        "invoice": invoice.invoice,
    }
    return Actual.model_validate({**taken, **own, **given})


def invoice_origins(detail: InvoiceLineDetail) -> tuple[str, ...]:
    """Name the invoice, the line and the detail as origins."""
    return (
        f"invoice:{detail.invoice}",
        f"invoicedetail:{detail.line}",
        f"msdyn_invoicelinetransaction:{detail.detail}",
    )


def connect(detail: InvoiceLineDetail, place: int, first: End, second: End) -> Connected:
    """Connect two records for a line detail; places order the connections of one detail."""
    connection = TransactionConnection(
        connection=derive_id("connection", first.record, first.role, second.record, second.role),
        transaction1=first.record,
        transaction1_role=first.role,
        transaction1_type=first.type,
        transaction1_key=first.key.text,
        transaction2=second.record,
        transaction2_role=second.role,
        transaction2_type=second.type,
        transaction2_key=second.key.text,
    )
    row = f"{detail.key.row}|{place}|{connection.connection}"
    return Connected(RowKey(detail.invoice, row), connection)
