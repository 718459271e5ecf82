"""One contract and what belongs to it, as both systems keep it: rows for tests that carry some of them across a map."""

from collections.abc import Callable, Iterable
from uuid import UUID

from domain.actuals import Actual, TransactionConnection
from domain.commands import SyncTableMap
from domain.contract import (
    Account,
    Company,
    Contract,
    ContractCustomer,
    ContractLine,
    Currency,
    Milestone,
    Project,
    Resource,
    TransactionCategory,
)
from domain.invoice_proposal import ProjectInvoice
from domain.option_sets import BillingMethod
from domain.pending_work import PendingWork
from domain.proforma import Invoice
from domain.record import Record
from domain.rows import Columns, Insert, Merge, RowKey, Value
from domain.tables import Table
from functions.storage.memory import Call, MemoryRowStore


def guid(number: int) -> str:
    """An id that a reader recognises by its number."""
    return str(UUID(int=number))


(USMF, GBPM, USD, ADATUM, PROJECT, LABOR, BOB, CONTRACT, LINE, PAYER, INVOICE, CORRELATION, COMMAND) = map(
    guid, range(1, 14)
)
MILESTONE = guid(21)

ACTUALS = "project_operations_integration_actuals"
PROPOSALS = "project_invoice_proposal_v2"
RELATIONSHIPS = "project_transaction_relationships"
MILESTONES = "contract_line_milestones"
EXPORT = "customer_invoice_export"
STAGING = Table.FINANCE_ACTUALS_STAGING
# company, contract, contract line, contract customer, its account, project, category, resource, currency
LOOKUPS = 9


def reference_rows() -> Iterable[tuple[Table, Record, RowKey]]:
    """The rows that look-ups read."""
    contract = Contract(
        contract=CONTRACT, name="Arm Installation", number="C-001", currency=USD, owning_company=USMF, customer=ADATUM
    )
    line = ContractLine(
        line=LINE,
        contract=CONTRACT,
        number=1,
        name="Labor",
        billing_method=BillingMethod.TIME_AND_MATERIAL,
        project=PROJECT,
    )
    payer = ContractCustomer(contract_customer=PAYER, contract=CONTRACT, name="FS-Adatum", account=ADATUM)
    yield Table.DATAVERSE_COMPANIES, Company(company=USMF, code="usmf"), RowKey(USMF, USMF)
    yield Table.DATAVERSE_COMPANIES, Company(company=GBPM, code="gbpm"), RowKey(GBPM, GBPM)
    yield Table.DATAVERSE_CURRENCIES, Currency(currency=USD, iso_code="USD"), RowKey(USD, USD)
    yield Table.DATAVERSE_ACCOUNTS, Account(account=ADATUM, number="US-001", name="Adatum"), RowKey(ADATUM, ADATUM)
    yield Table.DATAVERSE_PROJECTS, Project(project=PROJECT, name="Arm", number="P-1"), RowKey(PROJECT, PROJECT)
    yield (
        Table.DATAVERSE_TRANSACTION_CATEGORIES,
        TransactionCategory(category=LABOR, name="Labor", number="Labor"),
        RowKey(LABOR, LABOR),
    )
    yield Table.DATAVERSE_RESOURCES, Resource(resource=BOB, name="Bob Kozack"), RowKey(BOB, BOB)
    yield Table.DATAVERSE_CONTRACTS, contract, contract.key
    yield Table.DATAVERSE_CONTRACT_LINES, line, line.key
    yield Table.DATAVERSE_CONTRACT_CUSTOMERS, payer, payer.key


def actual(number: int, **changes: object) -> Actual:
    """Eight hours of Bob Kozack, an unbilled sale of 200 an hour."""
    attributes: dict[str, object] = {
        "actual": guid(1_000_000 + number),
        "transaction_type": 192350005,
        "transaction_class": 192350000,
        "billing_type": 192350001,
        "billing_status": 192350000,
        "quantity": "8",
        "price": "200.00",
        "amount": "1600.00",
        "currency": USD,
        "transaction_date": "2026-08-03",
        "contract": CONTRACT,
        "contract_line": LINE,
        "contract_customer": PAYER,
        "project": PROJECT,
        "category": LABOR,
        "resource": BOB,
        "description": "Install the arm",
        "owning_company": USMF,
    }
    return Actual.model_validate(attributes | changes)


def connection(number: int, **changes: object) -> TransactionConnection:
    """A billed sale of an unbilled one."""
    attributes: dict[str, object] = {
        "connection": guid(2_000_000 + number),
        "transaction1": guid(1_000_000 + number),
        "transaction1_role": "Billed Sales",
        "transaction2": guid(1_000_000 + number + 1),
        "transaction2_role": "Unbilled Sales",
    }
    return TransactionConnection.model_validate(attributes | changes)


