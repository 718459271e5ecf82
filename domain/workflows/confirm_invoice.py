"""Confirm a draft: its actuals and connections exist once, and it is read-only.

First every line detail is decided, and nothing is written if one of them is refused. Then the rows are written, then
the changes of the sources, and last the header, which is the commit point. The messages that carry the invoice to
finance go out after it; a command that comes again only sends them again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.actuals import Actual
from domain.backlog import ITEM_TABLES, ItemKind
from domain.commands import ConfirmInvoice, SyncTableMap
from domain.confirmation import Confirmation, Source, confirm_detail, digest_of
from domain.contract import Milestone
from domain.errors import ChangedMeanwhile, NotYet, Problem, ReasonCode, Refused
from domain.identifiers import derive_id
from domain.money import total
from domain.option_sets import BillingType, OrderType, ProjectInvoiceStatus, TransactionClass
from domain.outcome import Action, Outcome
from domain.ports import CommandSender, RowStore
from domain.proforma import Invoice, InvoiceLineDetail
from domain.rows import Insert, Merge, RowKey, StoredRow
from domain.saving import read_keys, replace_status, save
from domain.tables import Table
from domain.workflows.reading import known_document, paged

# problems that one refusal names; the first ones are enough to start mending
PROBLEMS_MAX = 20
# below and above every row key
LOWEST, HIGHEST = "0", "~"
CONFIRMABLE = frozenset((ProjectInvoiceStatus.DRAFT, ProjectInvoiceStatus.IN_REVIEW))
# the maps that carry a confirmed invoice, in the order in which finance can use them
MAPS = (
    ("project_invoice_proposal_v2", None),
    ("project_operations_integration_actuals", LOWEST),
    ("project_transaction_relationships", LOWEST),
)


@dataclass(frozen=True, slots=True)
class _Decided:
    """A line detail with its source and what becomes of it."""

    detail: InvoiceLineDetail
    source_key: RowKey
    source: Source
    outcome: Confirmation | Problem


def confirm_invoice(store: RowStore, sender: CommandSender, command: ConfirmInvoice) -> Outcome:
    """Confirm a draft, or send a confirmed one on its way again.

    Raises:
        NotYet: the invoice is not known (yet).
        Refused: a line detail, or the invoice itself, can't be confirmed; nothing was changed.
    """
    row = known_document(store, Table.DATAVERSE_INVOICES, RowKey(command.invoice, command.invoice), "invoice")
    invoice = Invoice.from_columns(row.columns)
    if invoice.status in CONFIRMABLE:
        invoice = _confirm(store, command, invoice, row)
    sender.send(commands_after(invoice, command))
    facts: dict[str, str | int] = {
        "invoice": invoice.number,
        "billed_sales": invoice.billed_sales or 0,
        "amount": str(invoice.amount),
    }
    return Outcome(Action.INVOICE_CONFIRMED, command.document, facts)


def commands_after(invoice: Invoice, command: ConfirmInvoice) -> tuple[SyncTableMap, ...]:
    """Name what carries a confirmed invoice to finance: its header, its actuals, its connections."""
    return tuple(
        SyncTableMap(
            command=derive_id("sync", name, invoice.invoice),
            correlation=invoice.correlation,
            requested_at=command.requested_at,
            map=name,
            partition=invoice.invoice,
            first=first or invoice.invoice,
            last=HIGHEST if first else invoice.invoice,
        )
        for name, first in MAPS
    )


def _confirm(store: RowStore, command: ConfirmInvoice, invoice: Invoice, row: StoredRow) -> Invoice:
    pages = paged(lambda: _decided_pages(store, command, invoice))
    problems = [problem for page in pages() for problem in _problems(page)]
    if invoice.details == 0 or invoice.order_type != OrderType.WORK_BASED:
        problems.insert(0, _not_confirmable(invoice))
    if problems:
        raise Refused(_refusal(invoice, problems))
    billed: list[str] = []
    amounts = []
    for page in pages():
        confirmed = [(each, each.outcome) for each in page if isinstance(each.outcome, Confirmation)]
        _write(store, invoice.invoice, confirmed)
        billed += [actual for _, outcome in confirmed for actual in outcome.billed_sales]
        chargeable = [each.detail.amount for each in page if each.detail.billing_type == BillingType.CHARGEABLE]
        amounts.append(total(chargeable))
    after = _confirmed(command, invoice, billed).changed(amount=total(amounts), total=total((*amounts, invoice.tax)))
    return _commit(store, invoice, after, row.etag)


def _confirmed(command: ConfirmInvoice, invoice: Invoice, billed: Sequence[str]) -> Invoice:
    return invoice.changed(
        status=ProjectInvoiceStatus.CONFIRMED,
        confirmed_on=command.confirmed_on,
        confirmed_by=command.command,
        billed_sales=len(billed),
        billed_sales_digest=digest_of(billed),
    )


def _commit(store: RowStore, before: Invoice, after: Invoice, etag: str) -> Invoice:
    try:
        replace_status(store, Table.DATAVERSE_INVOICES, before.key, after.to_columns(), etag)
    except ChangedMeanwhile:
        stands = known_document(store, Table.DATAVERSE_INVOICES, before.key, "invoice")
        other = Invoice.from_columns(stands.columns)
        if other.status in CONFIRMABLE:
            sentence = f"invoice {before.number} was changed while it was being confirmed; it is confirmed again"
            raise NotYet(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (before.invoice,))) from None
        return other
    return after


def _decided_pages(store: RowStore, command: ConfirmInvoice, invoice: Invoice) -> Iterator[Sequence[_Decided]]:
    for page in store.read_pages(Table.DATAVERSE_INVOICE_LINE_DETAILS, invoice.invoice):
        details = [InvoiceLineDetail.from_columns(row.columns) for row in page]
        sources = _sources(store, details)
        yield [_decide(command, invoice, detail, sources) for detail in details]


def _decide(
    command: ConfirmInvoice, invoice: Invoice, detail: InvoiceLineDetail, sources: dict[RowKey, Source]
) -> _Decided:
    key = RowKey.from_text(detail.source_key or "")
    source = sources.get(key)
    return _Decided(detail, key, source, confirm_detail(invoice, detail, source, command.confirmed_on))


def _sources(store: RowStore, details: Sequence[InvoiceLineDetail]) -> dict[RowKey, Source]:
    keys: dict[ItemKind, list[RowKey]] = {kind: [] for kind in ItemKind}
    for detail in details:
        if detail.source_key is not None:
            keys[_kind_of(detail)].append(RowKey.from_text(detail.source_key))
    sales = read_keys(store, Table.DATAVERSE_ACTUALS, keys[ItemKind.UNBILLED_SALES])
    milestones = read_keys(store, Table.DATAVERSE_MILESTONES, keys[ItemKind.MILESTONE])
    found: dict[RowKey, Source] = {key: Actual.from_columns(row.columns) for key, row in sales.items()}
    return found | {key: Milestone.from_columns(row.columns) for key, row in milestones.items()}


def _kind_of(detail: InvoiceLineDetail) -> ItemKind:
    is_milestone = detail.transaction_class == TransactionClass.MILESTONE
    return ItemKind.MILESTONE if is_milestone else ItemKind.UNBILLED_SALES


def _write(store: RowStore, invoice: str, page: Sequence[tuple[_Decided, Confirmation]]) -> None:
    made = [each for _, outcome in page for each in outcome.actuals]
    for partition in sorted({each.key.partition for each in made}):
        actuals = (Insert(each.key.row, each.actual.to_columns()) for each in made if each.key.partition == partition)
        save(store, Table.DATAVERSE_ACTUALS, partition, actuals)
    linked = (each for _, outcome in page for each in outcome.connections)
    connections = (Insert(each.key.row, each.connection.to_columns()) for each in linked)
    save(store, Table.DATAVERSE_TRANSACTION_CONNECTIONS, invoice, connections)
    for kind, table in ITEM_TABLES.items():
        mine = [(decided.source_key, each) for decided, each in page if _kind_of(decided.detail) == kind]
        for partition in sorted({key.partition for key, _ in mine}):
            merges = (Merge(key.row, each.source_changes) for key, each in mine if key.partition == partition)
            save(store, table, partition, merges)


def _problems(page: Sequence[_Decided]) -> list[Problem]:
    return [each.outcome for each in page if isinstance(each.outcome, Problem)]


def _not_confirmable(invoice: Invoice) -> Problem:
    sentence = f"invoice {invoice.number} has no line details or is not work based; add what is to be invoiced"
    return Problem(ReasonCode.INVOICE_EMPTY, sentence, (invoice.invoice,))


def _refusal(invoice: Invoice, problems: Sequence[Problem]) -> Problem:
    first = min(problems[:PROBLEMS_MAX], key=lambda problem: list(ReasonCode).index(problem.code))
    more = len(problems) - 1
    others = f" ({more} more of its line details are refused too)" if more else ""
    ids = tuple(each for problem in problems[:PROBLEMS_MAX] for each in problem.ids)
    return Problem(first.code, first.sentence + others, ids)
