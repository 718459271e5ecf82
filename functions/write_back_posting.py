"""Queue write-back-posting: what one posting decided, back to the actuals and the proforma."""

import azure.functions as func

from domain.commands import WriteBackPosting
from functions.invocation import run_command

blueprint = func.Blueprint()


@blueprint.function_name("write_back_posting")
@blueprint.queue_trigger(arg_name="message", queue_name="%WRITE_BACK_POSTING_QUEUE%", connection="INVOICING_STORAGE")
def write_back_posting(message: func.QueueMessage) -> None:
    """Decode, do, log."""
    run_command(message, WriteBackPosting)
