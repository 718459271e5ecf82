"""Post one integration journal: good lines with their vouchers, bad lines in a new journal with their reasons.

Every line's outcome is decided once, by the line's version, and stands on the line; then the header is committed as
Processing, and from there on the ledger rows are written from what stands on the lines. The header as Posted is the
commit point. A journal without one good line stays as it is, with the reasons on its lines.

Where the legal entity wants status Error instead, one bad line stops its journal: the reasons stand on the bad lines,
they and the journal get status Error, nothing is posted, and nobody tries again before Update to draft.

Source: Project Operations documentation, project-operations-integration-journal (transfer lines with posting errors,
processing improvements, more than 100 lines always in batch).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.commands import PostJournal, WriteBackPosting
from domain.errors import ChangedMeanwhile, ContentDiffers, NotYet, Problem, ReasonCode, Refused, by_precedence
from domain.identifiers import derive_id
from domain.journal import Journal, JournalLine, JournalStatus, LineStatus
from domain.journal_statuses import AT_REST, OPEN_LINES, in_error
from domain.ledger import LedgerEntry, ProjectTransaction, out_of_balance
from domain.line_posting import LinePosting
from domain.outcome import Action, Outcome
from domain.ports import CommandSender, RowStore
from domain.posting import post_line
from domain.rows import Insert, Merge, RowKey, StoredRow
from domain.saving import read_keys, replace_status, save, save_across
from domain.setup import LegalEntitySetup
from domain.setup_items import PostingErrors
from domain.tables import Table
from domain.workflows.companies import Companies
from domain.workflows.deleted_lines import LINES, offer_of, recount, suppress_if_posted, withdraw
from domain.workflows.reading import find_record, known_document

# of a staged row: the journal in which it stands
JOURNAL_COLUMN = "ProjAdvancedJournal"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as it stands."""

    etag: str
    line: JournalLine


def post_journal(store: RowStore, sender: CommandSender, command: PostJournal) -> Outcome:
    """Post the good lines of a journal; one that is posted only reports again.

    Returns:
        What was posted; `nothing_to_do` with the reasons when no line can be posted.

    Raises:
        NotYet: the journal is not known (yet), or another worker decided at the same time.
        Refused: BATCH_REQUIRED, it has more lines than are posted while somebody waits.
    """
    key = RowKey(command.journal, command.journal)
    row = known_document(store, Table.FINANCE_INTEGRATION_JOURNALS, key, "integration journal")
    journal = Journal.from_columns(row.columns)
    try:
        if journal.status in {JournalStatus.ERROR, JournalStatus.DELETED}:
            return _rest(store, journal)
        if journal.status == JournalStatus.DRAFT:
            problems = _decide(store, journal, row, is_interactive=command.interactive)
            if problems is not None:
                return Outcome(Action.NOTHING_TO_DO, journal.journal, {"company": journal.company}, problems)
            row = known_document(store, Table.FINANCE_INTEGRATION_JOURNALS, key, "integration journal")
            journal = Journal.from_columns(row.columns)
        if journal.status == JournalStatus.PROCESSING:
            with suppress_if_posted(store, journal):
                _post(store, journal, row)
            journal = journal.changed(status=JournalStatus.POSTED)
    except ChangedMeanwhile as error:
        sentence = f"journal {journal.journal} is being posted by another worker; it is looked at again"
        raise NotYet(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (journal.journal,))) from error
    _hand_on(store, sender, journal, command)
    facts: dict[str, str | int] = {"company": journal.company, "posted": journal.posted or 0}
    return Outcome(Action.JOURNAL_POSTED, journal.journal, {**facts, "transferred": journal.transferred or 0})


def error_journal(journal: str) -> str:
    """Derive the id of the journal that takes the lines which could not be posted."""
    return derive_id("journal-of-errors", journal)


def _read(store: RowStore, journal: Journal) -> Iterator[_Line]:
    for page in store.read_pages(LINES, journal.journal):
        for row in page:
            yield _Line(row.etag, JournalLine.from_columns(row.columns))


def _rest(store: RowStore, journal: Journal) -> Outcome:
    """Leave a journal alone that waits for a person or has no lines, and take it from what waits to be posted."""
    withdraw(store, journal)
    stands = find_record(store, Table.FINANCE_INTEGRATION_JOURNALS, journal.key, Journal)
    if stands is not None and stands.status not in AT_REST:
        # it was updated to draft between our two looks at it
        _offer(store, stands)
    bad = [each.line for each in _read(store, journal) if each.line.status is LineStatus.ERROR]
    problems = (in_error(journal, bad),) if bad and journal.status is JournalStatus.ERROR else ()
    return Outcome(Action.NOTHING_TO_DO, journal.journal, {"company": journal.company}, problems)


