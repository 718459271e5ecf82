"""Ids come from their cause, the same for ever."""

import pytest

from domain.identifiers import GatheredIds, derive_id

SOURCE = "b91690a6-68d3-59bf-8263-166d33fca015"


def test_the_same_cause_gives_the_same_id_in_every_release() -> None:
    assert derive_id("billed-sales", SOURCE) == "b13b2fd3-56ba-5a02-8bc5-aeeadf79a3e6"


@pytest.mark.parametrize(
    "other",
    [
        derive_id("unbilled-sales-reversal", SOURCE),
        derive_id("billed-sales", SOURCE, SOURCE),
        derive_id("billed-sales"),
        derive_id("billed-sales", SOURCE[:-1]),
    ],
)
def test_another_role_or_source_gives_another_id(other: str) -> None:
    assert other != derive_id("billed-sales", SOURCE)


def test_the_order_of_the_sources_counts_and_their_case_does_not() -> None:
    assert derive_id("connection", "a", "b") != derive_id("connection", "b", "a")
    assert derive_id("connection", SOURCE.upper()) == derive_id("connection", SOURCE)


def test_numbers_are_sources_too() -> None:
    assert derive_id("line", 1) == derive_id("line", "1") != derive_id("line", 2)


def test_gathered_ids_are_given_back_as_they_came_in_lower_case() -> None:
    ids = [derive_id("id", number) for number in range(3)]
    gathered = GatheredIds()
    assert (len(gathered), list(gathered)) == (0, [])
    gathered.add(ids[:2])
    gathered.add([ids[2].upper()])
    assert (len(gathered), list(gathered)) == (3, ids)
