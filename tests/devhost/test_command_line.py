"""The commands as a person types them."""

import base64
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from azure.storage.queue import QueueClient

from tests.devhost.shop import ORDERS
from tools.devhost.azurite import REPOSITORY, Azurite

STUCK = ORDERS.parent / "stuck"
SECONDS_MAX = 20
DEADLINE_SECONDS = 60


@contextmanager
def devhost(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.devhost", *arguments],
        cwd=REPOSITORY,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # reading its output blocks: a host that says nothing more is ended, and the test tells what it has waited for
    deadline = threading.Timer(DEADLINE_SECONDS, process.kill)
    deadline.start()
    with process:
        try:
            yield process
        finally:
            deadline.cancel()
            process.kill()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Read lines up to one that holds the text."""
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(f"the output ended without '{text}'")


def test_index_prints_each_function_with_its_queue_or_schedule() -> None:
    with devhost("index", "--app", str(ORDERS)) as process:
        output, _ = process.communicate(timeout=SECONDS_MAX)
    lines = [line.split("  ") for line in output.splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert process.returncode == 0
    assert cells[0] == ["FUNCTION", "TRIGGER", "QUEUE OR SCHEDULE", "NEXT (UTC)"]
    assert ["take_poisoned", "queue", "orders-poison"] in cells
    assert [cell[:3] for cell in cells if cell[0] == "tick"] == [["tick", "timer", "0 */5 * * * *"]]


@pytest.mark.parametrize("command", ["index", "run"])
def test_a_bad_app_is_one_line_and_exit_code_1(command: str, tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text("import no_such_module\n")
    with devhost(command, "--app", str(tmp_path)) as process:
        output, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 1
    assert output.startswith(f"error: {tmp_path} cannot be indexed: ModuleNotFoundError")
    assert output.count("\n") == 1


def test_run_listens_until_it_is_asked_to_stop_and_leaves_nothing_behind(azurite: Azurite) -> None:
    name = f"q{uuid.uuid4().hex[:12]}"
    settings = {"ORDERS_QUEUE": name, "RELAY_QUEUE": f"{name}-relay", "TICK": "0 0 0 31 2 *"}
    arguments = ("run", "--app", str(ORDERS), "--storage", azurite.connection_string, "--create-queues")
    with devhost(*arguments, **settings) as process:
        read_until(process, "6 functions of")
        queue = QueueClient.from_connection_string(azurite.connection_string, name)
        queue.send_message(base64.b64encode(b"bad order").decode())
        assert "ValueError: cannot take bad order" in read_until(process, "moved to")
        process.send_signal(signal.SIGTERM)
        read_until(process, "SIGTERM: no new messages")
        read_until(process, "devhost: stopped")
        assert process.wait(SECONDS_MAX) == 0
    assert queue.get_queue_properties().approximate_message_count == 0


def test_a_function_beyond_its_time_ends_the_process_with_an_error() -> None:
    with devhost("run", "--app", str(STUCK), "--azurite") as process:
        read_until(process, "function wait_for_ever (timer startup) has exceeded functionTimeout 0:00:01")
        read_until(process, "abandoned after")
        assert process.wait(SECONDS_MAX) == 1
