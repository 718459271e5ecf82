"""The staged rows of a range that become journal lines, and who has taken which of them.

A row is stamped with its journal, its line number and the choice that stamped it. A stamp alone decides nothing: the
worker may have died, or have been overtaken, before its choice was committed. So a row is taken when the header of its
journal stands, which is for good; it is somebody's while another work that is pending has stamped it; else it is free.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from domain.identifiers import derive_id
from domain.journal_refusals import reversed_sale
from domain.ledger import ProjectTransaction
from domain.option_sets import FinanceTransactionType
from domain.pending_work import PendingWork, WorkKind
from domain.ports import RowStore
from domain.rows import RowKey
from domain.saving import read_keys
from domain.staging import StagedActual
from domain.tables import Table

JOURNALIZED = frozenset((FinanceTransactionType.COST, FinanceTransactionType.SALES))
# behind every row key that begins with what stands before it
_BEHIND = "~"


class Taken(Enum):
    """Who has taken a staged row."""

    FREE = auto()
    # another work that is pending: it goes on with the row, or frees it
    BY_OTHER_WORK = auto()
    # its journal stands
    FOR_GOOD = auto()


@dataclass(frozen=True, slots=True)
class Staged:
    """A staged row that may become a line."""

    key: RowKey
    etag: str
    row: StagedActual


def read_staged(store: RowStore, work: PendingWork) -> Iterator[Staged]:
    """Read the cost and unbilled sales of the work's legal entity in its range, in key order."""
    pages = store.read_pages(
        Table.FINANCE_ACTUALS_STAGING,
        work.partition,
        first=work.first,
        last=work.last,
        columns=StagedActual.columns(),
    )
    for page in pages:
        for row in page:
            staged = StagedActual.from_columns(row.columns)
            if staged.company == work.company and staged.transaction_type in JOURNALIZED:
                yield Staged(row.key, row.etag, staged)


def read_originals(store: RowStore, staged: Iterable[Staged]) -> Mapping[str, ProjectTransaction]:
    """Read what the reversals among some rows take back, by key text; what is not posted yet is not among it."""
    keys = {RowKey.from_text(key) for each in staged if (key := reversed_sale(each.row))}
    found = read_keys(store, Table.FINANCE_PROJECT_TRANSACTIONS, keys, ProjectTransaction.columns())
    return {key.text: ProjectTransaction.from_columns(row.columns) for key, row in found.items()}


def name_choice(work: PendingWork, *journals: str) -> str:
    """Name a choice of a work: the same journals give the same name, whoever chose them and how often."""
    return f"{_owner(work)}|{derive_id('journal-choice', *journals)}"


@dataclass(slots=True)
class Stamps:
    """What stands behind the stamps on the rows of a range, read when it is asked for, each thing once."""

    store: RowStore
    # claimed, so that nobody else commits a choice of it
    work: PendingWork
    _others: frozenset[str] | None = None
    _journals: dict[str, bool] = field(default_factory=dict)

    def taken(self, staged: Staged) -> Taken:
        """Tell who has taken a row."""
        journal = staged.row.journal
        if journal is None:
            return Taken.FREE
        # the order matters: a work that is gone from this list has made its journals before it went
        others = self._other_owners()
        if self._stands(journal):
            return Taken.FOR_GOOD
        owner = (staged.row.import_run or "").partition("|")[0]
        return Taken.BY_OTHER_WORK if owner in others else Taken.FREE

    def _other_owners(self) -> frozenset[str]:
        if self._others is None:
            kind = WorkKind.JOURNAL_LINES.value
            first = f"{kind}|{self.work.company}|{self.work.partition}|"
            pages = self.store.read_pages(Table.FINANCE_PENDING_WORK, kind, first=first, last=first + _BEHIND)
            works = (PendingWork.from_columns(row.columns) for page in pages for row in page)
            self._others = frozenset(_owner(work) for work in works if work.key != self.work.key)
        return self._others

    def _stands(self, journal: str) -> bool:
        if journal not in self._journals:
            found = self.store.find(Table.FINANCE_INTEGRATION_JOURNALS, RowKey(journal, journal))
            self._journals[journal] = found is not None
        return self._journals[journal]


def _owner(work: PendingWork) -> str:
    return derive_id("import-work", work.key.row)
