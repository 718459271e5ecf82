"""Where a long document is cut leaves the same behind, one row below the cut, at it, and above it, in any order."""

from collections.abc import Mapping

from domain.commands import SyncTableMap
from domain.rows import Merge, RowKey, Value
from domain.tables import Table
from tests.line import CONTRACT_ADATUM, Delivery, Line
from tests.many_lines import loaded

# four lines are eight rows, four sales and four costs
LINES, ROWS = 4, 8
CUTS = (ROWS - 1, ROWS, ROWS + 1)
ACTUALS_MAP = "project_operations_integration_actuals"
CROSSED = (Table.FINANCE_ACTUALS_STAGING, Table.FINANCE_TRANSACTION_RELATIONSHIPS)
PARAMETERS = RowKey("usmf", "ProjParameters")
POSTED = (Table.FINANCE_PROJECT_TRANSACTIONS, Table.DATAVERSE_ACTUALS)
# which journal a line stands in, and which voucher it gets there
NUMBERS = {"ProjAdvancedJournalId", "Voucher", "VoucherNumber", "RelatedVoucher", "msdyn_vouchernumber"}


def test_rows_cross_alike_however_long_the_messages_are_and_whoever_takes_them_first() -> None:
    ends = []
    for cut, messages in zip(CUTS, (2, 1, 1), strict=True):
        line = loaded(LINES, rows_per_message=cut)
        sent = [each for each in line.queues.sent if isinstance(each, SyncTableMap)]
        assert sum((each.map, each.partition) == (ACTUALS_MAP, CONTRACT_ADATUM) for each in sent) == messages
        line.drain(Delivery(seed=cut, twice=True))
        ends.append([_without_numbers(line, table) for table in CROSSED])
    assert ends[0] == ends[1] == ends[2]


def test_lines_are_posted_alike_however_long_the_journals_are_and_whichever_is_posted_first() -> None:
    ends = []
    for cut, journals in zip(CUTS, (2, 1, 1), strict=True):
        line = loaded(LINES)
        line.store.write(Table.FINANCE_SETUP, PARAMETERS.partition, [Merge(PARAMETERS.row, {"LinesPerJournal": cut})])
        line.drain()
        line.tick()
        line.delivery = Delivery(seed=cut, twice=True)
        line.post_all()
        assert len(line.rows(Table.FINANCE_INTEGRATION_JOURNALS)) == journals
        ends.append([_without_numbers(line, table) for table in POSTED])
        assert len(ends[-1][0]) == ROWS
    assert ends[0] == ends[1] == ends[2]


def _without_numbers(line: Line, table: Table) -> Mapping[RowKey, Mapping[str, Value]]:
    rows = line.rows(table)
    return {row.key: {name: value for name, value in row.columns.items() if name not in NUMBERS} for row in rows}
