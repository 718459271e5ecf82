"""A history by seed: several hosts, people and timers, interleaved at every call, with whatever can go wrong.

Every piece of work is a thread, and one thread at a time has its turn: it runs up to its next call of the storage or of
a queue and hands the turn back. Who is next, and what goes wrong, is chosen by the seed, so a history can be repeated.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from threading import Semaphore, Thread, get_ident
from typing import NamedTuple

from domain.errors import InvoicingError, OutcomeUnknown
from functions.storage.memory import Call
from tests.faults.host import Asked, Message, deliveries_max, hand_over, wired
from tests.faults.kinds import Effect, Moment
from tests.faults.matrix import ends_alike, settle, straight
from tests.faults.oracles import assert_through
from tests.faults.stories import TICKS
from tests.faults.world import RETRY_SECONDS, Story, World
from tests.line import ProcessDied

# pieces of work that are under way at the same time
JOBS_MAX = 5
TURNS_MAX = 60_000
# of 1,000 turns: a timer comes, the lease of a message ends, what was slow goes on
TICKS_PER_1000, LEASES_PER_1000, WAKES_PER_1000 = 15, 10, 10
# of 1,000 calls, by history: one in three has none at all, and tries orders alone
RATES = (0, 5, 20)
# stories in which it depends on when the import runs which lines stand on one journal
REGROUPED = frozenset({"reduced quantity"})
HOURS = (-30, -1, 0, 1, 30)
EFFECTS = (
    (Moment.BEFORE, Effect.LOSE),
    (Moment.AFTER, Effect.LOSE),
    (Moment.AFTER, Effect.TRY_AGAIN),
    (Moment.BEFORE, Effect.DIE),
    (Moment.AFTER, Effect.DIE),
    # slow: it goes on when somebody else has its message, or much later
    (Moment.BEFORE, Effect.OVERTAKE),
)


class Told(NamedTuple):
    """What a history was."""

    calls: int
    faults: Counter[str]
    effects: int
    wrong: list[str]


@dataclass(slots=True, eq=False)
class _Job:
    """A piece of work under way: a message, a tick, or an act of a person."""

    work: Callable[[], None]
    message: Message | None = None
    is_act: bool = False
    go: Semaphore = field(default_factory=lambda: Semaphore(0))
    thread: Thread | None = None
    is_slow: bool = False
    has_lease: bool = True
    # None while it is under way
    ended: str | None = None


@dataclass(slots=True)
class Simulation:
    """One history."""

    seed: int
    story: Story
    chance: Random = field(init=False)
    world: World = field(init=False)
    jobs: list[_Job] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    position: int = 0
    rate: int = field(init=False)
    _turn: Semaphore = field(default_factory=lambda: Semaphore(0))
    _by_thread: dict[int, _Job] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.rate = self.chance.choice(RATES)
        self.world = World.begin(self.story)
        # who loads the same again finds it done
        self.world.struck = 1
        store, queues = self.world.store, self.world.queues
        store.before_call = lambda call: self._before(_asked(call))
        store.after_call = lambda call: self._after(_asked(call))
        queues.before_send = lambda command: self._before(Asked("send", command.name, command.document))
        queues.after_send = lambda command: self._after(Asked("send", command.name, command.document))

    def run(self) -> Told:
        """Let it happen to its end, and look at what stands."""
        with wired(self.world.wiring()):
            for _ in range(TURNS_MAX):
                if not self._next():
                    break
            else:
                raise AssertionError("the history does not come to its end")
        world = self.world.twin()
        world.position = len(self.story.acts)
        world.run()
        settle(world)
        effects = assert_through(world.line, begins_in_finance=self.story.begins_in_finance)
        # reversals stand on the journal of the tick that finds them: there the oracles decide alone
        is_told_apart = self.story.name in REGROUPED
        return Told(self.calls, self.faults, effects, [] if is_told_apart else ends_alike(straight(self.story), world))

    # -- whose turn it is

    def _next(self) -> bool:
        self.world.collect()
        awake = [job for job in self.jobs if not job.is_slow]
        slow = [job for job in self.jobs if job.is_slow]
        dice = self.chance.randrange(1000)
        if dice < TICKS_PER_1000 and len(awake) < JOBS_MAX:
            self.world.skew_hours = self.chance.choice(HOURS) if self.rate else 0
            self._start(_Job(lambda: TICKS[1](self.world)))
        elif dice < TICKS_PER_1000 + LEASES_PER_1000 and self.jobs:
            self._end_lease(self.chance.choice(self.jobs))
        elif slow and dice < TICKS_PER_1000 + LEASES_PER_1000 + WAKES_PER_1000:
            self.chance.choice(slow).is_slow = False
        elif self.world.messages and len(awake) < JOBS_MAX and (not awake or self.chance.random() < 0.2):
            self._deliver(self.chance.randrange(len(self.world.messages)))
        elif awake:
            self._resume(self.chance.choice(awake))
        elif held := [job for job in slow if job.has_lease and job.message is not None]:
            self._end_lease(self.chance.choice(held))
        elif self.world.letters:
            self.world.restore()
        elif self.position < len(self.story.acts):
            self._act()
        elif slow:
            self.chance.choice(slow).is_slow = False
        else:
            return bool(self.world.messages)
        return True

    def _act(self) -> None:
        number, act = self.position, self.story.acts[self.position][1]
        self.world.come_to(number)
        self._start(_Job(lambda: act(self.world), is_act=True))

    def _deliver(self, place: int) -> None:
        message = self.world.messages.pop(place)
        if not message.is_poison and message.deliveries >= deliveries_max():
            self._poison(message)
            return
        now = message._replace(deliveries=message.deliveries + 1, body=self._of_some_version(message.body))
        self._start(_Job(lambda: hand_over(self.world.wiring(), now), now))

    def _of_some_version(self, body: bytes) -> bytes:
        """Now and then a message is as an older sender wrote it, who did not know how to count tries."""
        if self.rate and self.chance.random() < 0.1 and b'"tries"' in body:
            self.faults["old message version"] += 1
            fields = json.loads(body)
            del fields["tries"]
            return json.dumps(fields).encode()
        return body

    def _start(self, job: _Job) -> None:
        job.thread = Thread(target=self._run, args=(job,), daemon=True)
        self.jobs.append(job)
        job.thread.start()
        self._turn.acquire()

    def _run(self, job: _Job) -> None:
        self._by_thread[get_ident()] = job
        self._yield(job)
        try:
            job.work()
            ended = "done"
        except ProcessDied:
            ended = "died"
        except InvoicingError:
            ended = "failed"
        except AssertionError as error:
            ended = f"wrong: {error}"
        job.ended = ended
        del self._by_thread[get_ident()]
        self._turn.release()

    def _yield(self, job: _Job) -> None:
        self._turn.release()
        job.go.acquire()

    def _resume(self, job: _Job) -> None:
        job.go.release()
        self._turn.acquire()
        if job.ended is not None:
            self.jobs.remove(job)
            self._end(job)

    def _end(self, job: _Job) -> None:
        assert job.ended in {"done", "died", "failed"}, job.ended
        if job.is_act:
            # people and their tools try again until it is done
            self.position += job.ended == "done" and job.has_lease
        elif job.message is not None and job.has_lease:
            self._give_back(job.message, job.ended)

    def _give_back(self, message: Message, ended: str) -> None:
        if ended == "done" and (self.chance.randrange(1000) >= self.rate):
            return
        if ended == "failed" and message.deliveries >= deliveries_max() and not message.is_poison:
            self._poison(message)
            return
        # it failed, or its host died, perhaps after the work and before the message was deleted
        self.faults["comes again"] += ended == "done"
        self.world.put_back(message, RETRY_SECONDS)

    def _poison(self, message: Message) -> None:
        self.world.put_back(message._replace(is_poison=True, deliveries=0), 0)
        if self.chance.randrange(100) < self.rate:
            # the host dies after the copy and before it deletes the message
            self.faults["poison copy without delete"] += 1
            self.world.put_back(message._replace(deliveries=0), 0)

    def _end_lease(self, job: _Job) -> None:
        if job.message is not None and job.has_lease:
            self.faults["lease ends"] += 1
            job.has_lease = False
            self.world.put_back(job.message, 0)

    # -- what goes wrong

    def _before(self, asked: Asked) -> None:
        job = self._by_thread.get(get_ident())
        if job is None:
            return
        self.calls += 1
        if asked.place == "InvoicingDeadLetters":
            self.world.letters.add(asked.row)
        self._befall(job, asked, Moment.BEFORE)
        self._yield(job)

    def _after(self, asked: Asked) -> None:
        job = self._by_thread.get(get_ident())
        if job is not None:
            self._befall(job, asked, Moment.AFTER)

    def _befall(self, job: _Job, asked: Asked, moment: Moment) -> None:
        if self.chance.randrange(1000) >= self.rate:
            return
        when, effect = self.chance.choice(EFFECTS)
        if when is not moment:
            return
        self.faults[f"{effect.name.lower()} {moment.name.lower()}"] += 1
        match effect:
            case Effect.LOSE:
                raise OutcomeUnknown(f"{asked.place}: no answer came")
            case Effect.DIE:
                raise ProcessDied
            case Effect.TRY_AGAIN:
                self.world.try_again(asked)
            case Effect.OVERTAKE if not job.is_act:
                job.is_slow = True


def _asked(call: Call) -> Asked:
    return Asked(call.method, call.table.value, f"{call.partition}/{call.row}")


def repeat(seed: int) -> str:
    """The command that repeats a history."""
    return f"make simulate SEEDS=1 FROM={seed}"
