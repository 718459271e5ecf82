"""The journey again, and the host dies each time before it deletes a message: every message comes a second time."""

import pytest

from tests.e2e.account import Account
from tests.e2e.differences import differences
from tests.e2e.hosted_line import HostedLine, deliveries
from tests.e2e.journey import play, played_in_memory
from tools.devhost.host import DevHost


@pytest.fixture(scope="module")
def line(account: Account, host: DevHost) -> HostedLine:
    line = HostedLine.on(account, host, twice=True)
    play(line, line.fire)
    return line


def test_every_message_was_delivered_twice(line: HostedLine) -> None:
    outcomes = deliveries(line.host)
    assert len(line.delivered) > len(line.host.functions)
    assert {tuple(outcomes[message.id]) for message in line.delivered} == {("ok", "ok")}


def test_the_tables_end_as_if_each_had_come_once(line: HostedLine) -> None:
    assert differences(played_in_memory(), line.snapshot()) == []


def test_no_message_is_left(line: HostedLine) -> None:
    assert line.account.waiting() == {}


def test_every_message_again_when_all_is_done_and_in_another_order_changes_nothing(line: HostedLine) -> None:
    before = line.snapshot()
    count = len(line.host.invocations)
    line.deliver_all_again()
    assert len(line.host.invocations) >= count + len(line.delivered)
    assert differences(before, line.snapshot()) == []
    assert {outcome for outcomes in deliveries(line.host).values() for outcome in outcomes} == {"ok"}
