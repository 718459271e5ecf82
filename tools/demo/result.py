"""What stands at the end: actuals with their write-back, vouchers of journals and invoices, and the invoices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from domain.actuals import Actual
from domain.contract import Contract, Currency
from domain.invoice_proposal import ProjectInvoice
from domain.ledger import LedgerEntry
from domain.option_sets import TransactionType
from domain.record import Record
from domain.tables import Table
from tools.cli.amounts import amount_text
from tools.cli.desk import Desk
from tools.cli.drawing import draw_rows, grid, say
from tools.demo.coho import INVOICE, JOURNAL, differences
from tools.demo.play import ROWS_MAX

COHO = "C-COHO"


@dataclass(frozen=True, slots=True)
class Result:
    """The rows at the end."""

    actuals: tuple[Actual, ...]
    entries: tuple[LedgerEntry, ...]
    invoices: tuple[ProjectInvoice, ...]
    # contract numbers and currencies by their ids
    contracts: Mapping[str, str]
    currencies: Mapping[str, str]
    # actual's id to the journal that posted it
    journals: Mapping[str, str] = field(default_factory=dict)

    @property
    def journal_entries(self) -> list[LedgerEntry]:
        """Entries that integration journals posted."""
        proposals = {invoice.proposal for invoice in self.invoices}
        return [entry for entry in self.entries if entry.document not in proposals]

    @property
    def invoice_entries(self) -> list[LedgerEntry]:
        """Entries that invoices posted."""
        proposals = {invoice.proposal for invoice in self.invoices}
        return [entry for entry in self.entries if entry.document in proposals]


def read_result(desk: Desk) -> Result:
    """Read what stands."""
    contracts = _records(desk, Table.DATAVERSE_CONTRACTS, Contract)
    currencies = _records(desk, Table.DATAVERSE_CURRENCIES, Currency)
    staged = desk.browser.rows(Table.FINANCE_ACTUALS_STAGING, limit=ROWS_MAX)
    return Result(
        actuals=tuple(_records(desk, Table.DATAVERSE_ACTUALS, Actual)),
        entries=tuple(_records(desk, Table.FINANCE_LEDGER_ENTRIES, LedgerEntry)),
        invoices=tuple(_records(desk, Table.FINANCE_PROJECT_INVOICES, ProjectInvoice)),
        contracts={contract.contract: contract.number for contract in contracts},
        currencies={currency.currency: currency.iso_code for currency in currencies},
        journals={str(row.columns["ActualId"]): str(row.columns.get("ProjAdvancedJournal")) for row in staged},
    )


def _records[R: Record](desk: Desk, table: Table, kind: type[R]) -> list[R]:
    return [kind.from_columns(row.columns) for row in desk.browser.rows(table, limit=ROWS_MAX)]


def coho_differences(result: Result) -> list[str]:
    """Compare the Coho vouchers with the documentation's; nothing when they are the same to the cent."""
    mine = [actual for actual in result.actuals if result.contracts[actual.contract] == COHO]
    posted = {(result.journals.get(actual.actual), actual.voucher) for actual in mine}
    journal = [entry for entry in result.journal_entries if (entry.document, entry.voucher) in posted]
    invoices = {invoice.proposal for invoice in result.invoices if invoice.contract == COHO}
    invoice = [entry for entry in result.invoice_entries if entry.document in invoices]
    return [*differences(journal, JOURNAL), *differences(invoice, INVOICE)]


def draw_result(desk: Desk, result: Result) -> None:
    """Print everything."""
    _draw_actuals(desk, result)
    _draw_entries(desk, "Vouchers of the integration journals", result.journal_entries)
    _draw_entries(desk, "Vouchers of the customer invoices", result.invoice_entries)
    _draw_invoices(desk, result)


def _draw_actuals(desk: Desk, result: Result) -> None:
    right = ("quantity", "amount", "accounting amount", "rate", "sales tax")
    names = (
        "contract",
        "date",
        "type",
        "what",
        "quantity",
        "amount",
        "accounting amount",
        "rate",
        "sales tax",
        "voucher",
    )
    rows = sorted((_actual_row(result, actual) for actual in result.actuals), key=lambda row: (row[0], row[1]))
    draw_rows(desk.console, grid("Actuals in Dataverse, with what finance wrote back", *names, right=right), rows)


def _actual_row(result: Result, actual: Actual) -> tuple[str, ...]:
    kind = actual.transaction_type.name.lower().replace("_", " ")
    is_reversal = actual.transaction_type is TransactionType.UNBILLED_SALES and actual.skip_sync
    billing = "" if actual.billing_type is None else actual.billing_type.name.lower().replace("_", "-")
    return (
        result.contracts[actual.contract],
        str(actual.transaction_date),
        f"{kind}, reversed" if is_reversal else kind,
        f"{actual.transaction_class.name.lower()}, {billing}",
        f"{actual.quantity.normalize():f}",
        amount_text(actual.amount, result.currencies[actual.currency]),
        _number(actual.accounting_amount),
        "" if actual.accounting_exchange_rate is None else f"{actual.accounting_exchange_rate.normalize():f}",
        _number(actual.sales_tax_amount),
        actual.voucher or ("stays here" if actual.skip_sync else ""),
    )


def _number(amount: Decimal | None) -> str:
    return "" if amount is None else amount_text(amount, "")


def _draw_entries(desk: Desk, title: str, entries: Iterable[LedgerEntry]) -> None:
    names = ("voucher", "account", "name", "amount", "accounting amount", "rate", "posting type")
    table = grid(title, *names, right=("amount", "accounting amount", "rate"))
    ordered = sorted(entries, key=lambda entry: (entry.voucher, entry.number))
    rows = []
    for voucher, group in groupby(ordered, key=lambda entry: entry.voucher):
        rows += [_entry_row(voucher if index == 0 else "", entry) for index, entry in enumerate(group)]
    draw_rows(desk.console, table, rows)


def _entry_row(voucher: str, entry: LedgerEntry) -> tuple[str, ...]:
    return (
        voucher,
        entry.main_account,
        entry.account_name,
        amount_text(entry.amount, entry.currency),
        amount_text(entry.accounting_amount, entry.accounting_currency),
        f"{entry.exchange_rate.normalize():f}",
        f"{entry.posting_type_name} ({int(entry.posting_type)})",
    )


def _draw_invoices(desk: Desk, result: Result) -> None:
    names = (
        "invoice",
        "proforma",
        "contract",
        "customer",
        "date",
        "due",
        "lines",
        "amount",
        "sales tax",
        "total",
        "voucher",
    )
    table = grid("Customer invoices", *names, right=("lines", "amount", "sales tax", "total"))
    rows = (
        (
            each.number,
            each.proposal_number,
            each.contract,
            each.customer,
            each.invoice_date,
            each.due_date,
            each.lines,
            amount_text(each.amount, each.currency),
            amount_text(each.tax, each.currency),
            amount_text(each.total, each.currency),
            each.voucher,
        )
        for each in sorted(result.invoices, key=lambda invoice: invoice.proposal_number)
    )
    draw_rows(desk.console, table, rows)


def draw_problems(desk: Desk, count: int) -> None:
    """Print the open problems that were stored last."""
    rows = sorted(
        desk.browser.rows(Table.INVOICING_PROBLEMS, limit=ROWS_MAX), key=lambda row: str(row.changed_at), reverse=True
    )
    for row in rows[:count]:
        say(desk.console, f"  open problem: {row.columns.get('Stage')}: {row.columns.get('Sentence')}")
