"""A contract with its backlog on a line, for tests: one line and one payer unless a test says more."""

from collections.abc import Mapping
from datetime import date

from domain.actuals import Actual, TransactionConnection
from domain.backlog import BacklogEntry
from domain.contract import Account, Contract, ContractCustomer, ContractLine, Milestone
from domain.errors import ReasonCode
from domain.identifiers import derive_id
from domain.option_sets import BillingMethod, MilestoneStatus, TransactionType
from domain.outcome import Outcome
from domain.problems import OpenProblem
from domain.proforma import Invoice, InvoiceLine, InvoiceLineDetail
from domain.record import Record
from domain.retainer import Retainer
from domain.rows import Replace, RowKey
from domain.saving import save
from domain.tables import Table
from tests.line import END_OF_AUGUST, Line
from tests.workflows.adatum import CONTRACT, PAYER, USD, actual, guid, reference_rows

SECOND_LINE, SECOND_PAYER, SECOND_ACCOUNT = guid(31), guid(32), guid(33)
ORIGINS = ("msdyn_timeentry:" + guid(41), "msdyn_journalline:" + guid(42))

TABLES: Mapping[type[Record], Table] = {
    Contract: Table.DATAVERSE_CONTRACTS,
    ContractLine: Table.DATAVERSE_CONTRACT_LINES,
    ContractCustomer: Table.DATAVERSE_CONTRACT_CUSTOMERS,
    Milestone: Table.DATAVERSE_MILESTONES,
    Invoice: Table.DATAVERSE_INVOICES,
    InvoiceLineDetail: Table.DATAVERSE_INVOICE_LINE_DETAILS,
    Retainer: Table.DATAVERSE_RETAINERS,
}


def sale(number: int, **changes: object) -> Actual:
    """An unbilled sale of eight hours at 200 with the origins that approval gave it."""
    return actual(number, **{"origins": ORIGINS, **changes})


def retainer(number: int, **changes: object) -> Retainer:
    """A retainer of 1,000 of the contract's customer, not ready."""
    attributes: dict[str, object] = {
        "retainer": guid(500 + number),
        "name": f"Retainer {number}",
        "contract": CONTRACT,
        "contract_customer": PAYER,
        "amount": "1000.00",
        "currency": USD,
        "invoice_date": "2026-08-03",
        "invoice_status": MilestoneStatus.NOT_READY,
    }
    return Retainer.model_validate(attributes | changes)


def retainers(line: Line) -> list[Retainer]:
    """All retainers, the oldest first."""
    return line.records(Table.DATAVERSE_RETAINERS, Retainer)


def cost_of(unbilled: Actual, number: int) -> tuple[Actual, TransactionConnection]:
    """The cost of approved work, at 100 an hour, and how the unbilled sale is connected to it."""
    cost = unbilled.changed(
        actual=guid(1_000_000 + number),
        transaction_type=TransactionType.COST,
        billing_status=None,
        contract_customer=None,
        price="100.00",
        amount="800.00",
    )
    connection = TransactionConnection(
        connection=derive_id("test-connection", unbilled.actual),
        transaction1=unbilled.actual,
        transaction1_role="Unbilled Sales",
        transaction1_key=unbilled.backlog_key.text,
        transaction2=cost.actual,
        transaction2_role="Cost",
        transaction2_key=cost.backlog_key.text,
    )
    return cost, connection


def contract_line(number: int, identifier: str = SECOND_LINE) -> ContractLine:
    """Another line of the contract."""
    return ContractLine(
        line=identifier,
        contract=CONTRACT,
        number=number,
        name=f"Line {number}",
        billing_method=BillingMethod.TIME_AND_MATERIAL,
    )


def second_payer() -> tuple[ContractCustomer, Account]:
    """Another customer of the contract, and the account behind it."""
    payer = ContractCustomer(
        contract_customer=SECOND_PAYER, contract=CONTRACT, name="FS-Fabrikam", account=SECOND_ACCOUNT
    )
    return payer, Account(account=SECOND_ACCOUNT, number="US-002", name="Fabrikam")


