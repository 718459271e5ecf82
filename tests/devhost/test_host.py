"""The host as a whole: what it says, what it creates, what it refuses."""

import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError

from tests.devhost.probe import Probe
from tests.devhost.shop import ORDERS, Shop
from tools.devhost.azurite import Ports, connection_string
from tools.devhost.clock import SystemClock
from tools.devhost.errors import HostError
from tools.devhost.host import DevHost

type OpenShop = Callable[..., Shop]


def test_each_try_and_each_log_record_of_the_app_is_one_line(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop()
    shop.put("good", "bad")
    shop.host.run_until_idle()
    text = "\n".join(shop.lines)
    message = rf"queue {shop.prefix} id=[0-9a-f-]{{36}}"
    assert re.search(rf"^12:00:00  take_order  {message} dequeue=1  ok  \d+ ms$", text, re.MULTILINE)
    assert re.search(
        rf"^12:00:00  take_order  {message} dequeue=2  failed  \d+ ms  retry: ValueError: cannot take bad$",
        text,
        re.MULTILINE,
    )
    assert re.search(rf"dequeue=3  failed  \d+ ms  moved to {shop.prefix}-poison: ValueError", text)
    assert re.search(r"^\d\d:\d\d:\d\d  take_order  INFO  order taken  action=order_taken$", text, re.MULTILINE), (
        "a log record names the function that wrote it"
    )
    assert "Function name:" not in text
    assert "Auth level" not in text


def test_loggers_are_given_back_as_they_were(open_shop: OpenShop, probe: Probe) -> None:
    root, library = logging.getLogger(), logging.getLogger("azure.functions")
    before = (root.level, library.level, list(root.handlers))
    shop = open_shop()
    assert library.level == logging.CRITICAL
    shop.host.stop()
    assert (root.level, library.level, list(root.handlers)) == before


def test_a_chain_of_functions_is_delivered_to_its_end_always_in_the_same_order(
    open_shop: OpenShop, probe: Probe
) -> None:
    shop = open_shop(only=("take_order", "take_poisoned", "relay"))
    shop.put("a", "bad b", "c", queue=f"{shop.prefix}-relay")
    report = shop.host.run_until_idle()
    assert report.left == {}
    bodies = [(name, message.get_body().decode()) for name, message in probe.calls]
    assert bodies == [
        *(("relay", body) for body in ("a", "bad b", "c")),
        *(("take_order", body) for body in ("a", "bad b", "c", "bad b", "bad b")),
        ("take_poisoned", "bad b"),
    ]


def test_a_drain_without_end_is_given_up(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop()
    probe.during_tick = lambda: shop.put("again")
    shop.put("first")
    with pytest.raises(HostError, match="still not idle after 5 deliveries"):
        shop.host.run_until_idle(deliveries_max=5)
    assert len(probe.calls) == 5


def test_queues_are_created_only_on_request_and_loudly(open_shop: OpenShop, probe: Probe, tmp_path: Path) -> None:
    shop = open_shop(make_queues=False)
    with pytest.raises(ResourceNotFoundError):
        shop.count()
    shop.host.stop()
    host = DevHost(ORDERS, storage=shop.connection, settings=shop.settings, create_queues=True, tell=shop.lines.append)
    with host:
        assert (shop.count(), shop.count(shop.poison)) == (0, 0)
    assert f"queue {shop.prefix} created: in Azure, the deployment has to do that" in shop.lines
    assert f"queue {shop.prefix}-poison created: in Azure, the deployment has to do that" in shop.lines


def test_storage_that_does_not_answer_is_an_error_at_the_start() -> None:
    with pytest.raises(HostError, match=r"storage does not answer \(http://127.0.0.1:2/"):
        DevHost(ORDERS, storage=connection_string(Ports(1, 2, 3)), tell=lambda _: None).load()


def test_a_connection_string_that_is_none_is_an_error_at_the_start() -> None:
    with pytest.raises(HostError, match=r"storage does not answer \(the connection string\)"):
        DevHost(ORDERS, storage="nonsense", tell=lambda _: None).load()


def test_a_host_can_be_stopped_and_started_again(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(clock=SystemClock())
    for round_number in (1, 2):
        shop.put("hello")
        shop.host.start()
        assert probe.wait_for(round_number)
        assert shop.host.stop()
        assert shop.host.stop()
    assert shop.count() == 0


def test_listening_and_draining_exclude_each_other(open_shop: OpenShop, probe: Probe) -> None:
    shop = open_shop(clock=SystemClock())
    shop.host.start()
    with pytest.raises(HostError, match="use wait_until_idle"):
        shop.host.run_until_idle()
    with pytest.raises(HostError, match="listens already"):
        shop.host.start()


def test_a_host_that_is_not_loaded_has_no_functions(azurite: object) -> None:
    with pytest.raises(HostError, match="not loaded"):
        assert DevHost(ORDERS).functions
