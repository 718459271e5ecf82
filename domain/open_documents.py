"""The open documents: what has been confirmed or loaded and is not tied out to its end yet.

A row is written before the first message goes out, and removed by `reconcile` once everything that it speaks of stands
in both systems. So a look at what is open costs what is open, never what has ever been. Like every work index it is a
hint: `invoicing reconcile --rebuild` makes it anew from the documents.

`Progress` and `Tries` are notes of whoever looks: they say how often nothing had moved, so they depend on when people
and timers looked. They are the only columns of any table that two runs of the same history may leave differently.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from domain.record import Guid, KeyText, Record, Text
from domain.rows import RowKey

# every row stands in one partition, so that one range read finds all that is open
PARTITION = "open"
# columns that are left out when the tables of two runs are compared
NOTES = ("Progress", "Tries")
# how long a document may stand still before it is looked at, and again before anything is sent again
GRACE = timedelta(minutes=15)
# what waits for a person, or for work that is pending, is looked at so often
WAITING = timedelta(hours=1)
# what was given up is looked at so often: somebody may have mended it
GIVEN_UP = timedelta(days=1)
# times that something is sent again without any movement; then the document is given up
TRIES_MAX = 5


class OpenKind(StrEnum):
    """What is open."""

    # a proforma invoice since it is being confirmed: header, actuals, connections, proposal, customer invoice
    INVOICE = "invoice"
    # a range of loaded rows of one table map
    ROWS = "rows"


class OpenDocument(Record):
    """A row of `InvoicingOpenDocuments`."""

    kind: OpenKind = Field(alias="Kind")
    # the partition of the rows: the invoice, or the contract of loaded rows
    partition: KeyText = Field(alias="Partition")
    # rows: the table map that carries them, and their lowest and highest key
    map: KeyText | None = Field(default=None, alias="TableMap")
    first: KeyText | None = Field(default=None, alias="First")
    last: KeyText | None = Field(default=None, alias="Last")
    correlation: Guid = Field(alias="Correlation")
    # what people call the document
    reference: Text | None = Field(default=None, alias="Reference")
    # -- notes of whoever looks
    # how far it had come at the last look; None: nobody has looked yet
    progress: Text | None = Field(default=None, alias="Progress")
    # looks in a row that found something to send again and no movement
    tries: int | None = Field(default=None, alias="Tries", ge=0)

    @property
    def key(self) -> RowKey:
        """Partition: `open`. Row: kind, document, and for rows map and range."""
        parts = (self.kind.value, self.partition, self.map, self.first, self.last)
        return RowKey(PARTITION, "|".join(part for part in parts if part))

    @property
    def stage(self) -> str:
        """Name the stage under which its problem is stored."""
        return "reconcile" if self.kind is OpenKind.INVOICE else f"reconcile|{self.map}|{self.first}"

    @property
    def was_given_up(self) -> bool:
        """Tell whether everything was tried that can be tried without a person."""
        return (self.tries or 0) >= TRIES_MAX


def of_invoice(invoice: str, number: str, correlation: str) -> OpenDocument:
    """Make the row of an invoice that is being confirmed."""
    return OpenDocument(kind=OpenKind.INVOICE, partition=invoice, reference=number, correlation=correlation)


def of_rows(table_map: str, partition: str, first: str, last: str, correlation: str) -> OpenDocument:
    """Make the row of a range of rows that are to cross a table map."""
    return OpenDocument(
        kind=OpenKind.ROWS, partition=partition, map=table_map, first=first, last=last, correlation=correlation
    )


def is_due(document: OpenDocument, looked_at: datetime, now: datetime) -> bool:
    """Tell whether it is time to look: the distance doubles with each try, and a row that waits is left alone longer.

    Args:
        document: the row.
        looked_at: when it was last written: made, or looked at.
        now: the instant of the tick.
    """
    return now - looked_at >= distance(document)


def distance(document: OpenDocument) -> timedelta:
    """Tell how long a document is left alone after it was made or looked at."""
    if document.was_given_up:
        return GIVEN_UP
    if document.progress is not None and document.progress.endswith(WAITS):
        return WAITING
    return GRACE * (1 << (document.tries or 0))


# the end of a note on progress that says that all that is left waits for something that is known
WAITS = " waits"
