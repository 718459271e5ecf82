"""What the commands have in common: how dates are read, options that several have, and the desk of a command."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

import typer

from tools.cli.desk import Desk

WAIT_SECONDS_DEFAULT = 15.0

type Context = typer.Context
Wait = Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for the answer; 0 does not wait.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def day_of(text: str | date) -> date:
    """Read a date as people write it."""
    if isinstance(text, date):
        return text
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 a date has no zone
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date as 2026-08-31") from None


def date_option(name: str, text: str) -> Any:
    """Make an option that takes a date; today when it is not given."""
    return typer.Option(name, help=text, parser=day_of, metavar="DATE", show_default="today")


def desk_of(ctx: typer.Context) -> Desk:
    """Open the desk of a command."""
    opened: Callable[[], Desk] = ctx.obj
    return opened()
