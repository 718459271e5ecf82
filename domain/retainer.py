"""The retainer (advance) of a contract customer: invoiced first, then used by later invoices.

Project Operations documentation, create-ad-hoc-advance-sales and invoice-retainer-advance-sales. Columns: the table's
schema is not public; the names here follow those of the milestone.

Whatever happens to a retainer stands in its own row, in order, so that whoever repeats a confirmation finds what it has
done, and the unbilled sale that stands for what is left has one place. What a draft is going to use is reserved.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, PlainSerializer

from domain.identifiers import derive_id
from domain.money import ZERO, total
from domain.option_sets import MilestoneStatus, RefundStatus, RetainerUse, TransactionClass
from domain.record import Day, Guid, Number, Record, Text, list_from, list_text
from domain.rows import RowKey

# uses that a row has room for; a retainer with so many is used by no further draft
EVENTS_MAX = 150
# retainers stand on no invoice line, before all others
LINE_NUMBER = 0
# the place of the unbilled sale that stands for what is left, behind the detail that made it
OPEN = 3
_GIVES = frozenset((RetainerUse.NEW, RetainerUse.CREDITED))


class RetainerEvent(Record):
    """Something that an invoice has done to a retainer, with what was available before."""

    use: RetainerUse
    invoice: Guid
    detail: Guid
    amount: Number
    before: Number

    @property
    def after(self) -> Decimal:
        """What was available after it."""
        return self.before + self.amount if self.use in _GIVES else self.before - self.amount


class Reservation(Record):
    """What a draft is going to use of a retainer."""

    use: RetainerUse
    invoice: Guid
    amount: Number


def _rows_text(rows: tuple[Record, ...]) -> str:
    return list_text(tuple(row.to_columns() for row in rows))


_from_text = BeforeValidator(list_from)
_as_text: Any = PlainSerializer(_rows_text, return_type=str)


class Retainer(Record):
    """A retainer: what a contract customer pays in advance."""

    retainer: Guid = Field(alias="msdyn_contractretainerid")
    name: Text = Field(alias="msdyn_name")
    contract: Guid = Field(alias="msdyn_contract")
    contract_customer: Guid | None = Field(default=None, alias="msdyn_contractlinecustomer")
    # None: it is one of the whole contract
    contract_line: Guid | None = Field(default=None, alias="msdyn_contractlineid")
    amount: Number = Field(alias="msdyn_amount", gt=0)
    currency: Guid = Field(alias="transactioncurrencyid")
    # when it may be invoiced
    invoice_date: Day = Field(alias="msdyn_invoicedate")
    invoice_status: MilestoneStatus = Field(alias="msdyn_invoicestatus")
    # what invoices have used or paid back
    used_amount: Number = Field(default=ZERO, alias="msdyn_usedamount", ge=0)
    # what can be used: nothing before it is invoiced
    available_amount: Number = Field(default=ZERO, alias="msdyn_availableamount", ge=0)
    refund_status: RefundStatus | None = Field(default=None, alias="msdyn_refundstatus")
    # the draft or invoice that bills it
    invoice: Guid | None = Field(default=None, alias="msdyn_invoice")
    # what drafts are going to use
    reservations: Annotated[tuple[Reservation, ...], _from_text, _as_text] = Field(
        default=(), alias="invoicing_reservations"
    )
    # what invoices have done to it, in order
    events: Annotated[tuple[RetainerEvent, ...], _from_text, _as_text] = Field(default=(), alias="invoicing_events")

    @property
    def key(self) -> RowKey:
        """Partition: the contract. Row: the retainer's invoice date and id, so the oldest comes first."""
        return RowKey(self.contract, f"{self.invoice_date}|{self.retainer}")

    @property
    def free(self) -> Decimal:
        """What is available and not reserved by a draft."""
        return self.available_amount - total(each.amount for each in self.reservations)

    def reserved(self, invoice: str, *uses: RetainerUse) -> Decimal:
        """What a draft has reserved for some uses."""
        return total(each.amount for each in self.reservations if each.invoice == invoice and each.use in uses)

    def reserving(self, invoice: str, use: RetainerUse, amount: Decimal) -> Self:
        """Reserve so much for a use of a draft, instead of what it has reserved before."""
        others = [each for each in self.reservations if (each.invoice, each.use) != (invoice, use)]
        new = [Reservation(use=use, invoice=invoice, amount=amount)] if amount else []
        return self.changed(reservations=(*others, *new))

    def released(self, invoice: str) -> Self:
        """Give back everything that a draft has reserved."""
        return self.changed(reservations=tuple(each for each in self.reservations if each.invoice != invoice))

    def event_of(self, detail: str) -> RetainerEvent | None:
        """Find what a line detail has done to it."""
        return next((each for each in self.events if each.detail == detail), None)

    def event(self, use: RetainerUse, invoice: str, detail: str, amount: Decimal) -> RetainerEvent:
        """Tell what a line detail does to it, or has done: the same, however often it is asked."""
        made = RetainerEvent(use=use, invoice=invoice, detail=detail, amount=amount, before=self.available_amount)
        return self.event_of(detail) or made

    def opened_before(self, detail: str) -> RetainerEvent | None:
        """Find the event that made the unbilled sale which stands for what was left before a detail; None: nothing."""
        earlier: Sequence[RetainerEvent] = self.events
        places = [place for place, each in enumerate(self.events) if each.detail == detail]
        if places:
            earlier = self.events[: places[0]]
        return earlier[-1] if earlier and earlier[-1].after > ZERO else None

    def open_key(self, event: RetainerEvent) -> RowKey:
        """Tell where the unbilled sale stands that an event has made for what is left."""
        row = f"{detail_row(self.invoice_date, event.detail)}|{OPEN}|{open_sale(event.detail)}"
        return RowKey(event.invoice, row)

    def happened(self, event: RetainerEvent) -> Self:
        """Let something happen to it."""
        used = {RetainerUse.NEW: ZERO, RetainerUse.WITHDRAWN: ZERO}.get(event.use)
        if used is None:
            used = self.used_amount + event.before - event.after
        others = [each for each in self.reservations if (each.invoice, each.use) != (event.invoice, event.use)]
        changes: dict[str, object] = {
            "events": (*self.events, event),
            "reservations": tuple(others),
            "available_amount": event.after,
            "used_amount": used,
        }
        match event.use:
            case RetainerUse.NEW:
                changes["invoice_status"] = MilestoneStatus.CUSTOMER_INVOICE_POSTED
            case RetainerUse.WITHDRAWN:
                changes |= {"invoice_status": MilestoneStatus.READY_TO_INVOICE, "invoice": None, "refund_status": None}
            case RetainerUse.REFUND:
                changes["refund_status"] = None if event.after else RefundStatus.REFUNDED
            case RetainerUse.CREDITED if self.refund_status == RefundStatus.REFUNDED:
                changes["refund_status"] = None
        return self.changed(**changes)


def open_sale(detail: str) -> str:
    """Derive the id of the unbilled sale that stands for what is left after a detail."""
    return derive_id("unbilled-sales-retainer", detail)


def detail_row(invoice_date: object, detail: str) -> str:
    """Make the row key of a line detail that is about a retainer."""
    return f"{LINE_NUMBER:04d}|{invoice_date}|{detail}"


def detail_columns(retainer: Retainer, use: RetainerUse, amount: Decimal) -> Mapping[str, object]:
    """Name what a line detail says that bills a retainer, uses it, or pays it back; the last two are negative."""
    sign = 1 if use == RetainerUse.NEW else -1
    attributes: dict[str, object] = {
        "transaction_class": TransactionClass.RETAINER,
        "retainer_use": use,
        "retainer_key": retainer.key.text,
        "quantity": Decimal(sign),
        "price": amount,
        "amount": sign * amount,
        "description": retainer.name,
    }
    return attributes
