"""Rows that stay behind while their neighbours go on: counted all, told in one problem, kept in bounded memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.errors import Problem, ReasonCode
from domain.problems import IDS_MAX

# different sentences that are kept and told; the rows of all others are counted
SENTENCES_MAX = 10


@dataclass(slots=True)
class LeftBehind:
    """What was said of the rows of one command, with the code that is told first when it applies."""

    # a code that may still turn out well, so it decides what becomes of the command
    foremost: ReasonCode
    rows: int = 0
    codes: set[ReasonCode] = field(default_factory=set)
    # rows by what is said of them, and the first ids
    counts: dict[str, int] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)

    def add(self, problems: Iterable[Problem]) -> None:
        """Count problems of one row each; their sentences are alike when the reason is."""
        for problem in problems:
            self.rows += 1
            self.codes.add(problem.code)
            if problem.sentence not in self.counts and len(self.counts) == SENTENCES_MAX:
                continue
            self.counts[problem.sentence] = self.counts.get(problem.sentence, 0) + 1
            ids = self.ids.setdefault(problem.sentence, [])
            ids.extend(problem.ids[: IDS_MAX - len(ids)])

    def told(self, label: str) -> Problem | None:
        """Tell of all rows in one problem, since a document has room for one; None when no row stays behind."""
        if not self.rows:
            return None
        parts = [f"{sentence} ({_rows(count, self.ids[sentence])})" for sentence, count in self.counts.items()]
        untold = self.rows - sum(self.counts.values())
        parts += [f"and {untold} more rows for other reasons"] if untold else []
        code = self.foremost if self.foremost in self.codes else min(self.codes, key=tuple(ReasonCode).index)
        ids = tuple(row for rows in self.ids.values() for row in rows)[:IDS_MAX]
        return Problem(code, f"{label}: {'; '.join(parts)}", ids)


def _rows(count: int, ids: Sequence[str]) -> str:
    return f"row {ids[0]}" if count == 1 else f"{count} rows, the first is {ids[0]}"
