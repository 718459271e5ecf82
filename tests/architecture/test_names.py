"""Settings, queues and functions carry one name each: in the code, in the settings, in host.json and in the docs."""

import json
import re
from collections.abc import Mapping
from functools import cache

import azure.functions as func
import pytest

from domain.commands import COMMANDS
from functions.setting_list import MESSAGE_ATTEMPTS_MAX, SETTINGS, queue_setting
from tests.architecture.sources import python_sources, text_of

# at the beginning of a text in quotes, so that prose about `%NAME%` does not count
BOUND = re.compile(r"(?<=[\"'])%([A-Z][A-Z0-9_]+)%")
DOCUMENTED = re.compile(r"^\| `([A-Za-z][A-Za-z0-9_]+)`", re.MULTILINE)
# Read by the platform, not by us: the account that the host itself uses, and which worker to start.
PLATFORM = frozenset({"AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME"})
PLATFORM_PREFIXES = ("AzureWebJobs", "AzureFunctions", "FUNCTIONS_", "PYTHON_")
QUEUE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
POISON = "-poison"


def values() -> Mapping[str, str]:
    """The settings of this machine."""
    found: dict[str, str] = json.loads(text_of("local.settings.json"))["Values"]
    return found


def resolved(text: str) -> str:
    """The text with every %NAME% replaced by its value."""
    return re.sub(r"%(\w+)%", lambda match: values()[match.group(1)], text)


def bound_names() -> set[str]:
    """Every %NAME% in the app."""
    sources = (source for source in python_sources() if source.is_under("functions/", "function_app.py"))
    return {name for source in sources for name in BOUND.findall(source.text)}


def known_names() -> set[str]:
    """Every setting that the app reads."""
    return {setting.name for setting in SETTINGS}


def documented_names() -> set[str]:
    """Every setting with a row in docs/settings.md."""
    return set(DOCUMENTED.findall(text_of("docs/settings.md")))


@cache
def index() -> tuple[func.Function, ...]:
    """The functions of the app, as the host is told of them."""
    import function_app

    return tuple(function_app.build_app().get_functions())


def of_triggers(attribute: str) -> dict[str, str]:
    """Function name: what its trigger says of this attribute, for every trigger that has it."""
    told = {str(function.get_function_name()): getattr(function.get_trigger(), attribute, None) for function in index()}
    return {name: text for name, text in told.items() if text}


def queues() -> set[str]:
    """The name of every queue that is read."""
    return {resolved(name) for name in of_triggers("queue_name").values()}


def is_platform(name: str) -> bool:
    """Whether the platform reads this setting, not we."""
    return name.startswith(PLATFORM_PREFIXES)


def test_every_bound_setting_has_a_value_and_is_known() -> None:
    assert bound_names() - set(values()) == set()
    assert bound_names() - known_names() == set()


def test_every_value_is_known_or_the_platforms() -> None:
    assert {name for name in values() if not is_platform(name)} - known_names() == set()
    assert set(values()) >= PLATFORM


def test_every_setting_without_a_default_has_a_value() -> None:
    assert {setting.name for setting in SETTINGS if setting.default is None} - set(values()) == set()


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    assert (set(values()) | known_names()) - documented_names() == set()
    assert {name for name in documented_names() if not is_platform(name)} - known_names() == set()


def test_the_host_gives_up_a_message_when_the_app_says_so() -> None:
    attempts = json.loads(text_of("host.json"))["extensions"]["queues"]["maxDequeueCount"]
    assert str(attempts) == values().get(MESSAGE_ATTEMPTS_MAX.name, MESSAGE_ATTEMPTS_MAX.default)


def test_every_connection_is_a_setting() -> None:
    assert set(of_triggers("connection").values()) - set(values()) == set()


def test_queue_names_are_ones_that_azure_takes_and_so_are_their_poison_queues() -> None:
    names = {name.removesuffix(POISON) for name in queues()}
    assert [name for name in names if not QUEUE_NAME.fullmatch(name + POISON)] == []


def test_every_queue_has_a_reader_of_its_poison_queue() -> None:
    work = {name for name in queues() if not name.endswith(POISON)}
    assert work
    assert {name + POISON for name in work} == queues() - work


def test_every_command_has_a_queue_that_is_read() -> None:
    assert {values()[queue_setting(command.name)] for command in COMMANDS} - queues() == set()


def test_queues_and_schedules_are_settings() -> None:
    bindings = of_triggers("queue_name") | of_triggers("schedule")
    assert {name: text for name, text in bindings.items() if not re.fullmatch(rf"%[A-Z0-9_]+%({POISON})?", text)} == {}


def test_every_module_with_a_trigger_is_in_the_index() -> None:
    registered = {function.get_user_function().__module__ for function in index()}
    sources = [source for source in python_sources() if source.is_under("functions/") and "_trigger(" in source.text]
    assert {source.path for source in sources if source.path[:-3].replace("/", ".") not in registered} == set()


def test_every_function_stands_in_the_architecture() -> None:
    text = text_of("docs/architecture.md")
    names = [function.get_function_name() for function in index()]
    assert names
    assert [name for name in names if f"`{name}`" not in text] == []


@pytest.mark.parametrize(
    ("pattern", "text", "names"),
    [
        (BOUND, 'queue_name="%POST_JOURNAL_QUEUE%"', ["POST_JOURNAL_QUEUE"]),
        (DOCUMENTED, "| setting |\n| `A_B` | what |\n| `A_B__queueServiceUri` | x |", ["A_B", "A_B__queueServiceUri"]),
    ],
)
def test_names_are_recognised(pattern: re.Pattern[str], text: str, names: list[str]) -> None:
    assert pattern.findall(text) == names
