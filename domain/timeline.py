"""The timeline of a document: one row for each stage that it has passed, written once.

When it happened is the platform's own time stamp of the row, so that a stage which is tried again leaves the same row.
Rows of business tables can't tell: later stages write on them again.
"""

from pydantic import Field

from domain.record import KeyText, Record
from domain.rows import RowKey


class TimelineEvent(Record):
    """A row of `InvoicingTimeline`. Partition: the document. Row: stage and document."""

    document: KeyText = Field(alias="Document")
    # the stage that was passed, as `confirm-invoice` or `sync-table-map|project_invoice_proposal_v2|...`
    stage: KeyText = Field(alias="Stage")

    @property
    def key(self) -> RowKey:
        """Partition: the document. Row: stage and document, unique in the whole table."""
        return event_key(self.document, self.stage)


def event_key(document: str, stage: str) -> RowKey:
    """Locate the event of a stage of a document."""
    return RowKey(document, f"{stage}|{document}")
