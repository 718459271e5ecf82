"""The real function app over the emulator: its wiring is built anew, from settings that point there."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import azure.functions as func
import pytest
from azure.functions.queue import QueueMessage

from domain.commands import Command
from domain.dead_letters import DeadLetter, letter_id
from domain.rows import RowKey
from domain.tables import Table
from function_app import build_app
from functions.messages import encode
from functions.storage.clients import queue_service, table_service
from functions.storage.ensure import ensure_storage
from functions.wiring import Wiring, wiring
from tools.devhost.azurite import Azurite

SETTINGS = Path(__file__).resolve().parents[2] / "local.settings.json"
type Deliver = Callable[..., None]


def message(body: bytes | str | Command, *, deliveries: int = 1) -> QueueMessage:
    """A message as the worker makes it."""
    text = encode(body) if isinstance(body, Command) else body
    return QueueMessage(id="1", body=text.encode() if isinstance(text, str) else text, dequeue_count=deliveries)


@pytest.fixture(scope="session")
def app(azurite: Azurite) -> Iterator[Wiring]:
    wiring.cache_clear()
    # settings are read once, when the wiring is built; no other test sees them
    with pytest.MonkeyPatch.context() as patch:
        for name, value in json.loads(SETTINGS.read_text())["Values"].items():
            patch.setenv(name, value)
        patch.setenv("INVOICING_STORAGE", azurite.connection_string)
        built = wiring()
    with table_service(built.settings.storage) as tables, queue_service(built.settings.storage) as queues:
        ensure_storage(tables, queues, built.settings.queues.values())
    yield built
    wiring.cache_clear()


@pytest.fixture(scope="session")
def functions() -> dict[str, func.Function]:
    return {str(each.get_function_name()): each for each in build_app().get_functions()}


def trigger_of(function: func.Function) -> dict[str, object]:
    """The trigger of a function as the host reads it."""
    trigger = function.get_trigger()
    assert trigger is not None
    return dict(trigger.get_dict_repr())


@pytest.fixture
def deliver(app: Wiring, functions: dict[str, func.Function]) -> Deliver:
    """Hand a message to a function of the index, by its name, as the host does."""

    def hand_over(name: str, body: bytes | str | Command, *, deliveries: int = 1) -> None:
        functions[name].get_user_function()(message(body, deliveries=deliveries))

    return hand_over


def find_letter(app: Wiring, queue: str, body: bytes | str | Command) -> DeadLetter | None:
    """Read the dead letter of a body."""
    row = app.store.find(Table.INVOICING_DEAD_LETTERS, RowKey(queue, letter_id(queue, message(body).get_body())))
    return None if row is None else DeadLetter.from_columns(row.columns)
