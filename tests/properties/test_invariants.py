"""Each invariant can fail: it is told when the rows of a finished line are not as they must be."""

from collections.abc import Callable

import pytest

from domain.rows import Delete, Insert, Merge, StoredRow, Value
from domain.tables import Table
from tests.line import Line
from tests.properties.invariants import assert_always, assert_finished, assert_kept
from tests.workflows.restless import straight

type Break = Callable[[Line], None]


def first(line: Line, table: Table, **wanted: Value) -> StoredRow:
    return next(row for row in line.rows(table) if all(row.columns.get(name) == wanted[name] for name in wanted))


def change(table: Table, where: dict[str, Value], **columns: Value) -> Break:
    def act(line: Line) -> None:
        row = first(line, table, **where)
        line.store.write(table, row.key.partition, (Merge(row.key.row, columns),))

    return act


def copy(table: Table, where: dict[str, Value], row_key: str, **columns: Value) -> Break:
    def act(line: Line) -> None:
        row = first(line, table, **where)
        line.store.write(table, row.key.partition, (Insert(row_key, {**row.columns, **columns}),))

    return act


def remove(table: Table, **where: Value) -> Break:
    def act(line: Line) -> None:
        row = first(line, table, **where)
        line.store.write(table, row.key.partition, (Delete(row.key.row),))

    return act


COST: dict[str, Value] = {"msdyn_transactiontypecode": 192350000}
ALWAYS: list[tuple[Break, str]] = [
    (change(Table.FINANCE_LEDGER_ENTRIES, {}, TransactionCurrencyAmount="0.01"), "out of balance"),
    (copy(Table.FINANCE_INTEGRATION_JOURNAL_LINES, {}, "~", LineNumber=99), "actuals on two journal lines"),
    (copy(Table.FINANCE_INVOICE_PROPOSAL_LINES, {}, "~", LineNumber=99), "billed sales on two proposal lines"),
    (copy(Table.FINANCE_PROJECT_TRANSACTIONS, {}, "~"), "actuals posted twice"),
    (change(Table.DATAVERSE_INVOICES, {}, totallineitemamount="1"), "miscounts"),
    (remove(Table.DATAVERSE_INVOICE_LINE_DETAILS), "miscounts"),
    (change(Table.DATAVERSE_ACTUALS, {"msdyn_transactiontypecode": 192350006}, msdyn_amount="1"), "another amount"),
    (remove(Table.DATAVERSE_ACTUALS, msdyn_skipsync=True), "leaves unbilled quantity"),
    (change(Table.FINANCE_PROJECT_TRANSACTIONS, {"LedgerSalesAmountCur": "1000.00"}, Voucher="OTHER"), "leaves WIP"),
    (remove(Table.FINANCE_INVOICE_PROPOSAL_LINES), "other lines than billed sales"),
    (
        change(Table.FINANCE_INVOICE_PROPOSAL_LINES, {"TransactionClassification": 192350000}, UnbilledSalesKey="?|?"),
        "names another sale",
    ),
    (change(Table.FINANCE_CUSTOMER_TRANSACTIONS, {}, AmountCur="1"), "not what is owed"),
    (change(Table.DATAVERSE_ACTUALS, COST, msdyn_vouchernumber="?"), "not its own"),
    (remove(Table.FINANCE_PROJECT_INVOICES), "names a voucher that is not its own"),
    (change(Table.FINANCE_NUMBER_SEQUENCES, {"First": 1}, First=7), "7"),
]
FINISHED: list[tuple[Break, str]] = [
    (change(Table.FINANCE_INVOICE_PROPOSALS, {}, ProposalStatus="Processing"), "neither finished nor named"),
    (change(Table.FINANCE_INTEGRATION_JOURNALS, {}, Status="Draft"), "neither finished nor named"),
    (change(Table.FINANCE_ACTUALS_STAGING, {}, IsProcessed=False), "neither finished nor named"),
    (remove(Table.FINANCE_ACTUALS_STAGING), "has not crossed"),
    (
        change(Table.DATAVERSE_ACTUALS, COST, msdyn_vouchernumber=None),
        "has not got what was posted",
    ),
    (
        change(Table.FINANCE_PROJECT_TRANSACTIONS, {"LedgerSalesAmountCur": "1000.00"}, TransStatus="Posted"),
        "its accrual stands",
    ),
]


def test_a_finished_line_has_all_of_them() -> None:
    line = straight()
    assert_always(line)
    assert_finished(line)
    assert_kept(line.snapshot(), line.snapshot())


@pytest.mark.parametrize(("act", "told"), ALWAYS)
def test_what_must_always_hold_is_told_when_it_does_not(act: Break, told: str) -> None:
    line = straight()
    act(line)
    with pytest.raises(AssertionError, match=told):
        assert_always(line)


@pytest.mark.parametrize(("act", "told"), FINISHED)
def test_what_is_unfinished_is_told(act: Break, told: str) -> None:
    line = straight()
    act(line)
    with pytest.raises(AssertionError, match=told):
        assert_finished(line)


@pytest.mark.parametrize(
    "act", [remove(Table.FINANCE_LEDGER_ENTRIES), change(Table.FINANCE_TAX_TRANSACTIONS, {}, TaxAmount="1")]
)
def test_posted_rows_that_change_are_told(act: Break) -> None:
    line = straight()
    before = line.snapshot()
    act(line)
    with pytest.raises(AssertionError, match="posted rows changed"):
        assert_kept(before, line.snapshot())
