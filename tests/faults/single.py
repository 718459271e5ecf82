"""What a test of one story does: every fault at every call, then the oracles, then everything once more."""

from typing import NamedTuple

from domain.commands import Command
from domain.dead_letters import DeadLetter
from domain.tables import Table
from tests.faults.host import TRIES_MAX
from tests.faults.kinds import CLOCK_SKEWS
from tests.faults.matrix import Run, cells, ends_alike, same_as, settle, straight, tried
from tests.faults.oracles import assert_through
from tests.faults.world import Story, World

# failures that are told; the first is the one to look at
TOLD_MAX = 3


class Count(NamedTuple):
    """How much was tried."""

    calls: int
    cells: int
    # of these, the same as another cell that was run
    the_same_as_another: int


def every_fault(story: Story) -> tuple[Count, list[str]]:
    """Let every fault befall every call of a story, one at a time; gives the count and what ended otherwise."""
    run = straight(story)
    count, same, wrong = 0, 0, list[str]()
    for cell in cells(run):
        count += 1
        if same_as(cell):
            same += 1
            continue
        world = tried(run, cell.step, (cell.fault, cell.at))
        found = [*ends_alike(run, world), *unaccounted(world)]
        if found or not world.struck:
            wrong.append("\n".join((cell.name, *(found or ["the fault did not strike"]))))
    return Count(sum(len(step.asked) for step in run.steps), count, same), wrong


def every_skew(story: Story) -> tuple[int, list[str]]:
    """Let the clock of the host be wrong in every step of a story, one at a time."""
    run = straight(story)
    wrong, count = list[str](), 0
    for step in run.steps:
        for hours in CLOCK_SKEWS if not step.is_of_people else ():
            count += 1
            world = step.before.twin()
            world.skew_hours = hours
            world.step()
            world.skew_hours = 0
            world.run()
            settle(world)
            wrong += [f"{step.name}, {hours} hours: {each}" for each in ends_alike(run, world)]
    return count, wrong


def unaccounted(world: World) -> list[str]:
    """Every message that came in is done, refused or kept as a dead letter, and waits nowhere."""
    told = []
    if (waits := len(world.messages) + len(world.queues.waiting)) or world.done != world.received:
        told.append(f"{world.received} messages came in, {world.done} were deleted, {waits} wait")
    told += [f"letter {each} was not replayed" for each in world.letters]
    letters = world.line.records(Table.INVOICING_DEAD_LETTERS, DeadLetter)
    return told + [f"given up: {each.sentence}" for each in letters if each.attempts < TRIES_MAX]


def replayed(run: Run) -> list[str]:
    """Deliver every message once more when all is through, in order and in reverse: nothing changes."""
    world = World.begin(run.story)
    world.run()
    assert_through(world.line, begins_in_finance=run.story.begins_in_finance)
    sent: list[Command] = list(world.queues.sent)
    for commands in (sent, sent[::-1]):
        world.queues.send(commands)
        world.run()
        settle(world)
    return ends_alike(run, world)
