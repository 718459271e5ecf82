"""Customers, projects, contracts and products as finance keeps them: one row each, one partition a legal entity.

There may be thousands, so they stand in tables of their own and are read one by one, not with the set-up.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from domain.dimensions import Dimensions, normalized
from domain.record import CompanyCode, CurrencyCode, KeyText, Record, Text, Texts
from domain.rows import RowKey


def _named(entries: tuple[str, ...]) -> tuple[str, ...]:
    pairs = [entry.partition(":") for entry in entries]
    if not all(name.strip() and text.strip() for name, _, text in pairs):
        raise ValueError("must be a list of names with dimensions, as 1:CostCenter=001")
    return tuple(f"{name.strip()}:{normalized(text)}" for name, _, text in pairs)


# dimensions of several things of one row, each with its name before the colon
NamedDimensions = Annotated[Texts, AfterValidator(_named)]


class Blocked(StrEnum):
    """Whether a customer is on hold (`CustVendorBlocked`): for invoices or for everything."""

    NO = "No"
    INVOICE = "Invoice"
    ALL = "All"


class FinanceCustomer(Record):
    """A customer (`CustTable`)."""

    company: CompanyCode = Field(alias="DataAreaId")
    account: KeyText = Field(alias="AccountNum")
    name: Text = Field(alias="Name")
    tax_group: KeyText | None = Field(default=None, alias="TaxGroup")
    payment_terms: KeyText | None = Field(default=None, alias="PaymTermId")
    on_hold: Blocked = Field(default=Blocked.NO, alias="Blocked")
    default_dimension: Dimensions | None = Field(default=None, alias="DefaultDimension")

    @property
    def key(self) -> RowKey:
        """Partition: the company. Row: the account."""
        return RowKey(self.company, self.account)


class FinanceProject(Record):
    """A project (`ProjTable`)."""

    company: CompanyCode = Field(alias="DataAreaId")
    project: KeyText = Field(alias="ProjId")
    name: Text = Field(alias="Name")
    # revenue profiles and ledger accounts can be set for the whole group
    group: KeyText | None = Field(default=None, alias="ProjGroupId")
    contract: KeyText | None = Field(default=None, alias="ProjInvoiceProjId")
    tax_group: KeyText | None = Field(default=None, alias="TaxGroupId")
    default_dimension: Dimensions | None = Field(default=None, alias="DefaultDimension")

    @property
    def key(self) -> RowKey:
        """Partition: the company. Row: the project."""
        return RowKey(self.company, self.project)


class FinanceContract(Record):
    """A project contract (`ProjInvoiceTable`)."""

    company: CompanyCode = Field(alias="DataAreaId")
    contract: KeyText = Field(alias="ProjInvoiceProjId")
    name: Text | None = Field(default=None, alias="Name")
    currency: CurrencyCode = Field(alias="CurrencyId")
    tax_group: KeyText | None = Field(default=None, alias="TaxGroupId")
    # of its lines by number, and of its funding sources by id: `1:CostCenter=001`
    line_dimensions: NamedDimensions = Field(default=(), alias="LineDimensions")
    funding_dimensions: NamedDimensions = Field(default=(), alias="FundingDimensions")

    @property
    def key(self) -> RowKey:
        """Partition: the company. Row: the contract."""
        return RowKey(self.company, self.contract)


class ReleasedProduct(Record):
    """A product that is released to the legal entity (`InventTable`)."""

    company: CompanyCode = Field(alias="DataAreaId")
    item: KeyText = Field(alias="ItemId")
    name: Text | None = Field(default=None, alias="Name")
    # the item sales tax group of its sales
    tax_item_group: KeyText | None = Field(default=None, alias="TaxItemGroupId")

    @property
    def key(self) -> RowKey:
        """Partition: the company. Row: the item."""
        return RowKey(self.company, self.item)


def _dimensions_named(entries: tuple[str, ...], name: object) -> str | None:
    return next((text for found, _, text in (entry.partition(":") for entry in entries) if found == str(name)), None)


@dataclass(frozen=True, slots=True)
class Parties:
    """For whom a transaction is, and of what: its project, contract, customer and product; None: finance knows none."""

    project: FinanceProject | None = None
    contract: FinanceContract | None = None
    customer: FinanceCustomer | None = None
    product: ReleasedProduct | None = None

    @property
    def project_dimension(self) -> str | None:
        """The dimensions of time-and-material lines: the project's."""
        return self.project.default_dimension if self.project else None

    def line_dimension(self, contract_line: int | None) -> str | None:
        """The dimensions of milestone and retainer lines: the contract line's."""
        return _dimensions_named(self.contract.line_dimensions, contract_line) if self.contract else None

    def header_dimension(self, funding_source: str) -> str | None:
        """The dimensions of an invoice's header: the funding source's own, else its customer's."""
        own = _dimensions_named(self.contract.funding_dimensions, funding_source) if self.contract else None
        return own or (self.customer.default_dimension if self.customer else None)
