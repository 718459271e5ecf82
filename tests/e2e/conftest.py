"""An emptied account and a loaded host for each module: the tables have fixed names, so nobody can share them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.account import Account
from tools.devhost.azurite import Azurite
from tools.devhost.host import DevHost

REPOSITORY = Path(__file__).resolve().parents[2]
# what is tried again comes at once, so that no test waits for it
AT_ONCE = {"RETRY_FIRST_SECONDS": "0", "RETRY_TRIES_MAX": "5"}


@pytest.fixture(scope="module")
def account(azurite: Azurite) -> Iterator[Account]:
    with Account.open(azurite.connection_string) as account:
        account.empty()
        yield account


@pytest.fixture(scope="module")
def output() -> list[str]:
    """What the host says, line by line."""
    return []


@pytest.fixture(scope="module")
def host(account: Account, output: list[str]) -> Iterator[DevHost]:
    with DevHost(REPOSITORY, storage=account.connection_string, tell=output.append, settings=AT_ONCE) as host:
        yield host