def invoice(**changes: object) -> Invoice:
    """The confirmed proforma of the contract."""
    attributes: dict[str, object] = {
        "invoice": INVOICE,
        "number": "INV-0001",
        "name": "Arm Installation",
        "contract": CONTRACT,
        "contract_customer": PAYER,
        "customer": ADATUM,
        "currency": USD,
        "owning_company": USMF,
        "status": 192350002,
        "payment_terms": "Net30",
        "amount": "1600.00",
        "tax": "0",
        "total": "1600.00",
        "details": 1,
        "created_by": COMMAND,
        "correlation": CORRELATION,
        "confirmed_on": "2026-08-31",
        "billed_sales": 1,
        "billed_sales_digest": "5e0c",
    }
    return Invoice.model_validate(attributes | changes)


def milestone(**changes: object) -> Milestone:
    """A milestone of 5,000."""
    attributes: dict[str, object] = {
        "milestone": MILESTONE,
        "name": "Design approved",
        "contract": CONTRACT,
        "contract_line": LINE,
        "contract_customer": PAYER,
        "project": PROJECT,
        "amount": "5000.00",
        "currency": USD,
        "milestone_date": "2026-08-15",
        "invoice_status": 192350001,
    }
    return Milestone.model_validate(attributes | changes)


def project_invoice() -> ProjectInvoice:
    """The customer invoice that was posted for the proforma."""
    return ProjectInvoice.model_validate(
        {
            "proposal": INVOICE,
            "company": "usmf",
            "number": "CIV-000001",
            "proposal_number": "INV-0001",
            "contract": "C-001",
            "customer": "US-001",
            "invoice_date": "2026-09-01",
            "due_date": "2026-10-01",
            "currency": "USD",
            "exchange_rate": "1",
            "amount": "1600.00",
            "tax": "160.00",
            "total": "1760.00",
            "voucher": "PIV-000001",
            "lines": 1,
        }
    )


def put(store: MemoryRowStore, table: Table, key: RowKey, record: Record) -> None:
    """Write one row."""
    store.write(table, key.partition, (Insert(key.row, record.to_columns()),))


def put_references(store: MemoryRowStore) -> None:
    """Write all rows that look-ups read."""
    for table, record, key in reference_rows():
        put(store, table, key, record)


def put_actuals(store: MemoryRowStore, *actuals: Actual) -> None:
    """Write actuals of approved work on their contract's backlog."""
    for each in actuals:
        put(store, Table.DATAVERSE_ACTUALS, each.backlog_key, each)


def sync(table_map: str, partition: str = CONTRACT, **changes: object) -> SyncTableMap:
    """The command that carries everything in a partition."""
    fields: dict[str, object] = {
        "command": COMMAND,
        "correlation": CORRELATION,
        "requested_at": "2026-08-31T12:00:00Z",
        "map": table_map,
        "partition": partition,
        "first": "0",
        "last": "~",
    }
    return SyncTableMap.model_validate(fields | changes)


def put_many(store: MemoryRowStore, number: int) -> None:
    """Write that many unbilled sales on one backlog, a hundred at a time."""
    rows = [actual(each) for each in range(number)]
    for start in range(0, number, 100):
        inserts = [Insert(each.backlog_key.row, each.to_columns()) for each in rows[start : start + 100]]
        store.write(Table.DATAVERSE_ACTUALS, CONTRACT, inserts)


def content(store: MemoryRowStore, *tables: Table) -> dict[tuple[Table, RowKey], Columns]:
    """What stands, without versions."""
    return {(table, row.key): row.columns for table in tables or Table for row in store.rows(table)}


def staged(store: MemoryRowStore, number: int = 1) -> Columns:
    """The staged row of an actual."""
    row = store.find(STAGING, actual(number).backlog_key)
    assert row is not None
    return row.columns


def work(store: MemoryRowStore) -> list[PendingWork]:
    """What finance's timers have to do."""
    return [PendingWork.from_columns(row.columns) for row in store.rows(Table.FINANCE_PENDING_WORK)]


def change(store: MemoryRowStore, table: Table, key: RowKey, **columns: Value) -> None:
    """Change a row as a person would."""
    store.write(table, key.partition, (Merge(key.row, columns),))


def after_writes(store: MemoryRowStore, table: Table, act: Callable[[], None]) -> None:
    """Let somebody act once, just before the next write to a table."""

    def hook(call: Call) -> None:
        if (call.method, call.table) == ("write", table):
            store.before_call = lambda _: None
            act()

    store.before_call = hook
