"""The timer that reconciles accrued revenue for the legal entities that want it in batch."""

import azure.functions as func

from domain.workflows.reconcile_pending_revenue import reconcile_pending_revenue as work
from functions.telemetry import log_pieces, log_tick
from functions.wiring import wiring

blueprint = func.Blueprint()


@blueprint.function_name("reconcile_pending_revenue")
@blueprint.timer_trigger(
    arg_name="timer", schedule="%RECONCILE_REVENUE_SCHEDULE%", run_on_startup=False, use_monitor=True
)
def reconcile_pending_revenue(timer: func.TimerRequest) -> None:
    """Clear what the invoices of late have left in WIP, bounded; what is left waits for the next tick."""
    log_tick("reconcile_pending_revenue", timer)
    app = wiring()
    log_pieces(work(app.store, app.clock.now()))
