"""Apply a fixed exchange rate agreement to the journal lines that were made before it and are not posted.

Proposals need no change, their rate is looked up when they are posted. What is posted keeps its rate.

Source: Project Operations documentation, format-update-project-invoice-proposals (enabling a fixed exchange rate
agreement re-rates draft journal lines and pending proposals).
"""

from collections.abc import Iterator, Sequence

from domain.exchange_rates import rerated
from domain.journal import JournalLine
from domain.pending_work import PendingWork, WorkKind
from domain.ports import RowStore
from domain.rows import Merge, StoredRow
from domain.saving import save
from domain.setup import LegalEntitySetup
from domain.tables import Table
from domain.workflows.companies import Companies
from domain.workflows.work_index import pending

LINES = Table.FINANCE_INTEGRATION_JOURNAL_LINES


def apply_fixed_rate(store: RowStore) -> int:
    """Bring the lines of every journal that waits to be posted to the rates agreed by now.

    Whoever loads an agreement calls this once behind it.

    Returns:
        How many lines have changed. A legal entity without set-up is passed over; posting names what it lacks.

    Raises:
        ChangedMeanwhile: a journal is being posted at the same time; ask again.

    Repeating it: changes nothing.
    """
    companies, changed = Companies(store), 0
    for row in pending(store, WorkKind.POST_JOURNAL):
        work = PendingWork.from_columns(row.columns)
        setup = companies.setup(work.company)
        if isinstance(setup, LegalEntitySetup):
            merges = [merge for page in store.read_pages(LINES, work.partition) for merge in _merges(setup, page)]
            save(store, LINES, work.partition, merges)
            changed += len(merges)
    return changed


def _merges(setup: LegalEntitySetup, page: Sequence[StoredRow]) -> Iterator[Merge]:
    for row in page:
        after = rerated(setup, JournalLine.from_columns(row.columns))
        if after is not None:
            yield Merge(row.key.row, {"ExchangeRate": after.to_columns()["ExchangeRate"]}, row.etag)
