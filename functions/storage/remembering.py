"""Set-up and reference rows, remembered for some seconds: every document asks for the same few.

A thousand small invoices read the set-up of their legal entity so often that its one partition is
the first limit of the whole line (`docs/performance.md`). What changes is seen after the seconds of a setting at the
latest, by this process at once; a row that is not there is asked for again each time.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

from domain.ports import PAGE_ROWS_MAX, RowStore
from domain.rows import Operation, RowKey, StoredRow
from domain.tables import Table

REMEMBERED = frozenset(
    (
        Table.DATAVERSE_COMPANIES,
        Table.DATAVERSE_CURRENCIES,
        Table.DATAVERSE_ACCOUNTS,
        Table.DATAVERSE_PROJECTS,
        Table.DATAVERSE_TRANSACTION_CATEGORIES,
        Table.DATAVERSE_RESOURCES,
        Table.DATAVERSE_PRODUCTS,
        Table.FINANCE_SETUP,
        Table.FINANCE_CUSTOMERS,
        Table.FINANCE_PROJECTS,
        Table.FINANCE_CONTRACTS,
        Table.FINANCE_RELEASED_PRODUCTS,
    )
)
# answers that are kept; the one that was not asked for longest goes first
ANSWERS_MAX = 5_000
# a longer range is not reference data, and is not kept
ROWS_MAX = 1_000

# table, partition, and what else was asked
type _Question = tuple[Table, str, tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class _Answer:
    rows: Sequence[StoredRow]
    good_until: float


class RememberingRowStore:
    """A RowStore that asks another one, and remembers what it says of set-up and reference tables. Safe for threads."""

    def __init__(self, store: RowStore, seconds: float, now: Callable[[], float]) -> None:
        """Start without memories.

        Args:
            store: who knows.
            seconds: for how long an answer is good.
            now: a clock that never goes back, in seconds.
        """
        self._store, self._seconds, self._now = store, seconds, now
        self._lock = Lock()
        self._answers: OrderedDict[_Question, _Answer] = OrderedDict()

    def find(self, table: Table, key: RowKey) -> StoredRow | None:
        """Read one row, or None."""
        if table not in REMEMBERED:
            return self._store.find(table, key)
        question = (table, key.partition, ("find", key.row))
        known = self._recall(question)
        if known is not None:
            return known[0]
        row = self._store.find(table, key)
        if row is not None:
            self._keep(question, (row,))
        return row

    def read_pages(
        self,
        table: Table,
        partition: str,
        *,
        first: str = "",
        last: str | None = None,
        columns: Sequence[str] = (),
        page_rows: int = PAGE_ROWS_MAX,
    ) -> Iterator[Sequence[StoredRow]]:
        """Read a range page by page; a remembered one comes as one page, unless smaller ones are wanted."""
        pages = self._store.read_pages(table, partition, first=first, last=last, columns=columns, page_rows=page_rows)
        if table not in REMEMBERED or page_rows != PAGE_ROWS_MAX:
            yield from pages
            return
        question = (table, partition, (first, last, *columns))
        known = self._recall(question)
        if known is not None:
            yield known
            return
        yield from self._learn(question, pages)

    def write(self, table: Table, partition: str, operations: Sequence[Operation]) -> None:
        """Do all operations; what was remembered of the partition is forgotten, whatever comes of it."""
        try:
            self._store.write(table, partition, operations)
        finally:
            if table in REMEMBERED:
                self._forget(table, partition)

    def _learn(self, question: _Question, pages: Iterator[Sequence[StoredRow]]) -> Iterator[Sequence[StoredRow]]:
        rows: list[StoredRow] = []
        for page in pages:
            rows += page
            yield page
        if 0 < len(rows) <= ROWS_MAX:
            self._keep(question, rows)

    def _recall(self, question: _Question) -> Sequence[StoredRow] | None:
        with self._lock:
            answer = self._answers.get(question)
            if answer is None or answer.good_until <= self._now():
                return None
            self._answers.move_to_end(question)
            return answer.rows

    def _keep(self, question: _Question, rows: Sequence[StoredRow]) -> None:
        with self._lock:
            self._answers[question] = _Answer(rows, self._now() + self._seconds)
            while len(self._answers) > ANSWERS_MAX:
                self._answers.popitem(last=False)

    def _forget(self, table: Table, partition: str) -> None:
        with self._lock:
            for question in [each for each in self._answers if each[:2] == (table, partition)]:
                del self._answers[question]
