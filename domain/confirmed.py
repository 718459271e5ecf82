"""What confirming an invoice is given, and what one line detail becomes: the words that all of its rules share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from domain.actual_making import Connected, Made
from domain.proforma import Invoice
from domain.retainer import Retainer
from domain.rows import Columns, RowKey

_NONE: Mapping[str, Retainer] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Terms:
    """How an invoice is confirmed: the same for every one of its line details."""

    # the header, as it was decided on
    invoice: Invoice
    # the day of the confirmation, which becomes the accounting date of the billed sales
    on: date
    # ids of the invoice lines that are billed at a fixed price
    fixed_price_lines: frozenset[str] = frozenset()
    # True: the reversal of an edited sale crosses to finance, which takes its accrual back. False: it stays, as the
    # documentation's sentence about negative unbilled sales reads literally; finance then keeps the accrual
    adjustments_cross: bool = True
    # the retainers that its details are about, by key text
    retainers: Mapping[str, Retainer] = _NONE


@dataclass(frozen=True, slots=True)
class Release:
    """A milestone that goes back to the backlog, if it still stands on the invoice that billed it."""

    key: RowKey
    invoice: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The rows to write for one line detail."""

    # new actuals, each with its place: the invoice's partition, or the contract's backlog
    actuals: tuple[Made, ...]
    # new connections, in the invoice's partition
    connections: tuple[Connected, ...]
    # what changes on the row behind the detail
    source_changes: Columns
    # ids of the billed sales: what a proposal must have to be complete
    billed_sales: tuple[str, ...]
    # milestones whose invoice is credited
    released: tuple[Release, ...] = ()
