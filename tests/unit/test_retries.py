"""What passes is tried again with a growing delay, what can't succeed is given up at once: the one policy."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.commands import PostJournal
from domain.errors import (
    AlreadyExists,
    BadMessage,
    BadRow,
    ChangedMeanwhile,
    ContentDiffers,
    LimitExceeded,
    NotYet,
    OutcomeUnknown,
    Problem,
    ReasonCode,
    Refused,
    RowMissing,
    StoreError,
)
from domain.retries import GivenUp, Later, Retries, decide, final_problem, passes, problem_of

PROBLEM = Problem(ReasonCode.DOCUMENT_UNKNOWN, "journal j is not known; check the id", ("j",))
COMMAND = PostJournal(
    command="5b3f5c0e-6a56-4f0e-9d0c-0a1b2c3d4e07",
    correlation="5b3f5c0e-6a56-4f0e-9d0c-0a1b2c3d4e02",
    requested_at=datetime(2026, 8, 31, 12, 20, tzinfo=UTC),
    journal="e1d45b99-a12c-5cdc-a64a-c40514432d6c",
)
RETRIES = Retries()
PASSING: list[Exception] = [
    NotYet(PROBLEM),
    *(kind("x") for kind in (OutcomeUnknown, ChangedMeanwhile, AlreadyExists, RowMissing)),
]
PASSING += [StoreError("queue q does not exist"), ConnectionResetError(), TimeoutError(), MemoryError()]
STAYING: list[Exception] = [
    *(kind(PROBLEM) for kind in (Refused, BadMessage, BadRow)),
    ContentDiffers("x"),
    LimitExceeded("x"),
]
STAYING += [TypeError("x"), KeyError("x"), AssertionError()]


def tried(tries: int) -> PostJournal:
    return COMMAND.model_copy(update={"tries": tries})


def test_the_delay_doubles_from_ten_seconds_to_a_quarter_of_an_hour() -> None:
    told = [RETRIES.delay_seconds(tries) for tries in range(1, 11)]
    assert told == [10, 20, 40, 80, 160, 320, 640, 900, 900, 900]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_what_can_pass_comes_back(error: Exception) -> None:
    assert decide(error, COMMAND, RETRIES) == Later(10, 1)
    assert decide(error, tried(18), RETRIES) == Later(900, 19)
    assert decide(error, tried(19), RETRIES) == GivenUp(20, is_hopeless=False)


@pytest.mark.parametrize("error", STAYING, ids=lambda error: type(error).__name__)
def test_what_can_not_succeed_is_given_up_at_once(error: Exception) -> None:
    assert decide(error, COMMAND, RETRIES) == GivenUp(1, is_hopeless=True)


def test_what_the_client_raises_passes_where_it_is_named() -> None:
    assert not passes(LookupError())
    assert passes(KeyError(), (LookupError,))


@given(
    first=st.integers(0, 86_400),
    longest=st.integers(0, 86_400),
    tries=st.integers(1, 10_000),
    tries_max=st.integers(1, 1_000),
)
def test_no_delay_is_over_the_bound_and_none_shrinks(first: int, longest: int, tries: int, tries_max: int) -> None:
    retries = Retries(first, longest, tries_max)
    assert 0 <= retries.delay_seconds(tries) <= retries.delay_seconds(tries + 1) <= longest
    decided = decide(NotYet(PROBLEM), tried(tries), retries)
    assert isinstance(decided, Later) == (tries + 1 < tries_max)
    assert decided.tries == tries + 1


def test_the_last_word_tells_tries_and_since_when() -> None:
    final = final_problem(PROBLEM, tried(19), GivenUp(20, is_hopeless=False))
    assert final.code == ReasonCode.DOCUMENT_UNKNOWN
    assert final.ids == ("j",)
    assert final.sentence == (
        "journal j is not known; check the id; gave up after 20 tries since 2026-08-31T12:20:00Z; "
        "mend the cause and replay the message"
    )


def test_a_long_sentence_keeps_its_way_out() -> None:
    final = final_problem(problem_of(ValueError("x" * 5_000)), COMMAND, GivenUp(1, is_hopeless=True))
    assert len(final.sentence) == 2_000
    assert final.sentence.startswith("ValueError: xxx")
    assert final.sentence.endswith("it was given up at once; mend the cause and replay the message")
    assert final.ids == (COMMAND.journal,)
