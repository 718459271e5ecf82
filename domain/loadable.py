"""The tables that people load rows into, in one literal registry: entity set, table, record, key, and what may change.

Actuals, connections, milestones and retainers are append-only: a row that stands with other content is a problem.
Set-up and reference rows belong to the systems that sell and keep the books, so a newer answer of theirs replaces what
stands.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

from domain.actuals import Actual, TransactionConnection
from domain.backlog import BacklogEntry
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
from domain.errors import Problem, ReasonCode
from domain.finance_parties import FinanceContract, FinanceCustomer, FinanceProject, ReleasedProduct
from domain.invoice_schedule import InvoiceSchedule
from domain.loading_backlog import (
    RETAINER_MOVES,
    loadable_actual,
    loadable_retainer,
    ready_actual,
    ready_milestone,
    ready_retainer,
)
from domain.loading_columns import UNREAD_COLUMNS
from domain.loading_lines import (
    own_milestone,
    placed_line_customer,
    placed_schedule,
    problems_of_splits,
)
from domain.milestone_header import MilestoneHeader
from domain.record import Record
from domain.retainer import Retainer
from domain.rows import RowKey
from domain.setup import SETUP_KINDS
from domain.setup_items import SetupItem
from domain.split_billing import LineCustomer
from domain.tables import Table

# id of an actual or a contract line: the key text of its row
type Places = Mapping[str, str]

type Keyed = Contract | Retainer | FinanceCustomer | ReleasedProduct | SetupItem

KIND_COLUMN = "Kind"
COMPANY_COLUMN = "DataAreaId"

# written by what happens to a row after it was loaded: a row that is loaded again is not compared in them
_ACTUAL_MOVES = frozenset(
    (
        "msdyn_billingstatus",
        "msdyn_adjustmentstatus",
        "msdyn_ntestatus",
        "msdyn_invoice",
        "msdyn_accountingcurrencyamount",
        "msdyn_accountingexchangerate",
        "msdyn_vouchernumber",
        "msdyn_salestaxamount",
    )
)
_MILESTONE_MOVES = frozenset(("msdyn_invoicestatus", "msdyn_invoice"))
_HEADER_MOVES = frozenset(
    (
        "msdyn_nextinvoicepercent",
        "msdyn_nextinvoiceamount",
        "msdyn_nextinvoicestatus",
        "msdyn_milestonestatus",
        "msdyn_invoicedtodate",
        "msdyn_percentinvoiced",
        "msdyn_remainingamount",
        "invoicing_splits",
        "invoicing_lines",
        "invoicing_pendingsplit",
    )
)
_SCHEDULE_MOVES = frozenset(
    (
        "msdyn_invoicerunstatus",
        "msdyn_invoice",
        "invoicing_run",
        "invoicing_runon",
        "invoicing_runat",
        "invoicing_failures",
    )
)


def _as_given(record: Record, places: Places) -> Record | Problem:
    return record


def _never_due(record: Record) -> InvoiceSchedule | None:
    return None


def _never_ready(record: Record) -> BacklogEntry | None:
    return None


@dataclass(frozen=True, slots=True)
class Loadable:
    """A table that rows can be loaded into."""

    table: Table
    # its name in the Web API, or as people write it
    entity_set: str
    # the records of its rows by the column `Kind`; one with no name when all rows are alike
    records: Mapping[str, type[Record]]
    # where a row stands
    key: Callable[[Record], RowKey]
    # True: a row of finance, which belongs to a legal entity
    is_finance: bool = False
    # True: a row that stands with other content is brought up to date, otherwise it is a problem
    is_updatable: bool = True
    # columns that stay True once they are
    for_good: frozenset[str] = frozenset()
    # columns that later stages write
    moves: frozenset[str] = frozenset()
    # the table map that carries the rows across; None: they stay where they are
    table_map: str | None = None
    # adds what the row itself does not say, or refuses it
    complete: Callable[[Record, Places], Record | Problem] = _as_given
    # the entry of the billing backlog, when the row is Ready to invoice
    backlog_entry: Callable[[Record], BacklogEntry | None] = _never_ready
    # tells what is wrong with rows together, which stand all the same
    check: Callable[[Iterable[Record]], Iterator[Problem]] | None = None
    # the schedule that a row plans; it goes on the work index of what is to run
    planned: Callable[[Record], InvoiceSchedule | None] = _never_due

    @property
    def unread(self) -> frozenset[str]:
        """The table's columns that we do not read."""
        return UNREAD_COLUMNS.get(self.entity_set, frozenset())


def _placed_connection(record: Record, places: Places) -> Record | Problem:
    connection = cast(TransactionConnection, record)
    ends = (connection.transaction1, connection.transaction2)
    keys = (connection.transaction1_key or places.get(ends[0]), connection.transaction2_key or places.get(ends[1]))
    missing = next((end for end, key in zip(ends, keys, strict=True) if key is None), None)
    if missing is not None:
        column = "msdyn_transaction1" if missing == ends[0] else "msdyn_transaction2"
        sentence = (
            f"connection {connection.connection} names actual {missing}, which is not among the actuals of this load"
        )
        return Problem(
            ReasonCode.ROW_COLUMN_WRONG, f"{sentence}; name the file of its actuals before this one", (column,)
        )
    return connection.changed(transaction1_key=keys[0], transaction2_key=keys[1])


