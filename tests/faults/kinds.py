"""What can go wrong at one call of the storage or of a queue, as data."""

from dataclasses import dataclass
from enum import Enum

from domain.saving import ROUNDS_MAX


class Moment(Enum):
    """When it goes wrong."""

    BEFORE = "before the call does anything"
    AFTER = "after the call has done its work"


class Effect(Enum):
    """What goes wrong."""

    LOSE = "the caller gets no answer"
    # below the port the client tries again; above it, that is no answer
    BUSY = "the storage answers 503 and does nothing"
    # the client below the port meets what its own first try has written
    TRY_AGAIN = "the storage answers 503, and the client does the same again"
    # the table or queue refuses that kind of request until service is restored
    OUTAGE = "the place answers 429 until the service is restored"
    DIE = "the process dies"
    # the same message or the same timer, whole
    OTHER_WORKER = "another worker does the same from beginning to end"
    # the lease ends, the message comes again, and everything goes on until all is through
    OVERTAKE = "everything else happens, to the very end"


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault at one call."""

    name: str
    moment: Moment
    effect: Effect
    # calls of the same process, from the first one on, that it befalls
    calls: int = 1


NEVER_SENT = Fault("never sent", Moment.BEFORE, Effect.LOSE)
ANSWER_LOST = Fault("done, the answer lost", Moment.AFTER, Effect.LOSE)
DONE_THEN_503 = Fault("done, answered 503, tried again below the port", Moment.AFTER, Effect.TRY_AGAIN)
# longer than the client and we ourselves try, so that the delivery fails
THROTTLED_ONCE = Fault("throttled for a while", Moment.BEFORE, Effect.BUSY, ROUNDS_MAX + 1)
THROTTLED_FOR_EVER = Fault("throttled until service is restored", Moment.BEFORE, Effect.OUTAGE)
OTHER_WORKER = Fault("another worker comes first", Moment.BEFORE, Effect.OTHER_WORKER)
DIES_BEFORE = Fault("process dies just before", Moment.BEFORE, Effect.DIE)
DIES_AFTER = Fault("process dies just after", Moment.AFTER, Effect.DIE)
SLOW = Fault("slow beyond the lease", Moment.BEFORE, Effect.OVERTAKE)

FAULTS = (
    NEVER_SENT,
    ANSWER_LOST,
    DONE_THEN_503,
    THROTTLED_ONCE,
    THROTTLED_FOR_EVER,
    OTHER_WORKER,
    DIES_BEFORE,
    DIES_AFTER,
    SLOW,
)

# hours by which the clock of one host is wrong while it does one thing
CLOCK_SKEWS = (-49, -3, 3, 49)
