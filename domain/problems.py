"""The open problems: what stopped, why, and what to do, one row for each document and stage.

A row is written when a stage stops for a reason that a person has to know, and removed when the stage succeeds.
"""

from datetime import datetime

from pydantic import Field

from domain.commands import Instant
from domain.errors import Problem, ReasonCode
from domain.record import KeyText, Record, Text, Texts
from domain.rows import RowKey

# ids that one row names; a problem with more says how many there are in its sentence
IDS_MAX = 100


class OpenProblem(Record):
    """A row of `InvoicingProblems`. Partition: the document. Row: stage and document."""

    document: KeyText = Field(alias="Document")
    # the command or timer that stopped, as `import-proposal`
    stage: KeyText = Field(alias="Stage")
    code: ReasonCode = Field(alias="Code")
    sentence: Text = Field(alias="Sentence")
    # the exact ids, at most 100
    ids: Texts = Field(default=(), alias="Ids")
    correlation: KeyText = Field(alias="Correlation")
    # the instant of the command or tick that met it first; None: written before there was this column
    since: Instant | None = Field(default=None, alias="Since")
    # how often it was met. Of all columns the only one that depends on what happened on the way: a try whose answer was
    # lost, or whose process died, counts although the tables are the same. So no comparison of tables looks at it
    tries: int = Field(default=1, alias="Tries", ge=1)

    @property
    def key(self) -> RowKey:
        """Partition: the document. Row: stage and document, unique in the whole table."""
        return problem_key(self.document, self.stage)


def problem_key(document: str, stage: str) -> RowKey:
    """Locate the problem of one stage of one document."""
    return RowKey(document, f"{stage}|{document}")


def open_problem(
    problem: Problem, *, document: str, stage: str, correlation: str, since: datetime, tries: int = 1
) -> OpenProblem:
    """Make the row for a problem that a command or a tick of this instant has met."""
    return OpenProblem(
        document=document,
        stage=stage,
        code=problem.code,
        sentence=problem.sentence,
        ids=problem.ids[:IDS_MAX],
        correlation=correlation,
        since=since,
        tries=tries,
    )


def met_again(stands: OpenProblem, found: OpenProblem, *, is_counted: bool = False) -> OpenProblem:
    """Make the row of a problem that is met where one stands: for the same reason it is the same problem, since then.

    The earlier of both instants counts, so that it doesn't matter who came first. `is_counted`: this very try is told
    for the second time, with its last word.
    """
    if stands.code != found.code:
        return found
    since = min((at for at in (stands.since, found.since) if at is not None), default=None)
    tries = max(stands.tries, found.tries) if is_counted else stands.tries + found.tries
    return found.model_copy(update={"since": since, "tries": tries})
