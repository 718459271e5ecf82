"""The timer that runs invoice schedules: a command for each run that is due."""

import azure.functions as func

from domain.workflows.create_scheduled_proformas import create_scheduled_proformas as work
from functions.telemetry import log_outcome, log_tick
from functions.wiring import wiring

blueprint = func.Blueprint()


@blueprint.function_name("create_scheduled_proformas")
@blueprint.timer_trigger(
    arg_name="timer", schedule="%CREATE_PROFORMA_SCHEDULE%", run_on_startup=False, use_monitor=True
)
def create_scheduled_proformas(timer: func.TimerRequest) -> None:
    """Begin what is due, log; the queue does the rest."""
    log_tick("create_scheduled_proformas", timer)
    app = wiring()
    outcome = work(app.store, app.sender, app.clock.now())
    log_outcome(outcome, correlation=outcome.document)