def _decide(store: RowStore, journal: Journal, row: StoredRow, *, is_interactive: bool) -> tuple[Problem, ...] | None:
    """Decide on every line and begin; gives the problems when nothing begins."""
    companies = Companies(store)
    setup = companies.setup(journal.company)
    if isinstance(setup, Problem):
        return (setup,)
    if is_interactive and (problem := _too_many(setup, journal)):
        raise Refused(problem)
    lines = list(_read(store, journal))
    # a line that another delivery has decided stays decided
    open_lines = [each for each in lines if each.line.status in OPEN_LINES]
    originals = _originals(store, open_lines)
    told = [(each, _posting(setup, companies, each.line, originals)) for each in open_lines]
    problems = by_precedence(posting for _, posting in told if isinstance(posting, Problem))
    is_begun = any(each.line.status is LineStatus.POSTED for each in lines)
    if not told and not is_begun:
        # its last line is being deleted
        recount(store, journal.journal)
        return ()
    if problems and not is_begun and setup.parameters.posting_errors is PostingErrors.ERROR_STATUS:
        return _stop(store, journal, row, told)
    if not is_begun and not any(isinstance(posting, LinePosting) for _, posting in told):
        save(store, LINES, journal.journal, _reasons(told))
        return problems
    save(store, LINES, journal.journal, (_decision(each, posting) for each, posting in told))
    _begin(store, journal, row)
    return None


def _too_many(setup: LegalEntitySetup, journal: Journal) -> Problem | None:
    most = setup.parameters.interactive_lines
    if journal.lines <= most:
        return None
    sentence = (
        f"Journal {journal.journal} has {journal.lines} lines; more than {most} are posted in batch only: post it"
        " without waiting for it"
    )
    return Problem(ReasonCode.BATCH_REQUIRED, sentence, (journal.journal,))


def _stop(
    store: RowStore, journal: Journal, row: StoredRow, told: Iterable[tuple[_Line, LinePosting | Problem]]
) -> tuple[Problem, ...]:
    """Give the bad lines and the journal status Error; the good lines stay as they are."""
    bad = [(each, posting) for each, posting in told if isinstance(posting, Problem)]
    status = {"Status": LineStatus.ERROR.value}
    marks = (Merge(each.line.key.row, {**status, "PostError": told.sentence}, each.etag) for each, told in bad)
    save(store, LINES, journal.journal, marks)
    after = journal.changed(status=JournalStatus.ERROR)
    replace_status(store, Table.FINANCE_INTEGRATION_JOURNALS, row.key, after.to_columns(), row.etag)
    return _rest(store, after).problems


def _originals(store: RowStore, lines: Iterable[_Line]) -> Mapping[str, ProjectTransaction]:
    """Read the transactions that reversals take back, by key text."""
    keys = {RowKey.from_text(each.line.reverses) for each in lines if each.line.reverses}
    found = read_keys(store, Table.FINANCE_PROJECT_TRANSACTIONS, keys, ProjectTransaction.columns())
    return {key.text: ProjectTransaction.from_columns(row.columns) for key, row in found.items()}


def _posting(
    setup: LegalEntitySetup, companies: Companies, line: JournalLine, originals: Mapping[str, ProjectTransaction]
) -> LinePosting | Problem:
    parties = companies.parties(line.company, project=line.project, contract=None, customer=None)
    posting = post_line(setup, line, parties.project, originals.get(line.reverses or ""))
    if isinstance(posting, LinePosting) and (imbalance := out_of_balance(posting.entries)):
        return imbalance
    return posting


def _decision(each: _Line, posting: LinePosting | Problem) -> Merge:
    if isinstance(posting, Problem):
        columns = {"Status": LineStatus.TRANSFERRED.value, "PostError": posting.sentence}
        return Merge(each.line.key.row, columns, each.etag)
    decided = each.line.changed(
        status=LineStatus.POSTED, postings=posting.to_text(), accounting_amount=posting.accounting_amount
    ).to_columns()
    names = ("Status", "Postings", "AccountingAmount")
    cleared = {"PostError": None} if each.line.post_error else {}
    return Merge(each.line.key.row, {**{name: decided[name] for name in names}, **cleared}, each.etag)


def _reasons(told: Iterable[tuple[_Line, LinePosting | Problem]]) -> Iterator[Merge]:
    for each, posting in told:
        if isinstance(posting, Problem) and posting.sentence != each.line.post_error:
            yield Merge(each.line.key.row, {"PostError": posting.sentence}, each.etag)


def _begin(store: RowStore, journal: Journal, row: StoredRow) -> None:
    statuses = Counter(each.line.status for each in _read(store, journal))
    posted, deleted = statuses[LineStatus.POSTED], statuses[LineStatus.DELETED]
    after = journal.changed(
        status=JournalStatus.PROCESSING,
        posted=posted,
        transferred=statuses[LineStatus.TRANSFERRED],
        lines=statuses.total() - deleted,
        deleted=deleted or None,
    ).to_columns()
    replace_status(store, Table.FINANCE_INTEGRATION_JOURNALS, row.key, after, row.etag)


