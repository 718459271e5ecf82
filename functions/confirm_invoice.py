"""Queue confirm-invoice: one draft to confirm."""

import azure.functions as func

from domain.commands import ConfirmInvoice
from functions.invocation import run_command

blueprint = func.Blueprint()


@blueprint.function_name("confirm_invoice")
@blueprint.queue_trigger(arg_name="message", queue_name="%CONFIRM_INVOICE_QUEUE%", connection="INVOICING_STORAGE")
def confirm_invoice(message: func.QueueMessage) -> None:
    """Decode, do, log."""
    run_command(message, ConfirmInvoice)
