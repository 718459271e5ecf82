"""`invoicing show`: the rows of a table, as they stand."""

from collections.abc import Sequence
from difflib import get_close_matches

from domain.tables import Table
from tools.cli.desk import Desk, Sorry
from tools.cli.drawing import draw_json, draw_rows, draw_table, grid, say
from tools.cli.table_view import build_table, find_table, table_groups, unknown_columns


def show(
    desk: Desk, name: str | None, *, partition: str | None, limit: int, columns: Sequence[str], as_json: bool
) -> int:
    """Show rows, or the list of tables."""
    if name is None:
        return _list_tables(desk, as_json)
    table = find_table(name)
    if table is None:
        near = get_close_matches(name, [each.value for each in Table], n=1, cutoff=0.4)
        raise Sorry(
            f"there is no table {name}; {f'did you mean {near[0]}?' if near else '`invoicing show` lists them'}"
        )
    rows = list(desk.browser.rows(table, partition=partition, limit=limit + 1))
    if as_json:
        shown = [{"PartitionKey": row.key.partition, "RowKey": row.key.row, **row.columns} for row in rows[:limit]]
        draw_json(desk.console, [_only(row, columns) for row in shown])
        return 0
    if not rows:
        where = f" in partition {partition}" if partition else ""
        say(desk.console, f"{table.value} has no rows{where} yet.", "yellow")
        return 0
    unknown = unknown_columns(columns, rows)
    if unknown:
        say(desk.console, f"no row has {', '.join(unknown)}; `--columns all` shows every column", "yellow")
    draw_table(desk.console, build_table(table, rows, limit=limit, columns=columns, has_partition=bool(partition)))
    return 0


def _only(row: dict[str, str | int | bool | None], columns: Sequence[str]) -> dict[str, str | int | bool | None]:
    return {name: value for name, value in row.items() if not columns or "all" in columns or name in columns}


def _list_tables(desk: Desk, as_json: bool) -> int:
    groups = table_groups()
    if as_json:
        draw_json(desk.console, dict(groups))
        return 0
    rows = [
        (system if index == 0 else "", name) for system, names in groups.items() for index, name in enumerate(names)
    ]
    draw_rows(desk.console, grid("Tables", "system", "table"), rows)
    say(desk.console, "invoicing show TABLE --partition DOCUMENT --columns A,B", "dim")
    return 0
