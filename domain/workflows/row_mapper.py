"""Map stored rows by a table map, with what they look up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from domain.errors import Problem
from domain.ports import RowStore
from domain.rows import Columns, RowKey, StoredRow
from domain.saving import read_keys
from domain.table_map import apply, lookup_columns, needed_lookups, passes, target_key
from domain.table_map_definition import LookupKey, TableMap


class MappedRow(NamedTuple):
    """What a map makes of a row."""

    source: RowKey
    target: RowKey
    columns: Columns


@dataclass(slots=True)
class RowMapper:
    """Maps rows for the length of one command; each row that is looked up is read once."""

    store: RowStore
    table_map: TableMap
    lookups: dict[LookupKey, Columns | None] = field(default_factory=dict)

    def map_rows(self, rows: Iterable[StoredRow]) -> tuple[list[MappedRow], list[Problem]]:
        """Map the rows that pass the filter; one that cannot be mapped gives a problem."""
        passing = [row for row in rows if passes(self.table_map, row.columns)]
        self._look_up(passing)
        mapped: list[MappedRow] = []
        problems: list[Problem] = []
        for row in passing:
            result = apply(self.table_map, row.columns, self.lookups)
            if isinstance(result, Problem):
                problems.append(result)
            else:
                mapped.append(MappedRow(row.key, target_key(self.table_map, row), result))
        return mapped, problems

    def _look_up(self, rows: Sequence[StoredRow]) -> None:
        """Read what the rows look up and was not read before, hop by hop."""
        columns = lookup_columns(self.table_map)
        while wanted := {key for row in rows for key in needed_lookups(self.table_map, row.columns, self.lookups)}:
            for table, keys in groupby(sorted(wanted), key=lambda key: key.table):
                asked = [key.key for key in keys]
                found = read_keys(self.store, table, asked, columns[table])
                self.lookups |= {LookupKey(table, key): found[key].columns if key in found else None for key in asked}
