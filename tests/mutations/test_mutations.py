"""Each guard is taken away, one at a time, and something notices; the table of the documentation says the same."""

import re
from collections.abc import Callable

import pytest

from tests.architecture.sources import text_of
from tests.faults.matrix import straight
from tests.faults.stories import STORIES
from tests.mutations.killing import notices, prepare
from tests.mutations.mutated import mutated
from tests.mutations.mutation import Mutation
from tests.mutations.table import MUTATIONS
from tests.mutations.table_drafts import DRAFTS
from tests.mutations.table_finance import FINANCE

ALL = (*MUTATIONS, *DRAFTS, *FINANCE)
PAGE = "docs/reliability.md"
ROW = re.compile(r"^\| (?P<guard>[^|]+) \| `(?P<module>[\w.]+)` \| (?P<killer>[^|]+) \|$", re.MULTILINE)


@pytest.fixture(scope="module", autouse=True)
def runs() -> None:
    """What the stories leave while every guard stands."""
    for story in STORIES:
        straight(story)


@pytest.mark.parametrize("mutation", ALL, ids=lambda mutation: mutation.guard)
def test_a_guard_that_is_gone_is_noticed(mutation: Mutation, record_property: Callable[[str, object], None]) -> None:
    prepare(mutation.killer)
    assert not notices(mutation.killer), f"this fails with every guard in its place: {mutation.killer}"
    prepare(mutation.killer)
    with mutated(f"domain.{mutation.module}", mutation.stands, mutation.becomes):
        assert notices(mutation.killer), f"nothing notices that this is gone: {mutation.guard}"
    prepare(mutation.killer)
    record_property("proof", ("mutations", {"guards taken away": 1, "noticed": 1}))


def test_the_table_of_the_page_is_the_table_of_the_tests() -> None:
    told = [(row["guard"], row["module"], row["killer"]) for row in ROW.finditer(text_of(PAGE))]
    assert told == [(each.guard, each.module, each.killer) for each in ALL]
