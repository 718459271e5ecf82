"""What was given up is listed by reason, shown as a whole, and sent again; what stopped is told with its age."""

from datetime import timedelta
from pathlib import Path

import pytest

from domain.commands import ConfirmInvoice, PostJournal
from domain.dead_letters import DeadLetter, make_letter
from domain.errors import Problem, ReasonCode
from domain.outcome import Action
from domain.tables import Table
from domain.workflows.record_dead_letter import record_dead_letter
from functions.messages import encode
from tests.cli.conftest import Terminal
from tests.workflows.adatum import guid

UNREADABLE = Problem(
    ReasonCode.MESSAGE_NOT_JSON, "the message is not JSON; correct the sender and send the message again"
)


def give_up(terminal: Terminal, *numbers: int) -> list[DeadLetter]:
    """Confirm invoices that nobody knows, until they are given up."""
    for number in numbers:
        terminal.line.confirm(guid(number))
    terminal.line.drain()
    return letters(terminal)


def keep_unreadable(terminal: Terminal, queue: str, body: bytes) -> DeadLetter:
    letter = make_letter(queue, body, 1, UNREADABLE)
    record_dead_letter(terminal.line.store, letter)
    return letter


def letters(terminal: Terminal) -> list[DeadLetter]:
    return terminal.line.records(Table.INVOICING_DEAD_LETTERS, DeadLetter)


def test_nothing_given_up_is_told_with_the_way_on(terminal: Terminal) -> None:
    told = terminal.say("failures")
    assert "Nothing was given up: no message waits for a person." in told
    assert "invoicing problems" in told
    assert terminal.json("failures", "--json") == []


def test_letters_are_grouped_by_queue_and_reason(terminal: Terminal) -> None:
    give_up(terminal, 60)
    terminal.line.clock.set(terminal.line.clock.now() + timedelta(hours=2))
    give_up(terminal, 61, 62)
    keep_unreadable(terminal, "post-journal", b"good morning")
    told = terminal.say("failures", code=1)
    assert "document_unknown" in told
    digest = letters(terminal)[0].traceback_digest or "document_unknown"
    assert f"mend the cause, then: invoicing replay --reason {digest} --queue confirm-invoice" in told
    assert "4 letters to look at." in told
    first, second = terminal.json("failures", "--json", code=1)
    assert (first["queue"], first["code"], first["letters"]) == ("confirm-invoice", "document_unknown", 3)
    assert first["oldest"] < first["newest"]
    assert (second["queue"], second["code"], second["letters"]) == ("post-journal", "message_not_json", 1)
    assert "--body FILE" in second["what_to_do"]
    (only,) = terminal.json("failures", "--queue", "post-journal", "--json", code=1)
    assert only["code"] == "message_not_json"
    assert "No such letter waits" in terminal.say("failures", "--reason", "content_differs")


def test_a_letter_is_shown_as_a_whole(terminal: Terminal) -> None:
    (letter,) = give_up(terminal, 60)
    told = terminal.say("failures", "show", letter.letter[:8])
    for text in (
        letter.letter,
        "confirm-invoice",
        "waits for a person",
        "Never replayed.",
        '"schema":"confirm-invoice/1"',
    ):
        assert text in told
    shown = terminal.json("failures", "show", letter.letter, "--json")
    assert shown["body"] == letter.body
    assert (shown["attempts"], shown["document"]) == (20, guid(60))


def test_a_body_that_is_no_text_can_be_read(terminal: Terminal) -> None:
    letter = keep_unreadable(terminal, "post-journal", b"\xff\xfe\x00 no text, really not")
    told = terminal.json("failures", "show", letter.letter, "--json")
    assert told["body"].splitlines() == [
        "ff fe 00 20 6e 6f 20 74 65 78 74 2c 20 72 65 61  ... no text, rea",
        "6c 6c 79 20 6e 6f 74                             lly not",
    ]


def test_an_unknown_letter_has_a_way_out(terminal: Terminal) -> None:
    assert "there is no letter nobody; `invoicing failures` lists them" in terminal.say(
        "failures", "show", "nobody", code=1
    )


