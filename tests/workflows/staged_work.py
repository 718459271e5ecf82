"""Staged rows of one contract with the work that a sync registers for them: what the timers of finance find."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from domain.finance_parties import Blocked, FinanceContract, FinanceCustomer, FinanceProject
from domain.identifiers import derive_id
from domain.journal import Journal, JournalLine
from domain.option_sets import FinanceTransactionType
from domain.pending_work import CROSS_COMPANY, PendingWork, WorkKind
from domain.record import Record
from domain.rows import Insert, Merge, RowKey
from domain.setup import read_item
from domain.setup_items import SetupItem
from domain.staging import StagedActual, StagedRelationship
from domain.tables import Table
from tests.finance_builders import CONTRACT_PARTITION, PROPOSAL, Row, make_staged, setup_rows
from tests.line import Line

COST, SALES = FinanceTransactionType.COST, FinanceTransactionType.SALES


def finance(*more: Row, currency: str = "USD", on_hold: Blocked = Blocked.NO, **parameters: object) -> Line:
    """A line on which finance is set up for usmf, contract C-1 in a currency, project P-1, customer US-1."""
    line = Line.in_memory()
    add_setup(line, *setup_rows("usmf", "USD", **parameters), *more)
    line.put(
        Table.FINANCE_PROJECTS,
        RowKey("usmf", "P-1"),
        FinanceProject(company="usmf", project="P-1", name="Arm", group="TM", contract="C-1"),
    )
    contract = FinanceContract(company="usmf", contract="C-1", currency=currency)
    line.put(Table.FINANCE_CONTRACTS, RowKey("usmf", "C-1"), contract)
    customer = FinanceCustomer(company="usmf", account="US-1", name="Adatum", payment_terms="Net30", on_hold=on_hold)
    line.put(Table.FINANCE_CUSTOMERS, RowKey("usmf", "US-1"), customer)
    return line


def add_setup(line: Line, *rows: Row) -> None:
    """Add rows to the set-up of usmf; one that stands is replaced."""
    for row in rows:
        item = read_item("usmf", {"DataAreaId": "usmf", **row})
        assert isinstance(item, SetupItem), item
        overwrite(line, Table.FINANCE_SETUP, item.key, item)


def overwrite(line: Line, table: Table, key: RowKey, record: Record) -> None:
    """Write a row whatever stands there."""
    stands = line.store.find(table, key)
    write = Merge(key.row, record.to_columns()) if stands else Insert(key.row, record.to_columns())
    line.store.write(table, key.partition, (write,))


def key_of(staged: StagedActual) -> RowKey:
    return RowKey(CONTRACT_PARTITION, f"{staged.document_date}|{staged.actual}")


def stage(line: Line, *rows: StagedActual) -> PendingWork:
    """Let rows arrive and register their work, as a sync does."""
    for row in rows:
        line.put(Table.FINANCE_ACTUALS_STAGING, key_of(row), row)
    keys = sorted(key_of(row).row for row in rows)
    return register(line, WorkKind.JOURNAL_LINES, keys[0], keys[-1], rows=len(rows))


def register(line: Line, kind: WorkKind, first: str, last: str, *, rows: int, company: str = "usmf") -> PendingWork:
    work = PendingWork(
        kind=kind,
        company=company,
        partition=CONTRACT_PARTITION,
        first=first,
        last=last,
        rows=rows,
        correlation=PROPOSAL,
    )
    line.put(Table.FINANCE_PENDING_WORK, work.key, work)
    return work


def connect(line: Line, sale: StagedActual, cost: StagedActual) -> PendingWork:
    """Let the connection of a sale and its cost arrive."""
    connection = StagedRelationship(
        connection=derive_id("connection", sale.actual, cost.actual),
        transaction1=sale.actual,
        transaction1_role="Unbilled Sales",
        transaction1_type="msdyn_actual",
        transaction1_key=key_of(sale).text,
        transaction2=cost.actual,
        transaction2_role="Cost",
        transaction2_type="msdyn_actual",
        transaction2_key=key_of(cost).text,
    )
    row = f"{key_of(sale).row}|{connection.connection}"
    line.put(Table.FINANCE_TRANSACTION_RELATIONSHIPS, RowKey(CONTRACT_PARTITION, row), connection)
    return register(line, WorkKind.RELATED_VOUCHERS, row, row, rows=1, company=CROSS_COMPANY)


def sale(name: object, **attributes: object) -> StagedActual:
    """Four hours at 250."""
    return make_staged(SALES, name=name).changed(**attributes)


def cost(name: object, **attributes: object) -> StagedActual:
    """Four hours at 120 US dollars."""
    prices = {"price": Decimal(120), "amount": Decimal(480), "currency": "USD"}
    return make_staged(COST, name=name).changed(**prices | attributes)


def on_days(*days: date) -> list[StagedActual]:
    return [sale(f"of {day}", document_date=day) for day in days]


def journals(line: Line) -> list[Journal]:
    """All journals, by their period and size."""
    found = line.records(Table.FINANCE_INTEGRATION_JOURNALS, Journal)
    return sorted(found, key=lambda each: (each.period_start, -each.lines))


def lines(line: Line) -> list[JournalLine]:
    found = line.records(Table.FINANCE_INTEGRATION_JOURNAL_LINES, JournalLine)
    return sorted(found, key=lambda each: each.voucher)


def staged_row(line: Line, staged: StagedActual) -> StagedActual:
    row = line.store.find(Table.FINANCE_ACTUALS_STAGING, key_of(staged))
    assert row is not None
    return StagedActual.from_columns(row.columns)


def works(line: Line, kind: WorkKind) -> list[PendingWork]:
    found = line.records(Table.FINANCE_PENDING_WORK, PendingWork)
    return [work for work in found if work.kind == kind]


def actuals_of(found: Iterable[JournalLine]) -> list[str]:
    return sorted(each.actual for each in found)
