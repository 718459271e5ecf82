"""`invoicing journal`: what the accountant sees of integration journals, and does with them."""

import pytest

from domain.journal import Journal, JournalLine, JournalStatus, LineStatus
from domain.rows import Insert, Merge
from domain.tables import Table
from tests.cli.conftest import Terminal
from tests.workflows.staged_work import without


@pytest.fixture
def imported(loaded: Terminal) -> Terminal:
    """All samples, imported into journals."""
    loaded.line.drain()
    loaded.line.tick()
    return loaded


def journals(terminal: Terminal) -> list[Journal]:
    return terminal.line.records(Table.FINANCE_INTEGRATION_JOURNALS, Journal)


def some_journal(terminal: Terminal) -> Journal:
    """A journal of usmf with more than one line."""
    return next(each for each in journals(terminal) if each.company == "usmf" and each.lines > 1)


def lines_of(terminal: Terminal, journal: Journal) -> list[JournalLine]:
    found = terminal.line.records(Table.FINANCE_INTEGRATION_JOURNAL_LINES, JournalLine)
    return [each for each in found if each.journal == journal.journal]


def test_journals_are_listed_with_what_to_do_next(imported: Terminal) -> None:
    told = imported.say("journal", "list")
    for journal in journals(imported):
        assert journal.journal in told
    assert "post it, or delete lines" in told
    assert journals(imported)[0].journal not in imported.say("journal", "list", "--company", "none")
    assert "No integration journal is Posted." in imported.say("journal", "list", "--status", "posted")
    assert "there is no status 'red'; there is Draft, Processing, Error" in imported.say(
        "journal", "list", "--status", "red", code=1
    )


def test_a_journal_is_shown_posted_and_shown_again(imported: Terminal) -> None:
    journal = some_journal(imported)
    told = imported.say("journal", "show", journal.journal[:8])
    assert all(each.voucher in told for each in lines_of(imported, journal))
    assert f"{journal.lines} lines posted." in imported.say("journal", "post", journal.journal)
    assert "Posted: none is needed" in imported.say("journal", "show", journal.journal)


def test_more_lines_than_one_waits_for_are_posted_in_batch(imported: Terminal) -> None:
    journal = some_journal(imported)
    imported.line.store.write(Table.FINANCE_SETUP, "usmf", (Merge("ProjParameters", {"InteractiveLinesMax": 1}),))
    told = imported.say("journal", "post", journal.journal, code=1)
    assert "batch_required: Journal" in told
    assert "add --batch" in told
    assert "1 command sent" in imported.say("journal", "post", journal.journal, "--batch")
    imported.line.drain()
    assert next(each for each in journals(imported) if each.journal == journal.journal).status is JournalStatus.POSTED


def test_lines_are_deleted_and_come_back(imported: Terminal) -> None:
    journal = some_journal(imported)
    told = imported.say("journal", "delete-line", journal.journal, "1")
    assert f"1 line deleted, {journal.lines - 1} line" in told
    assert lines_of(imported, journal)[0].status is LineStatus.DELETED
    assert "Deleted" in imported.say("journal", "show", journal.journal)
    assert "has no line 99" in imported.say("journal", "delete-line", journal.journal, "99", code=1)
    every = [str(number) for number in range(1, journal.lines + 1)]
    assert "no line is left, the journal is Deleted" in imported.say("journal", "delete-line", journal.journal, *every)
    imported.line.tick()
    standing = [
        each.actual
        for each in imported.line.records(Table.FINANCE_INTEGRATION_JOURNAL_LINES, JournalLine)
        if each.status is not LineStatus.DELETED
    ]
    assert {each.actual for each in lines_of(imported, journal)} <= set(standing)


def test_lines_are_edited(imported: Terminal) -> None:
    journal = some_journal(imported)
    told = imported.say("journal", "edit-line", journal.journal, "1", "2", "--set", "dimensions=Department=Sales")
    assert "2 lines edited." in told
    assert {each.default_dimension for each in lines_of(imported, journal)[:2]} == {"Department=Sales"}
    assert "comes from the actual" in imported.say(
        "journal", "edit-line", journal.journal, "1", "--set", "quantity=1", code=1
    )
    assert "must be a field with its value" in imported.say(
        "journal", "edit-line", journal.journal, "1", "--set", "x", code=1
    )


def test_a_journal_in_error_is_updated_to_draft(imported: Terminal) -> None:
    journal = some_journal(imported)
    store = imported.line.store
    store.write(Table.FINANCE_SETUP, "usmf", (Merge("ProjParameters", {"JournalPostingErrors": "ErrorStatus"}),))
    forgotten = [row for row in imported.line.rows(Table.FINANCE_SETUP) if row.columns.get("PostingType") == 121]
    without(imported.line, PostingType=121)
    assert "journal_in_error" in imported.say("journal", "post", journal.journal, code=1)
    told = imported.say("journal", "show", journal.journal, code=1)
    assert "Error: mend the cause and update it to draft" in told
    assert "Posting type 121" in told
    for row in forgotten:
        store.write(Table.FINANCE_SETUP, row.key.partition, (Insert(row.key.row, row.columns),))
    assert f"is a draft with {journal.lines} lines; post it." in imported.say(
        "journal", "update-to-draft", journal.journal
    )
    assert "lines posted" in imported.say("journal", "post", journal.journal)


def test_a_journal_that_is_not_known_is_told(imported: Terminal) -> None:
    assert "integration journal beef is not known; `invoicing journal list`" in imported.say(
        "journal", "show", "beef", code=1
    )
    assert "journals begin with" in imported.say("journal", "show", "", code=1)
