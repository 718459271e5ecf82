"""The commands that look at integration journals and change them, with their options and their help."""

from typing import Annotated

import typer

from tools.cli.options import desk_of

journals = typer.Typer(no_args_is_help=True, help="Look at integration journals, and work on what is not posted.")
JournalId = Annotated[str, typer.Argument(help="Id of the integration journal, or how it begins.")]
Numbers = Annotated[list[int], typer.Argument(help="Numbers of lines.", min=1)]


@journals.command("list")
def list_journals(
    ctx: typer.Context,
    company: Annotated[str | None, typer.Option(help="Only this legal entity, as usmf.")] = None,
    status: Annotated[str | None, typer.Option(help="Only this status: Draft, Processing, Error, Posted.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Journals at most.")] = 50,
) -> None:
    """List integration journals with their status and what to do next."""
    from tools.cli.journals import list_journals as run

    raise typer.Exit(run(desk_of(ctx), company=company, status=status, limit=limit))


@journals.command("show")
def show_journal(ctx: typer.Context, journal: JournalId) -> None:
    """Show the lines of an integration journal. Ends with 1 while it waits for a person."""
    from tools.cli.journals import show_journal as run

    raise typer.Exit(run(desk_of(ctx), journal))


@journals.command("delete-line")
def delete_line(ctx: typer.Context, journal: JournalId, numbers: Numbers) -> None:
    """Delete lines that are not posted; their actuals come back with the next import."""
    from tools.cli.journals import delete_lines as run

    raise typer.Exit(run(desk_of(ctx), journal, numbers))


@journals.command("edit-line")
def edit_line(
    ctx: typer.Context,
    journal: JournalId,
    numbers: Numbers,
    field: Annotated[
        list[str], typer.Option("--set", help="A field with its new value, as 'billing sales tax group=EXEMPT'.")
    ],
) -> None:
    """Edit lines that are not posted: billing sales tax group, billing item sales tax group, dimensions."""
    from tools.cli.journals import edit_lines as run

    raise typer.Exit(run(desk_of(ctx), journal, numbers, field))


@journals.command("update-to-draft")
def update_to_draft(ctx: typer.Context, journal: JournalId) -> None:
    """Take status Error from a journal and its lines, when the cause is mended, so that it is posted again."""
    from tools.cli.journals import to_draft as run

    raise typer.Exit(run(desk_of(ctx), journal))


@journals.command("post")
def post_one(
    ctx: typer.Context,
    journal: JournalId,
    in_batch: Annotated[bool, typer.Option("--batch", help="Do not wait: more than 100 lines need it.")] = False,
) -> None:
    """Post one journal, and tell at once what became of it."""
    from tools.cli.journals import post as run

    raise typer.Exit(run(desk_of(ctx), journal, in_batch=in_batch))
