"""The Coho Winery vouchers of the Project Operations documentation, and whether ours are the same to the cent.

Source: "Format and update project invoice proposals": contract currency GBP, accounting currency USD, fixed exchange
rate 1.25, four hours at a cost of 120 USD and a sales price of 250 GBP. Debits are positive.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from domain.ledger import LedgerEntry


class Entry(NamedTuple):
    """One line of a voucher."""

    account: str
    name: str
    currency: str
    amount: Decimal
    # in USD
    accounting_amount: Decimal
    rate: Decimal
    posting_type: int


def _entry(account: str, name: str, currency: str, amounts: tuple[int, int], rate: str, posting_type: int) -> Entry:
    return Entry(account, name, currency, Decimal(amounts[0]), Decimal(amounts[1]), Decimal(rate), posting_type)


# the integration journal
JOURNAL = (
    _entry("600300", "Payroll allocation", "USD", (-480, -480), "1", 122),
    _entry("540100", "Cost of project – labor", "USD", (480, 480), "1", 121),  # noqa: RUF001 the account's own name
    _entry("161300", "WIP sales value", "GBP", (1000, 1250), "1.25", 129),
    _entry("420200", "Accrued revenue", "GBP", (-1000, -1250), "1.25", 128),
)
# the customer invoice
INVOICE = (
    _entry("161300", "WIP sales value", "GBP", (-1000, -1250), "1.25", 129),
    _entry("420200", "Accrued revenue", "GBP", (1000, 1250), "1.25", 128),
    _entry("411100", "Revenue – labor", "GBP", (-1000, -1250), "1.25", 126),  # noqa: RUF001 the account's own name
    _entry("130100", "Accounts receivable", "GBP", (1000, 1250), "1.25", 31),
)


def differences(entries: Iterable[LedgerEntry], documented: tuple[Entry, ...]) -> list[str]:
    """Tell what stands and is not documented, and what is documented and does not stand; nothing when both agree."""
    standing = [_seen(entry) for entry in entries]
    missing = list(documented)
    extra = []
    for entry in standing:
        if entry in missing:
            missing.remove(entry)
        else:
            extra.append(entry)
    return [
        *(f"documented, not posted: {_text(each)}" for each in missing),
        *(f"posted: {_text(each)}" for each in extra),
    ]


def _seen(entry: LedgerEntry) -> Entry:
    return Entry(
        entry.main_account,
        entry.account_name,
        entry.currency,
        entry.amount,
        entry.accounting_amount,
        entry.exchange_rate,
        int(entry.posting_type),
    )


def _text(entry: Entry) -> str:
    amounts = f"{entry.amount} {entry.currency} = {entry.accounting_amount} USD at {entry.rate}"
    return f"{entry.account} {entry.name}, {amounts}, posting type {entry.posting_type}"