def test_a_replay_goes_to_the_queue_of_its_letter_and_tells_how_it_ended(terminal: Terminal) -> None:
    (letter,) = give_up(terminal, 60)
    told = terminal.say("replay", letter.letter, "--by", "ann")
    assert "sent again, replay 1" in told
    assert "1 letter sent again, 0 left alone, 0 can't be replayed." in told
    (waiting,) = terminal.line.queues.waiting
    assert isinstance(waiting.command, ConfirmInvoice)
    assert terminal.json("failures", "show", letter.letter, "--json")["state"] == "under way"
    terminal.line.drain()
    shown = terminal.json("failures", "show", letter.letter, "--json")
    assert shown["state"] == "dead again"
    assert [(each["number"], each["by"], each["state"]) for each in shown["replays"]] == [(1, "ann", "dead again")]


def test_what_is_done_leaves_the_list_and_is_never_sent_again(confirmed: Terminal) -> None:
    line = confirmed.line
    (invoice,) = [row.key.row for row in line.rows(Table.DATAVERSE_INVOICES)]
    wish = line.confirm(invoice, wish="given up by mistake")
    line.queues.waiting.clear()
    problem = Problem(ReasonCode.ATTEMPTS_EXHAUSTED, "the storage was away; replay the message")
    letter = make_letter("confirm-invoice", encode(wish).encode(), 20, problem, wish)
    record_dead_letter(line.store, letter)
    confirmed.say("replay", "--all")
    (outcome, *_) = line.drain()
    assert outcome.action is not Action.COMMAND_REFUSED
    assert "1 letter with a replay that is done: --settled shows them." in confirmed.say("failures")
    assert len(confirmed.json("failures", "--settled", "--json")) == 1
    assert "left alone: a replay of it is done" in confirmed.say("replay", letter.letter)
    assert "No letter waits that matches" in confirmed.say("replay", "--all")
    assert line.queues.waiting == []


def test_a_dry_run_sends_nothing_and_records_nothing(terminal: Terminal) -> None:
    give_up(terminal, 60, 61)
    before = terminal.line.snapshot()
    told = terminal.say("replay", "--all", "--dry-run")
    assert "2 letters would be sent again" in told
    assert (terminal.line.snapshot(), terminal.line.queues.waiting) == (before, [])


def test_many_are_replayed_by_reason_with_progress(terminal: Terminal) -> None:
    give_up(terminal, *range(60, 85))
    keep_unreadable(terminal, "post-journal", b"good morning")
    told = terminal.say("replay", "--reason", "document_unknown")
    assert "25 letters sent again, 0 left alone, 0 can't be replayed." in told
    assert len(terminal.line.queues.waiting) == 25


def test_what_can_not_be_read_needs_a_corrected_body_that_is_checked_first(terminal: Terminal, tmp_path: Path) -> None:
    letter = keep_unreadable(terminal, "confirm-invoice", b"good morning")
    told = terminal.say("replay", letter.letter, code=1)
    assert "can't be replayed: the message is not JSON" in told
    assert f"invoicing replay {letter.letter} --body FILE" in told
    wish = terminal.line.confirm(guid(60))
    terminal.line.queues.waiting.clear()
    file = tmp_path / "body.json"
    other = PostJournal(
        command=wish.command, correlation=wish.correlation, requested_at=wish.requested_at, journal=guid(61)
    )
    wrong: dict[str, tuple[bytes, str]] = {
        "still no JSON": (b"good evening", "the message is not JSON"),
        "for another queue": (encode(other).encode(), "must be confirm-invoice/1"),
        "too large": (b"x" * 10_000_000, "more than 49,152 bytes"),
    }
    for content, sentence in wrong.values():
        file.write_bytes(content)
        assert sentence in terminal.say("replay", letter.letter, "--body", str(file), code=1)
    assert terminal.line.queues.waiting == []
    file.write_text(encode(wish))
    terminal.say("replay", letter.letter, "--body", str(file), "--by", "ann")
    (waiting,) = terminal.line.queues.waiting
    assert waiting.command.wish == wish
    # the original stays as it came
    assert letters(terminal) == [letter]
    (told_replay,) = terminal.json("failures", "show", letter.letter, "--json")["replays"]
    assert (told_replay["is_corrected"], told_replay["by"]) == (True, "ann")


