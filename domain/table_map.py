"""The engine of table maps: it carries one row across any map and knows none of them.

Everything here is pure. A rule never reads storage: `needed_lookups` tells which rows it wants to see, the caller reads
them and passes what it found. Columns that a map does not name are left alone, among them OData annotations; an absent
column, a column without a value and empty text are the same thing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.errors import BadRow, Problem, ReasonCode
from domain.rows import Columns, RowKey, StoredRow, Value
from domain.table_map_definition import (
    AfterArrival,
    ColumnMapping,
    Condition,
    Constant,
    Date,
    Direct,
    Hop,
    Lookup,
    LookupKey,
    Operator,
    TableMap,
    Transform,
    ValueMap,
)
from domain.table_map_schema import SCHEMAS
from domain.tables import Table

# rows that were read for look-ups; None: it was read and there is no such row
type Lookups = Mapping[LookupKey, Columns | None]

_DATE_LENGTH = len("2026-08-27")


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a row that comes again differs from the one that stands."""

    # what the target takes from it; None clears
    updates: Columns
    # columns that may not differ and do; while there is one, nothing is updated
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Failure:
    code: ReasonCode
    reason: str


def passes(table_map: TableMap, row: Columns) -> bool:
    """Tell whether the map's filter lets the source row cross."""
    return all(_holds(condition, row) for condition in table_map.filter)


def needed_lookups(table_map: TableMap, row: Columns, lookups: Lookups | None = None) -> tuple[LookupKey, ...]:
    """Tell which rows must be read before the source row can be mapped.

    Args:
        table_map: the map.
        row: columns of the source row.
        lookups: what was read before. A second hop is known only after the first was read: ask until nothing is needed.

    Returns:
        The keys that `lookups` lacks, each once, in the order of the map's columns.
    """
    known = lookups or {}
    stops = (_stop(mapping, row, known) for mapping in table_map.forward)
    return tuple(dict.fromkeys(key for key in stops if key is not None and key not in known))


def apply(table_map: TableMap, row: Columns, lookups: Lookups) -> dict[str, Value] | Problem:
    """Make the target row's columns of a source row, or tell why it cannot cross.

    Args:
        table_map: the map.
        row: columns of a source row that passes the filter.
        lookups: every row that `needed_lookups` asked for.

    Returns:
        The mapped columns, without those that have no value; or the problem of the first column that has one, in the
        order of the map: MAP_LOOKUP_MISSING when a look-up finds no row or no value in it; MAP_VALUE_UNKNOWN when a
        value is in no pair of its value map; ROW_COLUMN_WRONG when a mandatory value is absent or a value does not fit
        the target. The problem's id is the row's integration key.
    """
    mapped: dict[str, Value] = {}
    for mapping in table_map.forward:
        value = _carried(mapping, row, lookups)
        if isinstance(value, _Failure):
            return _problem(table_map, row, value)
        if value is not None:
            mapped[mapping.target] = value
    try:
        SCHEMAS[table_map.target].record.from_columns(mapped)
    except BadRow as error:
        return _problem(table_map, row, _Failure(ReasonCode.ROW_COLUMN_WRONG, error.problem.sentence))
    return mapped


def apply_write_back(table_map: TableMap, target_row: Columns) -> dict[str, Value]:
    """Give the columns that return to the source row: those mapped back, and no other.

    Args:
        table_map: the map; a one-way map gives nothing.
        target_row: columns of the target row; a column without a value is not written back.

    Raises:
        BadRow: MAP_VALUE_UNKNOWN, a value map has no pair for a value.
    """
    pairs = ((mapping, _given(target_row, mapping.target)) for mapping in table_map.back)
    return {str(mapping.source): reverse_value(mapping, value) for mapping, value in pairs if value is not None}


def reverse_value(mapping: ColumnMapping, value: Value) -> Value:
    """Give the source value that the mapping makes this target value of; the default comes from no value at all.

    Raises:
        BadRow: MAP_VALUE_UNKNOWN, the value map has no pair for it.
    """
    if value is None or is_same(value, mapping.default):
        return None
    if not isinstance(mapping.transform, ValueMap):
        return value
    for source, target in mapping.transform.pairs:
        if is_same(target, value):
            return source
    reason = f"column {mapping.target} has {value!r}, which the value map of {mapping.source} does not know"
    raise BadRow(Problem(ReasonCode.MAP_VALUE_UNKNOWN, f"{reason}; add the pair to the map or correct the row"))


def compare(table_map: TableMap, mapped: Columns, stands: Columns) -> Comparison:
    """Decide what becomes of a row that has arrived before.

    Args:
        table_map: the map; each column mapping says what happens to its column after arrival.
        mapped: what `apply` makes of the source row now.
        stands: the columns of the target row, at least all that the map fills.
    """
    differing = [
        mapping
        for mapping in table_map.forward
        if not is_same(mapped.get(mapping.target), _given(stands, mapping.target))
    ]
    refused = tuple(each.target for each in differing if each.after_arrival is AfterArrival.FIXED)
    follows = {each.target: mapped.get(each.target) for each in differing if each.after_arrival is AfterArrival.FOLLOWS}
    return Comparison({} if refused else follows, refused)


def target_key(table_map: TableMap, row: StoredRow) -> RowKey:
    """Tell where the row stands in the target table; the map's key columns must be among those that were read."""
    if table_map.target_key is None:
        return row.key
    return RowKey(str(row.columns[table_map.target_key.partition]), str(row.columns[table_map.target_key.row]))


