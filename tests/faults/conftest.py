"""The app says nothing of faults that are wanted."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def quiet() -> Iterator[None]:
    logging.getLogger("invoicing").setLevel(logging.CRITICAL + 1)
    yield
    logging.getLogger("invoicing").setLevel(logging.NOTSET)
