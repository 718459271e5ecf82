"""Carry rows across a table map: the rows named by the command stand, mapped, in the other system.

Rows that can cross do; a row that cannot stops none of its neighbours and is named. What it waits for decides: a
look-up that finds nothing may find it later, so the command is tried again; a wrong value stays wrong, so it is told
as a problem.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched, groupby

from domain.commands import SyncTableMap
from domain.errors import ChangedMeanwhile, ContentDiffers, NotYet, Problem, ReasonCode, Refused, RowMissing
from domain.outcome import Action, Fact, Outcome
from domain.pending_work import CROSS_COMPANY, PendingWork, WorkKind, work_for
from domain.ports import RowStore
from domain.rows import Insert, Merge, Operation, StoredRow
from domain.saving import ROUNDS_MAX, read_keys, save
from domain.table_map import (
    Comparison,
    compare,
    row_id,
    source_columns,
)
from domain.table_map_definition import COMPANY_COLUMN, Direction, TableMap
from domain.table_maps import TABLE_MAPS, find_map
from domain.tables import Table
from domain.workflows.left_behind import LeftBehind
from domain.workflows.row_mapper import MappedRow, RowMapper

# mapped rows that are written together: ten transactions
BLOCK_ROWS_MAX = 1000


def sync_table_map(store: RowStore, command: SyncTableMap) -> Outcome:
    """Make the rows that the command names stand in the other system, and register what finance has to do with them.

    A row that stands already with the same columns is done. One that stands with others takes what its map lets follow
    (a description); any other difference is a problem and the row is left as it is. Work is registered again when the
    command comes again; work that was done costs the timer one empty pass.

    Args:
        store: both systems.
        command: the map, and the range of source rows in one partition.

    Returns:
        What was done, with at most one problem that tells of all rows that stay behind: STAGED_ROW_CHANGED,
        MAP_VALUE_UNKNOWN or ROW_COLUMN_WRONG. NOTHING_TO_DO when no row passed the filter.

    Raises:
        Refused: MAP_UNKNOWN; MAP_ONE_WAY or the map's own code, when the other side asks or rows should be deleted.
        NotYet: MAP_SOURCE_MISSING, the range is empty; MAP_LOOKUP_MISSING, after the other rows have crossed.

    Bounds: any number of rows, of which 2,000 and the rows looked up stand in memory. N rows that pass cost a call for
        each page of the range, at most one for each row looked up, ceil(N / 100) transactions, and one insert for each
        kind of work and legal entity; the target is not read.
    """
    table_map = _allowed_map(command)
    sync = _Sync(store, table_map, command, RowMapper(store, table_map))
    for block in batched(sync.mapped_rows(), BLOCK_ROWS_MAX, strict=False):
        sync.land(block)
    if not sync.read and not sync.table_map.may_be_empty:
        raise NotYet(_source_missing(sync.table_map, command))
    sync.register_work()
    return sync.outcome()


@dataclass(slots=True)
class _Decision:
    """What becomes of rows that were found standing otherwise."""

    operations: list[Operation] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class _Sync:
    """One run of one command: what it has read and found so far."""

    store: RowStore
    table_map: TableMap
    command: SyncTableMap
    mapper: RowMapper
    # source rows in the range, and those of them that passed the filter
    read: int = 0
    passed: int = 0
    updated: int = 0
    # rows that give the work, for each kind and legal entity
    work: Counter[tuple[WorkKind, str]] = field(default_factory=Counter)
    # a look-up that finds nothing may find it later, so it is told before what stays wrong
    behind: LeftBehind = field(default_factory=lambda: LeftBehind(ReasonCode.MAP_LOOKUP_MISSING))

    def mapped_rows(self) -> Iterator[MappedRow]:
        """Read the range page by page and map what can cross."""
        pages = self.store.read_pages(
            self.table_map.source,
            self.command.partition,
            first=self.command.first,
            last=self.command.last,
            columns=source_columns(self.table_map),
        )
        for page in pages:
            self.read += len(page)
            mapped, problems = self.mapper.map_rows(page)
            self.passed += len(mapped) + len(problems)
            self.behind.add(problems)
            yield from mapped

    def land(self, rows: Sequence[MappedRow]) -> None:
        """Write mapped rows, partition by partition; rows that stand otherwise are looked at one by one."""
        for partition, group in groupby(rows, key=lambda row: row.target.partition):
            landing = list(group)
            inserts = [Insert(row.target.row, row.columns) for row in landing]
            try:
                save(self.store, self.table_map.target, partition, inserts, in_any_order=True)
            except ContentDiffers:
                self.settle(partition, landing)
        for row in rows:
            kind = work_for(self.table_map.target, row.columns)
            if kind is not None:
                self.work[kind, str(row.columns.get(COMPANY_COLUMN, CROSS_COMPANY))] += 1

    def settle(self, partition: str, rows: Sequence[MappedRow]) -> None:
        """Bring rows up to date where their map lets them follow, by version, with what the source says now."""
        for attempt in range(1, ROUNDS_MAX + 1):
            decision = self.decide(rows)
            try:
                save(self.store, self.table_map.target, partition, decision.operations, in_any_order=True)
            except (ContentDiffers, ChangedMeanwhile, RowMissing):
                if attempt == ROUNDS_MAX:
                    raise
                continue
            self.updated += sum(isinstance(operation, Merge) for operation in decision.operations)
            self.behind.add(decision.problems)
            return

    def decide(self, rows: Sequence[MappedRow]) -> _Decision:
        # the target first: whoever changes it after that makes our merge fail, and what the source says is then newer
        names = tuple(mapping.target for mapping in self.table_map.forward)
        standing = read_keys(self.store, self.table_map.target, [row.target for row in rows], names)
        sources = read_keys(
            self.store, self.table_map.source, [row.source for row in rows], source_columns(self.table_map)
        )
        mapped, problems = self.mapper.map_rows(sources.values())
        decision = _Decision(problems=problems)
        for row in mapped:
            stands = standing.get(row.target)
            if stands is None:
                decision.operations.append(Insert(row.target.row, row.columns))
                continue
            comparison = compare(self.table_map, row.columns, stands.columns)
            if comparison.refused:
                decision.problems.append(_changed(self.table_map, sources[row.source], row, stands, comparison))
            elif comparison.updates:
                decision.operations.append(Merge(row.target.row, comparison.updates, stands.etag))
        return decision

    def register_work(self) -> None:
        """Tell finance's timers what there is to do."""
        for (kind, company), rows in sorted(self.work.items()):
            work = PendingWork(
                kind=kind,
                company=company,
                partition=self.command.partition,
                first=self.command.first,
                last=self.command.last,
                rows=rows,
                correlation=self.command.correlation,
                requested_at=self.command.requested_at if kind is WorkKind.JOURNAL_LINES else None,
            )
            _register(self.store, work)

    def outcome(self) -> Outcome:
        """Say what was done.

        Raises:
            NotYet: a look-up found nothing.
        """
        problem = self.behind.told(self.table_map.label)
        if problem is not None and problem.code is ReasonCode.MAP_LOOKUP_MISSING:
            raise NotYet(problem)
        facts: dict[str, Fact] = {
            "map": self.table_map.name,
            "version": self.table_map.version,
            "rows": self.passed - self.behind.rows,
            "filtered_out": self.read - self.passed,
            "updated": self.updated,
            "left_behind": self.behind.rows,
        }
        action = Action.ROWS_SYNCED if self.passed else Action.NOTHING_TO_DO
        return Outcome(action, self.command.document, facts, () if problem is None else (problem,))


