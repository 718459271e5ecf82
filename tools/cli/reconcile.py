"""`invoicing reconcile`: does it tie out to the cent, and what stands behind every difference?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from domain.money import total
from domain.option_sets import FinanceTransactionType
from domain.reconciliation import MILESTONE, Finding, Group, Stage, Sum, adds_up, stages_of
from domain.workflows.rebuild_indexes import rebuild_indexes
from domain.workflows.reconcile_history import Looked, Wanted, tie_out_all
from domain.workflows.reconcile_mending import mend
from domain.workflows.reconcile_reading import Look
from tools.cli.amounts import amount_text, count_text
from tools.cli.desk import Desk
from tools.cli.drawing import draw_rows, grid, say

# differences that are drawn, and ids that each of them shows; the rest is counted
FINDINGS_DRAWN_MAX, IDS_DRAWN_MAX = 200, 5
CURRENCY_LENGTH = 3
NOTHING_SENT = "Nothing was sent again: no difference is one that a message could mend."
# what is booked, as people call it
WHAT: Mapping[str, str] = MappingProxyType(
    {
        FinanceTransactionType.COST.value: "cost",
        FinanceTransactionType.SALES.value: "unbilled sales",
        FinanceTransactionType.BILLED_SALES.value: "billed sales",
        MILESTONE: "milestones",
    }
)


@dataclass(slots=True)
class Report:
    """What all documents add up to; it grows with legal entities and findings, not with documents."""

    documents: int = 0
    sums: dict[Group, list[Sum]] = field(default_factory=dict)
    findings: list[tuple[str, Finding]] = field(default_factory=list)
    stopped: int = 0
    waiting: int = 0
    sent_again: int = 0

    def add(self, looked: Looked) -> None:
        """Count one document."""
        self.documents += 1
        for group, stages in looked.tie_out.sums.items():
            before = self.sums.get(group, [Sum() for _ in Stage])
            pairs = zip(before, stages, strict=True)
            self.sums[group] = [Sum(old.rows + new.rows, total((old.amount, new.amount))) for old, new in pairs]
        for finding in looked.tie_out.findings:
            if finding.remark.waits:
                self.waiting += 1
            else:
                self.stopped += 1
            if len(self.findings) < FINDINGS_DRAWN_MAX:
                self.findings.append((looked.name, finding))

    @property
    def ties_out(self) -> bool:
        """Tell whether every stage has what the one before has, and nothing else is wrong."""
        return adds_up(self.sums) and not self.stopped


def reconcile(desk: Desk, *, company: str | None, since: date | None, fix: bool, rebuild: bool) -> int:
    """Tie out everything, or what is wanted of it; 1 when it does not tie out."""
    if rebuild:
        _rebuild(desk)
    report = Report()
    wanted = Wanted(None if company is None else company.lower(), since)
    with desk.console.status("looking at every document") as line:
        for looked in tie_out_all(Look.begin(desk.store), desk.browser.partitions, wanted):
            report.add(looked)
            line.update(f"{count_text(report.documents, 'document')} looked at, {report.stopped} with a difference")
            if fix and looked.tie_out.mends:
                mends = looked.tie_out.mends
                report.sent_again += mend(desk.store, desk.sender, looked.document, mends, desk.clock.now())
    if not report.sums and not report.findings:
        say(desk.console, "Nothing is confirmed or loaded that this could be about.", "yellow")
        return 0
    _draw(desk, report)
    if fix:
        is_empty = not report.sent_again
        text = f"Sent again: {report.sent_again:,} (commands and pieces of work)."
        say(desk.console, NOTHING_SENT if is_empty else text, "yellow" if is_empty else "green")
    return 0 if report.ties_out else 1


def _rebuild(desk: Desk) -> None:
    with desk.console.status("making the work indexes anew") as line:
        for index, rows in rebuild_indexes(desk.store, desk.browser.partitions):
            line.update(f"{index}: {count_text(rows, 'row')}")
            say(desk.console, f"{index}: {count_text(rows, 'row')} registered.")


def _draw(desk: Desk, report: Report) -> None:
    stages = tuple(stage.value for stage in Stage)
    rows = [_told(group, report.sums[group]) for group in sorted(report.sums)]
    draw_rows(desk.console, grid("Tie-out", "legal entity", "what", *stages, right=stages), rows)
    if report.findings:
        columns = ("document", "reason", "rows", "amount", "what, and what to do", "ids")
        table = grid("Differences", *columns, right=("rows", "amount"))
        draw_rows(desk.console, table, (_difference(name, finding) for name, finding in report.findings))
        if (more := report.stopped + report.waiting - len(report.findings)) > 0:
            say(desk.console, f"... and {count_text(more, 'more difference')}; name a company or a day", "dim")
    _sum_up(desk, report)


def _told(group: Group, sums: Sequence[Sum]) -> tuple[str, ...]:
    passes = stages_of(group)
    cells = (f"{each.rows:,} = {amount_text(each.amount, group.currency)}" for each in sums[:passes])
    return (group.company, WHAT.get(group.kind, group.kind), *cells, *[""] * (len(sums) - passes))


def _difference(name: str, finding: Finding) -> tuple[str, ...]:
    currency = finding.remark.currency
    amount = amount_text(finding.amount, currency if len(currency) == CURRENCY_LENGTH else "") if currency else ""
    return (
        name,
        finding.remark.code.value,
        f"{finding.rows:,}",
        amount,
        finding.remark.what,
        " ".join(_ids(finding)),
    )


def _ids(finding: Finding) -> Iterator[str]:
    yield from finding.ids[:IDS_DRAWN_MAX]
    if (more := finding.rows - IDS_DRAWN_MAX) > 0:
        yield f"and {more} more"


def _sum_up(desk: Desk, report: Report) -> None:
    documents = count_text(report.documents, "document")
    if report.ties_out:
        say(desk.console, f"{documents}: everything ties out.", "green")
    elif report.stopped:
        say(desk.console, f"{documents}: {count_text(report.stopped, 'difference')} that nothing explains.", "red")
    else:
        text = f"{documents}: what is missing waits for something that is known ({report.waiting})."
        say(desk.console, text, "yellow")
