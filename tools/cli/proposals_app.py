"""The commands that change proposals before they are posted, with their options and their help."""

from datetime import date
from typing import Annotated

import typer

from tools.cli.options import WAIT_SECONDS_DEFAULT, Wait, date_option, desk_of

proposals = typer.Typer()
Invoice = Annotated[str, typer.Argument(help="Number or id of the proforma invoice.")]
Fields = Annotated[list[str], typer.Argument(help="Fields with their new values, as 'sales tax group=EU'.")]


@proposals.command()
def proposal(
    ctx: typer.Context,
    invoice: Invoice,
    invoice_date: Annotated[date | None, date_option("--invoice-date", "Invoice date that the totals are for.")] = None,
) -> None:
    """Show the lines of a proposal, and what its invoice would come to: sales tax, total, due date."""
    from tools.cli.proposals import show as run

    raise typer.Exit(run(desk_of(ctx), invoice, invoice_date=invoice_date))


@proposals.command("edit-proposal")
def edit_proposal(
    ctx: typer.Context,
    invoice: Invoice,
    fields: Fields,
    line: Annotated[list[int] | None, typer.Option("--line", help="Number of a line; none means all.")] = None,
    header: Annotated[bool, typer.Option("--header", help="Edit the header instead.")] = False,
) -> None:
    """Edit sales tax groups of a proposal's lines, or the dimensions of its header, before it is posted."""
    from tools.cli.proposals import edit as run

    raise typer.Exit(run(desk_of(ctx), invoice, lines=line or [], header=header, fields=fields))


@proposals.command("edit-on-account")
def edit_on_account(
    ctx: typer.Context,
    contract: Annotated[str, typer.Argument(help="Number or id of the contract.")],
    milestone: Annotated[str, typer.Argument(help="Description or id of the milestone.")],
    fields: Fields,
) -> None:
    """Edit sales tax groups and dimensions of a milestone, until a proposal has it as a line."""
    from tools.cli.proposals import edit_milestone as run

    raise typer.Exit(run(desk_of(ctx), contract, milestone, fields=fields))


@proposals.command("adjust-accounting")
def adjust_accounting(
    ctx: typer.Context,
    actual: Annotated[str, typer.Argument(help="Id of a posted unbilled sale.")],
    fields: Fields,
    on: Annotated[date | None, date_option("--on", "Accounting date of the voucher.")] = None,
) -> None:
    """Give a posted unbilled sale other dimensions, before a proposal has it as a line."""
    from tools.cli.proposals import adjust as run

    raise typer.Exit(run(desk_of(ctx), actual, fields=fields, on=on))


@proposals.command("delete-lines")
def delete_lines(ctx: typer.Context, invoice: Invoice) -> None:
    """Delete all lines of a proposal; the next Import from staging makes them anew."""
    from tools.cli.proposals import delete as run

    raise typer.Exit(run(desk_of(ctx), invoice))


@proposals.command("import-again")
def import_again(ctx: typer.Context, invoice: Invoice, wait: Wait = WAIT_SECONDS_DEFAULT) -> None:
    """Delete all lines of a proposal and import them with the dimensions and tax groups that stand now."""
    from tools.cli.proposals import import_again as run

    raise typer.Exit(run(desk_of(ctx), invoice, wait=wait))
