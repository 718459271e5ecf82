"""Customers, projects and contracts as finance keeps them: one row each, one partition a legal entity.

There may be thousands, so they stand in tables of their own and are read one by one, not with the set-up.
"""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from domain.record import CompanyCode, CurrencyCode, KeyText, Record, Text
from domain.rows import RowKey


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

    @property
    def key(self) -> RowKey:
        """Partition: the company. Row: the contract."""
        return RowKey(self.company, self.contract)


@dataclass(frozen=True, slots=True)
class Parties:
    """For whom a transaction is: its project, contract and customer; None: finance does not know it."""

    project: FinanceProject | None = None
    contract: FinanceContract | None = None
    customer: FinanceCustomer | None = None
