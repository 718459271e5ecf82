"""Begin the runs of invoice schedules that are due, and send a command for each.

What is due is looked up when the tick happens, so a run that was missed while nothing ran is caught up, and bills what
is ready then. The schedules say that their run has begun, by version, before its command goes out: a tick that dies, or
a second one at the same time, sends the same command, which makes the same drafts.

Project Operations documentation, configure-automated-invoice-creation, describes one daily job.
"""

from datetime import datetime
from itertools import batched

from domain.commands import CreateProforma
from domain.errors import ChangedMeanwhile
from domain.invoice_schedule import DueSchedule
from domain.outcome import Action, Outcome
from domain.ports import CommandSender, RowStore
from domain.saving import ROUNDS_MAX
from domain.schedule_runs import begin, run_commands
from domain.workflows.schedule_rows import due_groups, read_group, write

# groups whose commands go out together
GROUPS_AT_ONCE = 32
STAGE = "create-scheduled-proformas"


def create_scheduled_proformas(store: RowStore, sender: CommandSender, now: datetime) -> Outcome:
    """Send a command for every run that is due, also for those that have begun and not come to their end.

    Returns:
        How many commands were sent. The commands themselves write on the schedules how their runs ended.

    Bounds: the cost grows with the schedules that are due, never with those that have run or are planned for later.
    """
    sent = 0
    for groups in batched(due_groups(store, now.date()), GROUPS_AT_ONCE, strict=False):
        commands = [command for group in groups for command in _begin(store, group, now)]
        sender.send(commands)
        sent += len(commands)
    return Outcome(Action.INVOICING_SCHEDULED if sent else Action.NOTHING_TO_DO, STAGE, {"commands": sent})


def _begin(store: RowStore, group: list[DueSchedule], now: datetime) -> list[CreateProforma]:
    """Begin the run of a group; nothing when others keep changing its schedules, the next tick looks again."""
    for _ in range(ROUNDS_MAX):
        planned = read_group(store, group)
        if not planned:
            return []
        begun = begin([schedule for _, schedule in planned], now)
        try:
            write(store, group[0].contract, planned, begun)
        except ChangedMeanwhile:
            # another tick begins it as well, or somebody plans it anew: look again
            continue
        return run_commands(begun)
    return []
