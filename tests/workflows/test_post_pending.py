"""The timers that post: a command for everything that is pending in legal entities that post in batch."""

from datetime import date, timedelta

import pytest

from domain.commands import PostJournal, PostProposal
from domain.outcome import Action
from domain.pending_work import WorkKind, posting_work
from domain.tables import Table
from domain.workflows.post_pending import COMMANDS_MAX, post_pending, posting_command, read_pending
from tests.finance_builders import PROPOSAL
from tests.line import START, Line
from tests.workflows.staged_work import cost, finance, journals, stage


def imported(*, in_batch: bool) -> Line:
    line = finance(PostJournalsInBatch=in_batch)
    stage(line, cost("c"))
    line.tick()
    return line


@pytest.mark.parametrize(("in_batch", "sent"), [(True, 1), (False, 0)])
def test_the_parameter_of_the_legal_entity_decides(in_batch: bool, sent: int) -> None:
    line = imported(in_batch=in_batch)
    outcome = post_pending(line.store, line.queues, WorkKind.POST_JOURNAL, START)
    assert outcome.facts == {"commands": sent}
    assert outcome.action == (Action.POSTING_REQUESTED if sent else Action.NOTHING_TO_DO)
    line.drain()
    assert [journal.posted for journal in journals(line)] == [1 if sent else None]


def test_a_posted_journal_is_not_asked_for_again() -> None:
    line = imported(in_batch=True)
    post_pending(line.store, line.queues, WorkKind.POST_JOURNAL, START)
    line.drain()
    assert post_pending(line.store, line.queues, WorkKind.POST_JOURNAL, START).facts == {"commands": 0}


def test_a_proposal_is_posted_with_the_date_of_the_tick() -> None:
    work = posting_work(WorkKind.POST_PROPOSAL, company="usmf", document=PROPOSAL, correlation=PROPOSAL)
    command = posting_command(work, START, START.date())
    assert isinstance(command, PostProposal)
    assert command.invoice_date == date(2026, 8, 31)
    journal = work.changed(kind=WorkKind.POST_JOURNAL)
    assert isinstance(posting_command(journal, START, START.date()), PostJournal)


def test_documents_that_cannot_be_posted_do_not_starve_those_behind_them() -> None:
    line = finance(PostJournalsInBatch=True)
    documents = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(COMMANDS_MAX + 100)]
    for document in documents:
        work = posting_work(WorkKind.POST_JOURNAL, company="usmf", document=document, correlation=PROPOSAL)
        line.put(Table.FINANCE_PENDING_WORK, work.key, work)
    for minute in range(2):
        post_pending(line.store, line.queues, WorkKind.POST_JOURNAL, START + timedelta(minutes=minute))
    asked = {command.document for command in line.queues.sent}
    assert asked == set(documents)
    assert len(list(read_pending(line.store, WorkKind.POST_JOURNAL))) == len(documents)


def pending_proposal(line: Line, number: int) -> str:
    document = f"{number:08d}-0000-4000-8000-000000000000"
    work = posting_work(WorkKind.POST_PROPOSAL, company="usmf", document=document, correlation=PROPOSAL)
    line.put(Table.FINANCE_PENDING_WORK, work.key, work)
    return document


def test_the_choice_is_made_when_the_tick_runs() -> None:
    line = finance(PostProposalsInBatch=True)
    early = pending_proposal(line, 1)
    post_pending(line.store, line.queues, WorkKind.POST_PROPOSAL, START)
    # it has become ready since the tick before, after whoever scheduled the batch has gone home
    late = pending_proposal(line, 2)
    post_pending(line.store, line.queues, WorkKind.POST_PROPOSAL, START + timedelta(minutes=5))
    assert [command.document for command in line.queues.sent] == [early, early, late]


def test_a_tick_hands_out_whole_documents_each_once_and_no_more_than_it_may() -> None:
    line = finance(PostProposalsInBatch=True)
    documents = [pending_proposal(line, number) for number in range(5)]
    for minute in range(3):
        before = len(line.queues.sent)
        outcome = post_pending(
            line.store, line.queues, WorkKind.POST_PROPOSAL, START + timedelta(minutes=minute), most=2
        )
        asked = [command.document for command in line.queues.sent[before:]]
        assert (outcome.facts, len(set(asked))) == ({"commands": 2}, 2)
    assert {command.document for command in line.queues.sent} == set(documents)
