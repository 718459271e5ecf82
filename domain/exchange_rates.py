"""Exchange rates as multipliers from the transaction currency to the accounting currency: 1.25, shown as 125.

Source: Project Operations documentation, Manage project invoice proposals (a fixed rate agreement of the contract comes
before the ledger's rate and counts for sales amounts only; cost keeps the ledger's rate).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.errors import Problem, ReasonCode
from domain.journal import JournalLine, LineStatus
from domain.option_sets import FinanceTransactionType
from domain.setup import LegalEntitySetup, valid_on

# statuses of a journal line whose rate can still change
UNPOSTED = frozenset((LineStatus.DRAFT, LineStatus.ERROR))


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate and where it comes from."""

    # accounting currency for one unit of the transaction currency
    value: Decimal
    # True: agreed with the customer for the contract
    fixed: bool = False


def ledger_rate(setup: LegalEntitySetup, currency: str, day: date) -> Rate | Problem:
    """Give the ledger's rate of a currency on a day; the accounting currency itself is 1.

    Returns:
        The rate, or EXCHANGE_RATE_MISSING.
    """
    if currency == setup.accounting_currency:
        return Rate(Decimal(1))
    rate_type = setup.parameters.exchange_rate_type
    rates = setup.exchange_rates.get((rate_type, currency, setup.accounting_currency), ())
    found = valid_on(rates, day)
    return Rate(found.rate) if found else _missing(setup, currency, day)


def sales_rate(setup: LegalEntitySetup, contract: str, currency: str, day: date) -> Rate | Problem:
    """Give the rate of a contract's sales amounts on a day: its fixed agreement, else the ledger's rate.

    Returns:
        The rate, or EXCHANGE_RATE_MISSING.
    """
    agreed = setup.fixed_rates.get((contract, currency))
    if agreed is None or currency == setup.accounting_currency:
        return ledger_rate(setup, currency, day)
    return Rate(agreed.rate, fixed=True)


def rerated(setup: LegalEntitySetup, line: JournalLine) -> JournalLine | None:
    """Give a journal line at the agreed rate of its contract; None: it stays as it is.

    An agreement that is made later counts for sales lines that are not posted yet. A reversal keeps the rate of what it
    takes back. A proposal needs nothing: its rate is looked up when it is posted.
    """
    agreed = setup.fixed_rates.get((line.contract, line.currency))
    is_sale = line.transaction_type is FinanceTransactionType.SALES and line.reverses is None
    if agreed is None or not is_sale or line.status not in UNPOSTED or line.currency == setup.accounting_currency:
        return None
    return line.changed(exchange_rate=agreed.rate) if line.exchange_rate != agreed.rate else None


def _missing(setup: LegalEntitySetup, currency: str, day: date) -> Problem:
    to = setup.accounting_currency
    return Problem(
        ReasonCode.EXCHANGE_RATE_MISSING,
        f"No exchange rate {currency} to {to} is valid on {day} in {setup.company}; add an ExchangeRate of type"
        f" {setup.parameters.exchange_rate_type} from {currency} to {to}, valid from {day} or earlier",
        (f"{currency}-{to}", day.isoformat()),
    )
