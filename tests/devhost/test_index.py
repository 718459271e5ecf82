"""What is refused before the first message, and how clearly."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.devhost.shop import ORDERS
from tools.devhost.errors import AppError, HostError
from tools.devhost.functions import QueueTrigger, TimerTrigger
from tools.devhost.loader import loaded

HEAD = """
import azure.functions as func
app = func.FunctionApp()
"""
QUEUE = '@app.queue_trigger(arg_name="message", queue_name="q", connection="AzureWebJobsStorage")\n'
GOOD = HEAD + QUEUE + "def take(message: func.QueueMessage) -> None: ...\n"

type WriteApp = Callable[[str], Path]


@pytest.fixture
def write_app(tmp_path: Path) -> WriteApp:
    def write(source: str) -> Path:
        (tmp_path / "function_app.py").write_text(source)
        (tmp_path / "local.settings.json").write_text(
            '{"Values": {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}}'
        )
        return tmp_path

    return write


def test_the_functions_of_an_app_are_known_with_their_triggers() -> None:
    with loaded(ORDERS, overrides={"AzureWebJobs.tick.Disabled": "true"}) as app:
        functions = {one.name: one for one in app.functions}
    assert list(functions) == ["take_order", "take_poisoned", "relay", "tick", "warm_up", "insist"]
    trigger = functions["take_poisoned"].trigger
    assert isinstance(trigger, QueueTrigger)
    assert (trigger.queue, trigger.connection) == ("orders-poison", "UseDevelopmentStorage=true")
    timer = functions["tick"].trigger
    assert isinstance(timer, TimerTrigger)
    assert (timer.expression, timer.run_on_startup, timer.use_monitor) == ("0 */5 * * * *", False, True)
    assert [one.name for one in app.functions if one.disabled] == ["tick"]
    retry = functions["insist"].retry
    assert retry is not None
    assert (retry.count_max, str(retry.delay)) == (2, "0:00:07")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (HEAD, "the app has no functions"),
        ("x = 1\n", "function app instances"),
        (HEAD + "def broken(:\n", r"SyntaxError.*function_app.py, line 4"),
        (HEAD + "import no_such_module\n", r"No module named 'no_such_module' \(function_app.py, line 4\)$"),
        (HEAD + "1 / 0\n", r"ZeroDivisionError.*\(function_app.py, line 4\)"),
        (HEAD + QUEUE + "def take(other: func.QueueMessage) -> None: ...\n", "the take function"),
        (HEAD + QUEUE + "def take(message: func.TimerRequest) -> None: ...\n", "the take function"),
        (GOOD + QUEUE + "def take(message: func.QueueMessage) -> None: ...\n", "Function take does not have a unique"),
        (
            HEAD + QUEUE.replace('"q"', '"%MISSING_QUEUE%"') + "def take(message: func.QueueMessage) -> None: ...\n",
            "function take: its queue '%MISSING_QUEUE%' needs the setting MISSING_QUEUE",
        ),
        (
            HEAD + QUEUE.replace("AzureWebJobsStorage", "ELSEWHERE") + "def take(message: func.QueueMessage): ...\n",
            "function take: connection ELSEWHERE is neither",
        ),
        (
            HEAD + '@app.timer_trigger(arg_name="timer", schedule="0 0 25 * * *")\n'
            "def tick(timer: func.TimerRequest): ...\n",
            r"function tick: the schedule '0 0 25 \* \* \*' is not valid: '25' is not valid for the hours",
        ),
        (
            HEAD + '@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:01")\n'
            f"{QUEUE}def take(message: func.QueueMessage): ...\n",
            "function take: the host does not apply @retry to a queue trigger",
        ),
        (
            HEAD + '@app.route("hello")\ndef hello(req: func.HttpRequest) -> str: ...\n',
            "function hello: this host runs queue and timer triggers, not httpTrigger",
        ),
        (
            HEAD + QUEUE + '@app.blob_output(arg_name="blob", path="a/b", connection="AzureWebJobsStorage")\n'
            "def take(message: func.QueueMessage, blob: func.Out[str]): ...\n",
            "function take: this host runs queue outputs, not blob bindings",
        ),
    ],
    ids=lambda value: None if "\n" in value else value[:40],
)
def test_a_bad_app_is_refused_in_one_clear_line(write_app: WriteApp, source: str, complaint: str) -> None:
    with pytest.raises(AppError, match=complaint) as refused, loaded(write_app(source)):
        pass
    assert "\n" not in str(refused.value)
    assert "sys.path" not in str(refused.value)


def test_a_folder_without_an_app_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AppError, match=r"no function_app\.py"), loaded(tmp_path):
        pass
    with pytest.raises(AppError, match="is no folder"), loaded(tmp_path / "nowhere"):
        pass


def test_one_app_after_another_can_be_indexed_in_one_process(write_app: WriteApp) -> None:
    for name in ("first", "second", "first"):
        app = write_app(HEAD + QUEUE + f"def {name}(message: func.QueueMessage): ...\n")
        with loaded(app) as running:
            assert [one.name for one in running.functions] == [name]


def test_a_second_app_at_the_same_time_is_refused(write_app: WriteApp) -> None:
    app = write_app(GOOD)
    with loaded(app), pytest.raises(HostError, match="stop it first"), loaded(app):
        pass


def test_the_process_is_given_back_as_it_was(write_app: WriteApp) -> None:
    app = write_app("import rules_of_the_app\n" + GOOD)
    (app / "rules_of_the_app.py").write_text("")
    mine = ModuleType("rules_of_the_app")
    mine.__file__ = str(app / "rules_of_the_app.py")
    sys.modules["rules_of_the_app"] = mine
    another_app = sys.modules.setdefault("function_app", ModuleType("function_app"))
    before, path = dict(os.environ), list(sys.path)
    try:
        with loaded(app, overrides={"ONLY_INSIDE": "1"}):
            assert sys.modules["rules_of_the_app"] is not mine
            assert sys.modules["function_app"] is not another_app
            assert os.environ["ONLY_INSIDE"] == "1"
        assert sys.modules["rules_of_the_app"] is mine
    finally:
        del sys.modules["rules_of_the_app"]
    assert (dict(os.environ), sys.path) == (before, path)
    assert sys.modules.pop("function_app") is another_app
