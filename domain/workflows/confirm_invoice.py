"""Confirm a draft: its actuals and connections exist once, and it is read-only.

First every line detail is decided, and nothing is written if one of them is refused. Then the header says how it is
being confirmed, so that whoever goes on writes the same rows. Then the rows are written, then the changes of the
sources, and last the header again, which is the commit point. The messages that carry the invoice to finance go out
after it; a command that comes again only sends them again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from typing import NamedTuple

from domain.actual_making import Made
from domain.backlog import ITEM_TABLES, source_kind
from domain.commands import ConfirmInvoice, SyncTableMap
from domain.confirmation import confirm_detail
from domain.confirmed import Confirmation, Terms
from domain.confirmed_totals import ConfirmedTotals
from domain.errors import ChangedMeanwhile, NotYet, Problem, ReasonCode, Refused, by_precedence
from domain.identifiers import derive_id
from domain.money import ZERO
from domain.option_sets import BulkConfirmationStatus, InvoiceState, OrderType
from domain.outcome import Action, Outcome
from domain.ports import CommandSender, RowStore
from domain.proforma import Invoice, InvoiceLineDetail
from domain.rows import Delete, Insert, Merge, RowKey, StoredRow
from domain.saving import replace_status, save, save_across
from domain.tables import Table
from domain.workflows.back_on_backlog import add_sales, release_milestones
from domain.workflows.confirm_many import told_in_bulk
from domain.workflows.confirmation_sources import read_sources, terms_for
from domain.workflows.confirmed_retainers import post_new_retainers, reserve_withdrawals, take_retainers
from domain.workflows.draft_acts import not_editable, settle
from domain.workflows.milestone_headers import follow_details
from domain.workflows.open_index import open_backlog, open_invoice
from domain.workflows.reading import known_document, paged, refusing_as_read

# problems behind the first whose ids a refusal names; they are enough to start mending
PROBLEMS_MAX = 20
# below and above every row key
LOWEST, HIGHEST = "0", "~"
ACTUALS_MAP = "project_operations_integration_actuals"
# the maps that carry a confirmed invoice, in the order in which finance can use them
MAPS = (
    ("project_invoice_proposal_v2", None),
    (ACTUALS_MAP, LOWEST),
    ("project_transaction_relationships", LOWEST),
)


@dataclass(frozen=True, slots=True)
class _Decided:
    """A line detail, where its source stands, and what becomes of it."""

    detail: InvoiceLineDetail
    source_key: RowKey
    # of a source that may come back on the backlog
    source_version: str | None
    outcome: Confirmation | Problem


class _Extent(NamedTuple):
    """What a page of details held when it was decided."""

    details: int
    first: str
    last: str
    # of them, those about retainers, and those that come to nothing
    retainers: int
    idle: int


def confirm_invoice(
    store: RowStore, sender: CommandSender, command: ConfirmInvoice, *, adjustments_cross: bool = True
) -> Outcome:
    """Confirm a draft, or send a confirmed one on its way again.

    Args:
        store: where the invoice stands.
        sender: who carries it to finance.
        command: which invoice, and the day.
        adjustments_cross: whether the reversals of edited sales cross to finance (`domain.confirmed.Terms`).

    Raises:
        NotYet: the invoice is not known (yet), or it was changed while it was being confirmed.
        Refused: a line detail, or the invoice itself, can't be confirmed; nothing was changed.

    Repeating it: the invoice stays as it was confirmed first, whatever date a later command names.
    """
    # what somebody has begun to change on the draft is carried out first
    row = settle(store, command.invoice)
    before = Invoice.from_columns(row.columns)
    if before.state == InvoiceState.CANCELED:
        raise Refused(not_editable(before))
    invoice = before
    if before.is_confirmable:
        with told_in_bulk(store, before):
            invoice = _confirm(store, command, before, row, adjustments_cross)
    # nothing can be added to it any more; whoever confirmed it may have died before saying so
    save(store, Table.DATAVERSE_DRAFTS, invoice.contract, (Delete(invoice.draft_key.row),))
    open_backlog(store, invoice, ACTUALS_MAP)
    sender.send(commands_after(invoice, command))
    facts: dict[str, str | int] = {"invoice": invoice.number, "billed_sales": invoice.billed_sales or 0}
    facts["amount"] = str(invoice.amount)
    if before.is_confirmable or invoice.confirmed_by == command.command:
        return Outcome(Action.INVOICE_CONFIRMED, command.document, facts)
    told = f"invoice {invoice.number} is confirmed already, on {invoice.confirmed_on}; it is only sent again"
    return Outcome(
        Action.NOTHING_TO_DO, command.document, {**facts, "code": ReasonCode.DOCUMENT_WRONG_STATE.value, "told": told}
    )


def commands_after(invoice: Invoice, command: ConfirmInvoice) -> tuple[SyncTableMap, ...]:
    """Name what carries a confirmed invoice to finance: its header, its actuals, its connections, and what is back.

    A corrective invoice also puts unbilled sales on the backlog of its contract; those cross as well.
    """
    id_ = invoice.invoice
    commands = [_sync(invoice, command, name, (id_, first or id_, HIGHEST if first else id_)) for name, first in MAPS]
    if invoice.backlog_first and invoice.backlog_last:
        span = (invoice.contract, invoice.backlog_first, invoice.backlog_last)
        commands.append(_sync(invoice, command, ACTUALS_MAP, span, what="backlog"))
    return tuple(commands)


def _sync(
    invoice: Invoice, command: ConfirmInvoice, name: str, span: tuple[str, str, str], what: str = "invoice"
) -> SyncTableMap:
    partition, first, last = span
    id_ = derive_id("sync", name, invoice.invoice) if what == "invoice" else derive_id("sync", what, invoice.invoice)
    return SyncTableMap(
        command=id_,
        correlation=invoice.correlation,
        requested_at=command.requested_at,
        reference=invoice.number,
        map=name,
        partition=partition,
        first=first,
        last=last,
    )


def _confirm(
    store: RowStore, command: ConfirmInvoice, invoice: Invoice, row: StoredRow, adjustments_cross: bool
) -> Invoice:
    on = invoice.confirmed_on or command.confirmed_on
    if invoice.confirmed_by is None and not adjustments_cross:
        invoice = invoice.changed(keeps_adjustments=True)
    terms = Terms(invoice, on, adjustments_cross=not invoice.keeps_adjustments)
    pages = paged(lambda: _decided_pages(store, terms), rows=invoice.details)
    with refusing_as_read(store, Table.DATAVERSE_INVOICES, row, _changed(invoice)):
        extents = _decided_extents(invoice, pages())
    open_invoice(store, invoice)
    has_retainers = any(extent.retainers for extent in extents)
    if has_retainers:
        reserve_withdrawals(store, invoice)
    begun, row = _begin(store, command, invoice, row)
    if not begun.is_confirmable:
        return begun
    if has_retainers:
        take_retainers(store, begun)
        # what was decided is looked at again, now that it stands which invoice uses a retainer first
        pages = paged(lambda: _decided_pages(store, replace(terms, invoice=begun)), rows=invoice.details)
    totals = ConfirmedTotals()
    for page, extent in zip_longest(pages(), extents):
        if page is None or _problems(page) or _extent(page) != extent:
            raise NotYet(_changed(invoice))
        confirmed = [(each, each.outcome) for each in page if isinstance(each.outcome, Confirmation)]
        _write(store, invoice, confirmed)
        for each, outcome in confirmed:
            totals.add(each.detail, outcome)
        del page, confirmed
    if has_retainers:
        post_new_retainers(store, begun)
    return _commit(store, begun, totals.header(begun), row.etag)


def _decided_extents(invoice: Invoice, pages: Iterator[Sequence[_Decided]]) -> list[_Extent]:
    """Decide every line detail once before anything is written.

    Raises:
        Refused: one of them can't be confirmed. NotYet: the header speaks of other details.
    """
    extents: list[_Extent] = []
    problems: list[Problem] = []
    for page in pages:
        extents.append(_extent(page))
        problems += _problems(page)
        del page
    problems = [*_problems_of_header(invoice, extents), *problems]
    if problems:
        raise Refused(_refusal(problems))
    if sum(extent.details for extent in extents) != invoice.details:
        raise NotYet(_changed(invoice))
    return extents


def _begin(store: RowStore, command: ConfirmInvoice, invoice: Invoice, row: StoredRow) -> tuple[Invoice, StoredRow]:
    """Say on the header how it is being confirmed, so that everybody who goes on does the same; nobody edits it now.

    Raises:
        NotYet: it was changed since it was read.
    """
    if invoice.confirmed_by is not None:
        return invoice, row
    bulk = None if invoice.bulk_status is None else BulkConfirmationStatus.PROCESSING
    begun = invoice.changed(confirmed_on=command.confirmed_on, confirmed_by=command.command, bulk_status=bulk)
    try:
        replace_status(store, Table.DATAVERSE_INVOICES, invoice.key, begun.to_columns(), row.etag)
    except ChangedMeanwhile as error:
        raise NotYet(_changed(invoice)) from error
    stands = known_document(store, Table.DATAVERSE_INVOICES, invoice.key, "invoice")
    return Invoice.from_columns(stands.columns), stands


def _commit(store: RowStore, before: Invoice, after: Invoice, etag: str) -> Invoice:
    try:
        replace_status(store, Table.DATAVERSE_INVOICES, before.key, after.to_columns(), etag)
    except ChangedMeanwhile as error:
        stands = known_document(store, Table.DATAVERSE_INVOICES, before.key, "invoice")
        other = Invoice.from_columns(stands.columns)
        if other.is_confirmable:
            raise NotYet(_changed(before)) from error
        # another delivery was faster, and finance may have written to the header since
        return other
    return after


def _decided_pages(store: RowStore, terms: Terms) -> Iterator[Sequence[_Decided]]:
    # a page is not held while the next one is read
    pages = store.read_pages(Table.DATAVERSE_INVOICE_LINE_DETAILS, terms.invoice.invoice)
    return map(partial(_decided_page, store, terms), pages)


def _decided_page(store: RowStore, terms: Terms, page: Sequence[StoredRow]) -> Sequence[_Decided]:
    details = [InvoiceLineDetail.from_columns(row.columns) for row in page]
    (sources, versions), own = read_sources(store, details), terms_for(store, terms, details)
    keys = [RowKey.from_text(detail.source_key or "") for detail in details]
    return [
        _Decided(detail, key, versions.get(key), confirm_detail(own, detail, sources.get(key)))
        for detail, key in zip(details, keys, strict=True)
    ]


def _is_back(invoice: Invoice, made: Made) -> bool:
    return made.key.partition != invoice.invoice


def _write(store: RowStore, invoice: Invoice, page: Sequence[tuple[_Decided, Confirmation]]) -> None:
    made = [each for _, outcome in page for each in outcome.actuals]
    inserts = (Insert(each.key.row, each.actual.to_columns()) for each in made if not _is_back(invoice, each))
    save(store, Table.DATAVERSE_ACTUALS, invoice.invoice, inserts, in_any_order=True)
    add_sales(store, invoice.contract, (each for each in made if _is_back(invoice, each)))
    linked = (each for _, outcome in page for each in outcome.connections)
    connections = (Insert(each.key.row, each.connection.to_columns()) for each in linked)
    save(store, Table.DATAVERSE_TRANSACTION_CONNECTIONS, invoice.invoice, connections, in_any_order=True)
    for kind, table in ITEM_TABLES.items():
        mine = (
            (decided.source_key.partition, Merge(decided.source_key.row, each.source_changes, decided.source_version))
            for decided, each in page
            if each.source_changes and source_kind(decided.detail) == kind
        )
        save_across(store, table, mine, in_any_order=True)
    follow_details(store, (decided.detail for decided, _ in page))
    release_milestones(store, [each for _, outcome in page for each in outcome.released])


def _problems(page: Sequence[_Decided]) -> list[Problem]:
    return [each.outcome for each in page if isinstance(each.outcome, Problem)]


def _extent(page: Sequence[_Decided]) -> _Extent:
    about = sum(each.detail.retainer_use is not None for each in page)
    idle = sum(each.detail.uses_retainer and each.detail.amount == ZERO for each in page)
    return _Extent(len(page), page[0].detail.key.row, page[-1].detail.key.row, about, idle)


def _problems_of_header(invoice: Invoice, extents: Sequence[_Extent]) -> Iterator[Problem]:
    if invoice.order_type != OrderType.WORK_BASED:
        sentence = f"invoice {invoice.number} is not work based; only invoices of projects can be confirmed here"
        yield Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (invoice.invoice,))
    idle = sum(extent.idle for extent in extents)
    if sum(extent.details for extent in extents) == idle == invoice.details:
        sentence = f"invoice {invoice.number} has no line details; add what is to be invoiced"
        yield Problem(ReasonCode.INVOICE_EMPTY, sentence, (invoice.invoice,))


def _changed(invoice: Invoice) -> Problem:
    sentence = f"invoice {invoice.number} is being changed while it is confirmed; it is looked at again"
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (invoice.invoice,))


def _refusal(problems: Sequence[Problem]) -> Problem:
    first, *others = by_precedence(problems)
    more = f" ({len(others)} more problems of this invoice)" if others else ""
    ids = tuple(each for problem in (first, *others[:PROBLEMS_MAX]) for each in problem.ids)
    return Problem(first.code, first.sentence + more, ids)
