"""Make integration-journal lines of the staged cost and unbilled sales of one range.

Two steps with one commit between them. First the run *chooses*: every row that is ready is stamped with its journal and
line number, every other row with the reason why it waits, each by its version; committing the choice on the work row
makes it final. Then the journals are *made* from the stamps, as often as needed. So two workers, or a worker that dies
and one that follows it, can never put one actual on two lines.
A journal's id is derived from the actuals that it takes, so the same choice makes the same journal in every try.

Source: Project Operations documentation, project-operations-integration-journal (period unit, lines per header, one
voucher for each line; a row without an exchange rate is not added and is tried again by the next run).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from domain.errors import ChangedMeanwhile, ContentDiffers, NotYet, Problem, ReasonCode
from domain.identifiers import derive_id
from domain.journal import Journal, JournalLine, JournalLineContent, JournalStatus
from domain.journal_lines import JournalPlan, journal_line, plan_journals
from domain.journal_statuses import AT_REST
from domain.ledger import ProjectTransaction
from domain.ledger_periods import period_start
from domain.outcome import Action, Outcome
from domain.pending_work import PendingWork, WorkKind, posting_work
from domain.ports import RowStore
from domain.rows import Insert, Merge, RowKey, StoredRow, Value
from domain.saving import replace_status, save
from domain.setup import LegalEntitySetup
from domain.tables import Table
from domain.timeline import journal_events
from domain.workflows.companies import Companies
from domain.workflows.deleted_lines import LINES, give_back
from domain.workflows.journal_vouchers import choose_vouchers
from domain.workflows.marking import mark
from domain.workflows.prevalidate_actuals import invalid_actuals, is_too_young
from domain.workflows.reading import find_record
from domain.workflows.staged_range import Staged, Stamps, Taken, name_choice, read_originals, read_staged
from domain.workflows.work_index import claim, put_away

# problems that one outcome names
PROBLEMS_MAX = 20


@dataclass(frozen=True, slots=True)
class _Work:
    """The work with what it needs to know."""

    stored: StoredRow
    range: PendingWork
    setup: LegalEntitySetup
    companies: Companies


@dataclass(frozen=True, slots=True)
class _Choice:
    """What became of the rows of a range."""

    ready: Sequence[tuple[Staged, JournalLineContent]]
    waiting: Sequence[tuple[Staged, Problem]]
    # another work goes on with rows of the range
    is_shared: bool


def import_journal_lines(store: RowStore, companies: Companies, pending: StoredRow, now: datetime) -> Outcome:
    """Make journals of the rows of a range that are ready; the others keep waiting with their reason.

    Args:
        store: where staging and journals stand.
        companies: the set-up of legal entities, as of this tick.
        pending: the work row.
        now: the instant of the tick: where the company prevalidates, rows that are too young wait.

    Raises:
        ChangedMeanwhile: a row changed under the run's hands; the next tick chooses again.
        RowMissing: another worker has finished the work.
        NotYet: something that a chosen row needs has gone from the set-up; the next tick goes on.
    """
    if is_too_young(companies, PendingWork.from_columns(pending.columns), now):
        return Outcome(Action.NOTHING_TO_DO, pending.key.row)
    stored = claim(store, pending)
    if stored is None:
        return Outcome(Action.NOTHING_TO_DO, pending.key.row)
    work_range = PendingWork.from_columns(stored.columns)
    if work_range.deleted_line:
        give_back(store, work_range)
    setup = companies.setup(work_range.company)
    if isinstance(setup, Problem):
        return Outcome(Action.NOTHING_TO_DO, work_range.partition, {"company": work_range.company}, (setup,))
    work = _Work(stored, work_range, setup, companies)
    problems: tuple[Problem, ...] = ()
    if work_range.run is None:
        choice = _choose(store, work)
        problems = _merged_problems(choice.waiting)
        if not choice.ready:
            return _nothing_ready(store, work, choice, problems)
        work = _commit(store, work, choice)
    lines, waits = _make(store, work)
    _finish(store, work, waits=waits)
    action = Action.JOURNAL_LINES_IMPORTED
    return Outcome(action, work_range.partition, {"company": work_range.company, "lines": lines}, problems)


def _choose(store: RowStore, work: _Work) -> _Choice:
    """Look at every row of the range that nobody has taken.

    The order matters: rows, claim, then what stands behind their stamps. Whoever begins after we have looked at the
    claim changes the version of every row that they take, so nothing that we write on it afterwards comes through.
    """
    ready: list[tuple[Staged, JournalLineContent]] = []
    waiting: list[tuple[Staged, Problem]] = []
    rows = list(read_staged(store, work.range))
    _check_claim(store, work)
    stamps = Stamps(store, work.range)
    taken = [(staged, stamps.taken(staged)) for staged in rows]
    is_shared = any(by is Taken.BY_OTHER_WORK for _, by in taken)
    free = [staged for staged, by in taken if by is Taken.FREE]
    invalid: Mapping[RowKey, Problem] = {}
    if work.setup.parameters.prevalidates_actuals:
        invalid = invalid_actuals(store, [staged.key for staged in free])
    originals = read_originals(store, free)
    for staged in free:
        content = invalid.get(staged.key) or _content(work, staged, originals)
        if isinstance(content, JournalLineContent):
            ready.append((staged, content))
        else:
            waiting.append((staged, content))
    save(store, Table.FINANCE_ACTUALS_STAGING, work.range.partition, _reasons(waiting), in_any_order=True)
    return _Choice(ready, waiting, is_shared)


def _check_claim(store: RowStore, work: _Work) -> None:
    stands = store.find(Table.FINANCE_PENDING_WORK, work.stored.key)
    if stands is None or stands.etag != work.stored.etag:
        raise ChangedMeanwhile(f"{Table.FINANCE_PENDING_WORK} {work.stored.key.text}: begun by another worker")


def _commit(store: RowStore, work: _Work, choice: _Choice) -> _Work:
    """Stamp what is ready and commit it; every stamp is written, even one that stands, so that its version counts."""
    parameters = work.setup.parameters
    contents = (content for _, content in choice.ready)
    plans = plan_journals(contents, parameters.period_unit, parameters.lines_per_journal)
    staged = {content.actual: staged for staged, content in choice.ready}
    run = name_choice(work.range, *(_journal_id(plan, staged) for plan in plans))
    stamps = _stamps(plans, staged, run)
    save(store, Table.FINANCE_ACTUALS_STAGING, work.range.partition, stamps, in_any_order=True)
    after = work.range.changed(run=run)
    replace_status(store, Table.FINANCE_PENDING_WORK, work.stored.key, after.to_columns(), work.stored.etag)
    stands = store.find(Table.FINANCE_PENDING_WORK, work.stored.key)
    if stands is None or PendingWork.from_columns(stands.columns).run != run:
        raise ChangedMeanwhile(f"{Table.FINANCE_PENDING_WORK} {work.stored.key.text}: finished by another worker")
    return _Work(stands, after, work.setup, work.companies)


def _journal_id(plan: JournalPlan, staged: Mapping[str, Staged]) -> str:
    """Derive the id from the actuals; one whose line was deleted does not make the same journal once more."""
    deleted = {actual: each.row.deleted_line for actual, each in staged.items()}
    parts = ((content.actual, deleted[content.actual]) for content in plan.lines)
    return derive_id("journal", *(f"{actual}|{line}" if line else actual for actual, line in parts))


def _content(work: _Work, staged: Staged, originals: Mapping[str, ProjectTransaction]) -> JournalLineContent | Problem:
    row = staged.row
    parties = work.companies.parties_of(work.setup, row, customer=row.customer)
    content = journal_line(work.setup, row, staged.key.text, parties, originals.get(row.reverses or ""))
    return content if isinstance(content, JournalLineContent) else content[0]


def _stamps(plans: Sequence[JournalPlan], staged: Mapping[str, Staged], run: str) -> Iterator[Merge]:
    for plan in plans:
        journal = _journal_id(plan, staged)
        for number, content in enumerate(plan.lines, start=1):
            each = staged[content.actual]
            stamp: dict[str, Value] = {
                "ProjAdvancedJournal": journal,
                "ProjAdvancedJournalLine": number,
                "ImportRun": run,
            }
            cleared: dict[str, Value] = {"ImportError": None} if each.row.waits_for else {}
            yield Merge(each.key.row, {**stamp, **cleared}, each.etag)


def _reasons(waiting: Sequence[tuple[Staged, Problem]]) -> Iterator[Merge]:
    for staged, problem in waiting:
        stale: dict[str, Value] = {"ProjAdvancedJournal": None, "ProjAdvancedJournalLine": None, "ImportRun": None}
        cleared = stale if staged.row.journal else {}
        if cleared or staged.row.waits_for != problem.sentence:
            yield Merge(staged.key.row, {"ImportError": problem.sentence, **cleared}, staged.etag)


def _merged_problems(waiting: Sequence[tuple[Staged, Problem]]) -> tuple[Problem, ...]:
    """One problem for each reason, with all the actuals that wait for it."""
    by_reason: dict[tuple[ReasonCode, str], list[str]] = {}
    for staged, problem in waiting:
        by_reason.setdefault((problem.code, problem.sentence), []).append(staged.row.actual)
    return tuple(
        Problem(code, f"{len(ids)} row(s) wait: {sentence}", tuple(ids))
        for (code, sentence), ids in islice(by_reason.items(), PROBLEMS_MAX)
    )


def _make(store: RowStore, work: _Work) -> tuple[int, bool]:
    """Make the journals of the committed choice; tell how many lines, and whether rows are left for another run."""
    stamped: dict[str, list[Staged]] = {}
    waits = False
    stamps = Stamps(store, work.range)
    for staged in read_staged(store, work.range):
        if staged.row.journal and staged.row.import_run == work.range.run:
            stamped.setdefault(staged.row.journal, []).append(staged)
        else:
            waits = waits or stamps.taken(staged) is not Taken.FOR_GOOD
    for journal, members in stamped.items():
        _make_journal(store, work, journal, sorted(members, key=lambda each: each.row.journal_line or 0))
    return sum(len(members) for members in stamped.values()), waits


def _make_journal(store: RowStore, work: _Work, journal: str, members: Sequence[Staged]) -> None:
    key = RowKey(journal, journal)
    header = find_record(store, Table.FINANCE_INTEGRATION_JOURNALS, key, Journal) or _made(store, work, key, members)
    mark(store, journal_events(header))
    if header.status in AT_REST:
        return
    ready = posting_work(
        WorkKind.POST_JOURNAL, company=work.range.company, document=journal, correlation=work.range.correlation
    )
    save(store, Table.FINANCE_PENDING_WORK, ready.kind.value, (Insert(ready.key.row, ready.to_columns()),))


def _made(store: RowStore, work: _Work, key: RowKey, members: Sequence[Staged]) -> Journal:
    lines = _lines(store, work, key.row, members)
    header = _header(work, key.row, lines)
    _save_lines(store, key.row, lines)
    try:
        save(store, Table.FINANCE_INTEGRATION_JOURNALS, key.partition, (Insert(key.row, header.to_columns()),))
    except ContentDiffers:
        # another worker has made it meanwhile, and it was posted since
        return find_record(store, Table.FINANCE_INTEGRATION_JOURNALS, key, Journal) or header
    return header


def _save_lines(store: RowStore, journal: str, lines: Sequence[JournalLine]) -> None:
    inserts = [Insert(line.key.row, line.to_columns()) for line in lines]
    try:
        save(store, LINES, journal, inserts, in_any_order=True)
    except ContentDiffers:
        # a line that stands was made of older set-up, or is posted by now: it stays, the others are added
        pages = store.read_pages(LINES, journal, columns=("LineNumber",))
        stands = {row.key.row for page in pages for row in page}
        save(store, LINES, journal, (insert for insert in inserts if insert.row not in stands))


def _lines(store: RowStore, work: _Work, journal: str, members: Sequence[Staged]) -> list[JournalLine]:
    originals = read_originals(store, members)
    contents = [_content(work, each, originals) for each in members]
    problem = next((content for content in contents if isinstance(content, Problem)), None)
    if problem is not None:
        # the set-up has changed between the choice and the making: it is named, and the next tick goes on
        raise NotYet(problem)
    pattern = work.setup.parameters.journal_voucher_format
    vouchers = choose_vouchers(store, work.range.company, pattern, journal, members)
    return [
        content.in_journal(journal, number, *vouchers[content.actual])
        for number, content in enumerate(contents, start=1)
        if isinstance(content, JournalLineContent)
    ]


def _header(work: _Work, journal: str, lines: Sequence[JournalLine]) -> Journal:
    unit = work.setup.parameters.period_unit
    start = min(period_start(line.transaction_date, unit) for line in lines)
    return Journal(
        journal=journal,
        company=work.range.company,
        description=f"Import from staging, {_period_text(start, lines)}",
        status=JournalStatus.DRAFT,
        period_start=start,
        lines=len(lines),
        correlation=work.range.correlation,
    )


def _period_text(start: date, lines: Sequence[JournalLine]) -> str:
    days = [line.transaction_date for line in lines]
    return f"{max(start, min(days))} to {max(days)}"


def _finish(store: RowStore, work: _Work, *, waits: bool) -> None:
    if not waits:
        put_away(store, work.stored)
        return
    open_again = work.range.changed(run=None)
    columns = open_again.to_columns()
    replace_status(store, Table.FINANCE_PENDING_WORK, work.stored.key, columns, work.stored.etag)


def _nothing_ready(store: RowStore, work: _Work, choice: _Choice, problems: tuple[Problem, ...]) -> Outcome:
    if not problems and not choice.is_shared:
        put_away(store, work.stored)
    return Outcome(Action.NOTHING_TO_DO, work.range.partition, {"company": work.range.company}, problems)
