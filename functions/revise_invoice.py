"""Queue revise-invoice: one posted invoice to correct."""

import azure.functions as func

from domain.commands import ReviseInvoice
from functions.invocation import run_command

blueprint = func.Blueprint()


@blueprint.function_name("revise_invoice")
@blueprint.queue_trigger(arg_name="message", queue_name="%REVISE_INVOICE_QUEUE%", connection="INVOICING_STORAGE")
def revise_invoice(message: func.QueueMessage) -> None:
    """Decode, do, log."""
    run_command(message, ReviseInvoice)
