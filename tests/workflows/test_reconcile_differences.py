"""Rows that somebody has deleted, added or changed are named: the exact ids, and the difference to the cent."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache

import pytest

from domain.errors import ReasonCode
from domain.problems import OpenProblem
from domain.reconciliation import Group, Sum, TieOut, adds_up
from domain.rows import Delete, Insert, Merge, RowKey, StoredRow, Value
from domain.tables import Table
from domain.workflows.reconcile_looking import look_at_invoice
from domain.workflows.reconcile_reading import Look
from tests.line import CONTRACT_ADATUM, Line
from tests.tie_out import all_of, sums_of
from tests.workflows.restless import copy_of, named, straight
from tests.workflows.test_reconcile_lost import MONTH, lost_rows, play, undisturbed

# documents whose rows nothing makes again once they stand
MADE_ONCE = (
    Table.FINANCE_ACTUALS_STAGING,
    Table.FINANCE_TRANSACTION_RELATIONSHIPS,
    Table.FINANCE_MILESTONES_STAGING,
    Table.FINANCE_ON_ACCOUNT_TRANSACTIONS,
    Table.FINANCE_INTEGRATION_JOURNALS,
    Table.FINANCE_INTEGRATION_JOURNAL_LINES,
    Table.FINANCE_PROJECT_TRANSACTIONS,
    Table.FINANCE_INVOICE_PROPOSALS,
    Table.FINANCE_INVOICE_PROPOSAL_LINES,
    Table.FINANCE_PROJECT_INVOICES,
    Table.FINANCE_PROJECT_INVOICE_LINES,
    Table.FINANCE_LEDGER_ENTRIES,
    Table.FINANCE_CUSTOMER_TRANSACTIONS,
    Table.FINANCE_TAX_TRANSACTIONS,
    Table.DATAVERSE_CUSTOMER_INVOICES,
)


@cache
def finished() -> Line:
    return straight()


def invoice_of(line: Line, contract: str = CONTRACT_ADATUM) -> str:
    rows = line.rows(Table.DATAVERSE_INVOICES)
    return next(row.key.row for row in rows if row.columns["salesorderid"] == contract)


def looked(line: Line, invoice: str) -> TieOut:
    return look_at_invoice(Look.begin(line.store), invoice)


def told(tie_out: TieOut) -> set[tuple[ReasonCode, str, str]]:
    """Code, amount and currency of everything that was found."""
    return {
        (each.remark.code, f"{each.amount.normalize():f}" if each.remark.currency else "", each.remark.currency)
        for each in tie_out.stopped
    }


def row_of(line: Line, table: Table, invoice: str, **columns: Value) -> StoredRow:
    """The first row of an invoice with these values."""
    rows = (row for row in line.rows(table) if row.key.partition == invoice)
    return next(row for row in rows if columns.items() <= row.columns.items())


def change(line: Line, table: Table, row: StoredRow, columns: Mapping[str, Value]) -> None:
    line.store.write(table, row.key.partition, (Merge(row.key.row, columns),))


def test_an_invoice_that_is_done_ties_out() -> None:
    line = finished()
    for row in line.rows(Table.DATAVERSE_INVOICES):
        tie_out = looked(line, row.key.row)
        assert tie_out.found == {}
        for group, sums in tie_out.sums.items():
            assert len(set(sums)) == 1, group


CHANGES: tuple[tuple[Table, dict[str, Value], str, ReasonCode, str], ...] = (
    (Table.FINANCE_ACTUALS_STAGING, {"TransactionType": "BilledSales"}, "Amount", ReasonCode.AMOUNT_DIFFERS, "USD"),
    (Table.FINANCE_INVOICE_PROPOSAL_LINES, {}, "LineAmount", ReasonCode.AMOUNT_DIFFERS, "USD"),
    (Table.FINANCE_PROJECT_INVOICE_LINES, {}, "LineAmount", ReasonCode.AMOUNT_DIFFERS, "USD"),
    (Table.FINANCE_PROJECT_INVOICES, {}, "InvoiceAmount", ReasonCode.AMOUNT_DIFFERS, "USD"),
    (Table.FINANCE_CUSTOMER_TRANSACTIONS, {}, "AmountCur", ReasonCode.AMOUNT_DIFFERS, "USD"),
    (Table.FINANCE_LEDGER_ENTRIES, {}, "AccountingCurrencyAmount", ReasonCode.AMOUNT_DIFFERS, "USD"),
    (Table.DATAVERSE_CUSTOMER_INVOICES, {}, "totalamount", ReasonCode.AMOUNT_DIFFERS, "USD"),
)


@pytest.mark.parametrize(("table", "which", "column", "code", "currency"), CHANGES)
def test_a_cent_more_is_told_to_the_cent(
    table: Table, which: dict[str, Value], column: str, code: ReasonCode, currency: str
) -> None:
    line = copy_of(finished())
    invoice = invoice_of(line)
    row = row_of(line, table, invoice, **which)
    change(line, table, row, {column: str(Decimal(str(row.columns[column])) + Decimal("0.01"))})
    assert (code, "-0.01", currency) in told(looked(line, invoice)) or (code, "0.01", currency) in told(
        looked(line, invoice)
    )


def test_a_changed_voucher_is_written_back_again() -> None:
    line = copy_of(finished())
    invoice = invoice_of(line)
    row = row_of(line, Table.DATAVERSE_ACTUALS, invoice, msdyn_transactiontypecode=192350006)
    change(line, Table.DATAVERSE_ACTUALS, row, {"msdyn_vouchernumber": "ANOTHER"})
    (finding,) = looked(line, invoice).stopped
    assert finding.remark.code is ReasonCode.NOT_WRITTEN_BACK
    assert finding.ids == [row.columns["msdyn_actualid"]]


def test_a_line_too_many_is_named_with_its_amount() -> None:
    line = copy_of(finished())
    invoice = invoice_of(line)
    row = row_of(line, Table.FINANCE_INVOICE_PROPOSAL_LINES, invoice)
    key = row.key.row.replace("0000001|", "0000099|", 1)
    columns = {**row.columns, "LineNumber": 99}
    line.store.write(Table.FINANCE_INVOICE_PROPOSAL_LINES, invoice, (Insert(key, columns),))
    amount = f"{-Decimal(str(row.columns['LineAmount'])).normalize():f}"
    assert (ReasonCode.EXTRA_ROW, amount, "USD") in told(looked(line, invoice))


def test_a_staged_row_that_dataverse_does_not_have_is_named() -> None:
    line = copy_of(finished())
    invoice = invoice_of(line)
    row = row_of(line, Table.DATAVERSE_ACTUALS, invoice, msdyn_transactiontypecode=192350006)
    line.store.write(Table.DATAVERSE_ACTUALS, invoice, (Delete(row.key.row),))
    found = looked(line, invoice).stopped
    assert {each.remark.code for each in found} >= {ReasonCode.EXTRA_ROW, ReasonCode.LOST_ROW}
    extra = next(each for each in found if each.remark.code is ReasonCode.EXTRA_ROW)
    assert extra.ids == [row.columns["msdyn_actualid"]]
    assert -extra.amount == Decimal(str(row.columns["msdyn_amount"]))


def is_named(line: Line, key: RowKey) -> bool:
    """Whether a stored problem, or the tie-out of everything, names the row that was lost."""
    problems = line.records(Table.INVOICING_PROBLEMS, OpenProblem)
    named_ids = {id_ for problem in problems for id_ in problem.ids}
    for looked in all_of(line):
        named_ids |= {id_ for finding in looked.tie_out.stopped for id_ in finding.ids}
    return bool({*key.row.split("|"), key.partition, key.row} & named_ids)


def ties_out(line: Line, sums: dict[Group, list[Sum]]) -> bool:
    """Whether the same stands at each stage, perhaps on other journals."""
    return sums_of(line) == sums and not any(looked.tie_out.found for looked in all_of(line))


# between them every row is lost once; at the last of them nothing is open any more, and only the tie-out of all looks
@pytest.mark.parametrize("at", (1, 2, 9, 11))
def test_each_row_of_finance_can_be_lost_once(at: int) -> None:
    tables, _ = undisturbed()
    sums = sums_of(finished())
    assert adds_up(sums)
    for table, key, line in lost_rows(at, *MADE_ONCE, every=3):
        play(line, since=at)
        assert named(line) == tables or ties_out(line, sums) or is_named(line, key), (
            f"after {MONTH[at - 1].__name__}: {table} {key.text} is lost and nobody says so"
        )
