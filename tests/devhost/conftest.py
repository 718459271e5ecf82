"""A shop for each test, on the one Azurite of the whole run."""

from collections.abc import Callable, Iterator

import pytest

from tests.devhost.probe import Probe
from tests.devhost.probe import probe as the_probe
from tests.devhost.shop import Shop
from tools.devhost.azurite import Azurite


@pytest.fixture
def probe() -> Iterator[Probe]:
    the_probe.reset()
    yield the_probe
    the_probe.reset()


@pytest.fixture
def open_shop(azurite: Azurite, probe: Probe) -> Iterator[Callable[..., Shop]]:
    """Makes shops whose hosts are loaded, and stops them after the test."""
    shops: list[Shop] = []

    def opened(**options: object) -> Shop:
        shop = Shop(azurite.connection_string, **options)  # type: ignore[arg-type] # the options of Shop
        shops.append(shop)
        shop.host.load()
        return shop

    yield opened
    probe.open_gates()
    for shop in shops:
        shop.host.stop()
