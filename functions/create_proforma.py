"""Queue create-proforma: one contract whose due items go on drafts."""

import azure.functions as func

from domain.commands import CreateProforma
from functions.invocation import run_command

blueprint = func.Blueprint()


@blueprint.function_name("create_proforma")
@blueprint.queue_trigger(arg_name="message", queue_name="%CREATE_PROFORMA_QUEUE%", connection="INVOICING_STORAGE")
def create_proforma(message: func.QueueMessage) -> None:
    """Decode, do, log."""
    run_command(message, CreateProforma)
