"""What importing, trying to post and posting a proposal read of it; a short document is read once for both."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from domain.completeness import sale_keys
from domain.invoice_proposal import Proposal, ProposalLine
from domain.ledger import ProjectTransaction
from domain.ports import RowStore
from domain.rows import RowKey, StoredRow
from domain.saving import read_keys
from domain.staging import StagedRelationship
from domain.tables import Table
from domain.workflows.companies import Companies
from domain.workflows.proposal_acts import line_pages
from domain.workflows.reading import paged

# the key of no row
NOWHERE = RowKey("", "")
# above every row key that begins with the same text
_HIGHEST = "~"

# a line, and the unbilled sale that it invoices, if there is one
type Read = Sequence[tuple[ProposalLine, ProjectTransaction | None]]


@dataclass(frozen=True, slots=True)
class Source:
    """The set-up that one call shares, and the lines page by page, as often as wanted."""

    companies: Companies
    pages: Callable[[], Iterator[Read]]


def source_of(store: RowStore, proposal: Proposal) -> Source:
    """Read a proposal for trying and for posting.

    Nobody changes the lines in between unseen: who does changes the header's version, and then no number is committed.
    """
    return Source(Companies(store), paged(lambda: _read(store, proposal), rows=proposal.lines))


class StandingLine(NamedTuple):
    """What counts of a line that an earlier try of the import has written."""

    number: int
    amount: Decimal


def standing_lines(store: RowStore, proposal: Proposal) -> dict[str, StandingLine]:
    """Read what an earlier try has written, by actual: it stays as it is, whatever became of the set-up since.

    Otherwise a line that would be decided differently now would stand beside the new one, or be in its way for ever.
    """
    lines = (line for page in line_pages(store, proposal) for _, line in page)
    return {line.actual: StandingLine(line.number, line.amount) for line in lines}


def _read(store: RowStore, proposal: Proposal) -> Iterator[Read]:
    # a page is not held while the next one is read
    return map(partial(_with_sales, store), line_pages(store, proposal))


def _with_sales(store: RowStore, page: Sequence[tuple[StoredRow, ProposalLine]]) -> Read:
    lines = [line for _, line in page]
    keys = {line.actual: RowKey.from_text(line.unbilled_sales_key) for line in lines if line.unbilled_sales_key}
    sales = read_keys(store, Table.FINANCE_PROJECT_TRANSACTIONS, keys.values())
    posted = {key: ProjectTransaction.from_columns(row.columns) for key, row in sales.items()}
    return [(line, posted.get(keys.get(line.actual, NOWHERE))) for line in lines]


def connections_of(store: RowStore, proposal: Proposal, page: Sequence[StoredRow]) -> dict[str, RowKey]:
    """Find the unbilled sale behind each billed sale of a page of staged rows, as far as their connections are there.

    Connections and actuals of a line detail stand under keys that begin with the detail's.
    """
    first, last = (page[place].key.row.rsplit("|", 2)[0] for place in (0, -1))
    pages = store.read_pages(
        Table.FINANCE_TRANSACTION_RELATIONSHIPS,
        proposal.proposal,
        first=first,
        last=f"{last}|{_HIGHEST}",
        columns=StagedRelationship.columns(),
    )
    return sale_keys(StagedRelationship.from_columns(row.columns) for some in pages for row in some)
