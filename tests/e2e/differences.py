"""Two states of all tables, held against each other: what a person has to read when they are not the same."""

from collections.abc import Iterator, Mapping

from domain.rows import Value
from tests.line import Snapshot

type Rows = Mapping[str, Mapping[str, Value]]


def differences(expected: Snapshot, found: Snapshot) -> list[str]:
    """Say what differs, table by table and row by row: a heading for each table, below it a line for each row.

    Returns:
        Nothing when both are the same. `-` a row that is missing, `+` one too many, `~` one whose columns differ, each
        with what was expected and what was found.
    """
    told: list[str] = []
    for table in sorted({*expected, *found}):
        rows = list(_rows(expected.get(table, {}), found.get(table, {})))
        told += [f"{table}: {len(rows)} of {len(expected.get(table, {}))} rows differ", *rows] if rows else []
    return told


def _rows(expected: Rows, found: Rows) -> Iterator[str]:
    for key in sorted({*expected, *found}):
        if key not in found:
            yield f"  - {key}"
        elif key not in expected:
            yield f"  + {key}"
        elif columns := list(_columns(expected[key], found[key])):
            yield f"  ~ {key}: {'; '.join(columns)}"


def _columns(expected: Mapping[str, Value], found: Mapping[str, Value]) -> Iterator[str]:
    for name in sorted({*expected, *found}):
        before, after = _shown(expected, name), _shown(found, name)
        if before != after:
            yield f"{name} {after} instead of {before}"


def _shown(columns: Mapping[str, Value], name: str) -> str:
    # repr tells 1 from "1" and from True, which the storage does too
    return repr(columns[name]) if name in columns else "absent"
