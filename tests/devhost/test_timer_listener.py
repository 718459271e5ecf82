"""How a timer fires, with its status and its lock in Azurite, and time in the test's hand."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from azure.storage.blob import BlobClient, BlobLeaseClient

from tests.devhost.probe import Probe
from tests.devhost.shop import NOON, Shop
from tools.devhost.blob_lock import BlobLock
from tools.devhost.errors import HostError
from tools.devhost.timer_listener import TimerListener
from tools.devhost.timer_status import StatusBlob

type OpenShop = Callable[..., Shop]

FIVE_MINUTES = 300.0


def status_blob(shop: Shop, function: str = "tick") -> BlobClient:
    path = f"timers/{shop.prefix}/Host.Functions.{function}/status"
    return BlobClient.from_connection_string(shop.connection, "azure-webjobs-hosts", path)


def status(shop: Shop) -> dict[str, Any]:
    stored = json.loads(status_blob(shop).download_blob().readall())
    return {name: value.removesuffix("+00:00") for name, value in stored.items()}


def test_the_first_start_writes_the_status_and_waits(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("tick",))
    assert shop.timer().step() == FIVE_MINUTES
    assert probe.calls == []
    assert status(shop) == {
        "Last": "0001-01-01T00:00:00",
        "Next": "2026-03-02T12:05:00",
        "LastUpdated": "2026-03-02T12:00:00",
    }


def test_it_fires_on_the_tick_and_not_before(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("tick",))
    timer = shop.timer()
    timer.step()
    shop.clock.advance(299)
    assert (timer.step(), probe.calls) == (1.0, [])
    shop.clock.advance(1)
    assert timer.step() == FIVE_MINUTES
    [request] = probe.what("tick")
    assert request.past_due is False
    assert request.schedule == {"AdjustForDST": True}
    assert request.schedule_status["Next"] == "2026-03-02T12:05:00+00:00"
    assert (status(shop)["Last"], status(shop)["Next"]) == ("2026-03-02T12:05:00", "2026-03-02T12:10:00")
    assert [one.reason for one in shop.host.invocations] == ["timer due"]


def test_ticks_missed_while_no_host_ran_make_one_run_that_is_past_due(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("tick",))
    shop.timer().step()
    shop.host.stop()
    shop.clock.advance(3 * FIVE_MINUTES + 60)
    shop.host.load()
    assert shop.timer().step() == 240.0
    assert shop.timer().step() == 240.0
    assert [request.past_due for request in probe.what("tick")] == [True]
    assert status(shop)["Next"] == "2026-03-02T12:20:00"


def test_a_changed_schedule_is_not_past_due(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("tick",))
    seeded = {
        "Last": NOON - timedelta(hours=3),
        "Next": NOON - timedelta(hours=2),
        "LastUpdated": NOON - timedelta(hours=3),
    }
    status_blob(shop).upload_blob(json.dumps({name: value.isoformat() for name, value in seeded.items()}))
    assert shop.timer().step() == FIVE_MINUTES
    assert probe.calls == []
    assert status(shop)["Next"] == "2026-03-02T12:05:00"


def test_a_timer_that_runs_on_startup_runs_at_once_and_is_not_past_due(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("warm_up",))
    assert shop.timer().step() == FIVE_MINUTES
    assert [request.past_due for request in probe.what("warm_up")] == [False]
    assert [one.reason for one in shop.host.invocations] == ["timer startup"]
    assert shop.timer().step() == FIVE_MINUTES
    assert len(probe.calls) == 1


@pytest.mark.parametrize(("function", "schedule"), [("tick", "*/30 * * * * *"), ("warm_up", "0 */5 * * * *")])
def test_a_frequent_or_unmonitored_timer_keeps_no_status(
    open_shop: OpenShop, probe: Probe, function: str, schedule: str
) -> None:
    shop = open_shop(only=(function,), settings={"TICK": schedule})
    shop.timer().step()
    shop.clock.advance(FIVE_MINUTES)
    shop.timer().step()
    assert probe.what(function)[-1].schedule_status == {}
    assert not status_blob(shop, function).exists()


def test_a_failure_is_recorded_and_the_schedule_goes_on(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("tick",))
    probe.tick_order = "bad tick"
    timer = shop.timer()
    for _ in range(3):
        timer.step()
        shop.clock.advance(FIVE_MINUTES)
    assert [one.outcome for one in shop.host.invocations] == ["failed", "failed"]
    assert status(shop)["Next"] == "2026-03-02T12:15:00"


def test_a_failing_timer_with_a_retry_policy_is_tried_again_after_its_delay(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("insist",))
    probe.tick_order = "bad tick"
    shop.timer().step()
    shop.clock.advance(FIVE_MINUTES)
    assert shop.timer().step() == FIVE_MINUTES - 14
    assert probe.what("insist") == [0, 1, 2]
    assert shop.clock.waits == [7.0, 7.0]
    assert [one.reason for one in shop.host.invocations] == [
        "timer due",
        "timer due retry=1",
        "timer due retry=2",
    ]


def test_ticks_that_pass_during_a_run_make_one_more_run(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("tick",))
    timer = shop.timer()
    timer.step()
    probe.during_tick = lambda: shop.clock.advance(2 * FIVE_MINUTES + 60)
    shop.clock.advance(FIVE_MINUTES)
    assert timer.step() == 0.0
    probe.during_tick = lambda: None
    assert timer.step() == 240.0
    assert len(probe.calls) == 2


def test_a_schedule_that_never_comes_never_fires(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("tick",), settings={"TICK": "0 0 0 31 2 *"})
    assert shop.timer().step() > 86_400
    shop.clock.advance(366 * 86_400)
    shop.timer().step()
    assert probe.calls == []


def second_listener(shop: Shop) -> TimerListener:
    """What another host of the same app would run."""
    first = shop.timer()
    container = "azure-webjobs-hosts"
    path = f"locks/{shop.prefix}/Host.Functions.tick.Listener"
    lock = BlobLock(BlobClient.from_connection_string(shop.connection, container, path), shop.clock)
    return TimerListener(
        first.function, first.trigger, first.surroundings, status=StatusBlob(status_blob(shop)), lock=lock
    )


def test_a_second_host_stays_quiet_until_the_first_lets_go(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("tick",))
    first, second = shop.timer(), second_listener(shop)
    first.step()
    assert second.step() == 60.0
    shop.clock.advance(FIVE_MINUTES)
    assert second.step() == 60.0
    first.step()
    assert len(probe.calls) == 1
    first.lock.release()
    assert second.step() == FIVE_MINUTES
    shop.clock.advance(FIVE_MINUTES)
    second.step()
    assert first.step() == 60.0
    assert len(probe.calls) == 2
    assert not any("failed" in line for line in shop.lines)
    second.lock.release()


def test_the_lock_is_renewed_at_half_time_and_noticed_when_lost(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("tick",))
    first, second = shop.timer(), second_listener(shop)
    first.step()
    held = []
    for seconds in (29, 1, 30):
        shop.clock.advance(seconds)
        shop.host.watch()
        held.append(first.lock.is_held)
    assert held == [True, True, True]
    BlobLeaseClient(first.lock.blob).break_lease(lease_break_period=0)
    assert second.step() > 0
    shop.clock.advance(30)
    shop.host.watch()
    assert first.step() == 60.0
    second.lock.release()


def test_stopping_releases_the_lock_for_the_next_host(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("tick",))
    shop.timer().step()
    second = second_listener(shop)
    assert second.step() == 60.0
    shop.host.stop()
    assert second.lock.acquire()
    second.lock.release()


def test_storage_that_fails_is_told_and_tried_again(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("tick",))
    first = shop.timer()
    nowhere = BlobClient.from_connection_string(shop.connection, "no-such-container", "lock")
    broken = TimerListener(
        first.function,
        first.trigger,
        first.surroundings,
        status=StatusBlob(status_blob(shop)),
        lock=BlobLock(nowhere, shop.clock),
    )
    assert broken.step() == 60.0
    assert any("tick: the timer failed" in line for line in shop.lines)


def test_a_timer_can_be_fired_by_hand(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("tick", "warm_up"))
    invocation = shop.host.fire_timer("tick", is_past_due=True)
    assert (invocation.outcome, invocation.reason) == ("ok", "timer by hand")
    assert [request.past_due for request in probe.what("tick")] == [True]
    assert not status_blob(shop).exists()


def test_a_timer_that_fails_by_hand_says_why(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("tick",))
    probe.tick_order = "bad tick"
    with pytest.raises(HostError, match="timer tick failed: ValueError: cannot take bad tick"):
        shop.host.fire_timer("tick")
    assert shop.host.fire_timer("tick", check=False).error == "ValueError: cannot take bad tick"
    with pytest.raises(HostError, match="no timer function tock; the app has: tick"):
        shop.host.fire_timer("tock")
