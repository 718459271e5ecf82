"""The open problems: what stopped, why, and what to do, one row for each document and stage.

A row is written when a stage stops for a reason that a person has to know, and removed when the stage succeeds.
"""

from pydantic import Field

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

    @property
    def key(self) -> RowKey:
        """Partition: the document. Row: stage and document, unique in the whole table."""
        return problem_key(self.document, self.stage)


def problem_key(document: str, stage: str) -> RowKey:
    """Locate the problem of one stage of one document."""
    return RowKey(document, f"{stage}|{document}")


def open_problem(problem: Problem, *, document: str, stage: str, correlation: str) -> OpenProblem:
    """Make the row for a problem."""
    return OpenProblem(
        document=document,
        stage=stage,
        code=problem.code,
        sentence=problem.sentence,
        ids=problem.ids[:IDS_MAX],
        correlation=correlation,
    )
