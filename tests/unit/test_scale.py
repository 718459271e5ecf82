"""The model of many workers: everything gets through, and the limit that is named is the one that binds."""

from dataclasses import replace

import pytest

from benchmarks.graph import Graph, graph_of
from benchmarks.scale import Service, simulate
from benchmarks.scale_report import WORKERS, markdown, picture

FAST = Service(tick_seconds=0.5)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return graph_of(3)


def test_a_document_has_three_phases_and_every_message_belongs_to_one(graph: Graph) -> None:
    assert [phase.first.split(" ")[0] for phase in graph.phases] == [
        "confirm-invoice",
        "import-proposal",
        "post-proposal",
    ]
    assert sum(phase.messages for phase in graph.phases) == len(graph.works)


def test_set_up_is_shared_and_a_document_is_not(graph: Graph) -> None:
    places = {request.place for work in graph.works.values() for wave in work.waves for request in wave}
    shared = {
        request.place
        for work in graph.works.values()
        for wave in work.waves
        for request in wave
        if request.is_shared and request.entities
    }
    assert shared < places
    own = ("FinanceNumberSequences", "FinancePendingWork", "FinanceContracts", "InvoicingOpenDocuments")
    assert all(place.startswith(own) for place in shared)


def test_more_workers_are_faster_until_a_limit_binds(graph: Graph) -> None:
    seconds = [simulate(graph, documents=200, workers=workers, service=FAST).seconds for workers in (1, 4)]
    assert seconds[1] < seconds[0] / 2


@pytest.mark.parametrize(
    ("service", "limit"),
    [
        (FAST, "processors"),
        (replace(FAST, account_rate=200), "account"),
        (replace(FAST, queue_rate=5), "one partition of queue"),
    ],
)
def test_the_limit_that_binds_is_named(graph: Graph, service: Service, limit: str) -> None:
    result = simulate(graph, documents=100, workers=1, service=service)
    assert result.limit == limit
    assert result.busy > 0.8
    assert result.median_seconds <= result.slowest_seconds == result.seconds


def test_the_report_shows_every_run(graph: Graph) -> None:
    result = simulate(graph, documents=5, workers=1, service=FAST)
    runs = [replace(result, workers=workers, lines=lines) for lines in (1, 10, 1_000) for workers in WORKERS]
    assert len(list(markdown(runs))) == 2 + len(runs)
    assert picture(runs).count("<circle") == len(runs)
