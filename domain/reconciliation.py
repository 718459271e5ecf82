"""What a reconciliation finds: how far each row has come, what is wrong with it, and what can be sent again.

Five stages, in order: confirmed (or loaded) in Dataverse, staged in finance, imported to a journal or a proposal,
posted, written back to Dataverse. A document ties out when each stage has the rows and the amounts of the one before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple

from domain.errors import Problem, ReasonCode
from domain.money import ZERO, plain_text, total
from domain.pending_work import WorkKind

# ids that a finding keeps; all are counted
IDS_MAX = 100
# ids that a sentence shows, and findings that a problem tells
SHOWN_MAX, FINDINGS_TOLD_MAX = 5, 3
# the kind of a milestone, beside those of actuals
MILESTONE = "Milestone"


class Stage(StrEnum):
    """How far a row has come, in order."""

    CONFIRMED = "confirmed"
    STAGED = "staged"
    IMPORTED = "imported"
    POSTED = "posted"
    WRITTEN_BACK = "written back"


class SyncAgain(NamedTuple):
    """Carry rows across a table map again."""

    map: str
    partition: str
    first: str
    last: str


class WorkAgain(NamedTuple):
    """Register work again whose row in the work index is gone."""

    kind: WorkKind
    company: str
    partition: str
    first: str
    last: str


class PostAgain(NamedTuple):
    """Go on with a posting that has begun."""

    posted: Literal["journal", "proposal"]
    document: str


class WriteBackAgain(NamedTuple):
    """Write back again what was posted."""

    posted: Literal["journal", "proposal"]
    document: str


class ConfirmAgain(NamedTuple):
    """Go on with a confirmation that has begun."""

    invoice: str


type Mend = SyncAgain | WorkAgain | PostAgain | WriteBackAgain | ConfirmAgain


class Remark(NamedTuple):
    """What is to be said of a row or a document; the same for all rows of which it holds."""

    code: ReasonCode
    # what is wrong, and what to do, without ids
    what: str
    # True: work for it is pending, or its own problem is stored: it needs no further mending
    waits: bool = False
    # what can be done again without a person; None: nothing
    mend: Mend | None = None
    # what the difference is about; empty: nothing with an amount
    currency: str = ""


class Difference(NamedTuple):
    """A remark about one row, and by how much it differs."""

    remark: Remark
    id: str
    # what should stand less what stands, in the remark's currency
    amount: Decimal = ZERO


class Passed(NamedTuple):
    """How far one row has come, and with which amount at each stage."""

    company: str
    # what is booked: Cost, Sales (unbilled), BilledSales, Milestone
    kind: str
    currency: str
    # one amount for each stage passed, in the order of the stages; a stage that was left out is None
    amounts: tuple[Decimal | None, ...]


class Group(NamedTuple):
    """What the sums of a tie-out are by."""

    company: str
    kind: str
    currency: str


class Sum(NamedTuple):
    """Rows that have passed a stage, and their amount."""

    rows: int = 0
    amount: Decimal = ZERO


@dataclass(slots=True)
class Finding:
    """One remark with all the rows that it is about."""

    remark: Remark
    # how many rows, and the first ids
    rows: int = 0
    ids: list[str] = field(default_factory=list)
    amount: Decimal = ZERO

    @property
    def sentence(self) -> str:
        """Say what, how many, how much, and the first ids."""
        shown = ", ".join(self.ids[:SHOWN_MAX])
        more = f" and {self.rows - SHOWN_MAX} more" if self.rows > SHOWN_MAX else ""
        amount = f", {plain_text(self.amount)} {self.remark.currency}" if self.remark.currency else ""
        return f"{self.remark.what} ({self.rows}{amount}: {shown}{more})"


@dataclass(slots=True)
class TieOut:
    """Adds up rows one by one, so that a long document never stands in memory."""

    sums: dict[Group, list[Sum]] = field(default_factory=dict)
    found: dict[Remark, Finding] = field(default_factory=dict)

    def add(self, passed: Passed | None, differences: Iterable[Difference] = ()) -> None:
        """Count a row, and keep what is to be said of it."""
        if passed is not None:
            group = Group(passed.company, passed.kind, passed.currency)
            sums = self.sums.setdefault(group, [Sum() for _ in Stage])
            for place, amount in enumerate(passed.amounts):
                if amount is not None:
                    before = sums[place]
                    sums[place] = Sum(before.rows + 1, total((before.amount, amount)))
        for each in differences:
            self.say(each)

    def say(self, difference: Difference) -> None:
        """Keep what is to be said of a row or of the document."""
        finding = self.found.setdefault(difference.remark, Finding(difference.remark))
        finding.rows += 1
        finding.amount = total((finding.amount, difference.amount))
        if len(finding.ids) < IDS_MAX and difference.id not in finding.ids:
            finding.ids.append(difference.id)

    @property
    def findings(self) -> Sequence[Finding]:
        """Everything that was found, by the precedence of its code."""
        order = tuple(ReasonCode)
        return sorted(self.found.values(), key=lambda each: (order.index(each.remark.code), each.remark.what))

    @property
    def stopped(self) -> Sequence[Finding]:
        """What nothing that is pending or known explains."""
        return [each for each in self.findings if not each.remark.waits]

    @property
    def mends(self) -> Sequence[Mend]:
        """What can be done again, each once, in the order of the stages."""
        return list(dict.fromkeys(each.remark.mend for each in self.stopped if each.remark.mend is not None))

    @property
    def progress(self) -> str:
        """Tell how far everything has come, so that two looks can be compared: rows by stage."""
        rows = [sum(sums[place].rows for sums in self.sums.values()) for place in range(len(Stage))]
        said = ",".join(f"{each.remark.code}:{each.rows}" for each in self.findings)
        return f"{'/'.join(map(str, rows))} {said}".strip()


def standing(tie_out: TieOut, *, given_up: bool) -> Problem | None:
    """Make the problem of a document that stands still and that nothing sent again has moved, or could move.

    Args:
        tie_out: what was found.
        given_up: everything that can be sent again was sent again often enough.

    Returns:
        RECONCILIATION_GAVE_UP with the ids and amounts; None while there is something to send again.
    """
    told = [each for each in tie_out.stopped if given_up or each.remark.mend is None]
    if not told:
        return None
    more = len(told) - FINDINGS_TOLD_MAX
    sentences = "; ".join(each.sentence for each in told[:FINDINGS_TOLD_MAX])
    rest = f"; and {more} more finding(s)" if more > 0 else ""
    ids = dict.fromkeys(id_ for each in told for id_ in each.ids)
    return Problem(ReasonCode.RECONCILIATION_GAVE_UP, f"nothing moves any more: {sentences}{rest}", tuple(ids))


def adds_up(sums: Mapping[Group, Sequence[Sum]]) -> bool:
    """Tell whether every stage has the rows and the amounts of the first."""
    return all(each == stages[0] for group, stages in sums.items() for each in stages[: stages_of(group)])


def stages_of(group: Group) -> int:
    """Tell how many stages rows have: a milestone is billed by a billed sale of its own, and not posted itself."""
    return tuple(Stage).index(Stage.IMPORTED) + 1 if group.kind == MILESTONE else len(Stage)
