"""What becomes of a command that failed: it comes back later, or it is given up. The one policy for everybody.

What can pass by itself is tried again with a delay that doubles, up to a bound on the delay and on the tries. What
can't succeed as it is, whoever tries it however often, is given up at once: a row that differs, a limit of the storage,
an error in the program. A process that dies says nothing, so its message is left to the host and its count.
"""

from dataclasses import dataclass

from domain.commands import Command
from domain.dead_letters import SENTENCE_LENGTH_MAX
from domain.errors import (
    AlreadyExists,
    CarriesProblem,
    ChangedMeanwhile,
    NotYet,
    OutcomeUnknown,
    Problem,
    ReasonCode,
    RowMissing,
    StoreError,
)

# the plain StoreError is a table or a queue that does not exist: it is made, or being restored
_PASSING: tuple[type[BaseException], ...] = (
    NotYet,
    OutcomeUnknown,
    ChangedMeanwhile,
    AlreadyExists,
    RowMissing,
    OSError,
    MemoryError,
)


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how slowly a command is tried again."""

    # seconds before the second try; each later delay is twice the one before
    first_seconds: int = 10
    # seconds of the longest delay
    longest_seconds: int = 900
    # tries of one command, the first one among them
    tries_max: int = 20
    # more kinds of error that pass by themselves: what the client of the storage raises and the domain doesn't know
    passing: tuple[type[BaseException], ...] = ()

    def delay_seconds(self, tries: int) -> int:
        """Tell how long to wait after so many tries."""
        # the exponent is bounded, because nobody waits for a number with a thousand digits
        return min(self.first_seconds << min(tries - 1, 32), self.longest_seconds)


@dataclass(frozen=True, slots=True)
class Later:
    """It comes back."""

    delay_seconds: int
    # tries that are over
    tries: int


@dataclass(frozen=True, slots=True)
class GivenUp:
    """It is not tried again by itself."""

    # tries that are over
    tries: int
    # True: it can't succeed as it is; False: it might have, but the bound is reached
    is_hopeless: bool


def passes(error: BaseException, also: tuple[type[BaseException], ...] = ()) -> bool:
    """Tell whether what went wrong can pass by itself."""
    return type(error) is StoreError or isinstance(error, (*_PASSING, *also))


def decide(error: BaseException, command: Command, retries: Retries) -> Later | GivenUp:
    """Decide what becomes of a command that failed with this error."""
    tries = (command.tries or 0) + 1
    if not passes(error, retries.passing):
        return GivenUp(tries, is_hopeless=True)
    if tries >= retries.tries_max:
        return GivenUp(tries, is_hopeless=False)
    return Later(retries.delay_seconds(tries), tries)


def problem_of(error: BaseException) -> Problem:
    """Tell what went wrong as a problem: the error's own, or one that names the error."""
    if isinstance(error, CarriesProblem):
        return error.problem
    return Problem(ReasonCode.ATTEMPTS_EXHAUSTED, f"{type(error).__name__}: {error}")


def hopeless(error: BaseException, document: str) -> Problem:
    """Tell of a timer's piece of work on which the program stumbles: each tick tries it again."""
    found = problem_of(error)
    sentence = f"{found.sentence[:SENTENCE_LENGTH_MAX]}; each tick tries it again, report it with this sentence"
    return Problem(found.code, sentence, found.ids or (document,))


def final_problem(problem: Problem, command: Command, given_up: GivenUp) -> Problem:
    """Tell that a command was given up, after how many tries, since when, and the way out.

    Since when is the instant of the command, so that every try tells the same.
    """
    if given_up.is_hopeless:
        ending = "trying again can't help, so it was given up at once; mend the cause and replay the message"
    else:
        since = f"{command.requested_at:%Y-%m-%dT%H:%M:%SZ}"
        ending = f"gave up after {given_up.tries} tries since {since}; mend the cause and replay the message"
    sentence = problem.sentence[: SENTENCE_LENGTH_MAX - len(ending) - 2]
    return Problem(problem.code, f"{sentence}; {ending}", (*problem.ids,) or (command.document,))