def _allowed_map(command: SyncTableMap) -> TableMap:
    table_map = find_map(command.map)
    if table_map is None:
        known = ", ".join(each.name for each in TABLE_MAPS)
        sentence = f"no table map is called {command.map}; the maps are {known}"
        raise Refused(Problem(ReasonCode.MAP_UNKNOWN, sentence, (command.map,)))
    side = "finance" if table_map.direction is Direction.FINANCE_TO_DATAVERSE else "dataverse"
    if command.side != side or command.change != "save":
        sentence = f"{table_map.label}: {table_map.one_way.advice}"
        raise Refused(Problem(table_map.one_way.code, sentence, (command.partition,)))
    return table_map


def _source_missing(table_map: TableMap, command: SyncTableMap) -> Problem:
    sentence = (
        f"{table_map.label}: {table_map.source} has no row from {command.first} to {command.last} in "
        f"{command.partition}; check the keys, or wait until the rows are written"
    )
    return Problem(ReasonCode.MAP_SOURCE_MISSING, sentence, (command.partition,))


def _register(store: RowStore, work: PendingWork) -> None:
    try:
        save(store, Table.FINANCE_PENDING_WORK, work.key.partition, [Insert(work.key.row, work.to_columns())])
    except ContentDiffers:
        # the same work is pending for an earlier command
        return


def _changed(
    table_map: TableMap, source: StoredRow, row: MappedRow, stands: StoredRow, comparison: Comparison
) -> Problem:
    name = comparison.refused[0]
    before, now = (columns.get(name) or "absent" for columns in (stands.columns, row.columns))
    sentence = (
        f"column {name} of {table_map.target} arrived as {before} and would now be {now}; a row that has arrived is "
        f"not rewritten, so correct it by a reversal in {table_map.source} instead of a change"
    )
    return Problem(ReasonCode.STAGED_ROW_CHANGED, sentence, (row_id(table_map, source.columns),))
