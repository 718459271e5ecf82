"""The whole line on one host model, step by step, with a fault wherever it is told: for one thread, repeatable.

A step is one delivery of a message through the very trigger code, one tick, or one act of a person. The host model is
what `host.json` and the documentation of the Functions host say: a failed delivery comes again after 30 seconds, one
whose process died when its lease ends, and after five the message goes to the poison queue, whose function keeps it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from domain.dead_letters import DeadLetter, body_of
from domain.errors import InvoicingError, OutcomeUnknown
from domain.loading import open_document
from domain.rows import RowKey
from domain.tables import Table
from domain.workflows.load_rows import FileReport, load_rows
from functions.messages import encode
from functions.storage.memory import Call, MemoryQueues
from functions.storage.memory_poison import MemoryPoisonQueues
from functions.wiring import Wiring
from tests.fakes.frozen_clock import FrozenClock
from tests.faults.host import (
    TRIES_MAX,
    Asked,
    Message,
    StoryStore,
    deliveries_max,
    hand_over,
    kind_of,
    samples,
    settings,
    wired,
)
from tests.faults.kinds import Effect, Fault, Moment
from tests.line import START, Line, ProcessDied

# functionTimeout is ten minutes, and so is the lease
LEASE_SECONDS = 600
RETRY_SECONDS = 30
# steps after which a run counts as going round in circles
STEPS_MAX = 2_000
# longer than any message is on its way
BETWEEN_ACTS = timedelta(hours=3)
WRITES = frozenset({"write", "send"})
# the act that comes again and again by itself
TICK = "tick"


@dataclass(slots=True)
class StoryLine(Line):
    """What people do; who does the same again may find it done."""

    is_again: bool = False

    def load(self, name: str, body: bytes) -> FileReport:
        report = load_rows(self.store, self.queues, open_document(name, body), self.loading)
        assert self.is_again or not report.problems, f"{name}: {report.problems}"
        return report


type Act = Callable[["World"], None]


class Step(NamedTuple):
    """A step of the fault-free run: the world before it, and what it asked for."""

    before: "World"
    name: str
    asked: Sequence[Asked]

    @property
    def place(self) -> str:
        """Name it within its story: how many acts were before it, and what it is."""
        return f"{self.before.position} {self.name}"

    @property
    def is_of_people(self) -> bool:
        """Whether neither a message nor a timer caused it."""
        return not self.before.messages and self.name != TICK


@dataclass(frozen=True, slots=True)
class Story:
    """What people and timers do, in order; between two acts everything that waits is delivered."""

    name: str
    acts: tuple[tuple[str, Act], ...]
    # its invoices stand confirmed from the start
    begins_in_finance: bool = False


@dataclass(slots=True)
class _Armed:
    """A fault that is still to come."""

    fault: Fault
    at: int
    left: int


@dataclass(slots=True)
class World:
    """Both systems, the host and the people at one moment of a story.

    Attributes:
        letters: keys of the dead letters that wait to be replayed.
        asked: every request so far, in order.
        struck: how often a fault has struck.
        outage: the kind of request to one table or queue that is refused until service is restored.
    """

    story: Story
    clock: FrozenClock
    store: StoryStore
    queues: MemoryQueues
    messages: list[Message] = field(default_factory=list)
    position: int = 0
    tries: int = 0
    number: int = 0
    letters: set[str] = field(default_factory=set)
    # messages that came in, replays too, and that were deleted: done, refused, sent again for later, or kept
    received: int = 0
    done: int = 0
    replayed: int = 0
    asked: list[Asked] = field(default_factory=list)
    struck: int = 0
    outage: tuple[str, str] | None = None
    # by which the clock of the host that acts is wrong
    skew_hours: int = 0
    _armed: list[_Armed] = field(default_factory=list)
    # worlds after others have acted, by what was written in this step before
    known: dict[tuple[Effect, int], "World"] | None = None
    _calls: int = 0
    _writes: int = 0
    # what is being done, so that another worker can do the same
    _doing: Callable[[], None] | None = None
    # the message that is being delivered, until its lease is lost
    _held: Message | None = None
    _died: bool = False
    # nobody else does what a person does, so there is no lease to lose
    _is_of_people: bool = False

    @classmethod
    def begin(cls, story: Story) -> "World":
        """Begin a story over the sample legal entities and contracts."""
        clock = FrozenClock(START)
        return cls(story, clock, samples().twin(clock), MemoryQueues(clock))._hooked()

    def twin(self) -> "World":
        """The same moment again."""
        clock = FrozenClock(self.clock.now())
        other = World(self.story, clock, StoryStore(clock), MemoryQueues(clock))
        other._become(self)
        return other._hooked()

    @property
    def line(self) -> StoryLine:
        """What people see and do."""
        return StoryLine(self.store, self.queues, self.clock, is_again=self.tries > 0 or self.struck > 0)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing waits: whoever acts next, acts now."""
        return not self.messages and not self.queues.waiting and self.outage is None

    # -- what goes wrong

    def arm(self, fault: Fault, at: int) -> None:
        """Let a fault befall the call of this number, counted from now."""
        self._armed.append(_Armed(fault, self._calls + at, fault.calls))

    def disarm(self) -> None:
        """Let no fault strike any more."""
        self._armed.clear()

    @property
    def awaits_fault(self) -> bool:
        """Whether a fault has not struck yet, of which another one stands in the way perhaps."""
        return any(armed.left == armed.fault.calls for armed in self._armed)

    def _hooked(self) -> "World":
        self.store.before_call = lambda call: self._before(_asked(call))
        self.store.after_call = lambda call: self._after(_asked(call)) if self._armed else None
        self.queues.before_send = lambda command: self._before(Asked("send", command.name, command.document))
        self.queues.after_send = lambda command: self._after(Asked("send", command.name, command.document))
        return self

    def _before(self, asked: Asked) -> None:
        self._calls += 1
        self.asked.append(asked)
        if asked.place == Table.INVOICING_DEAD_LETTERS:
            self.letters.add(asked.row)
        if self.outage == asked.service:
            raise OutcomeUnknown(f"{asked.place}: the storage answered 429")
        self._strike(asked, Moment.BEFORE)
        self._writes += asked.method in WRITES

    def _after(self, asked: Asked) -> None:
        self._strike(asked, Moment.AFTER)

    def _strike(self, asked: Asked, moment: Moment) -> None:
        for armed in self._armed:
            if armed.fault.moment is moment and armed.left and self._calls >= armed.at:
                armed.left -= 1
                self.struck += 1
                self._befall(armed.fault.effect, asked)

    def _befall(self, effect: Effect, asked: Asked) -> None:
        match effect:
            case Effect.LOSE | Effect.BUSY:
                raise OutcomeUnknown(f"{asked.place}: no answer came")
            case Effect.DIE:
                raise ProcessDied
            case Effect.TRY_AGAIN:
                self.try_again(asked)
            case Effect.OUTAGE:
                self.outage = asked.service
                raise OutcomeUnknown(f"{asked.place}: the storage answered 429")
            case Effect.OTHER_WORKER:
                self._meanwhile(effect, self._doing)
            case Effect.OVERTAKE if not self._is_of_people:
                self._meanwhile(effect, self._all_the_rest)
                self._held = None

    def try_again(self, asked: Asked) -> None:
        """Do the last request once more, as a client that was answered 503."""
        if asked.method == "write":
            self.store.try_again()
        elif asked.method == "send":
            self.queues.waiting.append(self.queues.waiting[-1])

    def _meanwhile(self, effect: Effect, others: Callable[[], None] | None) -> None:
        """Let others act; what they do depends on what is written so far, and is done once for all reads after it."""
        doing, held = self._doing, self._held
        known = None if self.known is None else self.known.get((effect, self._writes))
        if known is not None:
            self._become(known)
        elif others is not None:
            with suppress(InvoicingError):
                # what the other worker gets is its own affair
                others()
            if self.known is not None:
                self.known[effect, self._writes] = self.twin()
        # who was overtaken while the other worker had its turn has lost its lease as well
        is_lost = effect is Effect.OTHER_WORKER and self._held is None
        self._doing, self._held = doing, None if is_lost else held

    def _become(self, other: "World") -> None:
        self.store.become(other.store)
        self.messages, self.letters = list(other.messages), set(other.letters)
        self.queues.waiting, self.queues.sent = list(other.queues.waiting), list(other.queues.sent)
        self.position, self.tries, self.number = other.position, other.tries, other.number
        self.received, self.done, self.replayed = other.received, other.done, other.replayed
        self.clock.set(other.clock.now())

    def _all_the_rest(self) -> None:
        """The lease of what is being done ends: it is done again, and after it everything else."""
        if self._held is not None:
            self.put_back(self._held, 0)
        self.run()

    # -- what happens

    def run(self) -> None:
        """Do everything that is left."""
        for _ in range(STEPS_MAX):
            if not self.step():
                return
        raise AssertionError(f"{self.story.name} goes round in circles")

    def step(self) -> bool:
        """Do the next thing; False when nothing is left."""
        self.collect()
        if self.messages:
            self._deliver(min(self.messages, key=lambda each: (each.visible_at, each.number)))
        elif self.letters or (self.outage is not None and (self.tries == 0 or self.tries >= TRIES_MAX)):
            self.restore()
        elif self.position < len(self.story.acts):
            self._act()
        else:
            return False
        return True

    def next_name(self) -> str:
        """Say what the next step does."""
        self.collect()
        if self.messages:
            return f"deliver {min(self.messages, key=lambda each: (each.visible_at, each.number)).kind.name}"
        return self.story.acts[self.position][0] if self.position < len(self.story.acts) else "nothing"

    def collect(self) -> None:
        """Take what was sent out of the queues, so that somebody can deliver it."""
        for visible_at, command in self.queues.waiting:
            self.number += 1
            self.received += 1
            self.messages.append(Message(visible_at, self.number, type(command), encode(command).encode()))
        self.queues.waiting.clear()

    def _act(self) -> None:
        name, act = self.story.acts[self.position]
        position, struck = self.position, self.struck
        self.come_to(position)
        self._is_of_people = name != TICK
        done = self._tried(lambda: act(self))
        self._is_of_people = False
        if name == TICK and self.struck > struck:
            # a tick that was disturbed may have left work to the next one
            done = False
        if self.position != position:
            # everything else has happened meanwhile
            return
        self.tries = 0 if done else self.tries + 1
        self.position += done

    def come_to(self, position: int) -> None:
        """Let it be the time of an act: people come when they come, however long the host has taken."""
        self.clock.set(max(self.clock.now(), START + position * BETWEEN_ACTS))

    def _deliver(self, message: Message) -> None:
        self.messages.remove(message)
        self.clock.set(max(self.clock.now(), message.visible_at))
        if message.deliveries == deliveries_max() and not message.is_poison:
            self._poison(message)
            return
        now = message._replace(deliveries=message.deliveries + 1)
        if now.is_poison and now.deliveries > TRIES_MAX:
            # a poison queue is tried for as long as it takes; somebody restores the service meanwhile
            self.outage = None
        self._held = now
        with wired(self.wiring()) as wiring:
            done = self._tried(lambda: hand_over(wiring, now))
        has_lease, self._held = self._held is not None, None
        if not has_lease:
            # it is neither deleted nor released: somebody else has it, or has dealt with it
            return
        if not done:
            self._release(now)
            return
        self.done += 1

    def _release(self, message: Message) -> None:
        if message.deliveries >= deliveries_max() and not message.is_poison and not self._died:
            self._poison(message)
        else:
            self.put_back(message, LEASE_SECONDS if self._died else RETRY_SECONDS)

    def _tried(self, work: Callable[[], None]) -> bool:
        self._doing, self._died = work, False
        try:
            work()
        except ProcessDied:
            self._died = True
            return False
        except InvoicingError:
            return False
        return True

    def _poison(self, message: Message) -> None:
        self.put_back(message._replace(is_poison=True, deliveries=0), 0)

    def put_back(self, message: Message, seconds: int) -> None:
        """Let a message be visible again, or another one for the first time."""
        self.number += 1
        visible_at = self.clock.now() + timedelta(seconds=seconds)
        self.messages.append(message._replace(visible_at=visible_at, number=self.number))

    def restore(self) -> None:
        """Service is restored, and the operator replays what is kept."""
        self.outage, self.tries = None, min(self.tries, 1)
        rows = [row for row in self.store.rows(Table.INVOICING_DEAD_LETTERS) if row.key.text in self.letters]
        self.letters.clear()
        for letter in (DeadLetter.from_columns(row.columns) for row in rows):
            self.replayed += 1
            self.received += 1
            self.put_back(Message(self.clock.now(), 0, kind_of(letter.queue), body_of(letter)), 0)

    @property
    def host_clock(self) -> FrozenClock:
        """The clock of the host that acts."""
        return FrozenClock(self.clock.now() + timedelta(hours=self.skew_hours))

    def wiring(self) -> Wiring:
        """What the triggers find."""
        return Wiring(settings(), self.store, self.queues, self.host_clock, MemoryPoisonQueues(self.clock))


def _asked(call: Call) -> Asked:
    return Asked(call.method, call.table.value, RowKey(call.partition, call.row).text)