def _post(store: RowStore, journal: Journal, row: StoredRow) -> None:
    lines = [each.line for each in _read(store, journal)]
    postings = [LinePosting.from_text(line, line.postings) for line in lines if line.postings]
    entries = (Insert(entry.key.row, entry.to_columns()) for entry in _entries(postings))
    save(store, Table.FINANCE_LEDGER_ENTRIES, journal.journal, entries, in_any_order=True)
    _save_transactions(store, postings)
    _transfer(store, journal, [line for line in lines if line.status == LineStatus.TRANSFERRED])
    after = journal.changed(status=JournalStatus.POSTED)
    replace_status(store, Table.FINANCE_INTEGRATION_JOURNALS, row.key, after.to_columns(), row.etag)


def _entries(postings: Sequence[LinePosting]) -> Iterator[LedgerEntry]:
    for posting in postings:
        yield from posting.entries


def _save_transactions(store: RowStore, postings: Sequence[LinePosting]) -> None:
    transactions = (posting.transaction for posting in postings)
    inserts = ((each.key.partition, Insert(each.key.row, each.to_columns())) for each in transactions)
    save_across(store, Table.FINANCE_PROJECT_TRANSACTIONS, inserts, in_any_order=True)


def _transfer(store: RowStore, journal: Journal, bad: Sequence[JournalLine]) -> None:
    """Put the bad lines in a journal of their own, under their numbers and vouchers, and say so on the staged rows."""
    if not bad:
        return
    target = error_journal(journal.journal)
    # the related voucher follows when the line has moved: only then whoever relates vouchers finds it there
    moved = [line.changed(journal=target, status=LineStatus.DRAFT, related_voucher=None) for line in bad]
    header = Journal(
        journal=target,
        company=journal.company,
        description=f"Lines with posting errors of journal {journal.journal}",
        status=JournalStatus.DRAFT,
        period_start=journal.period_start,
        lines=len(moved),
        original=journal.journal,
        correlation=journal.correlation,
    )
    _save_errors(store, header, moved)
    _mark(store, journal, moved)
    related = {each.line.actual: each.line.related_voucher for each in _read(store, journal)}
    merges = [Merge(line.key.row, {"RelatedVoucher": name}) for line in moved if (name := related.get(line.actual))]
    save(store, LINES, target, merges)


def _save_errors(store: RowStore, header: Journal, moved: Sequence[JournalLine]) -> None:
    """Write a journal of errors; where it stands, people may have changed, deleted or posted its lines since."""
    target = header.journal
    stands = find_record(store, Table.FINANCE_INTEGRATION_JOURNALS, header.key, Journal)
    if stands is not None:
        return
    try:
        save(store, LINES, target, (Insert(line.key.row, line.to_columns()) for line in moved))
        save(store, Table.FINANCE_INTEGRATION_JOURNALS, target, (Insert(target, header.to_columns()),))
    except ContentDiffers:
        if find_record(store, Table.FINANCE_INTEGRATION_JOURNALS, header.key, Journal) is None:
            raise


def _mark(store: RowStore, journal: Journal, moved: Sequence[JournalLine]) -> None:
    """Name the new journal on the staged rows that still name this one."""
    keys = [RowKey.from_text(line.actual_key) for line in moved]
    staged = read_keys(store, Table.FINANCE_ACTUALS_STAGING, keys, (JOURNAL_COLUMN,))
    target = {JOURNAL_COLUMN: error_journal(journal.journal)}
    mine = (row for row in staged.values() if row.columns.get(JOURNAL_COLUMN) == journal.journal)
    marks = ((row.key.partition, Merge(row.key.row, target, row.etag)) for row in mine)
    save_across(store, Table.FINANCE_ACTUALS_STAGING, marks)


def _hand_on(store: RowStore, sender: CommandSender, journal: Journal, command: PostJournal) -> None:
    if journal.transferred and not _is_at_rest(store, error_journal(journal.journal)):
        _offer(store, journal.changed(journal=error_journal(journal.journal)))
    write_back = WriteBackPosting(
        command=derive_id("write-back", journal.journal),
        correlation=journal.correlation,
        requested_at=command.requested_at,
        posted="journal",
        posted_document=journal.journal,
    )
    sender.send((write_back,))
    withdraw(store, journal)


def _offer(store: RowStore, journal: Journal) -> None:
    work = offer_of(journal)
    save(store, Table.FINANCE_PENDING_WORK, work.kind.value, (Insert(work.key.row, work.to_columns()),))


def _is_at_rest(store: RowStore, journal: str) -> bool:
    header = find_record(store, Table.FINANCE_INTEGRATION_JOURNALS, RowKey(journal, journal), Journal)
    return header is not None and header.status in AT_REST
