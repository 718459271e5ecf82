"""The host as a process, fed through its queues while it listens with all of its threads, and ended by SIGTERM."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from domain.option_sets import ProjectInvoiceStatus
from domain.pending_work import PendingWork, WorkKind
from domain.proforma import Invoice
from domain.tables import Table
from domain.workflows.post_pending import read_pending
from tests.e2e.account import Account
from tests.e2e.differences import differences
from tests.e2e.host_process import HostProcess
from tests.e2e.hosted_line import PeoplesLine
from tests.e2e.journey import confirmation, invoices, post
from tests.line import COHO, CONTRACT_COHO, Line, Snapshot


class Ended(NamedTuple):
    """What can be seen when the process has ended."""

    lines: tuple[str, ...]
    status: int
    has_left_something_running: bool
    account: Account
    snapshot: Snapshot


@pytest.fixture(scope="module")
def ended(account: Account) -> Iterator[Ended]:
    """One contract, played while the process listens; then the process is asked to stop."""
    line = PeoplesLine.over(account)
    with HostProcess(account.connection_string) as host:
        host.wait_until_it_says(" functions of ")
        play(line, host)
        status = host.stop()
        host.wait_until_it_says("devhost: stopped")
        yield Ended(tuple(host.lines), status, host.has_left_something_running(), account, line.snapshot())


def play(line: PeoplesLine, host: HostProcess) -> None:
    """Bring the contract to its posted invoice and back, while the host does what it does when it does it."""

    def pending(kind: WorkKind) -> list[PendingWork]:
        return list(read_pending(line.store, kind))

    def all_is_done() -> bool:
        (invoice,) = invoices(line)
        return invoice.status == ProjectInvoiceStatus.POSTED and not line.account.waiting()

    line.load_samples(COHO)
    line.mark_ready(CONTRACT_COHO)
    line.create_proforma(CONTRACT_COHO)
    drafts: list[Invoice] = host.wait_for("a draft", lambda: invoices(line))
    line.send(*(confirmation(line, invoice) for invoice in drafts))
    host.wait_for("an integration journal", lambda: pending(WorkKind.POST_JOURNAL))
    post(line, WorkKind.POST_JOURNAL)
    host.wait_for("a proposal with lines", lambda: pending(WorkKind.POST_PROPOSAL))
    post(line, WorkKind.POST_PROPOSAL)
    host.wait_for("the posting on the proforma, and empty queues", all_is_done)


def played_in_memory() -> Snapshot:
    """The tables when each message comes once and one after the other."""
    line = Line.in_memory()
    line.load_samples(COHO)
    line.mark_ready(CONTRACT_COHO)
    line.create_proforma(CONTRACT_COHO)
    line.drain()
    line.send(*(confirmation(line, invoice) for invoice in invoices(line)))
    line.finish()
    return line.snapshot()


def test_it_ends_with_status_0_and_leaves_nothing_running(ended: Ended) -> None:
    assert (ended.status, ended.has_left_something_running) == (0, False)
    assert ended.lines[-1] == "devhost: stopped"


def test_the_tables_end_as_when_one_message_comes_after_the_other(ended: Ended) -> None:
    assert differences(played_in_memory(), ended.snapshot) == []


def test_nothing_failed_and_no_message_is_left(ended: Ended) -> None:
    assert [line for line in ended.lines if "  failed  " in line or "  ERROR  " in line] == []
    assert ended.account.waiting() == {}


def test_the_invoice_is_posted(ended: Ended) -> None:
    assert len(ended.snapshot[Table.FINANCE_PROJECT_INVOICES]) == 1
