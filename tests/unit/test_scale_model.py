"""The model counts what the code does, and the pages show what the model says."""

from collections import Counter
from functools import cache

import pytest

from domain.pending_work import WorkKind
from domain.tables import Table
from tests.architecture.sources import text_of
from tests.line import CONTRACT_ADATUM
from tests.many_lines import loaded
from tools.scale_model import work
from tools.scale_model.cost import Environment, Prices, month
from tools.scale_model.limits import Platform, bounds, largest_document, seconds_of
from tools.scale_model.tables import HARDENED, SMALL, cost_table, document_table, scale_table

SIZES = (1, 100, 300)
# a figure on paper: the budgets of the stages are asserted elsewhere, to the call
DRIFT_MAX = 0.25
FEW = 15


@cache
def counted(lines: int) -> dict[str, int]:
    """Bill so many lines, from the load of their actuals to the write-back, and count what it took."""
    line = loaded(lines)
    before = sum(len(line.rows(table)) for table in Table)
    line.memory.calls.clear()
    line.drain()
    line.tick()
    line.bill(CONTRACT_ADATUM)
    line.finish()
    writes = [call for call in line.memory.calls if call.method == "write"]
    reads = [call for call in line.memory.calls if call.method != "write"]
    partitions: Counter[tuple[Table, str]] = Counter()
    for call in writes:
        partitions[call.table, call.partition] += call.rows
    assert not line.dead
    return {
        "TRANSACTIONS": len(writes),
        "READS": len(reads),
        "ROWS_WRITTEN": sum(call.rows for call in writes),
        "ROWS_READ": sum(call.rows for call in reads),
        "ROWS_KEPT": sum(len(line.rows(table)) for table in Table) - before,
        "BUSIEST_PARTITION": max(partitions.values()),
        "messages": len(line.outcomes),
    }


@pytest.mark.parametrize("lines", SIZES)
@pytest.mark.parametrize(
    "name", ["TRANSACTIONS", "READS", "ROWS_WRITTEN", "ROWS_READ", "ROWS_KEPT", "BUSIEST_PARTITION"]
)
def test_the_model_says_what_the_code_does(name: str, lines: int) -> None:
    told = getattr(work, name).of(lines)
    assert told == pytest.approx(counted(lines)[name], rel=DRIFT_MAX, abs=FEW)


@pytest.mark.parametrize("lines", SIZES)
def test_messages_are_not_more_than_the_model_says(lines: int) -> None:
    # the outcomes of a run are those of its messages and of the pieces of its ticks
    assert counted(lines)["messages"] <= work.messages(lines) + len(WorkKind)


def test_the_pages_show_what_the_model_says() -> None:
    scale, cost = text_of("docs/scale.md"), text_of("docs/cost.md")
    assert "\n".join(scale_table()) in scale
    assert "\n".join(document_table()) in scale
    assert "\n".join(cost_table(SMALL)) in cost
    assert "\n".join(cost_table(HARDENED)) in cost


@pytest.mark.parametrize(
    ("lines", "documents", "instances", "first"),
    [(100_000, 1, 1, "threads"), (100, 1_000, 1, "processors"), (100, 1_000, 40, "account")],
)
def test_the_first_limit(lines: int, documents: int, instances: int, first: str) -> None:
    found = bounds(Platform(), lines=lines, documents=documents, instances=instances)
    assert found[0].name == first
    assert [bound.lines_per_second for bound in found] == sorted(bound.lines_per_second for bound in found)


def test_more_of_what_limits_moves_the_limit() -> None:
    now = bounds(Platform(), lines=100, documents=1_000, instances=40)[0]
    wider = bounds(Platform(account_entities=40_000), lines=100, documents=1_000, instances=40)[0]
    assert wider.lines_per_second == pytest.approx(2 * now.lines_per_second)


def test_the_largest_document_is_the_one_that_just_fits() -> None:
    platform = Platform()
    largest = largest_document(platform)
    share = platform.longest_stage_share
    assert seconds_of(platform, largest) * share <= platform.invocation_seconds
    assert seconds_of(platform, largest + 1) * share > platform.invocation_seconds


def test_a_month_is_counted_work_times_prices() -> None:
    found = month(1_000_000, Prices(), Environment(), Platform())
    documents, rows, reads = 10_000, 40 + 39.1 * 100, 152
    assert found["table operations"] == pytest.approx(documents * (rows + reads) / 10_000 * 0.00036)
    assert found["queue operations"] == pytest.approx(documents * 12 * 4 / 10_000 * 0.004)
    assert found["warm instances"] == found["private endpoints"] == 0


def test_what_is_free_is_not_billed() -> None:
    found = month(1_000, Prices(free_gb_seconds=10**9), Environment(), Platform())
    assert found["executions"] == found["execution time"] == found["logs"] == 0
