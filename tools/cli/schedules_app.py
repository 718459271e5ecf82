"""The commands of invoice schedules and milestone headers, with their options and their help."""

from datetime import date
from typing import Annotated

import typer

from domain.schedule_planning import Frequency
from tools.cli.options import date_option, day_of, desk_of

schedule = typer.Typer(no_args_is_help=True, help="Invoice schedules: when a contract line is invoiced by itself.")
milestone = typer.Typer(no_args_is_help=True, help="Milestone headers: what is billed in parts, or by several.")
Contract = Annotated[str, typer.Argument(help="Number or id of the contract.")]
Header = Annotated[str, typer.Argument(help="Name or id of the milestone header.")]


@schedule.command("list")
def list_schedules(
    ctx: typer.Context,
    contract: Annotated[str | None, typer.Argument(help="Number or id; none shows what is to run.")] = None,
) -> None:
    """Show the schedules of a contract, or of all contracts those that are to run."""
    from tools.cli.schedules import show as run

    raise typer.Exit(run(desk_of(ctx), contract))


@schedule.command()
def generate(
    ctx: typer.Context,
    contract: Contract,
    first: Annotated[date, typer.Option("--from", help="The first run date.", parser=day_of, metavar="DATE")],
    until: Annotated[date, typer.Option("--until", help="No run is later.", parser=day_of, metavar="DATE")],
    *,
    every: Annotated[Frequency, typer.Option("--every", help="How often.")] = Frequency.MONTH,
    line: Annotated[int, typer.Option("--line", help="Number of the contract line.")] = 1,
) -> None:
    """Plan the runs of a contract line; the cut-off of each is the day before."""
    from tools.cli.schedules import generate as run

    raise typer.Exit(run(desk_of(ctx), contract, line=line, first=first, until=until, every=every))


@schedule.command("run")
def run_now(ctx: typer.Context) -> None:
    """Begin every run that is due, as the timer does."""
    from tools.cli.schedules import run_now as run

    raise typer.Exit(run(desk_of(ctx)))


@milestone.command("list")
def list_headers(ctx: typer.Context, contract: Contract) -> None:
    """Show the milestone headers of a contract: what is next, what is invoiced, what is left."""
    from tools.cli.milestones import show as run

    raise typer.Exit(run(desk_of(ctx), contract))


@milestone.command("next")
def next_invoice(
    ctx: typer.Context,
    contract: Contract,
    header: Header,
    wanted: Annotated[str, typer.Argument(help="20%, an amount, or rest.", metavar="HOW-MUCH")],
) -> None:
    """Say how much of a milestone header is billed next."""
    from tools.cli.milestones import next_invoice as run

    raise typer.Exit(run(desk_of(ctx), contract, header, wanted))


@milestone.command()
def ready(
    ctx: typer.Context,
    contract: Contract,
    header: Header,
    on: Annotated[date | None, date_option("--on", "Date of the milestones that are made.")] = None,
) -> None:
    """Split the next part off a milestone header, Ready to invoice."""
    from tools.cli.milestones import ready as run

    raise typer.Exit(run(desk_of(ctx), contract, header, on=on))


@milestone.command()
def split(ctx: typer.Context, contract: Contract, header: Header) -> None:
    """Make a milestone for each customer of a header that is billed as a whole."""
    from tools.cli.milestones import split as run

    raise typer.Exit(run(desk_of(ctx), contract, header))