def row_id(table_map: TableMap, row: Columns) -> str:
    """Name a source row by its integration key, for the person who reads about it."""
    forward = table_map.forward
    names = (each.source for key in table_map.keys for each in forward if key in (each.source, each.target))
    return "|".join(str(_given(row, name)) for name in names)


def source_columns(table_map: TableMap) -> tuple[str, ...]:
    """Name the columns of the source table that carrying a row needs, each once."""
    names = [mapping.source for mapping in table_map.forward if mapping.source is not None]
    names += [each.when.column for each in table_map.forward if each.when is not None]
    names += [condition.column for condition in table_map.filter]
    names += [hops[0].partition for hops in _paths(table_map) if hops and hops[0].partition is not None]
    if table_map.target_key is not None:
        names += [table_map.target_key.partition, table_map.target_key.row]
    return tuple(dict.fromkeys(names))


def lookup_columns(table_map: TableMap) -> Mapping[Table, tuple[str, ...]]:
    """Name the columns that look-ups need, for each table that they read."""
    needed: dict[Table, dict[str, None]] = {}
    for hops in _paths(table_map):
        for hop, following in zip(hops, (*hops[1:], None), strict=True):
            names = needed.setdefault(hop.table, {})
            names[hop.column] = None
            if following is not None and following.partition is not None:
                names[following.partition] = None
    return {table: tuple(names) for table, names in needed.items()}


def is_same(left: Value, right: Value) -> bool:
    """Tell whether two values are the same at rest, where a truth value is no integer."""
    return type(left) is type(right) and left == right


def _carried(mapping: ColumnMapping, row: Columns, lookups: Lookups) -> Value | _Failure:
    if mapping.when is not None and not _holds(mapping.when, row):
        return None
    if isinstance(mapping.transform, Constant):
        return mapping.transform.value
    given = _given(row, mapping.source)
    if given is not None:
        return _transformed(mapping, mapping.transform, given, row, lookups)
    if mapping.default is None and mapping.required:
        reason = f"column {mapping.source}, which {mapping.target} is made of, is absent; complete the row"
        return _Failure(ReasonCode.ROW_COLUMN_WRONG, reason)
    return mapping.default


def _transformed(
    mapping: ColumnMapping, transform: Transform, given: Value, row: Columns, lookups: Lookups
) -> Value | _Failure:
    match transform:
        case Direct():
            return given
        case Date():
            return _day(mapping, given)
        case ValueMap(pairs):
            return _paired(mapping, pairs, given)
        case Lookup():
            return _looked_up(mapping, transform, given, row, lookups)
        case Constant(value):
            return value


def _paired(mapping: ColumnMapping, pairs: tuple[tuple[Value, Value], ...], given: Value) -> Value | _Failure:
    for source, target in pairs:
        if is_same(source, given):
            return target
    reason = f"the map has no value for {given!r} in column {mapping.source}; correct the row or extend the map"
    return _Failure(ReasonCode.MAP_VALUE_UNKNOWN, reason)


def _day(mapping: ColumnMapping, given: Value) -> Value | _Failure:
    day = str(given)[:_DATE_LENGTH]
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        return _Failure(
            ReasonCode.ROW_COLUMN_WRONG, f"column {mapping.source} has {given!r}, which is no date; correct it"
        )


def _looked_up(
    mapping: ColumnMapping, lookup: Lookup, given: Value, row: Columns, lookups: Lookups
) -> Value | _Failure:
    stopped, value = _follow(lookup, given, row, lookups)
    if stopped is None:
        return value
    reason = f"Unable to look up {stopped.table} with value {value} for column {mapping.target}; load that row"
    return _Failure(ReasonCode.MAP_LOOKUP_MISSING, reason)


def _stop(mapping: ColumnMapping, row: Columns, lookups: Lookups) -> LookupKey | None:
    given = _given(row, mapping.source)
    if not isinstance(mapping.transform, Lookup) or given is None:
        return None
    if mapping.when is not None and not _holds(mapping.when, row):
        return None
    return _follow(mapping.transform, given, row, lookups)[0]


def _follow(lookup: Lookup, given: Value, row: Columns, lookups: Lookups) -> tuple[LookupKey | None, Value]:
    # the row where the path ends without a value, with the id that leads there; or None and the value at its end
    value, columns = given, row
    for hop in lookup.hops:
        key = LookupKey(hop.table, RowKey(str(_given(columns, hop.partition) or value), str(value)))
        found = lookups.get(key)
        following = None if found is None else _given(found, hop.column)
        if found is None or following is None:
            return key, value
        value, columns = following, found
    return None, value


def _holds(condition: Condition, row: Columns) -> bool:
    given = _given(row, condition.column)
    equal = is_same(condition.absent if given is None else given, condition.value)
    return equal if condition.operator is Operator.EQUAL else not equal


def _given(row: Columns, column: str | None) -> Value:
    value = None if column is None else row.get(column)
    return None if value == "" else value


def _paths(table_map: TableMap) -> list[tuple[Hop, ...]]:
    return [each.transform.hops for each in table_map.forward if isinstance(each.transform, Lookup)]


def _problem(table_map: TableMap, row: Columns, failure: _Failure) -> Problem:
    return Problem(failure.code, failure.reason, (row_id(table_map, row),))
