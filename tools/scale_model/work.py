"""What one invoice costs the storage and the processor, from the load of its actuals to the write-back.

Counted over the in-memory storage for a contract of N chargeable time lines (cost and unbilled sale each) on one
invoice, 100 lines to a journal. A test counts again and fails when these figures drift.
"""

from dataclasses import dataclass
from math import ceil

LINES_PER_JOURNAL = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity that grows with the lines of a document: `fixed + each * lines`, at least `least`."""

    fixed: float
    each: float
    least: float = 0

    def of(self, lines: int) -> float:
        """The quantity for a document of so many lines."""
        return max(self.least, self.fixed + self.each * lines)


# entity group transactions and single writes
TRANSACTIONS = Line(28, 0.46, least=61)
# single reads, and pages of up to 1,000 rows
READS = Line(132, 0.19, least=152)
# rows that are written in those transactions: the storage bills and limits by them
ROWS_WRITTEN = Line(40, 39.1)
# rows that the reads bring
ROWS_READ = Line(500, 57.0)
# rows that stand afterwards, and did not before
ROWS_KEPT = Line(22, 20.1)
# writes to the busiest partition: the staged actuals of the contract
BUSIEST_PARTITION = Line(0, 6.0)


def messages(lines: int) -> int:
    """Messages of one document: ten, and two for each journal (post, write back)."""
    return 10 + 2 * ceil(lines / LINES_PER_JOURNAL)


def calls(lines: int) -> float:
    """Requests to the tables for one document."""
    return TRANSACTIONS.of(lines) + READS.of(lines)
