"""How a queue is polled: how many at once, how often, for how long a message is ours."""

import threading
from collections.abc import Callable
from pathlib import Path

from tests.devhost.probe import Probe
from tests.devhost.shop import Shop, orders_with
from tools.devhost.clock import SystemClock
from tools.devhost.queue_listener import BUSY_SECONDS_MAX

type OpenShop = Callable[..., Shop]


class NoLongPauses(SystemClock):
    """Short pauses are real, a long one ends only when somebody sets the event: what is not woken never comes."""

    def __init__(self) -> None:
        self._resting = 0
        self._changed = threading.Condition()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if seconds < 0.5:
            return event.wait(seconds)
        self._rest(1)
        try:
            return event.wait(20.0)
        finally:
            self._rest(-1)

    def wait_until_resting(self, threads: int) -> bool:
        """Wait until so many threads of the host are in a long pause."""
        with self._changed:
            return self._changed.wait_for(lambda: self._resting >= threads, 20.0)

    def _rest(self, change: int) -> None:
        with self._changed:
            self._resting += change
            self._changed.notify_all()


def test_no_batch_is_asked_for_above_the_threshold(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(clock=SystemClock())
    shop.put(*(f"hold {number}" for number in range(6)))
    listener = shop.listener()
    assert [listener.poll(), listener.in_flight] == [0.0, 4]
    assert [listener.poll(), listener.in_flight] == [BUSY_SECONDS_MAX, 4]
    assert probe.wait_for(4)
    probe.gate.set()
    shop.host.start()
    assert shop.host.wait_until_idle(20.0)
    assert len(probe.calls) == 6


def test_a_listener_with_its_hands_full_goes_on_as_soon_as_the_threshold_is_reached(
    open_shop: OpenShop, probe: Probe
) -> None:
    clock = NoLongPauses()
    shop = open_shop(clock=clock)
    shop.put("hold", "hold", "stay", "stay", "next")
    shop.host.start()
    assert probe.wait_for(4)
    assert clock.wait_until_resting(2)
    assert len(probe.calls) == 4
    probe.gate.set()
    assert probe.wait_for(5)


def test_a_batch_is_asked_for_at_the_threshold_so_both_together_are_the_most(
    open_shop: OpenShop, probe: Probe, tmp_path: Path
) -> None:
    shop = open_shop(app=orders_with(tmp_path, batchSize=2, newBatchThreshold=2))
    shop.put(*(f"hold {number}" for number in range(5)))
    listener = shop.listener()
    assert [listener.poll(), listener.in_flight] == [0.0, 2]
    assert [listener.poll(), listener.in_flight] == [0.0, 4]
    assert [listener.poll(), listener.in_flight] == [BUSY_SECONDS_MAX, 4]
    assert probe.wait_for(4)
    assert shop.count() == 5


def test_one_at_a_time_when_the_app_asks_for_it(open_shop: OpenShop, probe: Probe, tmp_path: Path) -> None:
    shop = open_shop(app=orders_with(tmp_path, batchSize=1, newBatchThreshold=0))
    shop.put("hold", "hold")
    listener = shop.listener()
    assert [listener.poll(), listener.in_flight] == [0.0, 1]
    assert [listener.poll(), listener.in_flight] == [BUSY_SECONDS_MAX, 1]


def test_empty_polls_back_off_to_the_maximum_and_work_resets_them(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop()
    listener = shop.listener()
    pauses = [listener.poll() for _ in range(12)]
    assert 0.18 <= pauses[0] <= 0.22
    assert pauses == sorted(pauses)
    assert pauses[-1] == 30.0
    shop.put("work")
    assert listener.poll() == 0.0
    assert probe.wait_for(1)
    assert listener.poll() == 0.1


def test_a_missing_queue_is_told_once_and_never_created(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(make_queues=False)
    listener = shop.listener()
    assert listener.poll() > 0
    assert listener.poll() > 0
    assert [line for line in shop.lines if "does not exist" in line] == [
        f"queue {shop.prefix} does not exist: nothing reaches take_order"
    ]
    shop.queue().create_queue()
    shop.put("now")
    assert listener.poll() == 0.0
    assert probe.wait_for(1)


def test_a_lease_is_renewed_at_half_time_and_the_message_deleted_with_the_new_receipt(
    open_shop: OpenShop, probe: Probe
) -> None:
    shop = open_shop()
    shop.put("hold")
    listener = shop.listener()
    listener.poll()
    assert probe.wait_for(1)
    [delivery] = listener.deliveries
    first = delivery.pop_receipt
    shop.clock.advance(299)
    shop.host.watch()
    assert delivery.pop_receipt == first
    shop.clock.advance(1)
    shop.host.watch()
    assert delivery.pop_receipt != first
    probe.gate.set()
    assert shop.host.stop()
    assert [one.then for one in shop.host.invocations] == ["deleted"]
    assert shop.count() == 0


def test_renewal_ends_when_somebody_else_has_the_message(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop()
    shop.put("hold")
    listener = shop.listener()
    listener.poll()
    assert probe.wait_for(1)
    [delivery] = listener.deliveries
    shop.queue().delete_message(delivery.message.id, delivery.pop_receipt)
    shop.clock.advance(300)
    shop.host.watch()
    assert delivery.over
    probe.gate.set()
    assert shop.host.stop()
    assert [(one.outcome, one.then) for one in shop.host.invocations] == [("ok", "lease lost")]


def test_an_output_wakes_the_listener_of_its_queue(open_shop: OpenShop, probe: Probe) -> None:
    clock = NoLongPauses()
    shop = open_shop(only=("take_order", "relay"), clock=clock)
    orders, relay = shop.host.queue_listeners
    shop.host.start()
    assert clock.wait_until_resting(3)
    # While this one runs, the end of the relay is not the end of the last function.
    shop.put("hold")
    orders.wake()
    assert probe.wait_for(1)
    assert clock.wait_until_resting(3)
    shop.put("pass it on", queue=relay.trigger.queue)
    relay.wake()
    assert probe.wait_for(3)
    assert probe.names() == ["take_order", "relay", "take_order"]


def test_poisoning_wakes_the_listener_of_the_poison_queue(open_shop: OpenShop, probe: Probe) -> None:
    clock = NoLongPauses()
    shop = open_shop(only=("take_order", "take_poisoned"), clock=clock)
    shop.host.start()
    assert clock.wait_until_resting(3)
    shop.put("hold", "bad")
    shop.listener().wake()
    assert probe.wait_for(5)
    assert probe.names() == ["take_order"] * 4 + ["take_poisoned"]


def test_the_end_of_the_last_function_wakes_whoever_it_may_have_written_to(open_shop: OpenShop, probe: Probe) -> None:
    clock = NoLongPauses()
    shop = open_shop(only=("take_order", "tick", "relay"), clock=clock)
    probe.during_tick = lambda: shop.put("from inside") if probe.names() == ["tick"] else None
    shop.host.start()
    assert clock.wait_until_resting(4)
    shop.host.fire_timer("tick")
    assert probe.wait_for(2)
    assert probe.names() == ["tick", "take_order"]


def test_a_started_host_says_when_it_is_idle(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("take_order", "relay"), clock=SystemClock())
    shop.put(*(f"order {number}" for number in range(20)), queue=f"{shop.prefix}-relay")
    shop.host.start()
    assert shop.host.wait_until_idle(20.0)
    assert len(probe.what("relay")) == len(probe.what("take_order")) == 20
    shop.put("hold")
    assert probe.wait_for(41)
    assert not shop.host.wait_until_idle(0.01)


def test_stopping_lets_the_message_in_flight_come_to_its_end(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(clock=SystemClock())
    shop.put("hold")
    shop.host.start()
    assert probe.wait_for(1)
    drained: list[bool] = []
    stopping = threading.Thread(target=lambda: drained.append(shop.host.stop()))
    stopping.start()
    shop.put("too late")
    probe.gate.set()
    stopping.join(20)
    assert drained == [True]
    assert [one.then for one in shop.host.invocations] == ["deleted"]
    assert shop.count() == 1


def test_what_does_not_end_in_time_is_abandoned_and_its_message_kept(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(clock=SystemClock(), drain_seconds=0.0)
    shop.put("hold")
    shop.host.start()
    assert probe.wait_for(1)
    assert shop.host.stop() is False
    assert any("abandoned after" in line for line in shop.lines)
    assert shop.count() == 1


def test_a_function_beyond_its_time_fails_the_host(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(drain_seconds=0.0)
    shop.put("hold")
    shop.listener().poll()
    assert probe.wait_for(1)
    shop.clock.advance(300)
    shop.host.watch()
    assert not shop.host.failed.is_set()
    shop.clock.advance(1)
    shop.host.watch()
    assert shop.host.failed.is_set()
    assert shop.host.failure is not None
    assert "take_order" in shop.host.failure
    assert "functionTimeout 0:05:00" in shop.host.failure
    assert shop.host.stop() is False
