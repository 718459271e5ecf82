"""The life of one message, in the calling thread: what the function is told and what becomes of the message."""

from collections.abc import Callable
from pathlib import Path

import azure.functions as func
import pytest

from tests.devhost.probe import Probe
from tests.devhost.shop import Shop, orders_with
from tools.devhost.faults import Fault

type OpenShop = Callable[..., Shop]


def test_a_message_reaches_the_function_with_all_that_is_known_and_is_deleted(
    open_shop: OpenShop, probe: Probe
) -> None:
    shop = open_shop()
    shop.put("hello")
    report = shop.host.run_until_idle()
    [message] = probe.what("take_order")
    assert isinstance(message, func.QueueMessage)
    assert message.get_body() == b"hello"
    assert message.dequeue_count == 1
    assert message.id
    assert message.pop_receipt
    assert message.insertion_time
    assert message.expiration_time and message.expiration_time > message.insertion_time
    assert message.time_next_visible and message.time_next_visible > message.insertion_time
    assert [one.outcome for one in report.invocations] == ["ok"]
    assert (report.left, shop.count()) == ({}, 0)


def test_a_body_with_an_id_overrides_the_id_of_the_message(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop()
    shop.put('{"id": "mine", "DequeueCount": 42}')
    shop.host.run_until_idle()
    [message] = probe.what("take_order")
    assert (message.id, message.dequeue_count) == ("mine", 42)


def test_a_message_that_keeps_failing_is_tried_three_times_and_poisoned_with_its_body(
    open_shop: OpenShop, probe: Probe
) -> None:
    shop = open_shop()
    shop.put("bad egg")
    report = shop.host.run_until_idle()
    assert [message.dequeue_count for message in probe.what("take_order")] == [1, 2, 3]
    assert [one.then for one in report.invocations] == ["retry", "retry", f"moved to {shop.prefix}-poison"]
    assert {one.error for one in report.failures} == {"ValueError: cannot take bad egg"}
    assert len(report.poisoned) == 1
    assert "in obey" in report.failures[0].stack_trace
    [poisoned] = shop.poison.receive_messages()
    assert poisoned.content == "YmFkIGVnZw=="
    assert shop.count() == 0


def test_a_message_taken_more_often_than_allowed_is_poisoned_without_a_call(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop()
    shop.put("crashes the worker")
    for _ in range(3):
        [taken] = shop.queue().receive_messages()
        shop.queue().update_message(taken, visibility_timeout=0)
    [invocation] = shop.host.run_until_idle().invocations
    assert (invocation.outcome, invocation.then) == ("not called", f"moved to {shop.prefix}-poison")
    assert probe.calls == []
    assert shop.count(shop.poison) == 1


def test_an_undecodable_body_is_poisoned_raw_without_a_call(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop()
    shop.queue().send_message('{"not": "base64"}')
    [invocation] = shop.host.run_until_idle().invocations
    assert (invocation.outcome, invocation.error) == ("not called", "the body is not valid base64")
    assert probe.calls == []
    [poisoned] = shop.poison.receive_messages()
    assert poisoned.content == '{"not": "base64"}'


def test_plain_text_is_read_where_the_app_says_so(open_shop: OpenShop, probe: Probe, tmp_path: Path) -> None:
    shop = open_shop(app=orders_with(tmp_path, messageEncoding="none"))
    shop.queue().send_message("plain & simple")
    shop.host.run_until_idle()
    assert [message.get_body() for message in probe.what("take_order")] == [b"plain & simple"]


def test_a_failure_waits_for_the_visibility_timeout_and_a_success_does_not(
    open_shop: OpenShop, probe: Probe, tmp_path: Path
) -> None:
    shop = open_shop(app=orders_with(tmp_path, visibilityTimeout="00:05:00"))
    shop.put("good", "bad")
    report = shop.host.run_until_idle(deliver_failures_now=False)
    assert [one.then for one in report.invocations] == ["deleted", "retry"]
    assert report.left == {shop.prefix: 1}


def test_a_failure_on_a_poison_queue_stays_invisible_and_is_not_limited(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("take_poisoned",))
    shop.poison.create_queue()
    shop.put("bad to the end", queue=shop.poison.queue_name)
    for _ in range(5):
        [taken] = shop.poison.receive_messages()
        shop.poison.update_message(taken, visibility_timeout=0)
    report = shop.host.run_until_idle()
    assert [(one.outcome, one.then) for one in report.invocations] == [
        ("failed", "left invisible until its lease ends")
    ]
    assert [message.dequeue_count for message in probe.what("take_poisoned")] == [6]
    assert report.left == {shop.poison.queue_name: 1}


def test_a_poisoned_message_reaches_the_function_of_the_poison_queue(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(only=("take_order", "take_poisoned"))
    shop.queue().send_message("####")
    shop.put("good", "bad")
    shop.host.run_until_idle()
    assert probe.names().count("take_order") == 4
    # What cannot be decoded cannot be decoded there either: it stays in the poison queue, for a person to look at.
    assert [message.get_body() for message in probe.what("take_poisoned")] == [b"bad"]
    assert shop.count(shop.poison) == 1


@pytest.mark.parametrize("made", [True, False])
def test_an_output_is_sent_before_the_message_is_deleted(open_shop: OpenShop, probe: Probe, made: bool) -> None:
    shop = open_shop(only=("take_order", "relay"))
    if not made:
        shop.queue().delete_queue()
    shop.put("pass it on", queue=f"{shop.prefix}-relay")
    shop.host.run_until_idle()
    assert probe.names() == ["relay", "take_order"]
    assert [message.get_body() for message in probe.what("take_order")] == [b"pass it on"]


def test_an_output_that_cannot_be_sent_fails_the_call(open_shop: OpenShop, probe: Probe) -> None:
    # A queue name that storage refuses: the function itself has succeeded when the host finds out.
    shop = open_shop(only=("relay",), settings={"ORDERS_QUEUE": "no--such"})
    shop.put("lost otherwise", queue=f"{shop.prefix}-relay")
    report = shop.host.run_until_idle()
    assert len(probe.what("relay")) == 3
    assert all(str(one.error).startswith("output binding: ") for one in report.failures)
    assert shop.count(shop.queue(f"{shop.prefix}-relay-poison")) == 1


def test_a_host_killed_before_the_delete_delivers_again(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(faults=(Fault("kill_before_delete", "take_order"),))
    shop.put("twice")
    report = shop.host.run_until_idle()
    assert [message.dequeue_count for message in probe.what("take_order")] == [1, 2]
    assert [one.then for one in report.invocations] == ["killed before the delete", "deleted"]


def test_a_dropped_lease_delivers_again_and_the_first_delete_is_swallowed(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(faults=(Fault("drop_lease", times=1),))
    shop.put("hold")
    listener = shop.listener()
    assert listener.poll() == 0.0
    assert probe.wait_for(1)
    assert listener.poll() == 0.0
    assert probe.wait_for(2)
    probe.gate.set()
    assert shop.host.stop()
    outcomes = sorted((one.outcome, one.then) for one in shop.host.invocations)
    assert outcomes == [("ok", "deleted"), ("ok", "lease lost")]
    assert [message.dequeue_count for message in probe.what("take_order")] == [1, 2]
    assert shop.count() == 0


def test_a_delay_passes_before_the_call_on_the_hosts_clock(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(faults=(Fault("delay", seconds=3.5), Fault("delay", "somebody_else")))
    shop.put("later", "at once")
    shop.host.run_until_idle()
    assert shop.clock.waits == [3.5]
    assert len(probe.calls) == 2
