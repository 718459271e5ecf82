"""The timer that empties the poison queues of what their own triggers can't read."""

import azure.functions as func

from domain.workflows.sweep_poison_queues import sweep_poison_queues as work
from functions.poison_messages import record_poison_text
from functions.telemetry import log_pieces, log_tick
from functions.wiring import wiring

blueprint = func.Blueprint()


@blueprint.function_name("sweep_poison_queues")
@blueprint.timer_trigger(
    arg_name="timer", schedule="%SWEEP_POISON_QUEUES_SCHEDULE%", run_on_startup=False, use_monitor=True
)
def sweep_poison_queues(timer: func.TimerRequest) -> None:
    """Record, delete, log; bounded."""
    log_tick("sweep_poison_queues", timer)
    app = wiring()
    log_pieces(work(app.poison, lambda kind, message: record_poison_text(app, kind, message.text)))
