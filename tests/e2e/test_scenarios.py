"""A few of the scenarios, played over the real host and the emulator: they end there as they do in memory."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from domain.commands import Command
from domain.rows import StoredRow
from domain.tables import Table
from functions.storage.clients import lean_store
from functions.storage.lean_tables import LeanRowStore
from tests.e2e.account import Account
from tests.e2e.conftest import AT_ONCE, REPOSITORY
from tests.e2e.hosted_line import SentOn
from tests.fakes.frozen_clock import FrozenClock
from tests.line import START
from tools.devhost.host import DevHost
from tools.scenarios.compare import play
from tools.scenarios.document import read_scenario
from tools.scenarios.runner import SAMPLES
from tools.scenarios.world import World

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
CHOSEN = (
    "G08 invoice confirmed without edits.md",
    "G18 milestone with VAT.md",
    "G19 fixed exchange rate.md",
    "accounting/G11 credit note of a partial credit.md",
    "confirmation/retainer partly applied.md",
    "discount and fee/credited in part and in full.md",
)


@pytest.fixture(scope="module")
def host(account: Account, output: list[str]) -> Iterator[DevHost]:
    """A host that remembers nothing of the set-up of the scenario before."""
    settings = {**AT_ONCE, "SETUP_SECONDS": "0"}
    with DevHost(REPOSITORY, storage=account.connection_string, tell=output.append, settings=settings) as host:
        yield host


class Browsed(LeanRowStore):
    """The store of an account, with all of its rows."""

    def __init__(self, account: Account) -> None:
        lean = lean_store(account.tables)
        super().__init__(lean._client, lean._account)
        self._account_rows = account.rows

    def rows(self, table: Table) -> Sequence[StoredRow]:
        return self._account_rows(table)


class Counted(SentOn):
    """Sends on, and counts, because every command of a scenario is a new wish."""

    def send(self, commands: Sequence[Command], *, delay_seconds: int = 0) -> None:
        super().send(commands, delay_seconds=delay_seconds)
        self.sent += commands


class HostedWorld(World):
    """The world of a scenario whose app is the real one."""

    def __init__(self, account: Account, host: DevHost) -> None:
        self._host = host
        super().__init__(SAMPLES, Browsed(account), Counted(FrozenClock(START), account.sender))

    def deliver(self) -> None:
        self._host.run_until_idle()
        self.learn_invoices()

    def tick(self) -> None:
        self._host.fire_timer("import_from_staging")


@pytest.mark.parametrize("name", CHOSEN)
def test_the_scenario_ends_on_the_host_as_it_says(name: str, account: Account, host: DevHost) -> None:
    account.empty()
    scenario = read_scenario((SCENARIOS / name).read_text(encoding="utf-8"))
    differences = play(scenario, HostedWorld(account, host))
    assert [line for difference in differences for line in difference.lines()] == []
