"""Staged rows of one contract with the work that a sync registers for them: what the timers of finance find."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from domain.confirmation import digest_of
from domain.finance_parties import Blocked, FinanceContract, FinanceCustomer, FinanceProject
from domain.identifiers import derive_id
from domain.invoice_proposal import Proposal, ProposalLine
from domain.journal import Journal, JournalLine
from domain.ledger import LedgerEntry
from domain.option_sets import FinanceTransactionType
from domain.pending_work import CROSS_COMPANY, PendingWork, WorkKind
from domain.problems import OpenProblem
from domain.record import Record
from domain.rows import Delete, Insert, Merge, RowKey
from domain.setup import read_item
from domain.setup_items import SetupItem
from domain.staging import StagedActual, StagedRelationship
from domain.tables import Table
from domain.workflows.proposal_acts import header_work
from tests.finance_builders import (
    CONTRACT_PARTITION,
    PROPOSAL,
    Row,
    make_proposal,
    make_staged,
    profile_row,
    setup_rows,
    voucher_table,
)
from tests.line import Line
from tests.workflows.adatum import actual, invoice

# a revenue profile that accrues the revenue of time
ACCRUES = profile_row(PostWIPEmpl=True)
COST, SALES = FinanceTransactionType.COST, FinanceTransactionType.SALES
ORIGINS = {COST: 192350000, SALES: 192350005, FinanceTransactionType.BILLED_SALES: 192350006}


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
        arrive(line, key_of(row), row)
    keys = sorted(key_of(row).row for row in rows)
    return register(line, WorkKind.JOURNAL_LINES, keys[0], keys[-1], rows=len(rows))


def arrive(line: Line, key: RowKey, row: StagedActual) -> None:
    """Let an actual of Dataverse arrive."""
    origin = actual(1, actual=row.actual, transaction_type=ORIGINS[row.transaction_type])
    line.put(Table.DATAVERSE_ACTUALS, key, origin)
    line.put(Table.FINANCE_ACTUALS_STAGING, key, row)


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


def billed(of: StagedActual) -> StagedActual:
    """The billed sale of an unbilled one."""
    name = derive_id("billed", of.actual)
    return of.changed(transaction_type=FinanceTransactionType.BILLED_SALES, actual=name, invoice_number="PF-1")


def propose(line: Line, *sales: StagedActual, currency: str = "USD") -> Proposal:
    """Let the header, the billed sales and the connections of a confirmed proforma arrive."""
    rows = [billed(each) for each in sales]
    proposal = header(line, *rows, currency=currency)
    for each in sales:
        bill(line, each)
    return proposal


def header(line: Line, *rows: StagedActual, currency: str = "USD") -> Proposal:
    """Let the header of a confirmed proforma with these billed sales arrive."""
    ids = [row.actual for row in rows]
    proposal = make_proposal(currency, billed_sales=len(ids), billed_sales_digest=digest_of(ids))
    proforma = invoice(invoice=PROPOSAL, number="PF-1", billed_sales=len(ids))
    line.put(Table.DATAVERSE_INVOICES, proforma.key, proforma)
    arrived = proposal.to_columns()
    # a header that arrives has no status; finance gives it one
    del arrived["ProposalStatus"]
    line.store.write(Table.FINANCE_INVOICE_PROPOSALS, proposal.proposal, (Insert(proposal.proposal, arrived),))
    work = header_work(proposal)
    line.put(Table.FINANCE_PENDING_WORK, work.key, work)
    return proposal


def bill(line: Line, of: StagedActual, *, connected: bool = True) -> None:
    """Let the billed sale of an unbilled one arrive, with its connection."""
    row = billed(of)
    # actuals and connections of a line detail stand under its key
    detail = f"0001|{row.document_date}|{row.actual}"
    key = RowKey(PROPOSAL, f"{detail}|2|{row.actual}")
    arrive(line, key, row)
    if not connected:
        return
    connection = StagedRelationship(
        connection=derive_id("connection", row.actual, of.actual),
        transaction1=row.actual,
        transaction1_role="Billed Sales",
        transaction1_type="msdyn_actual",
        transaction1_key=key.text,
        transaction2=of.actual,
        transaction2_role="Unbilled Sales",
        transaction2_type="msdyn_actual",
        transaction2_key=key_of(of).text,
    )
    place = RowKey(PROPOSAL, f"{detail}|2|{connection.connection}")
    line.put(Table.FINANCE_TRANSACTION_RELATIONSHIPS, place, connection)


def read_proposal(line: Line) -> Proposal:
    (proposal,) = line.records(Table.FINANCE_INVOICE_PROPOSALS, Proposal)
    return proposal


def proposal_lines(line: Line) -> list[ProposalLine]:
    return line.records(Table.FINANCE_INVOICE_PROPOSAL_LINES, ProposalLine)


def problems(line: Line) -> list[OpenProblem]:
    return line.records(Table.INVOICING_PROBLEMS, OpenProblem)


def without(line: Line, **columns: object) -> None:
    """Take rows out of the set-up: those with these columns."""
    for row in line.rows(Table.FINANCE_SETUP):
        if all(row.columns.get(name) == value for name, value in columns.items()):
            line.store.write(Table.FINANCE_SETUP, row.key.partition, (Delete(row.key.row),))


def voucher(line: Line, name: str) -> list[str]:
    """A voucher as an accountant reads it."""
    entries = line.records(Table.FINANCE_LEDGER_ENTRIES, LedgerEntry)
    return voucher_table(each for each in entries if each.voucher == name)
