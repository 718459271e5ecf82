"""Every poison queue: what the host gave up on is kept for good, with its reason."""

import azure.functions as func

from domain.commands import COMMANDS, Command
from functions.poison_messages import record_poison
from functions.setting_list import queue_setting
from functions.telemetry import log_outcome
from functions.wiring import wiring

blueprint = func.Blueprint()


def _register(kind: type[Command]) -> None:
    name = f"record_dead_letter_{kind.name.replace('-', '_')}"
    queue = f"%{queue_setting(kind.name)}%-poison"

    @blueprint.function_name(name)
    @blueprint.queue_trigger(arg_name="message", queue_name=queue, connection="INVOICING_STORAGE")
    def record_dead_letter(message: func.QueueMessage) -> None:
        outcome = record_poison(wiring(), kind, message.get_body())
        log_outcome(outcome, correlation=outcome.correlation or outcome.document)


for _kind in COMMANDS:
    _register(_kind)
