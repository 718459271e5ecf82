"""What confirming an edited or a hand-made line detail creates.

An edit before the confirmation is an adjustment of the unbilled sale: the sale is reversed, replaced by what the detail
says, and the replacement is reversed and billed at once. What was taken off the quantity is written off: created,
reversed and billed as non-chargeable. The reversal of the original crosses to finance, which takes its accrual back;
the reversals that pair with a replacement stay here.

Source: Project Operations documentation, ActualsonTM (confirmed after the quantity was decreased or increased) and
add-new-ild-to-invoice. Where they are silent (price, billing type): the same path with the whole quantity.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.actual_making import (
    Connected,
    End,
    Made,
    billed_sale,
    connect,
    invoice_origins,
    placed,
    reversal_of,
    unbilled_sale,
)
from domain.actuals import Actual
from domain.confirmed import Confirmation, Terms
from domain.discount_fee import Worth, out_of_bounds, rests, shares
from domain.money import ZERO, multiply_alike
from domain.option_sets import AdjustmentStatus, BillingStatus, BillingType
from domain.proforma import InvoiceLineDetail
from domain.rows import RowKey

# the place of the original's reversal behind its detail
REVERSAL = 1


@dataclass(frozen=True, slots=True)
class Places:
    """Where the three rows of a sale that is billed at once stand behind their detail, and what their ids come from."""

    role: str
    sale: int
    reversal: int
    billed: int


REPLACEMENT = Places("replacement", sale=3, reversal=4, billed=2)
WRITTEN_OFF = Places("written-off", sale=5, reversal=6, billed=7)


@dataclass(frozen=True, slots=True)
class BilledAtOnce:
    """An unbilled sale that is created, reversed and billed by one confirmation."""

    places: Places
    sale: Made
    reversal: Made
    billed: Made
    connections: tuple[Connected, ...]

    @property
    def actuals(self) -> tuple[Made, ...]:
        """The three rows."""
        return (self.sale, self.reversal, self.billed)


def confirm_edited(terms: Terms, detail: InvoiceLineDetail, source: Actual) -> Confirmation:
    """Confirm a detail whose quantity, price or billing type differs from its unbilled sale.

    8 h that are billed as 6 h at 200 USD become: the 8 h reversed; 6 h chargeable and 2 h non-chargeable, each created,
    reversed and billed. A quantity of zero is written off as a whole: nothing replaces it.

    Repeating it: the sale that this very confirmation has adjusted already gives the same rows.
    """
    source_key = RowKey.from_text(detail.source_key or "")
    skip_sync = not terms.adjustments_cross
    taken_back = reversal_of(source, source_key, detail, role="unbilled-sales-reversal", skip_sync=skip_sync)
    reversal = placed(detail, REVERSAL, taken_back)
    parts = _parts(terms, detail, source)
    original = End(source.actual, source_key, "Original")
    replacing = (connect(detail, part.places.sale, End.of(part.sale, "Replacing"), original) for part in parts)
    return Confirmation(
        actuals=(reversal, *(made for part in parts for made in part.actuals)),
        connections=(
            connect(detail, REVERSAL, End.of(reversal, "Reversing"), original),
            *replacing,
            *(each for part in parts for each in part.connections),
        ),
        source_changes={
            "msdyn_adjustmentstatus": int(AdjustmentStatus.ADJUSTED),
            "msdyn_billingstatus": int(BillingStatus.CANCELED),
        },
        billed_sales=tuple(part.billed.actual.actual for part in parts),
    )


def confirm_manual(terms: Terms, detail: InvoiceLineDetail) -> Confirmation:
    """Confirm a detail that was added by hand, without an actual behind it.

    On a time-and-material line the sale is created, reversed and billed; on a fixed-price line it is only billed.
    """
    origins = invoice_origins(detail)
    if detail.line in terms.fixed_price_lines:
        sale = billed_sale(terms.invoice, detail, accounting_date=terms.on, origins=origins)
        billed = placed(detail, REPLACEMENT.billed, sale)
        return Confirmation((billed,), (), {}, (billed.actual.actual,))
    part = billed_at_once(terms, detail, REPLACEMENT, origins=origins)
    return Confirmation(part.actuals, part.connections, {}, (part.billed.actual.actual,))


def billed_at_once(terms: Terms, detail: InvoiceLineDetail, places: Places, **given: object) -> BilledAtOnce:
    """Create an unbilled sale, its reversal, and its billed sale; `given` overrides what they take from the detail."""
    invoice = terms.invoice
    sale = placed(detail, places.sale, unbilled_sale(invoice, detail, role=f"unbilled-sales-{places.role}", **given))
    taken_back = reversal_of(sale.actual, sale.key, detail, role=f"reversal-{places.role}", skip_sync=True)
    reversal = placed(detail, places.reversal, taken_back)
    billed_given = {**given, "accounting_date": terms.on}
    billed = placed(
        detail, places.billed, billed_sale(invoice, detail, role=f"billed-sales-{places.role}", **billed_given)
    )
    return BilledAtOnce(
        places,
        sale,
        reversal,
        billed,
        (
            connect(detail, places.reversal, End.of(reversal, "Reversing"), End.of(sale, "Original")),
            connect(detail, places.billed, End.of(billed, "Billed Sales"), End.of(sale, "Unbilled Sales")),
        ),
    )


def _parts(terms: Terms, detail: InvoiceLineDetail, source: Actual) -> list[BilledAtOnce]:
    origins = (*invoice_origins(detail), *source.origins)
    parts = []
    if detail.quantity != ZERO:
        parts.append(billed_at_once(terms, detail, REPLACEMENT, origins=origins))
    if detail.quantity < source.quantity:
        parts.append(_written_off(terms, detail, source, origins))
    return parts


def _written_off(terms: Terms, detail: InvoiceLineDetail, source: Actual, origins: tuple[str, ...]) -> BilledAtOnce:
    """Bill what was taken off the quantity as non-chargeable, at the price that it had.

    What remains is worth what the sale was worth less what stays at the old price, so that no cent is lost between two
    rounded parts.
    """
    stays = multiply_alike(detail.quantity, source.price, (source.amount, detail.amount))
    amount = source.amount - stays
    return billed_at_once(
        terms,
        detail,
        WRITTEN_OFF,
        quantity=source.quantity - detail.quantity,
        price=source.price,
        amount=amount,
        **_rest(detail, source, stays, amount),
        billing_type=BillingType.NON_CHARGEABLE,
        origins=origins,
    )


def _rest(detail: InvoiceLineDetail, source: Actual, stays: Decimal, amount: Decimal) -> Mapping[str, Decimal | None]:
    """Give discount and fee of what is written off: what the detail leaves of them, if it was edited in proportion."""
    left = rests(source, detail)
    worth = Worth(amount, left["discount"] or ZERO, left["fee"] or ZERO)
    if detail.amount == stays and not any(out_of_bounds(worth)):
        return left
    stay = shares(source, stays)
    return rests(source, Worth(stays, stay["discount"] or ZERO, stay["fee"] or ZERO))
