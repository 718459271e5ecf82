"""Every fault at every call of a story, held against the run without one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from domain.rows import StoredRow
from domain.tables import Table
from domain.timeline import SOLVED
from functions.storage.memory import MemoryQueues, MemoryRowStore
from tests.e2e.differences import differences
from tests.faults.host import rows_of
from tests.faults.kinds import (
    ANSWER_LOST,
    DIES_AFTER,
    DIES_BEFORE,
    DONE_THEN_503,
    FAULTS,
    SLOW,
    THROTTLED_FOR_EVER,
    THROTTLED_ONCE,
    Effect,
    Fault,
)
from tests.faults.stories import POST_JOURNALS, POST_PROPOSALS, TICKS
from tests.faults.world import STEPS_MAX, Step, Story, World
from tests.line import Line, Snapshot
from tests.workflows.restless import named

# kept for good about what went wrong, and so not part of what must be equal
TOLD = frozenset({Table.INVOICING_DEAD_LETTERS})
# ticks in which everything must come to rest
SETTLING_MAX = 3


READS = frozenset({"find", "read_pages"})


class Cell(NamedTuple):
    """One fault at one call of a step."""

    step: Step
    at: int
    fault: Fault

    @property
    def name(self) -> str:
        """Say where and what."""
        asked = self.step.asked[self.at - 1]
        return f"{self.step.name}, call {self.at} ({asked.method} {asked.place} {asked.row}): {self.fault.name}"


@dataclass(slots=True)
class Run:
    """The run without a fault."""

    story: Story
    steps: list[Step] = field(default_factory=list)
    # by position in the story: what stands when nothing waits
    rests: dict[int, MemoryRowStore] = field(default_factory=dict)
    # by step: what others leave when they act in the middle of it
    known: dict[int, dict[tuple[Effect, int], World]] = field(default_factory=dict)


@cache
def straight(story: Story) -> Run:
    """Run a story without a fault, keeping the moment before every step."""
    run, world = Run(story), World.begin(story)
    while True:
        if world.is_at_rest and not world.tries:
            run.rests[world.position] = world.store.twin(world.clock)
        name = world.next_name()
        before = world.twin()
        world.asked.clear()
        if not world.step():
            return run
        run.steps.append(Step(before, name, tuple(world.asked)))


def cells(run: Run) -> Iterator[Cell]:
    """Every call of every step with every fault."""
    for step in run.steps:
        for at in range(1, len(step.asked) + 1):
            for fault in FAULTS:
                yield Cell(step, at, fault)


def same_as(cell: Cell) -> str:
    """Say which cell is the same, by what the fault is: whoever runs that one has run this one; blank when none is."""
    asked = cell.step.asked[cell.at - 1]
    if cell.fault is DIES_AFTER and cell.at < len(cell.step.asked):
        return "dies just before the next call: nothing happens between two calls"
    follows_read = cell.at > 1 and cell.step.asked[cell.at - 2].method in READS
    if cell.fault in {DIES_BEFORE, THROTTLED_ONCE} and asked.method in READS and follows_read:
        return "befalls the read before: what that one has read is forgotten"
    if cell.fault in {ANSWER_LOST, DONE_THEN_503} and asked.method in READS:
        return "never sent, or no fault at all: reading changes nothing"
    if cell.fault is SLOW and cell.step.is_of_people:
        return "the act happens later: nobody else does what a person does, so there is no lease to lose"
    if cell.fault is THROTTLED_FOR_EVER and asked.service in {each.service for each in cell.step.asked[: cell.at - 1]}:
        # the earlier call is refused until somebody restores the service
        return "throttled from the first such call on"
    return ""


def tried(run: Run, step: Step, *plan: tuple[Fault, int]) -> World:
    """Run from a step on with faults, until everything is through; what stands must be what stands without them."""
    world = step.before.twin()
    if len(plan) == 1:
        # what others do meanwhile is the same after all reads between two writes
        world.known = run.known.setdefault(id(step), {})
    for fault, at in plan:
        world.arm(fault, at)
    for _ in range(STEPS_MAX):
        if not world.step():
            break
        if world.struck and not world.awaits_fault and is_as(run, world):
            return world
    else:
        raise AssertionError(f"{run.story.name} goes round in circles")
    world.disarm()
    settle(world)
    return world


def settle(world: World) -> None:
    """Let the timers come until nothing is left for them, and the clerk post what that brings forth."""
    for _ in range(SETTLING_MAX):
        if not world.store.rows(Table.FINANCE_PENDING_WORK):
            return
        for _, act in (TICKS, POST_JOURNALS, POST_PROPOSALS):
            act(world)
            world.run()


def is_as(run: Run, world: World) -> bool:
    """Whether nothing waits and everything stands as without a fault: what follows is then the same as well."""
    is_between = world.is_at_rest and not world.tries and not world.letters
    return is_between and same_rows(run.rests[world.position], world.store)


def ends_alike(run: Run, world: World) -> list[str]:
    """Say what stands otherwise than without a fault; nothing when all is well.

    Which of two documents that compete got which number may differ, and nothing else.
    """
    expected = run.rests[world.position]
    if same_rows(expected, world.store):
        return []
    line = Line(expected, MemoryQueues(world.clock), world.clock)
    return differences(_without_told(named(line)), _without_told(named(world.line)))


def _without_told(rows: Snapshot) -> Snapshot:
    return {name: each for name, each in rows.items() if Table(name) not in TOLD}


def same_rows(left: MemoryRowStore, right: MemoryRowStore) -> bool:
    """Whether two stores hold the same rows, versions and instants aside."""
    one, other = rows_of(left), rows_of(right)
    nothing = dict[str, StoredRow]()
    places = (place for place in one.keys() | other.keys() if place[0] not in TOLD)
    return all(_same(place[0], one.get(place, nothing), other.get(place, nothing)) for place in places)


def _same(table: Table, left: dict[str, StoredRow], right: dict[str, StoredRow]) -> bool:
    if left is right:
        return True
    one, other = _unsolved(table, left), _unsolved(table, right)
    if one.keys() != other.keys():
        return False
    return all(row is other[key] or row.columns == other[key].columns for key, row in one.items())


def _unsolved(table: Table, rows: dict[str, StoredRow]) -> dict[str, StoredRow]:
    """Leave out the events of problems that were solved: what was met on the way depends on the way."""
    if table is not Table.INVOICING_TIMELINE or not any(key.startswith(SOLVED) for key in rows):
        return rows
    return {key: row for key, row in rows.items() if not key.startswith(SOLVED)}
