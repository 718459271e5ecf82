"""Make integration-journal lines of the staged cost and unbilled sales of one range.

Two steps with one commit between them. First the run *chooses*: every row that is ready is stamped with its journal and
line number, every other row with the reason why it waits, each by its version; committing the choice on the work row
makes it final. Then the journals are *made* from the stamps, as often as needed. So two workers, or a worker that dies
and one that follows it, can never put one actual on two lines.

Source: Project Operations documentation, project-operations-integration-journal (period unit, lines per header, one
voucher for each line; a row without an exchange rate is not added and is tried again by the next run).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from domain.errors import ChangedMeanwhile, NotYet, Problem, ReasonCode
from domain.identifiers import derive_id
from domain.journal import Journal, JournalLine, JournalLineContent, JournalStatus
from domain.journal_lines import journal_line, plan_journals
from domain.ledger_periods import period_start
from domain.number_sequences import formatted
from domain.option_sets import FinanceTransactionType
from domain.outcome import Action, Outcome
from domain.pending_work import PendingWork, WorkKind, posting_work
from domain.ports import RowStore
from domain.rows import Insert, Merge, RowKey, StoredRow, Value
from domain.saving import replace_status, save
from domain.setup import LegalEntitySetup
from domain.staging import StagedActual
from domain.tables import Table
from domain.workflows.companies import Companies
from domain.workflows.numbering import allocate
from domain.workflows.work_index import claim, put_away

JOURNALIZED = frozenset((FinanceTransactionType.COST, FinanceTransactionType.SALES))
VOUCHER_SEQUENCE = "journal-voucher"
# problems that one outcome names
PROBLEMS_MAX = 20


@dataclass(frozen=True, slots=True)
class _Staged:
    """A staged row that may become a line."""

    key: RowKey
    etag: str
    row: StagedActual


@dataclass(frozen=True, slots=True)
class _Work:
    """The work with what it needs to know."""

    stored: StoredRow
    range: PendingWork
    setup: LegalEntitySetup
    companies: Companies

    @property
    def run(self) -> str:
        """Name this run: the work, how often it was committed before, and the claim."""
        return f"{self.prefix}{len(self.range.runs or ())}|{self.range.claims or 0}"

    @property
    def prefix(self) -> str:
        """Name what the runs of this work have in common."""
        return f"{derive_id('import-work', self.stored.key.row)}|"


def import_journal_lines(store: RowStore, companies: Companies, pending: StoredRow) -> Outcome:
    """Make journals of the rows of a range that are ready; the others keep waiting with their reason.

    Args:
        store: where staging and journals stand.
        companies: the set-up of legal entities, as of this tick.
        pending: the work row.

    Raises:
        ChangedMeanwhile: a row changed under the run's hands; the next tick chooses again.
    """
    stored = claim(store, pending)
    if stored is None:
        return Outcome(Action.NOTHING_TO_DO, pending.key.row)
    work_range = PendingWork.from_columns(stored.columns)
    setup = companies.setup(work_range.company)
    if isinstance(setup, Problem):
        return Outcome(Action.NOTHING_TO_DO, work_range.partition, {"company": work_range.company}, (setup,))
    work = _Work(stored, work_range, setup, companies)
    problems: tuple[Problem, ...] = ()
    if work_range.run is None:
        committed, problems = _choose(store, work)
        if committed is None:
            return _waiting(store, work, problems)
        work = committed
    lines, waits = _make(store, work)
    _finish(store, work, waits=waits)
    action = Action.JOURNAL_LINES_IMPORTED
    return Outcome(action, work_range.partition, {"company": work_range.company, "lines": lines}, problems)


def _choose(store: RowStore, work: _Work) -> tuple[_Work | None, tuple[Problem, ...]]:
    ready: list[tuple[_Staged, JournalLineContent]] = []
    waiting: list[tuple[_Staged, Problem]] = []
    for staged in _untaken(store, work):
        content = _content(work, staged)
        if isinstance(content, JournalLineContent):
            ready.append((staged, content))
        else:
            waiting.append((staged, content))
    stamps = [*_stamps(work, ready), *_reasons(waiting)]
    save(store, Table.FINANCE_ACTUALS_STAGING, work.range.partition, stamps)
    problems = _merged_problems(waiting)
    if not ready:
        return None, problems
    after = work.range.changed(run=work.run, runs=(*(work.range.runs or ()), work.run))
    replace_status(store, Table.FINANCE_PENDING_WORK, work.stored.key, after.to_columns(), work.stored.etag)
    return _Work(_stored_again(store, work), after, work.setup, work.companies), problems


def _stored_again(store: RowStore, work: _Work) -> StoredRow:
    row = store.find(Table.FINANCE_PENDING_WORK, work.stored.key)
    if row is None:
        raise ChangedMeanwhile(f"{Table.FINANCE_PENDING_WORK} {work.stored.key.text}: finished by another worker")
    return row


def _rows(store: RowStore, work: _Work) -> Iterator[_Staged]:
    pages = store.read_pages(
        Table.FINANCE_ACTUALS_STAGING,
        work.range.partition,
        first=work.range.first,
        last=work.range.last,
        columns=StagedActual.columns(),
    )
    for page in pages:
        for row in page:
            staged = StagedActual.from_columns(row.columns)
            if staged.company == work.range.company and staged.transaction_type in JOURNALIZED:
                yield _Staged(row.key, row.etag, staged)


def _untaken(store: RowStore, work: _Work) -> Iterator[_Staged]:
    """Rows that no committed run has taken; a stamp of a run of this work that was never committed does not count."""
    committed = frozenset(work.range.runs or ())
    for staged in _rows(store, work):
        run = staged.row.import_run or ""
        if staged.row.journal is None or (run.startswith(work.prefix) and run not in committed):
            yield staged


def _content(work: _Work, staged: _Staged) -> JournalLineContent | Problem:
    row = staged.row
    parties = work.companies.parties(row.company, project=row.project, contract=row.contract, customer=row.customer)
    content = journal_line(work.setup, row, staged.key.text, parties)
    return content if isinstance(content, JournalLineContent) else content[0]


def _stamps(work: _Work, ready: Sequence[tuple[_Staged, JournalLineContent]]) -> Iterator[Merge]:
    parameters = work.setup.parameters
    staged = {content.actual: row for row, content in ready}
    plans = plan_journals((content for _, content in ready), parameters.period_unit, parameters.lines_per_journal)
    for plan_number, plan in enumerate(plans):
        journal = derive_id("journal", work.run, plan_number)
        for number, content in enumerate(plan.lines, start=1):
            row = staged[content.actual]
            stamp: dict[str, Value] = {
                "ProjAdvancedJournal": journal,
                "ProjAdvancedJournalLine": number,
                "ImportRun": work.run,
            }
            cleared: dict[str, Value] = {"ImportError": None} if row.row.waits_for else {}
            yield Merge(row.key.row, {**stamp, **cleared}, row.etag)


def _reasons(waiting: Sequence[tuple[_Staged, Problem]]) -> Iterator[Merge]:
    for staged, problem in waiting:
        stale: dict[str, Value] = {"ProjAdvancedJournal": None, "ProjAdvancedJournalLine": None, "ImportRun": None}
        cleared = stale if staged.row.journal else {}
        if cleared or staged.row.waits_for != problem.sentence:
            yield Merge(staged.key.row, {"ImportError": problem.sentence, **cleared}, staged.etag)


def _merged_problems(waiting: Sequence[tuple[_Staged, Problem]]) -> tuple[Problem, ...]:
    """One problem for each reason, with all the actuals that wait for it."""
    by_reason: dict[tuple[ReasonCode, str], list[str]] = {}
    for staged, problem in waiting:
        by_reason.setdefault((problem.code, problem.sentence), []).append(staged.row.actual)
    return tuple(
        Problem(code, f"{len(ids)} row(s) wait: {sentence}", tuple(ids))
        for (code, sentence), ids in islice(by_reason.items(), PROBLEMS_MAX)
    )


def _make(store: RowStore, work: _Work) -> tuple[int, bool]:
    """Make the journals of the committed run; tell how many lines, and whether rows are left that wait."""
    stamped: dict[str, list[_Staged]] = {}
    waits = False
    for staged in _rows(store, work):
        waits = waits or staged.row.journal is None
        if staged.row.import_run == work.range.run and staged.row.journal:
            stamped.setdefault(staged.row.journal, []).append(staged)
    for journal, members in stamped.items():
        _make_journal(store, work, journal, sorted(members, key=lambda each: each.row.journal_line or 0))
    return sum(len(members) for members in stamped.values()), waits


def _make_journal(store: RowStore, work: _Work, journal: str, members: Sequence[_Staged]) -> None:
    key = RowKey(journal, journal)
    if store.find(Table.FINANCE_INTEGRATION_JOURNALS, key) is None:
        contents = [(each, _content(work, each)) for each in members]
        problem = next((content for _, content in contents if isinstance(content, Problem)), None)
        if problem is not None:
            # the set-up has changed between the choice and the making: it is named, and the next tick goes on
            raise NotYet(problem)
        lines = _lines(store, work, journal, {each.key.text: content for each, content in contents})
        save(store, Table.FINANCE_INTEGRATION_JOURNAL_LINES, journal, (_insert(line) for line in lines))
        header = _header(work, journal, lines)
        save(store, Table.FINANCE_INTEGRATION_JOURNALS, journal, (Insert(journal, header.to_columns()),))
    ready = posting_work(
        WorkKind.POST_JOURNAL, company=work.range.company, document=journal, correlation=work.range.correlation
    )
    save(store, Table.FINANCE_PENDING_WORK, ready.kind.value, (Insert(ready.key.row, ready.to_columns()),))


def _lines(
    store: RowStore, work: _Work, journal: str, contents: Mapping[str, JournalLineContent | Problem]
) -> list[JournalLine]:
    company = work.range.company
    first = allocate(
        store, Table.FINANCE_NUMBER_SEQUENCES, f"{company}|{VOUCHER_SEQUENCE}", journal, count=len(contents)
    )
    pattern = work.setup.parameters.journal_voucher_format
    return [
        content.in_journal(journal, number, formatted(pattern, first + number - 1))
        for number, content in enumerate(contents.values(), start=1)
        if isinstance(content, JournalLineContent)
    ]


def _insert(line: JournalLine) -> Insert:
    return Insert(line.key.row, line.to_columns())


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


def _waiting(store: RowStore, work: _Work, problems: tuple[Problem, ...]) -> Outcome:
    if not problems:
        put_away(store, work.stored)
    return Outcome(Action.NOTHING_TO_DO, work.range.partition, {"company": work.range.company}, problems)
