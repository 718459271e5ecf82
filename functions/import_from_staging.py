"""The periodic process Import from staging, and the queue that imports one proposal at once."""

import azure.functions as func

from domain.commands import ImportProposal
from domain.workflows.import_from_staging import import_from_staging as work
from functions.invocation import run_command
from functions.telemetry import log_pieces, log_tick
from functions.wiring import wiring

blueprint = func.Blueprint()


@blueprint.function_name("import_from_staging")
@blueprint.timer_trigger(
    arg_name="timer", schedule="%IMPORT_FROM_STAGING_SCHEDULE%", run_on_startup=False, use_monitor=True
)
def import_from_staging(timer: func.TimerRequest) -> None:
    """Import what is ready, bounded; what is left waits for the next tick."""
    log_tick("import_from_staging", timer)
    app = wiring()
    most = app.settings.import_proposals_inline_max
    log_pieces(work(app.store, app.sender, app.clock.now(), proposals_inline_max=most))


@blueprint.function_name("import_proposal")
@blueprint.queue_trigger(arg_name="message", queue_name="%IMPORT_PROPOSAL_QUEUE%", connection="INVOICING_STORAGE")
def import_proposal(message: func.QueueMessage) -> None:
    """Decode, do, log."""
    run_command(message, ImportProposal)
