"""The running totals of an invoice voucher: they grow with its accounts and tax codes, never with its lines.

Adding is commutative, so neither the order of the lines nor the size of the pages changes the voucher.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from domain.money import ZERO, total
from domain.posting_types import PostingType
from domain.sales_tax import LineTax


class EntryKey(NamedTuple):
    """What lines have in common that become one ledger entry."""

    posting_type: PostingType
    main_account: str
    account_name: str
    currency: str
    # accounting currency for one unit of the currency
    rate: Decimal
    project: str | None = None
    category: str | None = None
    dimension: str | None = None


class TaxKey(NamedTuple):
    """What lines have in common that become one tax transaction."""

    code: str
    group: str
    item_group: str
    percent: Decimal


class Addition(NamedTuple):
    """What a line adds to an entry: debit positive, credit negative, in the transaction and the accounting currency."""

    key: EntryKey
    amount: Decimal
    accounting_amount: Decimal


class TaxSums(NamedTuple):
    """Base and tax, in the transaction and in the accounting currency."""

    base: Decimal = ZERO
    tax: Decimal = ZERO
    accounting_base: Decimal = ZERO
    accounting_tax: Decimal = ZERO


class VoucherTotals:
    """What the lines so far add up to."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._entries: dict[EntryKey, tuple[Decimal, Decimal]] = {}
        self._taxes: dict[TaxKey, TaxSums] = {}
        self._lines = 0
        self._roundings = 0

    @property
    def entries(self) -> Mapping[EntryKey, tuple[Decimal, Decimal]]:
        """The sums by entry, in the transaction and the accounting currency."""
        return MappingProxyType(self._entries)

    @property
    def taxes(self) -> Mapping[TaxKey, TaxSums]:
        """The sums by tax."""
        return MappingProxyType(self._taxes)

    @property
    def lines(self) -> int:
        """How many lines were added."""
        return self._lines

    @property
    def roundings(self) -> int:
        """How many amounts were rounded to the accounting currency at the invoice's rate."""
        return self._roundings

    def add(self, additions: Iterable[Addition], taxes: Iterable[LineTax]) -> None:
        """Add what one line adds."""
        for key, amount, accounting_amount in additions:
            sums = self._entries.get(key, (ZERO, ZERO))
            self._entries[key] = (total((sums[0], amount)), total((sums[1], accounting_amount)))
        for tax in taxes:
            code = TaxKey(tax.code, tax.group, tax.item_group, tax.percent)
            added = (tax.base, tax.tax, tax.accounting_base, tax.accounting_tax)
            self._taxes[code] = TaxSums(*map(total, zip(self._taxes.get(code, TaxSums()), added, strict=True)))
            self._roundings += 1
        self._lines += 1
        self._roundings += 1
