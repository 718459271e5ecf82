"""Pending work: the small index in which finance's timers find what to do without reading history.

A row is inserted when staged rows stand and is deleted when they are dealt with, so a timer tick costs what is pending,
never what has ever been. A row is a hint, not a truth: work that is registered a second time after it was done costs one
empty pass. Whoever finishes work deletes its row **with the ETag that it read before the work began**: a range that was
registered again meanwhile has another version and stays pending.
"""

from enum import StrEnum

from pydantic import Field

from domain.record import CompanyCode, Guid, KeyText, Record
from domain.rows import RowKey


class WorkKind(StrEnum):
    """What has to be done."""

    # make integration-journal lines of the cost and unbilled sales rows of one legal entity in a range
    JOURNAL_LINES = "journal-lines"
    # make the lines of one project invoice proposal whose header has arrived
    PROPOSAL_LINES = "proposal-lines"
    # make on-account transactions of a range of staged milestones of one legal entity
    ON_ACCOUNT = "on-account"


class PendingWork(Record):
    """A row of `FinancePendingWork`: one range of staged rows, or one proposal, of one legal entity."""

    kind: WorkKind = Field(alias="Kind")
    company: CompanyCode = Field(alias="DataAreaId")
    # partition of the staged rows; of a proposal: its id
    partition: KeyText = Field(alias="Partition")
    # lowest and highest row key, inclusive; the range may hold rows of other companies and kinds
    first: KeyText = Field(alias="First")
    last: KeyText = Field(alias="Last")
    correlation: Guid = Field(alias="Correlation")

    @property
    def key(self) -> RowKey:
        """Partition: the kind. Row: kind, company and range, so that two ranges never share a row."""
        parts = (self.kind.value, self.company, self.partition, self.first, self.last)
        return RowKey(self.kind.value, "|".join(parts))
