"""Make the lines of one project invoice proposal: all of them, or none and the reason.

Two passes over the staged billed sales. The first one only looks: is everything there, is everything posted? The second
one writes the lines, then marks the staged rows, and last commits the header.

Source: Project Operations documentation, format-update-project-invoice-proposals and project-integration-workspace.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from domain.actuals import Actual
from domain.commands import ImportProposal
from domain.completeness import (
    is_whole,
    late_sales,
    lonely,
    mismatch,
    sales_behind,
    unconnected,
    unposted,
    without_milestone,
)
from domain.errors import NotYet, Problem, ReasonCode, by_precedence
from domain.identifiers import GatheredIds
from domain.invoice_proposal import ProjectInvoiceLine, Proposal, ProposalLine, ProposalStatus, line_key
from domain.ledger import ProjectTransaction
from domain.money import total
from domain.option_sets import FinanceTransactionType, TransactionType
from domain.outcome import Action, Outcome
from domain.ports import CommandSender, RowStore
from domain.proposal_lines import LineNumbers, Source, proposal_line
from domain.rows import Insert, Merge, RowKey, StoredRow, Value
from domain.saving import read_keys, replace_status, save
from domain.setup import LegalEntitySetup
from domain.staging import ImportedActual, OnAccountTransaction, StagedActual
from domain.tables import Table
from domain.timeline import events_of
from domain.workflows.companies import Companies
from domain.workflows.delete_proposal_lines import delete_lines
from domain.workflows.marking import mark
from domain.workflows.proposal_acts import put_import_away, ready_work, settle
from domain.workflows.proposal_source import StandingLine, connections_of, standing_lines
from domain.workflows.reading import paged, read_records


@dataclass(frozen=True, slots=True)
class _Import:
    """One import with what it knows."""

    store: RowStore
    proposal: Proposal
    setup: LegalEntitySetup
    companies: Companies


@dataclass(frozen=True, slots=True)
class _Page:
    """Staged billed sales with what stands behind each of them."""

    rows: tuple[tuple[RowKey, StagedActual], ...]
    # their versions: a mark counts for the row as it was when its line was decided
    etags: Mapping[RowKey, str]
    # billed sale's id to the staged row of its unbilled sale; only for rows that have one
    sales: Mapping[str, ImportedActual | None]
    # billed sale's id to what its line takes its groups from
    sources: Mapping[str, Source]
    connections: Mapping[str, RowKey]


@dataclass(frozen=True, slots=True)
class _Lines:
    """What the second pass made."""

    count: int
    amount: Decimal


def import_proposal(store: RowStore, sender: CommandSender, command: ImportProposal) -> Outcome:
    """Make the lines of the proposal that the command names.

    Raises:
        NotYet: the header has not arrived (yet).
    """
    return import_lines(store, sender, Companies(store), command)


def import_lines(store: RowStore, sender: CommandSender, companies: Companies, command: ImportProposal) -> Outcome:
    """Make the lines, with the set-up that a whole tick shares.

    Returns:
        What was made; or `nothing_to_do` with the problems that name exactly what is missing.
    """
    row = _header(store, command)
    proposal = Proposal.from_columns(row.columns)
    if proposal.status == ProposalStatus.AWAITING_LINES:
        setup = companies.setup(proposal.company)
        if isinstance(setup, Problem):
            return Outcome(Action.NOTHING_TO_DO, proposal.proposal, {"proposal": proposal.number}, (setup,))
        problems, proposal = _import(_Import(store, proposal, setup, companies), row)
        if problems:
            return Outcome(Action.NOTHING_TO_DO, proposal.proposal, {"proposal": proposal.number}, problems)
    facts: dict[str, str | int] = {"proposal": proposal.number, "lines": proposal.lines or 0}
    outcome = Outcome(Action.PROPOSAL_LINES_IMPORTED, proposal.proposal, {**facts, "status": proposal.status.value})
    # before the work is put away: nobody comes back for the event
    mark(store, events_of(command, outcome, timers_too=True))
    _hand_on(store, sender, proposal, command)
    return outcome


def _header(store: RowStore, command: ImportProposal) -> StoredRow:
    """Read the header as it stands when what somebody wants changed is done."""
    row = store.find(Table.FINANCE_INVOICE_PROPOSALS, RowKey(command.proposal, command.proposal))
    if row is None:
        sentence = (
            f"the header of proposal {command.proposal} has not arrived; confirm the proforma, or wait for its sync"
        )
        raise NotYet(Problem(ReasonCode.AWAITING_HEADER, sentence, (command.proposal,)))
    if command.delete_after is not None:
        delete_lines(store, command.proposal, after=command.delete_after)
        row = None
    return settle(store, command.proposal, row)


def _import(work: _Import, row: StoredRow) -> tuple[tuple[Problem, ...], Proposal]:
    pages = paged(lambda: _pages(work), rows=work.proposal.billed_sales)
    problems = _missing(work, pages())
    if problems:
        return problems, work.proposal
    made = _make_lines(work, pages())
    if isinstance(made, Problem):
        return (made,), work.proposal
    without_revenue = ProposalStatus.DROPPED if work.setup.parameters.drops_zero_invoices else ProposalStatus.CLOSED
    status = ProposalStatus.OPEN if made.count else without_revenue
    after = work.proposal.changed(
        status=status, lines=made.count, amount=made.amount, default_dimension=_header_dimension(work)
    )
    replace_status(work.store, Table.FINANCE_INVOICE_PROPOSALS, after.key, after.to_columns(), row.etag)
    return (), after


def _header_dimension(work: _Import) -> str | None:
    """Give the header its dimensions once; what stands on it since, perhaps edited, stays."""
    proposal = work.proposal
    if proposal.default_dimension is not None:
        return proposal.default_dimension
    parties = work.companies.parties(
        proposal.company, project=None, contract=proposal.contract, customer=proposal.customer
    )
    return parties.header_dimension(proposal.funding_source)


def _pages(work: _Import) -> Iterator[_Page]:
    pages = work.store.read_pages(Table.FINANCE_ACTUALS_STAGING, work.proposal.proposal, columns=StagedActual.columns())
    # a page is not held while the next one is read
    return map(partial(_page, work), pages)


def _page(work: _Import, page: Sequence[StoredRow]) -> _Page:
    read = [(row.key, StagedActual.from_columns(row.columns)) for row in page]
    rows = tuple(each for each in read if each[1].transaction_type == FinanceTransactionType.BILLED_SALES)
    connections = connections_of(work.store, work.proposal, page)
    keys = sales_behind((row for _, row in rows), connections)
    staged = read_keys(work.store, Table.FINANCE_ACTUALS_STAGING, keys.values(), ImportedActual.columns())
    posted = read_keys(work.store, Table.FINANCE_PROJECT_TRANSACTIONS, keys.values(), ProjectTransaction.columns())
    sources: dict[str, Source] = {
        billed: ProjectTransaction.from_columns(posted[key].columns) for billed, key in keys.items() if key in posted
    }
    sales = {
        billed: ImportedActual.from_columns(staged[key].columns) if key in staged else None
        for billed, key in keys.items()
    }
    etags = {row.key: row.etag for row in page}
    return _Page(rows, etags, sales, sources | _on_account(work, rows) | _credited(work, rows), connections)


def _credited(work: _Import, rows: Sequence[tuple[RowKey, StagedActual]]) -> dict[str, Source]:
    """Find the posted invoice lines that credits take back; the staged row of a billed sale knows its line."""
    keys = {row.actual: RowKey.from_text(row.reverses) for _, row in rows if row.reverses}
    names = ("InvoiceProposalId", "InvoiceProposalLine", "ActualId")
    staged = read_keys(work.store, Table.FINANCE_ACTUALS_STAGING, keys.values(), names)
    places = {
        key: line_key(str(row.columns["InvoiceProposalId"]), int(number), str(row.columns["ActualId"]))
        for key, row in staged.items()
        if (number := row.columns.get("InvoiceProposalLine"))
    }
    found = read_keys(work.store, Table.FINANCE_PROJECT_INVOICE_LINES, places.values())
    return {
        credit: ProjectInvoiceLine.from_columns(found[places[key]].columns)
        for credit, key in keys.items()
        if places.get(key) in found
    }


def _on_account(work: _Import, rows: Sequence[tuple[RowKey, StagedActual]]) -> dict[str, Source]:
    """Find the on-account transactions of milestones: they stand where the milestone does, by its date."""
    contract = work.proposal.contract_partition
    keys = {row.actual: RowKey(contract, f"{row.document_date}|{row.milestone}") for _, row in rows if row.milestone}
    found = read_keys(work.store, Table.FINANCE_ON_ACCOUNT_TRANSACTIONS, keys.values())
    return {
        billed: OnAccountTransaction.from_columns(found[key].columns) for billed, key in keys.items() if key in found
    }


def _missing(work: _Import, pages: Iterator[_Page]) -> tuple[Problem, ...]:
    """Look at everything once, and name everything that is missing."""
    billed = GatheredIds()
    alone: list[str] = []
    late: list[str] = []
    milestones: list[str] = []
    refused: list[Problem] = []
    for page in pages:
        billed.add(row.actual for _, row in page.rows)
        alone += lonely((row for _, row in page.rows), page.connections)
        late += late_sales(page.sales)
        milestones += [row.milestone for _, row in page.rows if row.milestone and row.actual not in page.sources]
        tried = (_line(work, 1, key, row, page.sources.get(row.actual)) for key, row in page.rows)
        refused += [line for line in tried if isinstance(line, Problem)]
    whole = None if is_whole(work.proposal, billed) else mismatch(work.proposal, set(billed), _confirmed(work))
    checks = (
        whole,
        unconnected(work.proposal, alone),
        unposted(work.proposal, late),
        without_milestone(work.proposal, milestones),
    )
    # what a line says about itself only counts when everything that it needs is there
    return by_precedence(problem for problem in checks if problem is not None) or by_precedence(refused)


def _confirmed(work: _Import) -> set[str]:
    """Ask Dataverse which billed sales the invoice has; only when they do not agree with what arrived."""
    actuals = read_records(work.store, Table.DATAVERSE_ACTUALS, work.proposal.proposal, Actual)
    return {actual.actual for actual in actuals if actual.transaction_type == TransactionType.BILLED_SALES}


def _make_lines(work: _Import, pages: Iterator[_Page]) -> _Lines | Problem:
    standing = standing_lines(work.store, work.proposal)
    numbers = LineNumbers({stands.number for stands in standing.values()})
    count, amounts = 0, []
    for page in pages:
        new: list[ProposalLine] = []
        marks: list[Merge] = []
        for key, row in page.rows:
            line: StandingLine | ProposalLine | Problem | None = standing.get(row.actual)
            if line is None:
                line = _line(work, numbers.following, key, row, page.sources.get(row.actual))
            if isinstance(line, Problem):
                return line
            marks.append(Merge(key.row, _mark(work.proposal, line), page.etags[key]))
            if line is None:
                continue
            count += 1
            amounts.append(line.amount)
            numbers.passed(line.number)
            if isinstance(line, ProposalLine):
                new.append(line)
        inserts = (Insert(line.key.row, line.to_columns()) for line in new)
        save(work.store, Table.FINANCE_INVOICE_PROPOSAL_LINES, work.proposal.proposal, inserts, in_any_order=True)
        save(work.store, Table.FINANCE_ACTUALS_STAGING, work.proposal.proposal, marks, in_any_order=True)
        amounts = [total(amounts)]
    return _Lines(count, total(amounts))


def _line(
    work: _Import, number: int, key: RowKey, row: StagedActual, source: Source | None
) -> ProposalLine | Problem | None:
    parties = work.companies.parties_of(work.setup, row, customer=work.proposal.customer)
    return proposal_line(work.setup, work.proposal, number, row, key.text, parties, source)


def _mark(proposal: Proposal, line: StandingLine | ProposalLine | None) -> dict[str, Value]:
    if line is None:
        return {"InvoiceProposalId": proposal.proposal}
    return {"InvoiceProposalId": proposal.proposal, "InvoiceProposalLine": line.number}


def _hand_on(store: RowStore, sender: CommandSender, proposal: Proposal, command: ImportProposal) -> None:
    """Say what comes next: the clerk posts an open proposal; a closed one has nothing to post, only to report."""
    if proposal.status == ProposalStatus.OPEN:
        ready = ready_work(proposal)
        save(store, Table.FINANCE_PENDING_WORK, ready.kind.value, (Insert(ready.key.row, ready.to_columns()),))
    if proposal.status == ProposalStatus.CLOSED:
        sender.send((proposal.write_back(command.requested_at),))
    put_import_away(store, proposal)
