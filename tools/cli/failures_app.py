"""The commands for what stopped and what was given up, with their options and their help."""

from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

from tools.cli.options import Json, desk_of

Queue = Annotated[str | None, typer.Option(help="Only letters of this queue.")]
Reason = Annotated[str | None, typer.Option(help="Only letters with this reason code, or with this digest.")]

stopped = typer.Typer()
failures = typer.Typer(help="Messages that were given up, grouped by reason. Ends with 1 while one waits for a person.")
stopped.add_typer(failures, name="failures", invoke_without_command=True)


@failures.callback()
def list_failures(
    ctx: typer.Context,
    queue: Queue = None,
    reason: Reason = None,
    settled: Annotated[bool, typer.Option("--settled", help="Also those with a replay that is done.")] = False,
    as_json: Json = False,
) -> None:
    """Messages that were given up, grouped by reason. Ends with 1 while one waits for a person."""
    from tools.cli.failures import failures as run

    if ctx.invoked_subcommand is None:
        raise typer.Exit(run(desk_of(ctx), queue=queue, reason=reason, with_settled=settled, as_json=as_json))


@failures.command("show")
def show_failure(
    ctx: typer.Context,
    letter: Annotated[str, typer.Argument(help="Id of the letter, or how it begins.")],
    as_json: Json = False,
) -> None:
    """Show one letter as a whole: why, its body, and what its replays came to."""
    from tools.cli.failures import show_failure as run

    raise typer.Exit(run(desk_of(ctx), letter, as_json=as_json))


@stopped.command()
def replay(
    ctx: typer.Context,
    letter: Annotated[str | None, typer.Argument(help="Id of a letter, or how it begins.")] = None,
    *,
    reason: Reason = None,
    queue: Queue = None,
    everything: Annotated[bool, typer.Option("--all", help="All letters that wait for a person.")] = False,
    body: Annotated[
        Path | None,
        typer.Option(help="A corrected body for one letter; it is checked first.", exists=True, dir_okay=False),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who replays.", show_default="who is signed in here")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent.")] = False,
) -> None:
    """Send letters again to the queue that they come from. What is done already is left alone."""
    from tools.cli.replay import replay_letters as run

    raise typer.Exit(
        run(
            desk_of(ctx),
            letter,
            reason=reason,
            queue=queue,
            all_letters=everything,
            body=body,
            by=by or getuser(),
            dry_run=dry_run,
        )
    )


@stopped.command()
def problems(
    ctx: typer.Context,
    company: Annotated[str | None, typer.Option(help="Only this legal entity, as usmf.")] = None,
    code: Annotated[str | None, typer.Option(help="Only this reason code.")] = None,
    document: Annotated[str | None, typer.Option(help="Only this document: its number or its id.")] = None,
    as_json: Json = False,
) -> None:
    """Tell what stopped for a business reason, the oldest first. Ends with 1 while a problem is open."""
    from tools.cli.problems import problems as run

    raise typer.Exit(run(desk_of(ctx), company=company, code=code, document=document, as_json=as_json))