def put_all(line: Line, *records: Record) -> None:
    """Write rows as they are at rest, each where it belongs."""
    for record in records:
        line.put(*_place(record), record)


def contract_on(line: Line, *records: Record) -> Line:
    """Write the contract with all that it refers to, and these rows."""
    for table, record, key in reference_rows():
        line.put(table, key, record)
    put_all(line, *records)
    return line


def drafted(line: Line, *items: Actual | Milestone) -> Invoice:
    """Bring items on a draft as people do; gives its header."""
    contract_on(line, *items)
    line.mark_ready(CONTRACT)
    line.create_proforma(CONTRACT)
    line.drain()
    (header,) = line.records(Table.DATAVERSE_INVOICES, Invoice)
    return header


def edit(line: Line, record: Invoice | InvoiceLineDetail | Actual | Milestone) -> None:
    """Write a row anew, as a person who edits it."""
    table, key = _place(record)
    stands = line.store.find(table, key)
    assert stands is not None
    save(line.store, table, key.partition, (Replace(key.row, record.to_columns(), stands.etag),))


def details_of(line: Line) -> list[InvoiceLineDetail]:
    """All line details, in the order of the invoices."""
    return line.records(Table.DATAVERSE_INVOICE_LINE_DETAILS, InvoiceLineDetail)


def sales(count: int) -> list[Actual]:
    """So many unbilled sales."""
    return [sale(number) for number in range(1, count + 1)]


def actuals(line: Line) -> list[Actual]:
    """All actuals, in the order of contracts and invoices."""
    return line.records(Table.DATAVERSE_ACTUALS, Actual)


def invoices(line: Line) -> list[Invoice]:
    """All proforma headers."""
    return line.records(Table.DATAVERSE_INVOICES, Invoice)


def lines(line: Line) -> list[InvoiceLine]:
    """All lines of proforma invoices."""
    return line.records(Table.DATAVERSE_INVOICE_LINES, InvoiceLine)


def connections(line: Line) -> list[TransactionConnection]:
    """All transaction connections."""
    return line.records(Table.DATAVERSE_TRANSACTION_CONNECTIONS, TransactionConnection)


def index(line: Line) -> list[str]:
    """The ids of the items on the work index of the backlog."""
    return [entry.item for entry in line.records(Table.DATAVERSE_BILLING_BACKLOG, BacklogEntry)]


def stored_problems(line: Line) -> list[ReasonCode]:
    """The codes of all open problems."""
    return [problem.code for problem in line.records(Table.INVOICING_PROBLEMS, OpenProblem)]


def create(line: Line, *, wish: object = "", cut_off: date = END_OF_AUGUST) -> Outcome:
    """Make drafts of what is due on the contract."""
    line.create_proforma(CONTRACT, wish=wish, cut_off=cut_off)
    (outcome,) = line.drain()
    return outcome


def ready_line(*rows: Actual | Milestone) -> Line:
    """A new line with the contract and these items, marked ready."""
    line = contract_on(Line.in_memory(), *rows)
    line.mark_ready(CONTRACT)
    return line


def _place(record: Record) -> tuple[Table, RowKey]:
    match record:
        case Actual():
            return Table.DATAVERSE_ACTUALS, record.backlog_key
        case Account(account=account):
            return Table.DATAVERSE_ACCOUNTS, RowKey(account, account)
        case TransactionConnection(transaction1_key=str(key)):
            first = RowKey.from_text(key)
            return Table.DATAVERSE_TRANSACTION_CONNECTIONS, RowKey(first.partition, f"{first.row}|{record.connection}")
        case (
            Milestone()
            | Retainer()
            | ContractLine()
            | ContractCustomer()
            | Contract()
            | Invoice()
            | InvoiceLineDetail()
        ):
            return TABLES[type(record)], record.key
        case _:
            raise TypeError(f"no place is known for {type(record).__name__}")
