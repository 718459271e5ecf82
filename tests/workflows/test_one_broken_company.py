"""A legal entity or a document on which everything fails holds up no other, turn after turn."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from domain.errors import ReasonCode
from domain.invoice_proposal import Proposal, ProposalStatus
from domain.option_sets import ProjectInvoiceStatus
from domain.outcome import Outcome
from domain.pending_work import PendingWork
from domain.problems import OpenProblem
from domain.proforma import Invoice
from domain.rows import Merge, StoredRow
from domain.saving import save
from domain.tables import Table
from domain.workflows import import_from_staging
from domain.workflows.companies import Companies
from domain.workflows.import_journal_lines import import_journal_lines
from tests.line import CONTRACT_ADATUM, CONTRACT_COHO, CONTRACT_DANISH, Line

TURNS = 100
GOOD, BROKEN = (CONTRACT_ADATUM, CONTRACT_COHO), CONTRACT_DANISH
COMPANY = "dkds"

type Break = Callable[[Line, pytest.MonkeyPatch], None]


def break_setup(line: Line, _: pytest.MonkeyPatch) -> None:
    """Every row of the set-up says nonsense."""
    for row in [row for row in line.rows(Table.FINANCE_SETUP) if row.key.partition == COMPANY]:
        nonsense = {name: "{{nonsense}}" for name in row.columns if name not in ("Kind", "DataAreaId")}
        save(line.store, Table.FINANCE_SETUP, COMPANY, (Merge(row.key.row, nonsense),))


def break_rows(line: Line, _: pytest.MonkeyPatch) -> None:
    """What has arrived in staging can't be read."""
    for row in [row for row in line.rows(Table.FINANCE_ACTUALS_STAGING) if row.columns.get("DataAreaId") == COMPANY]:
        save(line.store, Table.FINANCE_ACTUALS_STAGING, row.key.partition, (Merge(row.key.row, {"Quantity": "lots"}),))


def break_program(_: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program stumbles over this company."""

    def stumble(store: object, companies: Companies, row: StoredRow, now: datetime) -> Outcome:
        if PendingWork.from_columns(row.columns).company == COMPANY:
            raise TypeError("unsupported operand")
        return import_journal_lines(store, companies, row, now)  # type: ignore[arg-type]

    monkeypatch.setattr(import_from_staging, "import_journal_lines", stumble)


BREAKS: dict[str, Break] = {"set-up": break_setup, "rows": break_rows, "program": break_program}


@pytest.mark.parametrize("how", BREAKS)
def test_the_other_companies_are_posted_at_once_and_the_broken_one_is_named(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line.in_memory()
    line.load_samples()
    line.drain()
    BREAKS[how](line, monkeypatch)
    line.bill(*GOOD, BROKEN)
    done_after = None
    for turn in range(1, TURNS + 1):
        line.clock.set(line.clock.now() + timedelta(seconds=30))
        line.tick()
        if turn <= 3 or turn == TURNS:
            line.post_all()
        if done_after is None and are_posted(line):
            done_after = turn
    assert done_after is not None
    assert done_after <= 2
    problems = line.records(Table.INVOICING_PROBLEMS, OpenProblem)
    assert problems
    assert max(problem.tries for problem in problems) >= TURNS
    assert {problem.document for problem in problems} <= documents_of(line, BROKEN)
    assert all(problem.since is not None for problem in problems)
    if how == "program":
        (told,) = [each for each in problems if each.code is ReasonCode.ATTEMPTS_EXHAUSTED]
        assert told.sentence.startswith("TypeError: unsupported operand; each tick tries it again")


def are_posted(line: Line) -> bool:
    invoices = [each for each in line.records(Table.DATAVERSE_INVOICES, Invoice) if each.contract in GOOD]
    proposals = {each.proposal: each for each in line.records(Table.FINANCE_INVOICE_PROPOSALS, Proposal)}
    ended = (ProposalStatus.INVOICED, ProposalStatus.CLOSED)
    return bool(invoices) and all(
        each.status in (ProjectInvoiceStatus.POSTED, ProjectInvoiceStatus.CONFIRMED)
        and each.invoice in proposals
        and proposals[each.invoice].status in ended
        for each in invoices
    )


def documents_of(line: Line, contract: str) -> set[str]:
    invoices = {each.invoice for each in line.records(Table.DATAVERSE_INVOICES, Invoice) if each.contract == contract}
    journals = {row.key.row for row in line.rows(Table.FINANCE_INTEGRATION_JOURNALS)}
    return {contract} | invoices | journals
