"""Queue post-journal: one integration journal to post; the timer finds those of companies that post in batch."""

import azure.functions as func

from domain.commands import PostJournal
from domain.pending_work import WorkKind
from domain.workflows.post_pending import post_pending
from functions.invocation import run_command
from functions.telemetry import log_outcome, log_tick
from functions.wiring import wiring

blueprint = func.Blueprint()


@blueprint.function_name("post_journal")
@blueprint.queue_trigger(arg_name="message", queue_name="%POST_JOURNAL_QUEUE%", connection="INVOICING_STORAGE")
def post_journal(message: func.QueueMessage) -> None:
    """Decode, do, log."""
    run_command(message, PostJournal)


@blueprint.function_name("post_pending_journals")
@blueprint.timer_trigger(arg_name="timer", schedule="%POST_JOURNAL_SCHEDULE%", run_on_startup=False, use_monitor=True)
def post_pending_journals(timer: func.TimerRequest) -> None:
    """Send a command for each unposted integration journal of a company that posts in batch."""
    log_tick("post_pending_journals", timer)
    app = wiring()
    most = app.settings.postings_per_tick_max
    outcome = post_pending(app.store, app.sender, WorkKind.POST_JOURNAL, app.clock.now(), most=most)
    log_outcome(outcome, correlation=outcome.document)
