"""What every test stands on: an environment without settings, a clock that stands, storage in memory or emulated."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import settings

from functions.setting_list import SETTINGS
from functions.storage.memory import MemoryQueues, MemoryRowStore
from tests.fakes.frozen_clock import FrozenClock
from tools.devhost.azurite import Azurite

# a developer's shell may hold credentials and settings: no test may see them, and none may depend on them
SCRUBBED = ("AZURE_", "AZUREWEBJOBS", "FUNCTIONS_", "IDENTITY_", "INVOICING_", "MSI_", "PYTHON_")

# the same examples on every machine, and as long as a busy one needs
settings.register_profile("house", derandomize=True, deadline=None, database=None)
settings.load_profile("house")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the proofs have counted: `record_property("proof", (label, {what: how many}))`, summed by label."""
    sums: dict[str, Counter[str]] = {}
    for report in (each for kind in ("passed", "failed") for each in terminalreporter.getreports(kind)):
        for label, counted in (value for name, value in report.user_properties if name == "proof"):
            sums.setdefault(str(label), Counter()).update(counted)
    if sums:
        terminalreporter.section("proofs")
    for label, summed in sorted(sums.items()):
        told = ", ".join(f"{number:,} {what}" for what, number in summed.items())
        terminalreporter.write_line(f"{label}: {told}")


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        names = {setting.name for setting in SETTINGS}
        for name in tuple(os.environ):
            if name in names or name.upper().startswith(SCRUBBED):
                patch.delenv(name)
        # the emulator is on this machine, whatever proxy the shell names
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        patch.setenv("no_proxy", "127.0.0.1,localhost")
        yield


@pytest.fixture(scope="session")
def azurite(clean_environment: None) -> Iterator[Azurite]:
    with Azurite.start() as emulator:
        yield emulator


@pytest.fixture
def frozen_clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def memory_store(frozen_clock: FrozenClock) -> MemoryRowStore:
    return MemoryRowStore(frozen_clock)


@pytest.fixture
def memory_queues(frozen_clock: FrozenClock) -> MemoryQueues:
    return MemoryQueues(frozen_clock)
