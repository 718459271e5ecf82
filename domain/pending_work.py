"""Pending work: the small index in which finance's timers find what to do without reading history.

A row is inserted when staged rows stand and is deleted when they are dealt with, so a timer tick costs what is pending,
never what has ever been. A row is a hint, not a truth: work that is registered again after it was done costs one empty
pass, and `reconcile` can rebuild the index from the staged rows.

How many rows the work was registered for is part of its key. When the rest of a range crosses later, that is new work
beside the old, which somebody may be finishing and about to delete at that very moment.
"""

from enum import StrEnum

from pydantic import Field

from domain.commands import ImportProposal, Instant
from domain.option_sets import FinanceTransactionType
from domain.record import CompanyCode, Guid, KeyText, Record, Text
from domain.rows import Columns, RowKey
from domain.tables import Table

# the legal entity of work on rows that belong to none
CROSS_COMPANY = "-"
# the roles of an unbilled sale and of the cost behind it, in either order
RELATED_ROLES = frozenset(("Unbilled Sales", "Cost"))


class WorkKind(StrEnum):
    """What has to be done."""

    # make integration-journal lines of the cost and unbilled sales rows of one legal entity in a range
    JOURNAL_LINES = "journal-lines"
    # make the lines of one project invoice proposal whose header has arrived
    PROPOSAL_LINES = "proposal-lines"
    # make on-account transactions of a range of staged milestones of one legal entity
    ON_ACCOUNT = "on-account"
    # let the journal lines of connected costs and unbilled sales in a range name each other's voucher
    RELATED_VOUCHERS = "related-vouchers"
    # post one integration journal
    POST_JOURNAL = "post-journal"
    # post one project invoice proposal
    POST_PROPOSAL = "post-proposal"
    # look whether one invoice has left something in WIP
    ACCRUED_REVENUE = "accrued-revenue"


class PendingWork(Record):
    """A row of `FinancePendingWork`: one range of staged rows, or one proposal, of one legal entity."""

    kind: WorkKind = Field(alias="Kind")
    company: CompanyCode = Field(alias="DataAreaId")
    # partition of the staged rows; of a proposal: its id
    partition: KeyText = Field(alias="Partition")
    # lowest and highest row key, inclusive; the range may hold rows of other companies and kinds
    first: KeyText = Field(alias="First")
    last: KeyText = Field(alias="Last")
    # how many rows of this kind and company stood in the range when it was registered
    rows: int = Field(alias="NumberOfRows", ge=1)
    correlation: Guid = Field(alias="Correlation")
    # how often somebody began the work: whoever began last is the one whose result counts
    claims: int | None = Field(default=None, alias="Claims", ge=1)
    # journal lines: the choice of rows that is committed and whose journals are being made; None: choose
    run: Text | None = Field(default=None, alias="CommittedRun")
    # journal lines: when the rows were sent; None: it does not matter any more
    requested_at: Instant | None = Field(default=None, alias="RequestedAt")
    # proposals: when a tick last sent the command that imports it to the queue
    handed_on_at: Instant | None = Field(default=None, alias="HandedOnAt")
    # journal lines: the deleted line, as key text, whose actual is given back to the staging table first
    deleted_line: Text | None = Field(default=None, alias="DeletedJournalLine")

    @property
    def key(self) -> RowKey:
        """Partition: the kind. Row: everything but the correlation, so that two pieces of work never share a row."""
        parts = [self.kind.value, self.company, self.partition, self.first, self.last, f"{self.rows:07d}"]
        # a line is deleted once, and its actual may have been another line before
        parts += [self.deleted_line.partition("/")[0]] if self.deleted_line else []
        return RowKey(self.kind.value, "|".join(parts))

    @property
    def stage(self) -> str:
        """Name the stage under which the problem of this work is stored; its document is the partition."""
        match self.kind:
            case WorkKind.JOURNAL_LINES | WorkKind.ON_ACCOUNT:
                # two ranges of one contract's backlog have a problem each
                return f"{self.kind.value}|{self.first}{'|deleted' if self.deleted_line else ''}"
            case WorkKind.PROPOSAL_LINES:
                # the queue does the same work: what one of the two finds solved is solved for the other
                return ImportProposal.name
            case _:
                return self.kind.value


def work_for(table: Table, columns: Columns) -> WorkKind | None:
    """Tell what a row that has arrived in a finance table gives to do, or None.

    Billed sales give nothing: their proposal's header does. Rows between legal entities wait for their own import.
    """
    journalized = (FinanceTransactionType.COST.value, FinanceTransactionType.SALES.value)
    match table:
        case Table.FINANCE_ACTUALS_STAGING if columns.get("TransactionType") in journalized:
            return WorkKind.JOURNAL_LINES
        case Table.FINANCE_INVOICE_PROPOSALS:
            return WorkKind.PROPOSAL_LINES
        case Table.FINANCE_MILESTONES_STAGING:
            return WorkKind.ON_ACCOUNT
        case Table.FINANCE_TRANSACTION_RELATIONSHIPS if _roles(columns) == RELATED_ROLES:
            return WorkKind.RELATED_VOUCHERS
        case _:
            return None


def _roles(columns: Columns) -> set[object]:
    return {columns.get("Transaction1Role"), columns.get("Transaction2Role")}


def posting_work(kind: WorkKind, *, company: str, document: str, correlation: str) -> PendingWork:
    """Make the row that says that a journal or a proposal can be posted."""
    return PendingWork(
        kind=kind,
        company=company,
        partition=document,
        first=document,
        last=document,
        rows=1,
        correlation=correlation,
    )
