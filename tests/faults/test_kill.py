"""Two hosts on one storage, and SIGKILL at random moments, until all is through: nobody can tell from the tables.

`KILLS=100` in the environment kills so often instead of a few times.
"""

import os
import random
import sys
from collections.abc import Callable, Iterator

import pytest

from domain.option_sets import ProjectInvoiceStatus
from domain.pending_work import WorkKind
from domain.tables import Table
from domain.workflows.post_pending import read_pending
from tests.e2e.account import Account
from tests.e2e.differences import differences
from tests.e2e.host_process import HostProcess
from tests.e2e.hosted_line import PeoplesLine
from tests.e2e.journey import confirmation, invoices, post
from tests.faults.oracles import assert_through
from tests.line import COHO, CONTRACT_COHO, Line
from tests.workflows.restless import named
from tools.devhost.azurite import Azurite

KILLS = int(os.environ.get("KILLS", "5"))
HOSTS = 2
# lines that a host says before it is killed, at most
LINES_MAX = 12


class Killable(HostProcess):
    """A host that is killed, and started again as another one."""

    def command(self, storage: str) -> list[str]:
        return [sys.executable, "-m", "tests.faults.killable", storage]


class Hosts:
    """Hosts on one storage; one of them is killed whenever its time has come."""

    def __init__(self, storage: str, seed: int) -> None:
        self.storage, self.chance, self.kills = storage, random.Random(seed), 0
        self.running = [Killable(storage) for _ in range(HOSTS)]
        self._fates = [self._fate() for _ in self.running]

    def _fate(self) -> int:
        return self.chance.randint(1, LINES_MAX)

    def wait_for[Found](self, what: str, look: Callable[[], Found]) -> Found:
        """Look until something is found, and kill meanwhile."""
        while True:
            place = self.chance.randrange(HOSTS)
            host = self.running[place]
            fate = self._fates[place]

            def found_or_fated(host: Killable = host, fate: int = fate) -> tuple[Found] | str:
                found = look()
                if found:
                    return (found,)
                return "fated" if self.kills < KILLS and len(host.lines) > fate else ""

            told = host.wait_for(what, found_or_fated)
            if isinstance(told, tuple):
                return told[0]
            self.kills += 1
            host.kill()
            self.running[place], self._fates[place] = Killable(self.storage), self._fate()

    def close(self) -> None:
        for host in self.running:
            host.kill()


@pytest.fixture
def account(azurite: Azurite) -> Iterator[Account]:
    with Account.open(azurite.connection_string) as account:
        account.empty()
        yield account


def test_killed_hosts_leave_what_a_living_one_leaves(
    account: Account, record_property: Callable[[str, object], None]
) -> None:
    line = PeoplesLine.over(account)
    hosts = Hosts(account.connection_string, seed=20260831)
    try:
        _play(line, hosts)
    finally:
        hosts.close()
    record_property("proof", ("SIGKILL", {"kills": hosts.kills, "hosts at a time": HOSTS}))
    assert hosts.kills == KILLS
    expected = _played_in_memory()
    assert differences(named(expected), named(line)) == []
    assert_through(line)


def _play(line: PeoplesLine, hosts: Hosts) -> None:
    line.load_samples(COHO)
    line.mark_ready(CONTRACT_COHO)
    line.create_proforma(CONTRACT_COHO)
    hosts.wait_for("a draft", lambda: invoices(line))
    line.send(*(confirmation(line, invoice) for invoice in invoices(line)))
    hosts.wait_for("an integration journal", lambda: list(read_pending(line.store, WorkKind.POST_JOURNAL)))
    post(line, WorkKind.POST_JOURNAL)
    hosts.wait_for("a proposal with lines", lambda: list(read_pending(line.store, WorkKind.POST_PROPOSAL)))
    post(line, WorkKind.POST_PROPOSAL)
    hosts.wait_for("the posting on the proforma, and rest", lambda: _is_through(line) and hosts.kills == KILLS)


def _is_through(line: PeoplesLine) -> bool:
    (invoice,) = invoices(line)
    is_posted = invoice.status == ProjectInvoiceStatus.POSTED
    return is_posted and not line.account.waiting() and not line.rows(Table.FINANCE_PENDING_WORK)


def _played_in_memory() -> Line:
    line = Line.in_memory()
    line.load_samples(COHO)
    line.mark_ready(CONTRACT_COHO)
    line.create_proforma(CONTRACT_COHO)
    line.drain()
    line.send(*(confirmation(line, invoice) for invoice in invoices(line)))
    line.finish()
    return line
