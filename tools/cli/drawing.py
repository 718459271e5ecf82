"""Views on the console. Everything that is printed goes through here or through `desk.console`."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from domain.workflows.load_rows import FileReport, RowProblem
from tools.cli.backlog_view import ItemView
from tools.cli.status_view import State, StatusView
from tools.cli.table_view import TableView

STATE_STYLES = {State.DONE: "green", State.WAITS: "yellow", State.LATER: "dim", State.NONE: "dim"}
# bad rows that are drawn; the rest is counted
PROBLEMS_DRAWN_MAX = 50


def grid(title: str, *columns: str, right: Sequence[str] = ()) -> Grid:
    """Begin a table; the columns named in `right` are numbers."""
    table = Grid(title=escape(title) or None, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def say(console: Console, text: str, style: str = "") -> None:
    """Print one line as it is, without looking for mark-up in it."""
    console.print(text, style=style, markup=False, highlight=False)


def say_whole(console: Console, text: str) -> None:
    """Print a text that somebody may want to copy: no line of it is broken."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def draw_rows(console: Console, table: Grid, rows: Iterable[Sequence[object]]) -> None:
    """Fill a table and print it."""
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    console.print(table, highlight=False)


def draw_json(console: Console, view: object) -> None:
    """Print a view, or several, as JSON."""
    content = asdict(view) if is_dataclass(view) and not isinstance(view, type) else view
    console.out(json.dumps(content, indent=2, default=_json_of, ensure_ascii=False), highlight=False)


def _json_of(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def draw_reports(console: Console, reports: Sequence[FileReport]) -> None:
    """Print what became of each file, and every bad row."""
    numbers = ("rows", "new", "updated", "already there", "bad", "sync commands")
    rows = (
        (each.file, each.table.value, each.rows, each.inserted, each.updated, each.already, each.bad, each.commands)
        for each in reports
    )
    draw_rows(console, grid("", "file", "table", *numbers, right=numbers), rows)
    for each in reports:
        if each.custom:
            names = ", ".join(f"{name} ({count})" for name, count in sorted(each.custom.items()))
            say(console, f"{each.file}: custom columns left out: {names}", "dim")
        for note in each.notes:
            say(console, f"{each.file}: {note}", "yellow")


def draw_row_problems(console: Console, problems: Sequence[RowProblem]) -> None:
    """Print bad rows with file, place, column and what to do."""
    rows = ((each.file, each.place, each.field, each.problem.sentence, each.problem.code.value) for each in problems)
    table = grid("Rows that were not loaded", "file", "place", "column", "what is wrong", "reason")
    draw_rows(console, table, list(rows)[:PROBLEMS_DRAWN_MAX])
    if len(problems) > PROBLEMS_DRAWN_MAX:
        say(console, f"... and {len(problems) - PROBLEMS_DRAWN_MAX} more", "dim")


def draw_backlog(console: Console, title: str, items: Sequence[ItemView]) -> None:
    """Print a backlog."""
    rows = ((each.dated, each.kind, each.text, each.amount, each.state, each.item) for each in items)
    draw_rows(console, grid(title, "date", "kind", "what", "amount", "state", "item", right=("amount",)), rows)


def draw_status(console: Console, view: StatusView) -> None:
    """Print where an invoice is."""
    say(console, f"{view.number}  {view.name}  {view.amount}  {view.status}", "bold")
    say(console, f"id {view.invoice}, correlation {view.correlation}", "dim")
    table = grid("", "stage", "state", "count", "since (UTC)", "what", "waits for", right=("count",))
    for stage in view.stages:
        style = STATE_STYLES[stage.state]
        cells = (stage.count, time_text(stage.at), stage.what, stage.waits_for)
        table.add_row(stage.name, f"[{style}]{stage.state.value}[/]", *(escape(cell) for cell in cells))
    console.print(table, highlight=False)
    if view.timeline:
        events = (
            (time_text(each.at), each.what, each.effect, each.cause, time_text(each.requested_at), each.correlation)
            for each in view.timeline
        )
        columns = ("when (UTC)", "what", "effect", "because of", "asked for (UTC)", "correlation")
        draw_rows(console, grid("Timeline", *columns), events)
    if view.problems:
        rows = ((each.stage, each.code, each.sentence, time_text(each.since)) for each in view.problems)
        draw_rows(console, grid("Open problems", "stage", "reason", "what to do", "since (UTC)"), rows)


def draw_table(console: Console, view: TableView) -> None:
    """Print rows of a table."""
    draw_rows(console, grid(view.table, *view.columns), view.rows)
    if view.is_cut:
        say(console, f"only the first {len(view.rows)} rows; --limit shows more", "dim")
    if view.hidden:
        say(console, f"not shown: {', '.join(view.hidden)} (--columns all)", "dim")


def time_text(at: datetime | None) -> str:
    """Write an instant as people read it, in UTC; nothing for None."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"
