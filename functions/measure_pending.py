"""The timer that counts what is pending, how long it has been, and what was given up."""

import azure.functions as func

from domain.workflows.measure_pending import measure_pending as work
from functions.metrics import record
from functions.telemetry import log_outcome, log_tick
from functions.wiring import wiring

blueprint = func.Blueprint()


@blueprint.function_name("measure_pending")
@blueprint.timer_trigger(
    arg_name="timer", schedule="%MEASURE_PENDING_SCHEDULE%", run_on_startup=False, use_monitor=True
)
def measure_pending(timer: func.TimerRequest) -> None:
    """Measure, record, log."""
    log_tick("measure_pending", timer)
    app = wiring()
    measured = work(app.store, app.settings.queues, app.clock.now())
    record(measured)
    outcome = measured.outcome
    log_outcome(outcome, correlation=outcome.document)
