"""The commands that change drafts, with their options and their help."""

from datetime import date
from typing import Annotated

import typer

from tools.cli.options import WAIT_SECONDS_DEFAULT, Wait, date_option, desk_of

drafts = typer.Typer()
Invoice = Annotated[str, typer.Argument(help="Number or id of the proforma invoice.")]
Lines = Annotated[list[str] | None, typer.Option("--line", help="Id of a line detail, or how it begins.")]
CutOff = Annotated[date | None, date_option("--cut-off", "Items dated later stay on the backlog.")]


@drafts.command()
def draft(ctx: typer.Context, invoice: Invoice) -> None:
    """Show the line details of a proforma invoice with their ids."""
    from tools.cli.drafts import show_draft as run

    raise typer.Exit(run(desk_of(ctx), invoice))


@drafts.command()
def edit(
    ctx: typer.Context,
    invoice: Invoice,
    fields: Annotated[list[str], typer.Argument(help="Fields with their new values, as quantity=6.")],
    line: Lines = None,
    everything: Annotated[bool, typer.Option("--all", help="All line details.")] = False,
) -> None:
    """Edit line details of a draft: billing type, quantity, price, tax, descriptions."""
    from tools.cli.drafts import edit as run

    raise typer.Exit(run(desk_of(ctx), invoice, lines=line or [], everything=everything, fields=fields))


@drafts.command("add-line")
def add_line(
    ctx: typer.Context,
    *,
    invoice: Invoice,
    transaction_class: Annotated[str, typer.Argument(help="time, expense, material or fee.", metavar="CLASS")],
    quantity: Annotated[str, typer.Argument(help="How many.")],
    price: Annotated[str, typer.Argument(help="Price of one, in the invoice's currency.")],
    number: Annotated[int, typer.Option("--number", help="Number of the invoice line.")] = 1,
    on: Annotated[date | None, date_option("--on", "Date of the transaction.")] = None,
    category: Annotated[str | None, typer.Option(help="Name of the transaction category, as Fee.")] = None,
    description: Annotated[str | None, typer.Option(help="What the customer reads.")] = None,
) -> None:
    """Add a line detail to a draft that no actual stands behind; confirming makes its actuals."""
    from tools.cli.drafts import add as run

    code = run(
        desk_of(ctx),
        invoice,
        line=number,
        transaction_class=transaction_class,
        quantity=quantity,
        price=price,
        on=on,
        category=category,
        description=description,
    )
    raise typer.Exit(code)


@drafts.command("remove-line")
def remove_line(
    ctx: typer.Context,
    invoice: Invoice,
    lines: Annotated[list[str], typer.Argument(help="Ids of line details, or how they begin.")],
) -> None:
    """Remove line details from a draft; what stands behind them is Ready to invoice again."""
    from tools.cli.drafts import remove as run

    raise typer.Exit(run(desk_of(ctx), invoice, lines))


@drafts.command("delete-draft")
def delete_draft(ctx: typer.Context, invoice: Invoice) -> None:
    """Delete a draft; all that stands on it is Ready to invoice again."""
    from tools.cli.drafts import delete as run

    raise typer.Exit(run(desk_of(ctx), invoice))


@drafts.command()
def review(
    ctx: typer.Context,
    invoice: Invoice,
    back: Annotated[bool, typer.Option("--back", help="Make it a draft again.")] = False,
) -> None:
    """Put a draft in review."""
    from tools.cli.drafts import review as run

    raise typer.Exit(run(desk_of(ctx), invoice, back=back))


@drafts.command()
def refresh(ctx: typer.Context, invoice: Invoice, cut_off: CutOff = None) -> None:
    """Add to a draft what has become ready since."""
    from tools.cli.drafts import refresh as run

    raise typer.Exit(run(desk_of(ctx), invoice, cut_off=cut_off))


@drafts.command()
def retainers(
    ctx: typer.Context, contract: Annotated[str, typer.Argument(help="Number or id of the contract.")]
) -> None:
    """Show the retainers of a contract: what is used, available and reserved by drafts."""
    from tools.cli.retainers import show as run

    raise typer.Exit(run(desk_of(ctx), contract))


@drafts.command()
def refund(
    ctx: typer.Context,
    contract: Annotated[str, typer.Argument(help="Number or id of the contract.")],
    retainer: Annotated[str, typer.Argument(help="Id of the retainer, or how it begins.")],
    on: Annotated[str | None, typer.Option("--on", help="Draft that pays it back; none: the next draft.")] = None,
) -> None:
    """Stage the refund of what is left of a retainer; it is made when the invoice is confirmed."""
    from tools.cli.retainers import refund as run

    raise typer.Exit(run(desk_of(ctx), contract, retainer, draft=on))


@drafts.command()
def revise(
    ctx: typer.Context,
    invoice: Annotated[str, typer.Argument(help="Number or id of the posted invoice.")],
    line: Lines = None,
    into: Annotated[str | None, typer.Option("--into", help="Corrective draft to add to; none: a new one.")] = None,
    wait: Wait = WAIT_SECONDS_DEFAULT,
) -> None:
    """Make a corrective draft of a posted invoice: of the lines that are named, or of all that are left."""
    from tools.cli.revising import revise as run

    raise typer.Exit(run(desk_of(ctx), invoice, lines=line or [], into=into, wait=wait))


@drafts.command("add-to-invoice")
def add_to_invoice(
    ctx: typer.Context,
    contract: Annotated[str, typer.Argument(help="Number or id of the contract.")],
    cut_off: CutOff = None,
) -> None:
    """Add what is ready on a contract to the latest draft of each customer, or make one."""
    from tools.cli.drafts import add_to as run

    raise typer.Exit(run(desk_of(ctx), contract, cut_off=cut_off))


@drafts.command("confirm-many")
def confirm_many(
    ctx: typer.Context,
    invoices: Annotated[list[str], typer.Argument(help="Numbers or ids of drafts, up to 250.")],
    on: Annotated[date | None, date_option("--on", "Accounting date of the billed sales.")] = None,
) -> None:
    """Confirm many drafts; each shows how far it is. There is no way back."""
    from tools.cli.drafts import confirm_all as run

    raise typer.Exit(run(desk_of(ctx), invoices, on=on))
