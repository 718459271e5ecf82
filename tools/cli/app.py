"""The commands, their options and their help; one sentence for every error, and the exit codes.

0: done. 1: a problem was found, and is told. 2: the command was given wrongly.
"""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from azure.core.exceptions import AzureError
from typer.core import TyperGroup

from domain.errors import BadSettings, InvoicingError, OutcomeUnknown, StoreError
from tools.cli.desk import Desk, NoStorage, Sorry, new_console, open_desk
from tools.cli.drafts_app import drafts
from tools.cli.drawing import say
from tools.cli.failures_app import stopped
from tools.cli.journals_app import journals
from tools.cli.options import WAIT_SECONDS_DEFAULT, Json, Wait, date_option, day_of, desk_of
from tools.cli.proposals_app import proposals
from tools.cli.schedules_app import milestone, schedule

PROBLEM, USAGE = 1, 2


class TellingGroup(TyperGroup):
    """Commands whose errors are one sentence with the way out, never a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what it cannot do ends with 1, what it was not told with 2."""
        try:
            return super().invoke(ctx)
        except (NoStorage, BadSettings) as error:
            _end(str(error), USAGE)
        except (Sorry, InvoicingError, AzureError, OSError) as error:
            _end(sentence_of(error), PROBLEM)


def _end(sentence: str, code: int) -> None:
    say(new_console(), f"error: {sentence}", "red")
    raise typer.Exit(code)


def sentence_of(error: Exception) -> str:
    """Say an error with the way out."""
    if isinstance(error, OutcomeUnknown):
        return f"no clear answer from the storage; is it running, and named rightly? nothing is done twice. {error}"
    if type(error) is StoreError and "does not exist" in str(error):
        return f"{str(error).partition(';')[0]}; run `invoicing init`"
    if isinstance(error, AzureError):
        return f"the storage refuses: {str(error).splitlines()[0]}; check --storage"
    return str(error)


app = typer.Typer(
    name="invoicing",
    cls=TellingGroup,
    help="From the billing backlog to the posted customer invoice and back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

app.add_typer(drafts)
app.add_typer(schedule, name="schedule")
app.add_typer(milestone, name="milestone")
app.add_typer(proposals)
app.add_typer(stopped)
app.add_typer(journals, name="journal")


def main() -> None:
    """Run `invoicing`."""
    app(prog_name="invoicing")


class Posted(StrEnum):
    """What can be posted."""

    JOURNALS = "journals"
    PROPOSALS = "proposals"
    ALL = "all"


@app.callback()
def begin(
    ctx: typer.Context,
    storage: Annotated[
        str | None,
        typer.Option(help="Connection string; else INVOICING_STORAGE, else local.settings.json.", metavar="TEXT"),
    ] = None,
) -> None:
    """From the billing backlog to the posted customer invoice and back."""
    # a test, and the demo, bring their own desk; otherwise storage is opened by the command that needs it
    if not callable(ctx.obj):
        given = ctx.obj
        ctx.obj = (lambda: given) if isinstance(given, Desk) else (lambda: open_desk(storage))


@app.command()
def init(ctx: typer.Context) -> None:
    """Create every table and queue that is missing on the storage."""
    from tools.cli.init import init as run

    run(desk_of(ctx))


@app.command()
def load(
    ctx: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(help="Saved Web API answers and set-up files; folders mean all in them.")
    ],
) -> None:
    """Load rows: good ones stand afterwards, each bad one is named. Loading again changes nothing."""
    from tools.cli.load import load as run

    raise typer.Exit(run(desk_of(ctx), files))


@app.command()
def ready(
    ctx: typer.Context,
    contract: Annotated[str, typer.Argument(help="Number or id of the contract.")],
    up_to: Annotated[date | None, date_option("--up-to", "Items dated later stay open.")] = None,
    item: Annotated[
        list[str] | None, typer.Option("--item", help="Id of an item; none means all that are open.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the backlog.")] = False,
) -> None:
    """Mark items of a contract's billing backlog as Ready to invoice."""
    from tools.cli.ready import ready as run

    raise typer.Exit(run(desk_of(ctx), contract, up_to=up_to, items=item or [], dry_run=dry_run))


@app.command("create-proforma")
def create_proforma(
    ctx: typer.Context,
    contract: Annotated[str, typer.Argument(help="Number or id of the contract.")],
    cut_off: Annotated[date | None, date_option("--cut-off", "Items dated later stay on the backlog.")] = None,
    wait: Wait = WAIT_SECONDS_DEFAULT,
) -> None:
    """Put every item that is ready on a draft proforma invoice, one for each contract customer."""
    from tools.cli.proforma import create_proforma as run

    raise typer.Exit(run(desk_of(ctx), contract, cut_off=cut_off, wait=wait))


