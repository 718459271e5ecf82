"""Loading table maps: a map that does not fit its tables is refused before it carries a single row.

Loading happens when the app starts, so a wrong map stops the app with every fault named, instead of stopping one row a
month later.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from domain.errors import BadTableMap
from domain.rows import Value
from domain.table_map import is_same
from domain.table_map_definition import (
    COMPANY_COLUMN,
    ColumnMapping,
    Condition,
    Constant,
    Direct,
    Direction,
    Flow,
    Lookup,
    MapFault,
    TableMap,
    ValueMap,
)
from domain.table_map_schema import SCHEMAS, TableSchema
from domain.tables import Table

# the fault, the column (empty: the map as a whole), the reason
type Finding = tuple[MapFault, str, str]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")
_VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){3}")


def load_map(definition: TableMap) -> TableMap:
    """Accept a table map that fits its tables, and give it back.

    Raises:
        BadTableMap: one line for each fault: its code, the map, the column and the reason. Faults of names, tables and
            columns are told before those that can only be seen when these are right.
    """
    for checks in _STAGES:
        findings = [finding for check in checks for finding in check(definition)]
        if findings:
            raise BadTableMap("\n".join(_line(definition, *finding) for finding in findings))
    return definition


def load_maps(definitions: Iterable[TableMap]) -> tuple[TableMap, ...]:
    """Accept several maps, each under a name of its own.

    Raises:
        BadTableMap: as `load_map`; NAME_TWICE when two maps have one name.
    """
    loaded = tuple(load_map(definition) for definition in definitions)
    for before, after in pairwise(sorted(loaded, key=lambda each: each.name)):
        if before.name == after.name:
            raise BadTableMap(_line(after, MapFault.NAME_TWICE, "", "two maps have this name; give each its own"))
    return loaded


def _line(table_map: TableMap, fault: MapFault, column: str, reason: str) -> str:
    place = f", column {column}" if column else ""
    return f"{fault.value} {fault.name.lower()}: map {table_map.name} {table_map.version}{place}: {reason}"


def _schemas(table_map: TableMap) -> tuple[TableSchema, TableSchema]:
    return SCHEMAS[table_map.source], SCHEMAS[table_map.target]


def _all_columns(table_map: TableMap) -> tuple[ColumnMapping, ...]:
    return table_map.forward + table_map.back


def _is_dataverse(table: Table) -> bool:
    return table.value.startswith("Dataverse")


def _name(table_map: TableMap) -> Iterator[Finding]:
    if not _NAME.fullmatch(table_map.name):
        yield (
            MapFault.NAME_WRONG,
            "",
            "a name has small letters, digits and _, starts with a letter, and is at most 80 long",
        )
    if not _VERSION.fullmatch(table_map.version):
        yield MapFault.VERSION_WRONG, "", "a version is four numbers without leading zeros, as 1.0.0.19"


def _tables(table_map: TableMap) -> Iterator[Finding]:
    for table in (table_map.source, table_map.target):
        if table not in SCHEMAS:
            yield MapFault.TABLE_UNKNOWN, "", f"no record describes table {table}; add it to the schemas"
    to_dataverse = table_map.direction is Direction.FINANCE_TO_DATAVERSE
    if (_is_dataverse(table_map.source), _is_dataverse(table_map.target)) != (not to_dataverse, to_dataverse):
        yield (
            MapFault.DIRECTION_WRONG,
            "",
            f"a {table_map.direction} map cannot go from {table_map.source} to {table_map.target}",
        )


def _known_columns(table_map: TableMap) -> Iterator[Finding]:
    source, target = (schema.fields for schema in _schemas(table_map))
    for mapping in _all_columns(table_map):
        if mapping.target not in target:
            yield MapFault.TARGET_COLUMN_UNKNOWN, mapping.target, f"table {table_map.target} has no such column"
        if (mapping.source is None) is not isinstance(mapping.transform, Constant):
            yield (
                MapFault.SOURCE_COLUMN_UNKNOWN,
                mapping.target,
                "a constant has no source column, and all else has one",
            )
        elif mapping.source is not None and mapping.source not in source:
            yield MapFault.SOURCE_COLUMN_UNKNOWN, mapping.source, f"table {table_map.source} has no such column"
    for name in (table_map.target_key.partition, table_map.target_key.row) if table_map.target_key else ():
        if name not in source:
            yield (
                MapFault.SOURCE_COLUMN_UNKNOWN,
                name,
                "the key of the target row is made of a column that is not there",
            )


def _lookups(table_map: TableMap) -> Iterator[Finding]:
    for mapping in _all_columns(table_map):
        if not isinstance(mapping.transform, Lookup):
            continue
        columns = SCHEMAS[table_map.source].fields
        for hop in mapping.transform.hops:
            if hop.partition is not None and hop.partition not in columns:
                yield (
                    MapFault.LOOKUP_UNKNOWN,
                    mapping.target,
                    f"no column {hop.partition} holds the partition of {hop.table}",
                )
            if hop.table not in SCHEMAS or hop.column not in SCHEMAS[hop.table].fields:
                yield MapFault.LOOKUP_UNKNOWN, mapping.target, f"there is no {hop.table}.{hop.column} to look up"
                break
            columns = SCHEMAS[hop.table].fields
        if not mapping.transform.hops:
            yield MapFault.LOOKUP_UNKNOWN, mapping.target, "a look-up needs at least one hop"


def _conditions(table_map: TableMap) -> Iterator[Finding]:
    source = SCHEMAS[table_map.source]
    conditions: list[Condition] = [each.when for each in table_map.forward if each.when is not None]
    for condition in (*table_map.filter, *conditions):
        if condition.column not in source.fields:
            yield MapFault.FILTER_WRONG, condition.column, f"table {table_map.source} has no such column to filter on"
            continue
        for value in (condition.value, condition.absent):
            if value is not None and not source.takes(condition.column, value):
                yield MapFault.FILTER_WRONG, condition.column, f"the column can never be {value!r}"


def _company(table_map: TableMap) -> Iterator[Finding]:
    finance = table_map.source if table_map.direction is Direction.FINANCE_TO_DATAVERSE else table_map.target
    if (COMPANY_COLUMN in SCHEMAS[finance].fields) is not (table_map.company is not None):
        reason = f"{finance} and the map must both belong to a legal entity, or both be cross-company"
        yield MapFault.COMPANY_MISMATCH, COMPANY_COLUMN, reason
    if table_map.company and COMPANY_COLUMN not in (table_map.company.source, table_map.company.target):
        yield MapFault.COMPANY_MISMATCH, table_map.company.target, f"the company key of finance is {COMPANY_COLUMN}"
    if any(COMPANY_COLUMN in (mapping.source, mapping.target) for mapping in table_map.columns):
        yield (
            MapFault.COMPANY_MISMATCH,
            COMPANY_COLUMN,
            "the company is part of the key; state it as company, not as a column",
        )


def _twice(table_map: TableMap) -> Iterator[Finding]:
    filled = [each.target for each in table_map.forward]
    returned = [str(each.source) for each in table_map.back]
    for names in (filled, returned):
        for name in dict.fromkeys(each for each in names if names.count(each) > 1):
            yield MapFault.TARGET_COLUMN_TWICE, name, "two mappings fill this column; leave one"
    for mapping in table_map.back:
        sources = {each.source for each in table_map.forward}
        if mapping.source in sources or mapping.target in filled:
            yield (
                MapFault.WRITE_BACK_ALSO_FORWARD,
                str(mapping.source),
                "a column that finance writes back cannot be sent to it",
            )


def _keys(table_map: TableMap) -> Iterator[Finding]:
    if not table_map.keys:
        yield MapFault.KEY_MISSING, "", "name the columns of the integration key"
    to_dataverse = table_map.direction is Direction.FINANCE_TO_DATAVERSE
    for key in table_map.keys:
        flows = [each.flow for each in _all_columns(table_map) if key == (each.target if to_dataverse else each.source)]
        if not flows:
            yield MapFault.KEY_NOT_MAPPED, key, "every column of the integration key must be mapped"
        elif table_map.direction is Direction.BIDIRECTIONAL and Flow.BOTH not in flows:
            yield MapFault.KEY_NOT_BIDIRECTIONAL, key, "in a bidirectional map the integration key travels both ways"


def _flows(table_map: TableMap) -> Iterator[Finding]:
    if table_map.direction is Direction.BIDIRECTIONAL and not table_map.back:
        yield MapFault.DIRECTION_WRONG, "", "a bidirectional map writes at least one column back"
    for mapping in _all_columns(table_map):
        if mapping.flow is Flow.FORWARD:
            continue
        if table_map.direction is not Direction.BIDIRECTIONAL:
            yield MapFault.DIRECTION_WRONG, mapping.target, f"nothing travels {mapping.flow.value} in a one-way map"
        if not isinstance(mapping.transform, Direct | ValueMap):
            yield MapFault.NOT_REVERSIBLE, mapping.target, "a look-up, a date or a constant cannot be turned round"


def _value_maps(table_map: TableMap) -> Iterator[Finding]:
    for mapping in _all_columns(table_map):
        if not isinstance(mapping.transform, ValueMap):
            continue
        pairs = mapping.transform.pairs
        made = [target for _, target in pairs] + ([] if mapping.default is None else [mapping.default])
        if _repeats(source for source, _ in pairs):
            yield MapFault.VALUE_MAP_DUPLICATE, str(mapping.source), "a source value stands twice; leave one"
        if _repeats(made):
            fault = MapFault.VALUE_MAP_DUPLICATE if mapping.flow is Flow.FORWARD else MapFault.NOT_REVERSIBLE
            yield fault, mapping.target, "a target value stands twice, so it cannot be turned round; leave one"


def _repeats(values: Iterable[Value]) -> bool:
    seen: list[Value] = []
    for value in values:
        if any(is_same(value, each) for each in seen):
            return True
        seen.append(value)
    return False


def _types(table_map: TableMap) -> Iterator[Finding]:
    source, target = _schemas(table_map)
    for mapping in _all_columns(table_map):
        made: tuple[Value, ...] = () if mapping.default is None else (mapping.default,)
        match mapping.transform:
            case Constant(value):
                made = (*made, value)
            case ValueMap(pairs):
                made = (*made, *(value for _, value in pairs))
                given = [value for value, _ in pairs if not source.takes(str(mapping.source), value)]
                yield from (
                    (MapFault.TYPE_MISMATCH, str(mapping.source), f"the column is never {each!r}") for each in given
                )
            case Lookup(hops):
                yield from _kinds(mapping, SCHEMAS[hops[-1].table], hops[-1].column, target)
            case _:
                yield from _kinds(mapping, source, str(mapping.source), target)
        wrong = [value for value in made if not target.takes(mapping.target, value)]
        yield from ((MapFault.TYPE_MISMATCH, mapping.target, f"the column cannot be {each!r}") for each in wrong)


def _kinds(mapping: ColumnMapping, given: TableSchema, column: str, target: TableSchema) -> Iterator[Finding]:
    kinds = given.kind(column).__name__, target.kind(mapping.target).__name__
    if kinds[0] != kinds[1]:
        yield MapFault.TYPE_MISMATCH, mapping.target, f"the column is {kinds[1]} and {column} is {kinds[0]}"


def _writable(table_map: TableMap) -> Iterator[Finding]:
    source, target = (schema.read_only for schema in _schemas(table_map))
    written = [(each.target, target) for each in table_map.forward]
    written += [(str(each.source), source) for each in table_map.back]
    for name, read_only in written:
        if name in read_only:
            yield MapFault.READ_ONLY_COLUMN_MAPPED, name, "a table map may not write this column"


def _mandatory(table_map: TableMap) -> Iterator[Finding]:
    source, target = _schemas(table_map)
    mapped = {each.target: each for each in table_map.forward}
    for name in target.mandatory:
        mapping = mapped.get(name)
        if mapping is None:
            yield MapFault.MANDATORY_COLUMN_UNMAPPED, name, f"every row of {table_map.target} has this column; map it"
        elif mapping.when is not None:
            yield (
                MapFault.MANDATORY_COLUMN_UNMAPPED,
                name,
                "the column is mapped for some rows only, and every row has it",
            )
        elif _may_lack(source, mapping):
            reason = f"{mapping.source} may be absent; give a default, or state that every row that crosses has it"
            yield MapFault.DEFAULT_MISSING, name, reason


def _may_lack(source: TableSchema, mapping: ColumnMapping) -> bool:
    stated = mapping.source is None or mapping.source in source.mandatory
    return not (stated or mapping.required or mapping.default is not None)


# each stage may rely on what the stages before have found right
_STAGES: tuple[tuple[Callable[[TableMap], Iterator[Finding]], ...], ...] = (
    (_name, _tables),
    (_known_columns, _lookups, _conditions),
    (_company, _twice, _keys, _flows, _value_maps, _types, _writable, _mandatory),
)
