"""No guard is forgotten: of every version and every caught error of the storage, something notices that it is gone."""

import re
from collections.abc import Callable
from functools import cache

import pytest

from tests.architecture.sources import text_of
from tests.mutations.killing import notices
from tests.mutations.mutated import replaced, source_of
from tests.mutations.places import Place, all_places
from tests.mutations.table_places import KEPT, WITNESSES
from tests.mutations.test_mutations import ALL

BY_NAME = {place.name: place for place in all_places()}
ROW = re.compile(r"^\| `(?P<place>[\w.]+: [\w #]+)` \| (?P<told>[^|]+) \|$", re.MULTILINE)


@cache
def is_silent(killer: str) -> bool:
    return not notices(killer)


@pytest.mark.parametrize("name", WITNESSES)
def test_a_place_that_guards_nothing_any_more_is_noticed(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    killer, place = WITNESSES[name], BY_NAME[name]
    assert is_silent(killer), f"this fails with every guard in its place: {killer}"
    with replaced(f"domain.{place.module}", place.begin, place.end, place.becomes):
        assert notices(killer), f"nothing notices: {name}"
    record_property("proof", ("mutations", {"guards taken away": 1, "noticed": 1}))


def has_a_row(place: Place) -> bool:
    """Whether a row of the table of guards takes this place away."""
    source = source_of(f"domain.{place.module}")
    rows = (each for each in ALL if each.module == place.module)
    spans = ((source.find(each.stands), len(each.stands)) for each in rows)
    return any(begin < place.end and place.begin < begin + length for begin, length in spans)


def test_every_place_is_in_a_table_and_no_table_names_what_is_not_there() -> None:
    named = {place.name for place in all_places() if has_a_row(place)}
    told = sorted([*named, *WITNESSES, *KEPT])
    assert [name for name in BY_NAME if name not in told] == []
    assert sorted(set(told)) == sorted(BY_NAME)


def test_no_place_is_told_twice() -> None:
    assert WITNESSES.keys() & KEPT.keys() == set()


def test_the_page_tells_the_same() -> None:
    page = text_of("docs/reliability.md")
    told = [(row["place"], row["told"]) for row in ROW.finditer(page)]
    assert told == [*WITNESSES.items(), *KEPT.items()]
    (counted,) = re.findall(r"Mutations: more than (\d+) guards taken away, each noticed\.", page)
    assert int(counted) < len(ALL) + len(WITNESSES)