@app.command()
def confirm(
    ctx: typer.Context,
    invoice: Annotated[str, typer.Argument(help="Number or id of the proforma invoice.")],
    on: Annotated[date | None, date_option("--on", "Accounting date of the billed sales.")] = None,
    wait: Wait = WAIT_SECONDS_DEFAULT,
) -> None:
    """Confirm a draft: it becomes read-only and goes to finance. There is no way back."""
    from tools.cli.proforma import confirm as run

    raise typer.Exit(run(desk_of(ctx), invoice, on=on, wait=wait))


@app.command()
def post(
    ctx: typer.Context,
    what: Annotated[Posted, typer.Argument(help="What to post.")] = Posted.ALL,
    invoice_date: Annotated[date | None, date_option("--invoice-date", "Date of the customer invoices.")] = None,
    company: Annotated[str | None, typer.Option(help="Only this legal entity, as usmf.")] = None,
) -> None:
    """Post what waits for it: integration journals, and project invoice proposals."""
    from tools.cli.post import post as run

    raise typer.Exit(run(desk_of(ctx), what.value, invoice_date=invoice_date, company=company))


@app.command("due-date")
def due_date(
    ctx: typer.Context,
    invoice: Annotated[str, typer.Argument(help="Number or id of the proforma invoice.")],
    day: Annotated[
        date | None, typer.Option("--day", help="The due date; none: as the terms say.", parser=day_of)
    ] = None,
    invoice_date: Annotated[
        date | None, typer.Option("--invoice-date", help="The invoice date it is meant for.", parser=day_of)
    ] = None,
) -> None:
    """Set the due date of a proposal by hand, or go back to what its terms of payment say."""
    from tools.cli.accounting import due_date as run

    raise typer.Exit(run(desk_of(ctx), invoice, day=day, invoice_date=invoice_date))


@app.command()
def reconcile(
    ctx: typer.Context,
    company: Annotated[str | None, typer.Option(help="Only this legal entity, as usmf.")] = None,
    since: Annotated[
        date | None,
        typer.Option("--since", help="Only what was confirmed, or is dated, from this day on.", parser=day_of),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Send again what can be sent again.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="First make all work indexes anew.")] = False,
) -> None:
    """Tie out what was confirmed with what finance has and what came back. Ends with 1 when it does not tie out."""
    from tools.cli.reconcile import reconcile as run

    raise typer.Exit(run(desk_of(ctx), company=company, since=since, fix=fix, rebuild=rebuild))


@app.command("reconcile-accrued-revenue")
def reconcile_accrued_revenue(
    ctx: typer.Context,
    invoices: Annotated[list[str] | None, typer.Argument(help="Numbers or ids of posted invoices.")] = None,
    since: Annotated[
        date | None, typer.Option("--since", help="Without invoices: those since this day.", parser=day_of)
    ] = None,
    on: Annotated[date | None, date_option("--on", "Accounting date of the correction.")] = None,
    in_batch: Annotated[bool, typer.Option("--batch", help="Post more than 1,000 lines.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what is left in WIP.")] = False,
) -> None:
    """Clear what posted invoices have left in WIP because an accrual was not taken back exactly."""
    from tools.cli.accounting import reconcile as run

    raise typer.Exit(run(desk_of(ctx), invoices or [], since=since, on=on, in_batch=in_batch, dry_run=dry_run))


@app.command()
def status(
    ctx: typer.Context,
    invoice: Annotated[str, typer.Argument(help="Number of the proforma or customer invoice, or the id.")],
    as_json: Json = False,
) -> None:
    """Tell where an invoice is: every stage, and what it waits for. Ends with 1 while it has an open problem."""
    from tools.cli.status import status as run

    raise typer.Exit(run(desk_of(ctx), invoice, as_json=as_json))


@app.command()
def show(
    ctx: typer.Context,
    table: Annotated[str | None, typer.Argument(help="Name of the table; none lists the tables.")] = None,
    partition: Annotated[
        str | None, typer.Option(help="Only this partition: a document, a contract, a company.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Rows at most.")] = 20,
    columns: Annotated[str, typer.Option(help="Names of columns, with commas between; all shows every one.")] = "",
    as_json: Json = False,
) -> None:
    """Show the rows of a table as they stand."""
    from tools.cli.show import show as run

    names = [name.strip() for name in columns.split(",") if name.strip()]
    raise typer.Exit(run(desk_of(ctx), table, partition=partition, limit=limit, columns=names, as_json=as_json))


scenario = typer.Typer(no_args_is_help=True, help="Play documented cases, or your own, over storage in memory.")
app.add_typer(scenario, name="scenario")


@scenario.command("run")
def run_scenario(
    files: Annotated[list[Path], typer.Argument(help="Scenario files; docs/scenarios.md tells how to write one.")],
) -> None:
    """Play scenario files and print every difference. Needs no storage. Ends with 1 when one differs."""
    from tools.cli.scenario import run

    raise typer.Exit(run(files))