def _connection_key(record: Record) -> RowKey:
    # right behind the first actual's own key, so that a range of actuals and of their connections has the same ends
    connection = cast(TransactionConnection, record)
    first = RowKey.from_text(connection.transaction1_key or "")
    return RowKey(first.partition, f"{first.row}|{connection.connection}")


def _planned_schedule(record: Record) -> InvoiceSchedule:
    return cast(InvoiceSchedule, record)


def _own_key(record: Record) -> RowKey:
    return cast(Keyed, record).key


def _backlog_key(record: Record) -> RowKey:
    return cast(Actual, record).backlog_key


def _key_by(attribute: str) -> Callable[[Record], RowKey]:
    def key(record: Record) -> RowKey:
        value = str(getattr(record, attribute))
        return RowKey(value, value)

    return key


def _one(record: type[Record]) -> Mapping[str, type[Record]]:
    return MappingProxyType({"": record})


LOADABLE: tuple[Loadable, ...] = (
    Loadable(Table.DATAVERSE_COMPANIES, "cdm_companies", _one(Company), _key_by("company")),
    Loadable(Table.DATAVERSE_CURRENCIES, "transactioncurrencies", _one(Currency), _key_by("currency")),
    Loadable(Table.DATAVERSE_ACCOUNTS, "accounts", _one(Account), _key_by("account")),
    Loadable(Table.DATAVERSE_PROJECTS, "msdyn_projects", _one(Project), _key_by("project")),
    Loadable(
        Table.DATAVERSE_TRANSACTION_CATEGORIES,
        "msdyn_transactioncategories",
        _one(TransactionCategory),
        _key_by("category"),
    ),
    Loadable(Table.DATAVERSE_RESOURCES, "bookableresources", _one(Resource), _key_by("resource")),
    Loadable(Table.DATAVERSE_PRODUCTS, "products", _one(Product), _key_by("product")),
    Loadable(Table.DATAVERSE_CONTRACTS, "salesorders", _one(Contract), _own_key),
    Loadable(Table.DATAVERSE_CONTRACT_LINES, "salesorderdetails", _one(ContractLine), _own_key),
    Loadable(
        Table.DATAVERSE_CONTRACT_CUSTOMERS,
        "msdyn_projectcontractsplitbillingrules",
        _one(ContractCustomer),
        _own_key,
    ),
    Loadable(
        Table.DATAVERSE_MILESTONES,
        "msdyn_contractlinescheduleofvalues",
        _one(Milestone),
        _own_key,
        is_updatable=False,
        moves=_MILESTONE_MOVES,
        table_map="contract_line_milestones",
        complete=own_milestone,
        backlog_entry=ready_milestone,
    ),
    Loadable(
        Table.DATAVERSE_LINE_CUSTOMERS,
        "msdyn_contractlinecustomers",
        _one(LineCustomer),
        _own_key,
        complete=placed_line_customer,
        check=problems_of_splits,
    ),
    Loadable(
        Table.DATAVERSE_MILESTONE_HEADERS,
        "msdyn_contractlinemilestoneheaders",
        _one(MilestoneHeader),
        _own_key,
        is_updatable=False,
        moves=_HEADER_MOVES,
    ),
    Loadable(
        Table.DATAVERSE_RETAINERS,
        "msdyn_contractretainers",
        _one(Retainer),
        _own_key,
        is_updatable=False,
        moves=RETAINER_MOVES,
        complete=lambda record, places: loadable_retainer(record),
        backlog_entry=ready_retainer,
    ),
    Loadable(
        Table.DATAVERSE_INVOICE_SCHEDULES,
        "msdyn_contractlineinvoiceschedules",
        _one(InvoiceSchedule),
        _own_key,
        moves=_SCHEDULE_MOVES,
        complete=placed_schedule,
        planned=_planned_schedule,
    ),
    Loadable(
        Table.DATAVERSE_ACTUALS,
        "msdyn_actuals",
        _one(Actual),
        _backlog_key,
        is_updatable=False,
        moves=_ACTUAL_MOVES,
        table_map="project_operations_integration_actuals",
        complete=lambda record, places: loadable_actual(record),
        backlog_entry=ready_actual,
    ),
    Loadable(
        Table.DATAVERSE_TRANSACTION_CONNECTIONS,
        "msdyn_transactionconnections",
        _one(TransactionConnection),
        _connection_key,
        is_updatable=False,
        table_map="project_transaction_relationships",
        complete=_placed_connection,
    ),
    Loadable(Table.FINANCE_SETUP, "", SETUP_KINDS, _own_key, is_finance=True, for_good=frozenset(("DiscountAndFee",))),
    Loadable(Table.FINANCE_CUSTOMERS, "", _one(FinanceCustomer), _own_key, is_finance=True),
    Loadable(Table.FINANCE_PROJECTS, "", _one(FinanceProject), _own_key, is_finance=True),
    Loadable(Table.FINANCE_CONTRACTS, "", _one(FinanceContract), _own_key, is_finance=True),
    Loadable(Table.FINANCE_RELEASED_PRODUCTS, "", _one(ReleasedProduct), _own_key, is_finance=True),
)
