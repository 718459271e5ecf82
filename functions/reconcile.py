"""The timer that finds open documents which stopped, sends again what was lost, and names the rest."""

import azure.functions as func

from domain.workflows.reconcile import reconcile as work
from functions.telemetry import log_pieces, log_tick
from functions.wiring import wiring

blueprint = func.Blueprint()


@blueprint.function_name("reconcile")
@blueprint.timer_trigger(arg_name="timer", schedule="%RECONCILE_SCHEDULE%", run_on_startup=False, use_monitor=True)
def reconcile(timer: func.TimerRequest) -> None:
    """Look at the open documents whose time has come, bounded; what is left waits for the next tick."""
    log_tick("reconcile", timer)
    app = wiring()
    log_pieces(work(app.store, app.sender, app.settings.queues.values(), app.clock.now()))
