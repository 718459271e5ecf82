"""Post one project invoice proposal: customer invoice, voucher, customer and tax transactions.

First everything is tried without writing. Only an invoice that can be posted gets its number and voucher, which stand
on the header together with the dates and the rate before any row is written; a second try goes on from
there. The header as Invoiced is the commit point.

Source: Project Operations documentation, format-update-project-invoice-proposals; numbers without gaps, as the law of
many countries wants them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from domain.commands import PostProposal, WriteBackPosting
from domain.errors import ChangedMeanwhile, NotYet, Problem, ReasonCode, Refused, by_precedence
from domain.identifiers import derive_id
from domain.invoice_posting import InvoiceTerms, PostedLine, begin, post_line
from domain.invoice_proposal import ProjectInvoice, Proposal, ProposalLine, ProposalStatus
from domain.ledger import ProjectTransaction
from domain.number_sequences import formatted
from domain.outcome import Action, Outcome
from domain.ports import CommandSender, RowStore
from domain.posted_invoice import PostedInvoice, finish
from domain.proposal_acts import not_open
from domain.rows import Delete, Insert, Merge, StoredRow
from domain.saving import replace_status, save, save_across
from domain.setup import LegalEntitySetup
from domain.tables import Table
from domain.voucher_totals import VoucherTotals
from domain.workflows.companies import Companies
from domain.workflows.numbering import allocate
from domain.workflows.proposal_acts import ready_work, revenue_work, settle
from domain.workflows.proposal_source import Read, Source, source_of
from domain.workflows.reading import paged

INVOICE_SEQUENCE = "customer-invoice"
VOUCHER_SEQUENCE = "invoice-voucher"
# columns of a project transaction that an invoice changes
INVOICED_COLUMNS = ("TransStatus", "ProformaInvoiceId", "ProjInvoiceId", "LedgerSalesReversed")
# problems that one refusal names
PROBLEMS_MAX = 20
# what stands in for numbers while a posting is only tried
UNNUMBERED = "unnumbered"

type Lines = Sequence[PostedLine | Problem]


@dataclass(frozen=True, slots=True)
class _Posting:
    """One posting with what it knows."""

    store: RowStore
    proposal: Proposal
    etag: str
    terms: InvoiceTerms
    pages: Callable[[], Iterator[Lines]]


def post_proposal(store: RowStore, sender: CommandSender, command: PostProposal) -> Outcome:
    """Post a proposal; one that is invoiced only reports again.

    Raises:
        NotYet: the proposal is not known (yet), or another worker began at the same time.
        Refused: it has no lines, or something that posting needs is missing; nothing was written.
    """
    row = _row(store, command)
    proposal = Proposal.from_columns(row.columns)
    if proposal.status in WRONG_STATES:
        raise Refused(_wrong_state(proposal))
    source = source_of(store, proposal)
    if proposal.status == ProposalStatus.OPEN:
        _begin(_posting(store, source, command, row))
        row = _row(store, command)
        proposal = Proposal.from_columns(row.columns)
    if proposal.status == ProposalStatus.PROCESSING:
        proposal = _post(_posting(store, source, command, row))
    _hand_on(store, sender, proposal, command)
    facts: dict[str, str | int] = {"proposal": proposal.number, "invoice": proposal.customer_invoice or ""}
    return Outcome(Action.PROPOSAL_POSTED, proposal.proposal, {**facts, "total": str(proposal.total)})


WITHOUT_REVENUE = frozenset((ProposalStatus.CLOSED, ProposalStatus.DROPPED))
# statuses in which there is nothing to post, and what to do about it
WRONG_STATES = frozenset((ProposalStatus.AWAITING_LINES, *WITHOUT_REVENUE))


def _row(store: RowStore, command: PostProposal) -> StoredRow:
    return settle(store, command.proposal)


def _wrong_state(proposal: Proposal) -> Problem:
    if proposal.status in WITHOUT_REVENUE:
        sentence = (
            f"proposal {proposal.number} is {proposal.status.lower()}: none of its lines carries revenue,"
            " there is nothing to post"
        )
        return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (proposal.proposal,))
    sentence = (
        f"proposal {proposal.number} has no lines yet; post the integration journals that it waits for, "
        "let Import from staging run, then post it"
    )
    return Problem(ReasonCode.PROPOSAL_WITHOUT_LINES, sentence, (proposal.proposal,))


def _posting(store: RowStore, source: Source, command: PostProposal, row: StoredRow) -> _Posting:
    proposal, companies = Proposal.from_columns(row.columns), source.companies
    setup = companies.setup(proposal.company)
    if not isinstance(setup, LegalEntitySetup):
        raise Refused(setup)
    parties = companies.parties(proposal.company, project=None, contract=None, customer=proposal.customer)
    day = command.invoice_date if proposal.status == ProposalStatus.OPEN else proposal.invoice_date
    terms = begin(setup, proposal, parties.customer, day)
    if isinstance(terms, Problem):
        raise Refused(terms)
    decided = _as_decided(terms, proposal)
    return _Posting(store, proposal, row.etag, decided, paged(lambda: _pages(source, decided), rows=proposal.lines))


def _as_decided(terms: InvoiceTerms, proposal: Proposal) -> InvoiceTerms:
    """Keep the dates and the rate that an earlier try has decided, whatever became of the set-up since."""
    if proposal.exchange_rate is None or proposal.due_date is None:
        return terms
    rate = replace(terms.rate, value=proposal.exchange_rate)
    due = replace(terms.due, day=proposal.due_date)
    return replace(terms, rate=rate, due=due, accounting_date=proposal.accounting_date or terms.accounting_date)


def _pages(source: Source, terms: InvoiceTerms) -> Iterator[Lines]:
    # a page is not held while the next one is read
    return map(partial(_posted_lines, source.companies, terms), source.pages())


def _posted_lines(companies: Companies, terms: InvoiceTerms, page: Read) -> Lines:
    return [_posted_line(companies, terms, line, sale) for line, sale in page]


def _posted_line(
    companies: Companies, terms: InvoiceTerms, line: ProposalLine, sale: ProjectTransaction | None
) -> PostedLine | Problem:
    parties = companies.parties(terms.proposal.company, project=line.project, contract=None, customer=None)
    return post_line(terms, line, parties.project, sale)


def preview(store: RowStore, command: PostProposal) -> ProjectInvoice:
    """Try to post an open proposal, and tell the totals that its invoice would have; nothing is written.

    Raises:
        NotYet: the proposal is not known (yet).
        Refused: it is not open, or something that posting needs is missing.
    """
    row = _row(store, command)
    proposal = Proposal.from_columns(row.columns)
    problem = not_open(proposal)
    if problem is not None:
        raise Refused(problem)
    return _tried(_posting(store, source_of(store, proposal), command, row)).invoice


def _tried(posting: _Posting) -> PostedInvoice:
    """Try everything without writing.

    Raises:
        Refused: it can't be posted.
    """
    problems: list[Problem] = []
    totals = VoucherTotals()
    for page in posting.pages():
        problems += [each for each in page if isinstance(each, Problem)]
        _add(totals, page)
    tried = None if problems else finish(posting.terms, totals, UNNUMBERED, UNNUMBERED)
    if isinstance(tried, Problem):
        problems.append(tried)
    if problems or tried is None or isinstance(tried, Problem):
        raise Refused(_first(by_precedence(problems)))
    return tried


def _add(totals: VoucherTotals, page: Lines) -> list[PostedLine]:
    """Count the lines of a page that can be posted, and give them."""
    lines = [each for each in page if isinstance(each, PostedLine)]
    for each in lines:
        totals.add(each.additions, each.taxes)
    return lines


def _begin(posting: _Posting) -> None:
    """Try everything, then take the numbers and say so on the header."""
    tried = _tried(posting)
    if (tried.invoice.lines, tried.invoice.amount) != (posting.proposal.lines, posting.proposal.amount):
        raise Refused(_not_whole(posting.proposal, tried.invoice))
    proposal, parameters = posting.proposal, posting.terms.setup.parameters
    number = formatted(parameters.invoice_number_format, _number(posting, INVOICE_SEQUENCE))
    voucher = formatted(parameters.invoice_voucher_format, _number(posting, VOUCHER_SEQUENCE))
    after = proposal.changed(
        status=ProposalStatus.PROCESSING,
        invoice_date=posting.terms.invoice_date,
        accounting_date=posting.terms.accounting_date,
        due_date=posting.terms.due.day,
        exchange_rate=posting.terms.rate.value,
        customer_invoice=number,
        voucher=voucher,
        tax=tried.invoice.tax,
        total=tried.invoice.total,
    )
    _commit(posting, after)


def _not_whole(proposal: Proposal, tried: ProjectInvoice) -> Problem:
    sentence = (
        f"proposal {proposal.number} says {proposal.lines} line(s), {proposal.amount} {proposal.currency} in all, but "
        f"{tried.lines} of {tried.amount} stand; nothing was posted, compare its lines with its staged billed sales"
    )
    return Problem(ReasonCode.CONTENT_DIFFERS, sentence, (proposal.proposal,))


def _number(posting: _Posting, sequence: str) -> int:
    company, document = posting.proposal.company, posting.proposal.proposal
    return allocate(posting.store, Table.FINANCE_NUMBER_SEQUENCES, f"{company}|{sequence}", document)


def _commit(posting: _Posting, after: Proposal) -> None:
    try:
        replace_status(posting.store, Table.FINANCE_INVOICE_PROPOSALS, after.key, after.to_columns(), posting.etag)
    except ChangedMeanwhile as error:
        sentence = f"proposal {after.number} is being posted by another worker; it is looked at again"
        raise NotYet(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (after.proposal,))) from error


def _post(posting: _Posting) -> Proposal:
    """Write what the header says has been decided."""
    proposal = posting.proposal
    number, voucher = proposal.customer_invoice or "", proposal.voucher or ""
    totals = VoucherTotals()
    for page in posting.pages():
        problems = [each for each in page if isinstance(each, Problem)]
        if problems:
            raise Refused(_first(by_precedence(problems)))
        _save_lines(posting.store, proposal.proposal, _add(totals, page), number)
    posted = finish(posting.terms, totals, number, voucher)
    if isinstance(posted, Problem):
        raise Refused(posted)
    _save_invoice(posting.store, posted)
    if posting.terms.setup.parameters.reconciles_in_batch:
        work = revenue_work(proposal)
        save(posting.store, Table.FINANCE_PENDING_WORK, work.kind.value, (Insert(work.key.row, work.to_columns()),))
    after = proposal.changed(status=ProposalStatus.INVOICED)
    _commit(posting, after)
    return after


def _save_lines(store: RowStore, partition: str, lines: Sequence[PostedLine], number: str) -> None:
    invoiced = [each.invoice_line(number) for each in lines]
    inserts = (Insert(each.key.row, each.to_columns()) for each in invoiced)
    save(store, Table.FINANCE_PROJECT_INVOICE_LINES, partition, inserts, in_any_order=True)
    sales = [sale for each in lines if (sale := each.invoiced_transaction(number)) is not None]
    merges = ((sale.key.partition, _invoiced(sale)) for sale in sales)
    save_across(store, Table.FINANCE_PROJECT_TRANSACTIONS, merges, in_any_order=True)


def _invoiced(sale: ProjectTransaction) -> Merge:
    columns = sale.to_columns()
    return Merge(sale.key.row, {name: columns[name] for name in INVOICED_COLUMNS if name in columns})


def _save_invoice(store: RowStore, posted: PostedInvoice) -> None:
    partition = posted.invoice.proposal
    entries = (Insert(entry.key.row, entry.to_columns()) for entry in posted.entries)
    save(store, Table.FINANCE_LEDGER_ENTRIES, partition, entries)
    taxes = (Insert(tax.key.row, tax.to_columns()) for tax in posted.tax_transactions)
    save(store, Table.FINANCE_TAX_TRANSACTIONS, partition, taxes)
    owed = posted.customer_transaction
    save(store, Table.FINANCE_CUSTOMER_TRANSACTIONS, partition, (Insert(owed.key.row, owed.to_columns()),))
    header = posted.invoice
    save(store, Table.FINANCE_PROJECT_INVOICES, partition, (Insert(header.key.row, header.to_columns()),))


def _first(problems: Sequence[Problem]) -> Problem:
    """Tell the first of several problems, and how many more there are."""
    first, more = problems[0], len(problems) - 1
    others = f" ({more} more problem(s) with other lines)" if more else ""
    ids = tuple(each for problem in problems[:PROBLEMS_MAX] for each in problem.ids)
    return Problem(first.code, first.sentence + others, ids)


def _hand_on(store: RowStore, sender: CommandSender, proposal: Proposal, command: PostProposal) -> None:
    write_back = WriteBackPosting(
        command=derive_id("write-back", proposal.proposal),
        correlation=proposal.correlation,
        requested_at=command.requested_at,
        reference=proposal.number,
        posted="proposal",
        posted_document=proposal.proposal,
    )
    sender.send((write_back,))
    done = ready_work(proposal)
    save(store, Table.FINANCE_PENDING_WORK, done.kind.value, (Delete(done.key.row),))