def test_a_letter_of_a_queue_that_nobody_knows_goes_nowhere(terminal: Terminal) -> None:
    keep_unreadable(terminal, "renamed-queue", b"{}")
    told = terminal.say("replay", "--all", code=1)
    assert "no command goes to a queue named renamed-queue" in told
    assert terminal.line.queues.waiting == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["failures", "--queue", "confirm"], "there is no queue confirm"),
        (["failures", "--reason", "unknown"], "unknown is neither a reason code nor a digest"),
        (["replay", "--reason", "unknown"], "unknown is neither a reason code nor a digest"),
        (["replay", "--all", "--queue", "confirm"], "there is no queue confirm"),
        (["problems", "--code", "unknown"], "unknown is no reason code"),
    ],
)
def test_a_name_that_nothing_can_have_is_told(terminal: Terminal, arguments: list[str], told: str) -> None:
    assert told in terminal.say(*arguments, code=1)


def test_letters_of_a_queue_that_was_renamed_are_still_listed(terminal: Terminal) -> None:
    keep_unreadable(terminal, "renamed-queue", b"{}")
    (only,) = terminal.json("failures", "--queue", "renamed-queue", "--json", code=1)
    assert only["letters"] == 1


def test_a_letter_whose_replay_is_under_way_is_to_be_waited_for(terminal: Terminal) -> None:
    one, *others = give_up(terminal, 60, 61, 62)
    for letter in others:
        terminal.say("replay", letter.letter)
    # the group tells of the one that nobody has sent again yet
    (group,) = terminal.json("failures", "--json", code=1)
    assert (group["example"], group["under_way"]) == (one.letter, 2)
    assert group["what_to_do"].startswith("mend the cause, then: ")
    terminal.say("replay", one.letter)
    (group,) = terminal.json("failures", "--json", code=1)
    view = terminal.json("failures", "show", one.letter, "--json")
    for told in (group, view):
        assert told["what_to_do"].startswith("look again: a replay is under way; if it stays so: invoicing replay ")


def test_a_body_can_be_copied_as_it_stands(terminal: Terminal) -> None:
    body = b'{"schema":"confirm-invoice/1",' + b'"note":"' + b"x" * 300 + b'"}'
    letter = keep_unreadable(terminal, "confirm-invoice", body)
    assert body.decode() in terminal.say("failures", "show", letter.letter)


@pytest.mark.parametrize("arguments", [[], ["some", "--all"], ["--all", "--reason", "x"]])
def test_which_letters_are_meant_is_said_in_one_way(terminal: Terminal, arguments: list[str]) -> None:
    assert "say which letters" in terminal.say("replay", *arguments, code=1)


def test_a_body_is_for_one_letter(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_text("{}")
    assert "give its id" in terminal.say("replay", "--all", "--body", str(file), code=1)


def test_no_problem_is_told_with_the_way_on(terminal: Terminal) -> None:
    told = terminal.say("problems")
    assert "No problem is open." in told
    assert "invoicing failures" in told
    assert "No such problem is open" in terminal.say("problems", "--code", "period_closed")


def test_problems_tell_document_company_age_and_tries(confirmed: Terminal) -> None:
    line = confirmed.line
    line.confirm(guid(60))
    line.drain()
    for _ in range(3):
        line.tick()
    listed = confirmed.json("problems", "--json", code=1)
    unknown = next(each for each in listed if each["document"] == guid(60))
    assert (unknown["name"], unknown["company"], unknown["code"]) == (guid(60), "", "document_unknown")
    assert (unknown["since"], unknown["tries"]) == ("2026-08-31T12:00:00+00:00", 20)
    waiting = [each for each in listed if each["company"] == "usmf"]
    assert [(each["name"], each["stage"], each["tries"]) for each in waiting] == [("PRO-000001", "import-proposal", 3)]
    told = confirmed.say("problems", code=1)
    assert "one goes when its stage succeeds, nothing else removes it" in told
    for options in (("--company", "USMF"), ("--document", "pro-000001"), ("--code", waiting[0]["code"])):
        (only,) = confirmed.json("problems", *options, "--json", code=1)
        assert only == waiting[0]
    assert "No such problem is open" in confirmed.say("problems", "--company", "dkds")
