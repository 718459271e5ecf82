"""When an invoice is due: net days and months, the end of the month, or a cut-off day.

Source: Project Operations documentation, Manage project invoice proposals (terms of the funding source, else none is
today; a due date set by hand counts until the invoice date changes, and the terms that are printed stay); terms of
payment of accounts receivable for the methods.
"""

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from domain.errors import Problem, ReasonCode
from domain.setup import LegalEntitySetup
from domain.setup_items import PaymentMethod
from domain.setup_rates import PaymentTerms

MONTHS_OF_YEAR = 12
LAST_DAY = 31


@dataclass(frozen=True, slots=True)
class DueDate:
    """A due date and the terms that gave it; None: there were none."""

    day: date
    terms: str | None = None


def due_date(
    setup: LegalEntitySetup, invoice_date: date, proposal_terms: str | None, customer_terms: str | None
) -> DueDate | Problem:
    """Calculate the due date from the proposal's terms, else the customer's; without terms it is the invoice date.

    Returns:
        The due date, or PAYMENT_TERMS_UNKNOWN when the terms are not set up.
    """
    name = proposal_terms or customer_terms
    if name is None:
        return DueDate(invoice_date)
    terms = setup.payment_terms.get(name)
    if terms is None:
        sentence = f"Terms of payment {name} are not set up in {setup.company}; add a PaymTerm or change the terms"
        return Problem(ReasonCode.PAYMENT_TERMS_UNKNOWN, sentence, (name,))
    return DueDate(_METHODS[terms.method](terms, invoice_date), name)


def with_manual_day(due: DueDate, manual: date | None, set_for: date | None, invoice_date: date) -> DueDate:
    """Keep a due date that was set by hand while the invoice has the date that it was set for; the terms stay."""
    return DueDate(manual, due.terms) if manual and set_for == invoice_date else due


def day_of_month(day: date, months: int, number: int) -> date:
    """Give a day of the month so many months later, or that month's last: 31 January and a month is 28 February."""
    years, month = divmod(day.month - 1 + months, MONTHS_OF_YEAR)
    year = day.year + years
    return date(year, month + 1, min(number, monthrange(year, month + 1)[1]))


def _net(terms: PaymentTerms, day: date) -> date:
    return day_of_month(day, terms.months + _after_cut_off(terms, day), day.day) + timedelta(days=terms.days)


def _current_month(terms: PaymentTerms, day: date) -> date:
    return day_of_month(day, terms.months + _after_cut_off(terms, day), LAST_DAY) + timedelta(days=terms.days)


def _cut_off_day(terms: PaymentTerms, day: date) -> date:
    return day_of_month(day, terms.months + _after_cut_off(terms, day), terms.payment_day or LAST_DAY)


def _after_cut_off(terms: PaymentTerms, day: date) -> int:
    return terms.additional_months if terms.cut_off_day and day.day > terms.cut_off_day else 0


_METHODS: Mapping[PaymentMethod, Callable[[PaymentTerms, date], date]] = MappingProxyType(
    {
        PaymentMethod.NET: _net,
        PaymentMethod.CURRENT_MONTH: _current_month,
        PaymentMethod.CUTOFF_DAY: _cut_off_day,
    }
)
