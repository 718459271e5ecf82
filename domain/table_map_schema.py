"""The tables that table maps may name: which record describes each, and which columns no map may write.

A table without an entry here cannot be mapped or looked up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from domain.actuals import Actual, TransactionConnection
from domain.contract import (
    Account,
    Company,
    Contract,
    ContractCustomer,
    ContractLine,
    Currency,
    Milestone,
    Product,
    Project,
    Resource,
    TransactionCategory,
)
from domain.customer_invoice import CustomerInvoice
from domain.invoice_proposal import ProjectInvoice, Proposal
from domain.proforma import Invoice
from domain.record import Record
from domain.rows import Value
from domain.staging import StagedActual, StagedMilestone, StagedRelationship
from domain.tables import Table


@dataclass(frozen=True)
class TableSchema:
    """What the engine knows of one table."""

    record: type[Record]
    # columns that a table map may not write
    read_only: frozenset[str] = frozenset()

    @cached_property
    def fields(self) -> Mapping[str, FieldInfo]:
        """Each column with what its record says of it."""
        fields = self.record.model_fields.items()
        return MappingProxyType({field.alias or name: field for name, field in fields})

    @cached_property
    def mandatory(self) -> tuple[str, ...]:
        """The columns that every row has."""
        return tuple(name for name, field in self.fields.items() if field.is_required())

    def kind(self, column: str) -> type[Value]:
        """Tell how the column stands at rest: as text, as an integer or as a truth value."""
        bare = _bare(self.fields[column].annotation)
        if bare is bool:
            return bool
        return int if isinstance(bare, type) and issubclass(bare, int) else str

    def takes(self, column: str, value: Value) -> bool:
        """Tell whether a literal is a value that the column can have at rest."""
        field = self.fields[column]
        annotated: Any = Annotated[field.annotation, *(field.metadata or (None,))]
        if type(value) is not self.kind(column):
            return False
        try:
            TypeAdapter(annotated).validate_python(value)
        except ValidationError:
            return False
        return True


def _bare(annotation: Any) -> Any:
    # what is left of an annotation without its constraints and without None
    if get_origin(annotation) in (Union, UnionType):
        return _bare(next(inner for inner in get_args(annotation) if inner is not NoneType))
    return _bare(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation


def _columns(record: type[Record], *attributes: str) -> frozenset[str]:
    return frozenset(record.model_fields[name].alias or name for name in attributes)


def _only(record: type[Record], *writable: str) -> TableSchema:
    return TableSchema(record, frozenset(record.columns()) - _columns(record, *writable))


def _but(record: type[Record], *read_only: str) -> TableSchema:
    return TableSchema(record, _columns(record, *read_only))


_WRITTEN_BACK = ("accounting_amount", "accounting_exchange_rate", "voucher", "sales_tax_amount")
_SINCE_IMPORT = ("journal", "journal_line", "import_run", "proposal", "waits_for", "processed")
_SINCE_POSTING = ("accounting_amount", "exchange_rate", "voucher", "sales_tax_amount")
_PROPOSAL_SINCE_IMPORT = ("status", "lines", "amount")
_PROPOSAL_SINCE_POSTING = ("customer_invoice", "voucher", "due_date", "exchange_rate", "tax", "total")

SCHEMAS: Mapping[Table, TableSchema] = MappingProxyType(
    {
        # Dataverse is written by the people who work there; finance writes back four columns of an actual
        Table.DATAVERSE_COMPANIES: _only(Company),
        Table.DATAVERSE_CURRENCIES: _only(Currency),
        Table.DATAVERSE_ACCOUNTS: _only(Account),
        Table.DATAVERSE_PROJECTS: _only(Project),
        Table.DATAVERSE_TRANSACTION_CATEGORIES: _only(TransactionCategory),
        Table.DATAVERSE_RESOURCES: _only(Resource),
        Table.DATAVERSE_PRODUCTS: _only(Product),
        Table.DATAVERSE_CONTRACTS: _only(Contract),
        Table.DATAVERSE_CONTRACT_LINES: _only(ContractLine),
        Table.DATAVERSE_CONTRACT_CUSTOMERS: _only(ContractCustomer),
        Table.DATAVERSE_MILESTONES: _only(Milestone),
        Table.DATAVERSE_INVOICES: _only(Invoice),
        Table.DATAVERSE_ACTUALS: _only(Actual, *_WRITTEN_BACK),
        Table.DATAVERSE_TRANSACTION_CONNECTIONS: _only(TransactionConnection),
        Table.DATAVERSE_CUSTOMER_INVOICES: _but(CustomerInvoice),
        # in finance, arrival fills what later stages do not decide
        Table.FINANCE_ACTUALS_STAGING: _but(StagedActual, *_SINCE_IMPORT, *_SINCE_POSTING),
        Table.FINANCE_TRANSACTION_RELATIONSHIPS: _but(StagedRelationship),
        Table.FINANCE_MILESTONES_STAGING: _but(StagedMilestone),
        Table.FINANCE_INVOICE_PROPOSALS: _but(Proposal, *_PROPOSAL_SINCE_IMPORT, *_PROPOSAL_SINCE_POSTING),
        Table.FINANCE_PROJECT_INVOICES: _only(ProjectInvoice),
    }
)
