"""The functions that the real worker finds are those that the map of triggers promises."""

import json
import re

import functions
from domain.commands import COMMANDS
from functions.storage.ensure import POISON_SUFFIX
from tests.e2e.conftest import REPOSITORY
from tools.devhost.functions import Function, TimerTrigger
from tools.devhost.host import DevHost

ROW = re.compile(r"^\| `(?P<name>[^`]+)` \| (?P<trigger>[^|]+?) \|", re.MULTILINE)
ALL_POISON_QUEUES = ("record_dead_letter_<queue>", "every `<queue>-poison`")


def promised() -> dict[str, str]:
    """Function name: its trigger, as the docstring of `functions` has it, with the names of the settings filled in."""
    rows = dict(ROW.findall(functions.__doc__ or ""))
    assert rows.pop(ALL_POISON_QUEUES[0]) == ALL_POISON_QUEUES[1]
    settings = json.loads((REPOSITORY / "local.settings.json").read_text())["Values"]
    rows = {name: re.sub(r"(?<=^timer )\w+", lambda found: settings[found[0]], text) for name, text in rows.items()}
    queues = {command.name for command in COMMANDS}
    letters = {f"record_dead_letter_{name.replace('-', '_')}": f"queue {name}{POISON_SUFFIX}" for name in queues}
    return rows | letters


def trigger_of(function: Function) -> str:
    if isinstance(function.trigger, TimerTrigger):
        return f"timer {function.trigger.expression}"
    return f"queue {function.trigger.queue}"


def test_the_worker_finds_what_the_map_of_triggers_says(host: DevHost) -> None:
    assert {function.name: trigger_of(function) for function in host.functions} == promised()


def test_none_is_switched_off(host: DevHost) -> None:
    assert [function.name for function in host.functions if function.disabled] == []
