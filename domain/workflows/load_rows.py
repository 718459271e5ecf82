"""Load rows that another system exported: the good ones stand afterwards, each bad one is named.

Rows are read and written a batch at a time, so a long file never stands in memory. What stands is read first: a batch
of N rows of one partition costs N / 1,000 reads and N / 100 writes. Loading again finds everything there and changes
nothing, but sends the commands again, because the first load may have died before it did.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched, islice

from domain.commands import SyncTableMap
from domain.errors import ChangedMeanwhile, ContentDiffers, Problem, ReasonCode, RowMissing
from domain.identifiers import derive_id
from domain.limits import key_order
from domain.loadable import Loadable
from domain.loading import Document, Raw, decide
from domain.loading_rows import CleanRow, FieldProblem, clean_row
from domain.open_documents import of_rows
from domain.ports import CommandSender, RowStore
from domain.rows import Insert, Operation, RowKey
from domain.saving import ROUNDS_MAX, read_keys, save
from domain.tables import Table
from domain.workflows.open_index import register
from domain.workflows.reading import read_records
from domain.workflows.schedule_rows import plan as put_on_index

BATCH_ROWS = 1_000
# rows that one command carries across a table map
SYNC_ROWS_DEFAULT = 1_000
# bad rows that are kept with their reasons; more are counted
PROBLEMS_MAX = 1_000

# rows that others name by their id alone, although they stand in a partition of another document
PLACED = frozenset((Table.DATAVERSE_ACTUALS, Table.DATAVERSE_CONTRACT_LINES))

type Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Something that is wrong with a row of a file."""

    file: str
    # where in the file, as `[3]` or `line 4`; empty: the whole file
    place: str
    # the column; empty: the whole row
    field: str
    problem: Problem


