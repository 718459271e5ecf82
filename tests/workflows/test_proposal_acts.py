"""Acts on a proposal before it is posted: done as a whole, whoever meets them, wherever a process died."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from itertools import count

import pytest

from domain.commands import ImportProposal, PostProposal
from domain.errors import InvoicingError, NotYet, ReasonCode, Refused
from domain.identifiers import derive_id
from domain.invoice_proposal import Proposal, ProposalLine, ProposalStatus
from domain.pending_work import WorkKind
from domain.rows import Insert, Merge
from domain.tables import Table
from domain.workflows.delete_proposal_lines import delete_lines
from domain.workflows.dispatch import perform
from domain.workflows.edit_proposal import LINES_MAX, edit_lines
from domain.workflows.import_proposal import import_proposal
from domain.workflows.post_pending import posting_command
from domain.workflows.post_proposal import preview
from domain.workflows.proposal_acts import ready_work, settle
from tests.finance_builders import PROPOSAL
from tests.line import END_OF_AUGUST, Line, Snapshot
from tests.workflows.restless import dying, interleave, overtake
from tests.workflows.staged_work import (
    ACCRUES,
    finance,
    proposal_lines,
    propose,
    read_proposal,
    sale,
    stage,
    works,
)

SALES = [sale(number) for number in range(3)]
EXEMPT = {"sales tax group": ""}
TRANSACTIONS = Table.FINANCE_PROJECT_TRANSACTIONS


def ready() -> Line:
    """An open proposal over three posted sales, which have got other dimensions since."""
    return prepared().twin()


@cache
def prepared() -> Line:
    line = finance(ACCRUES)
    stage(line, *SALES)
    line.tick()
    line.post_all()
    propose(line, *SALES)
    line.tick()
    for row in line.rows(TRANSACTIONS):
        line.store.write(TRANSACTIONS, row.key.partition, (Merge(row.key.row, {"DefaultDimension": "CostCenter=7"}),))
    return line


def again(line: Line, after: int = 0) -> ImportProposal:
    return ImportProposal(
        command=derive_id("again", after),
        correlation=PROPOSAL,
        requested_at=line.clock.now(),
        proposal=PROPOSAL,
        delete_after=after,
    )


def groups(line: Line) -> set[str | None]:
    return {each.tax_group for each in proposal_lines(line)}


def settled(line: Line) -> Snapshot:
    """All tables but the claims of work, which count how often somebody began."""
    rows = dict(line.snapshot())
    rows.pop(Table.FINANCE_PENDING_WORK.value, None)
    return rows


def test_lines_go_and_come_back_with_what_stands_on_the_transactions() -> None:
    line = ready()
    delete_lines(line.store, PROPOSAL)
    header = read_proposal(line)
    assert (header.status, header.lines, header.amount) == (ProposalStatus.AWAITING_LINES, None, None)
    assert proposal_lines(line) == []
    assert [work.partition for work in works(line, WorkKind.PROPOSAL_LINES)] == [PROPOSAL]
    assert works(line, WorkKind.POST_PROPOSAL) == []
    line.tick()
    assert {(each.default_dimension, each.deletions) for each in proposal_lines(line)} == {("CostCenter=7", 1)}
    assert [each.number for each in proposal_lines(line)] == [1, 2, 3]
    assert works(line, WorkKind.PROPOSAL_LINES) == []
    assert [work.partition for work in works(line, WorkKind.POST_PROPOSAL)] == [PROPOSAL]
    line.post_all()
    assert read_proposal(line).status == ProposalStatus.INVOICED


def test_one_command_does_both_and_delivered_twice_does_it_once() -> None:
    line = ready()
    line.send(again(line), again(line))
    line.drain()
    assert (read_proposal(line).deletions, len(proposal_lines(line))) == (1, 3)
    line.send(again(line, 1))
    line.drain()
    assert (read_proposal(line).deletions, {each.deletions for each in proposal_lines(line)}) == (2, {2})


def test_deleting_again_finds_nothing_and_changes_nothing() -> None:
    line = ready()
    delete_lines(line.store, PROPOSAL)
    before = line.snapshot()
    delete_lines(line.store, PROPOSAL)
    assert line.snapshot() == before


def test_what_never_had_lines_or_is_invoiced_is_refused_and_stays() -> None:
    line = finance(ACCRUES)
    stage(line, *SALES)
    propose(line, *SALES)
    with pytest.raises(Refused, match="has no lines yet"):
        delete_lines(line.store, PROPOSAL)
    line = ready()
    line.post_all()
    before = line.snapshot()
    with pytest.raises(Refused, match="is invoiced; correct it by a corrective invoice"):
        delete_lines(line.store, PROPOSAL)
    outcome = perform(line.store, line.queues, again(line))
    assert outcome.problems[0].code is ReasonCode.DOCUMENT_WRONG_STATE
    after = {name: rows for name, rows in line.snapshot().items() if name != Table.INVOICING_PROBLEMS.value}
    assert after == before
    with pytest.raises(NotYet):
        delete_lines(finance(ACCRUES).store, PROPOSAL)


ACTS: dict[str, Callable[[Line], object]] = {
    "delete": lambda line: delete_lines(line.store, PROPOSAL),
    "edit": lambda line: edit_lines(line.store, PROPOSAL, lines=[2, 3], fields=EXEMPT),
    "again": lambda line: perform(line.store, line.queues, again(line)),
}


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("after_writes", [False, True])
def test_dying_at_any_call_changes_nothing(name: str, after_writes: bool) -> None:
    straight = ready()
    ACTS[name](straight)
    straight.tick()
    for fatal in count(1):
        line = ready()
        with dying(line, fatal, after_writes=after_writes) as death:
            ACTS[name](line)
        # who asked asks again, or the queue delivers again
        if name != "delete" or read_proposal(line).deletions is None:
            ACTS[name](line)
        line.tick()
        assert settled(line) == settled(straight), f"call {fatal}"
        assert works(line, WorkKind.PROPOSAL_LINES) == []
        if not death.died:
            return


@pytest.mark.parametrize("name", ACTS)
def test_who_posts_after_a_death_carries_the_act_out_first(name: str) -> None:
    for fatal in count(1):
        line = ready()
        with dying(line, fatal) as death:
            ACTS[name](line)
        began = read_proposal(line).pending_act is not None
        line.send(posting_command(ready_work(read_proposal(line)), line.clock.now(), END_OF_AUGUST))
        line.drain()
        header = read_proposal(line)
        assert header.pending_act is None
        if began and name == "edit":
            assert header.status is ProposalStatus.INVOICED
        if began and name != "edit":
            assert (header.status, header.deletions) == (ProposalStatus.AWAITING_LINES, 1)
        line.tick()
        post(line)
        assert read_proposal(line).status is ProposalStatus.INVOICED, f"call {fatal}"
        if not death.died:
            return


def post(line: Line) -> None:
    work = works(line, WorkKind.POST_PROPOSAL)
    line.send(*(posting_command(each, line.clock.now(), END_OF_AUGUST) for each in work))
    line.drain()


def ignoring(act: Callable[[], object]) -> Callable[[], None]:
    """Do an act whose worker may find that another was faster."""

    def run() -> None:
        try:
            act()
        except InvoicingError:
            return

    return run


OTHERS: dict[str, Callable[[Line], object]] = {
    "import": lambda line: import_proposal(
        line.store, line.queues, again(line).model_copy(update={"delete_after": None})
    ),
    "post": post,
    "edit": lambda line: edit_lines(line.store, PROPOSAL, fields=EXEMPT),
    "delete": lambda line: delete_lines(line.store, PROPOSAL),
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("act", ["again", "edit"])
def test_between_any_two_calls_another_may_act(act: str, other: str) -> None:
    """The end is always an invoice over three lines, whose lines agree with their deletions."""
    for at in count(1):
        switches = 0
        for until in (1, 4, 9, 16, 25):
            line = ready()
            first, second = ignoring(lambda: ACTS[act](line)), ignoring(lambda: OTHERS[other](line))  # noqa: B023
            switches = interleave(line, first, second, at, until).switches
            for _ in range(3):
                line.tick()
                line.drain()
                post(line)
            assert_whole(line, f"{act} {at}, {other} {until}")
            if switches < 2:
                break
        if not switches:
            return


def assert_whole(line: Line, where: str) -> None:
    header = read_proposal(line)
    assert header.status is ProposalStatus.INVOICED, where
    counting = [each for each in proposal_lines(line) if each.deletions == header.deletions]
    assert sorted(each.number for each in counting) == [1, 2, 3], where
    marks = {
        row.columns["ActualId"]: row.columns.get("InvoiceProposalLine")
        for row in line.rows(Table.FINANCE_ACTUALS_STAGING)
        if row.key.partition == PROPOSAL
    }
    assert marks == {each.actual: each.number for each in counting}, where
    if header.deletions:
        assert {each.default_dimension for each in counting} == {"CostCenter=7"}, where


def test_a_slow_import_of_deleted_lines_is_in_nobodys_way() -> None:
    line = ready()
    old = proposal_lines(line)
    delete_lines(line.store, PROPOSAL)
    line.store.write(
        Table.FINANCE_INVOICE_PROPOSAL_LINES, PROPOSAL, tuple(Insert(each.key.row, each.to_columns()) for each in old)
    )
    line.tick()
    assert len(proposal_lines(line)) == 6
    line.post_all()
    assert (read_proposal(line).status, read_proposal(line).total) == (ProposalStatus.INVOICED, Decimal(3000))


LINES, STAGING = Table.FINANCE_INVOICE_PROPOSAL_LINES, Table.FINANCE_ACTUALS_STAGING
# where others carry a deletion out and import the lines anew, before a slow worker goes on with it
OVERTAKEN = {
    "before it reads lines": ("read_pages", LINES, 1),
    "before it deletes lines": ("write", LINES, 1),
    "before it frees rows": ("write", STAGING, 1),
    # after the import was registered and claimed
    "before it takes the offer back": ("write", Table.FINANCE_PENDING_WORK, 3),
}


@pytest.mark.parametrize("where", OVERTAKEN)
def test_a_slow_deletion_leaves_what_was_imported_since(where: str) -> None:
    line = ready()
    method, table, nth = OVERTAKEN[where]
    overtake(line, method, table, line.tick, nth=nth)
    delete_lines(line.store, PROPOSAL)
    assert {each.deletions for each in proposal_lines(line)} == {1}
    line.post_all()
    assert_whole(line, where)


@pytest.mark.parametrize("method", ["read_pages", "write"])
def test_a_slow_edit_leaves_what_was_edited_since(method: str) -> None:
    line = ready()

    def others() -> None:
        # they carry the same edit out, and then edit a line themselves
        settle(line.store, PROPOSAL)
        row = line.rows(LINES)[0].key.row
        line.store.write(LINES, PROPOSAL, (Merge(row, {"TaxGroupId": "NEW"}),))

    overtake(line, method, LINES, others)
    edit_lines(line.store, PROPOSAL, fields=EXEMPT)
    assert groups(line) == {None, "NEW"}


def test_too_many_lines_for_one_edit_are_refused() -> None:
    with pytest.raises(Refused, match="too many for one edit"):
        edit_lines(ready().store, PROPOSAL, lines=range(1, LINES_MAX + 2), fields=EXEMPT)


def test_an_act_without_lines_is_for_all_of_them() -> None:
    line = ready()
    for row in line.rows(Table.FINANCE_INVOICE_PROPOSAL_LINES):
        line.store.write(Table.FINANCE_INVOICE_PROPOSAL_LINES, PROPOSAL, (Merge(row.key.row, {"TaxGroupId": "OLD"}),))
    edit_lines(line.store, PROPOSAL, lines=[1], fields=EXEMPT)
    assert groups(line) == {None, "OLD"}
    edit_lines(line.store, PROPOSAL, fields=EXEMPT)
    assert groups(line) == {None}


def test_a_proposal_keeps_what_its_records_say() -> None:
    line = ready()
    delete_lines(line.store, PROPOSAL)
    line.tick()
    for row in line.rows(Table.FINANCE_INVOICE_PROPOSAL_LINES):
        assert ProposalLine.from_columns(row.columns).key == row.key
    (row,) = line.rows(Table.FINANCE_INVOICE_PROPOSALS)
    assert Proposal.from_columns(row.columns).to_columns() == dict(row.columns)


def test_the_totals_before_posting_are_those_of_the_invoice_and_nothing_is_written() -> None:
    line = ready()
    command = posting_command(ready_work(read_proposal(line)), line.clock.now(), END_OF_AUGUST)
    assert isinstance(command, PostProposal)
    before = line.snapshot()
    told = preview(line.store, command)
    assert line.snapshot() == before
    line.post_all()
    header = read_proposal(line)
    assert (told.amount, told.tax, told.total, told.due_date) == (
        header.amount,
        header.tax,
        header.total,
        header.due_date,
    )
    with pytest.raises(Refused, match="is invoiced"):
        preview(line.store, command)