@dataclass(slots=True)
class FileReport:
    """What became of one file."""

    file: str
    table: Table
    # rows that were found, and what became of them
    rows: int = 0
    inserted: int = 0
    updated: int = 0
    # that stood already with the same content
    already: int = 0
    bad: int = 0
    # commands that were sent to carry rows to finance
    commands: int = 0
    # columns of other publishers that were left out, and in how many rows
    custom: Counter[str] = field(default_factory=Counter)
    notes: tuple[str, ...] = ()
    # the first 1,000
    problems: list[RowProblem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Load:
    """What all files of one load share."""

    requested_at: datetime
    sync_rows_max: int = SYNC_ROWS_DEFAULT
    # key texts of actuals and contract lines that were loaded, by id: connections and schedules name them by id alone
    places: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Placed:
    place: str
    row: CleanRow


def _no_progress(rows: int) -> None:
    return None


def load_rows(
    store: RowStore, sender: CommandSender, document: Document, load: Load, *, progress: Progress = _no_progress
) -> FileReport:
    """Load one document.

    Args:
        store: where to.
        sender: where the commands go that carry the rows to finance.
        document: the rows and their table.
        load: what the files of this load share; it learns where the actuals stand.
        progress: told how many rows are done, after each batch.

    Returns:
        What became of each row; a bad row never stops the good rows beside it.

    Raises:
        StoreError: the storage failed; what was written stands, and loading again goes on from there.

    Repeating it: rows that stand are left alone, the same commands are sent again.
    """
    loadable = document.loadable
    report = FileReport(document.file, loadable.table, notes=document.notes)
    standing: set[RowKey] = set()
    for batch in batched(document.rows, BATCH_ROWS, strict=False):
        placed = list(_clean(document, batch, load, report))
        for partition, group in _by_partition(placed).items():
            standing |= _load_group(store, loadable, partition, group, report)
        _remember(loadable, placed, standing, load)
        progress(report.rows)
    _check_together(store, loadable, standing, report)
    commands = list(sync_commands(loadable, standing, load))
    register(store, (of_rows(each.map, each.partition, each.first, each.last, each.correlation) for each in commands))
    for some in batched(commands, BATCH_ROWS, strict=False):
        sender.send(some)
    report.commands = len(commands)
    return report


def _check_together(store: RowStore, loadable: Loadable, standing: set[RowKey], report: FileReport) -> None:
    if loadable.check is None:
        return
    for partition in sorted({key.partition for key in standing}):
        records = read_records(store, loadable.table, partition, loadable.records[""])
        wrong = (RowProblem(report.file, "", "", problem) for problem in loadable.check(records))
        report.problems += islice(wrong, PROBLEMS_MAX)


def _clean(document: Document, batch: Iterable[Raw], load: Load, report: FileReport) -> Iterator[_Placed]:
    for raw in batch:
        report.rows += 1
        if isinstance(raw.value, Problem):
            _add_problems(report, raw.place, (FieldProblem("", raw.value),))
            continue
        cleaned = clean_row(document.loadable, raw.value, company=document.company, places=load.places)
        if isinstance(cleaned, CleanRow):
            report.custom.update(cleaned.custom)
            yield _Placed(raw.place, cleaned)
        else:
            _add_problems(report, raw.place, cleaned)


def _add_problems(report: FileReport, place: str, problems: Sequence[FieldProblem]) -> None:
    report.bad += 1
    if len(report.problems) < PROBLEMS_MAX:
        report.problems += (RowProblem(report.file, place, each.field, each.problem) for each in problems)


def _by_partition(placed: Iterable[_Placed]) -> Mapping[str, list[_Placed]]:
    groups: dict[str, list[_Placed]] = {}
    for each in placed:
        groups.setdefault(each.row.key.partition, []).append(each)
    return groups


def _load_group(
    store: RowStore, loadable: Loadable, partition: str, group: Sequence[_Placed], report: FileReport
) -> set[RowKey]:
    for _ in range(ROUNDS_MAX):
        plan = _plan(store, loadable, group)
        try:
            _write(store, loadable, partition, plan)
        except (ContentDiffers, ChangedMeanwhile, RowMissing):
            # somebody else wrote one of these rows since it was read: read again and decide again
            continue
        return _tell(plan, report)
    raise ChangedMeanwhile(f"{loadable.table} {partition}: the rows change while they are loaded; load the file again")


@dataclass(slots=True)
class _Plan:
    inserts: list[tuple[CleanRow, Insert]] = field(default_factory=list)
    updates: list[Operation] = field(default_factory=list)
    already: int = 0
    good: set[RowKey] = field(default_factory=set)
    rows: list[CleanRow] = field(default_factory=list)
    problems: list[tuple[str, FieldProblem]] = field(default_factory=list)


def _plan(store: RowStore, loadable: Loadable, group: Sequence[_Placed]) -> _Plan:
    stored = read_keys(store, loadable.table, [each.row.key for each in group])
    mine: dict[RowKey, CleanRow] = {}
    plan = _Plan()
    for each in group:
        before = mine.setdefault(each.row.key, each.row)
        if before is each.row:
            _add_decision(plan, each, decide(loadable, each.row, stored.get(each.row.key)))
        elif before.columns == each.row.columns:
            plan.already += 1
        else:
            sentence = "the file has this row twice with different content; leave one of them out"
            plan.problems.append((each.place, FieldProblem("", Problem(ReasonCode.ROW_DIFFERS, sentence))))
    return plan


def _add_decision(plan: _Plan, each: _Placed, decision: Operation | FieldProblem | None) -> None:
    if isinstance(decision, FieldProblem):
        plan.problems.append((each.place, decision))
        return
    plan.good.add(each.row.key)
    plan.rows.append(each.row)
    if isinstance(decision, Insert):
        plan.inserts.append((each.row, decision))
    elif decision is None:
        plan.already += 1
    else:
        plan.updates.append(decision)


def _write(store: RowStore, loadable: Loadable, partition: str, plan: _Plan) -> None:
    # an item's entry on the backlog comes first: a draft looks at the entry, then at the item, and passes over an entry
    # without an item; the other way round a load that died would leave an item that is ready and on no list
    entries = ((row, loadable.backlog_entry(row.record)) for row, _ in plan.inserts)
    backlog = [Insert(row.key.row, entry.to_columns()) for row, entry in entries if entry is not None]
    if backlog:
        save(store, Table.DATAVERSE_BILLING_BACKLOG, partition, backlog)
    save(store, loadable.table, partition, [*(insert for _, insert in plan.inserts), *plan.updates])
    # a schedule's entry comes last, and again with every load: a tick removes entries that do not fit their schedule
    planned = (loadable.planned(row.record) for row in plan.rows)
    put_on_index(store, [schedule for schedule in planned if schedule is not None])


def _tell(plan: _Plan, report: FileReport) -> set[RowKey]:
    report.inserted += len(plan.inserts)
    report.updated += len(plan.updates)
    report.already += plan.already
    for place, problem in plan.problems:
        _add_problems(report, place, (problem,))
    return plan.good


def _remember(loadable: Loadable, placed: Iterable[_Placed], standing: set[RowKey], load: Load) -> None:
    if loadable.table in PLACED:
        keys = (each.row.key for each in placed if each.row.key in standing)
        load.places.update((key.row.rpartition("|")[2], key.text) for key in keys)


def sync_commands(loadable: Loadable, keys: Iterable[RowKey], load: Load) -> Iterator[SyncTableMap]:
    """Make the commands that carry rows to finance: for each partition, ranges of the rows loaded."""
    if loadable.table_map is None:
        return
    ordered = sorted(keys, key=lambda key: (key_order(key.partition), key_order(key.row)))
    partitions: dict[str, list[str]] = {}
    for key in ordered:
        partitions.setdefault(key.partition, []).append(key.row)
    for partition, rows in partitions.items():
        for chunk in batched(rows, load.sync_rows_max, strict=False):
            yield SyncTableMap(
                command=derive_id("load", loadable.table_map, partition, chunk[0], chunk[-1]),
                correlation=derive_id("load", partition),
                requested_at=load.requested_at,
                map=loadable.table_map,
                partition=partition,
                first=chunk[0],
                last=chunk[-1],
            )
