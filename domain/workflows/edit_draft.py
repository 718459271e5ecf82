"""What the project manager does to a draft: edit and remove line details, add a line, delete the draft, review it.

A refused act changes nothing. Long lists are carried out in pieces; whoever repeats an act that was cut off goes on
where it stopped, because what is done already needs no change.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched

from domain.contract import Currency
from domain.discount_fee import Percents
from domain.draft_acts import ACT_DETAILS_MAX, DraftAct, RowChange
from domain.draft_editing import NO_PERCENTS, Changes, NewLine, added, edited, field_name
from domain.errors import Problem, ReasonCode, Refused, by_precedence
from domain.option_sets import ProjectInvoiceStatus
from domain.outcome import Action, Outcome
from domain.ports import RowStore
from domain.proforma import UNCONFIRMED, Invoice, InvoiceLine, InvoiceLineDetail
from domain.retainer_uses import too_much
from domain.rows import Columns, RowKey, Value
from domain.tables import Table
from domain.workflows.draft_acts import Decide, act_on_draft
from domain.workflows.draft_retainers import chargeable_of, retainer_details, retainers_of
from domain.workflows.reading import find_record, read_records

# fields that discount and fee follow
_REPRICING = frozenset(("quantity", "price"))

type Details = Mapping[str, InvoiceLineDetail]


def edit_details(store: RowStore, *, invoice: str, edits: Mapping[str, Changes]) -> Outcome:
    """Edit line details of a draft, one or many.

    Args:
        store: where the draft stands.
        invoice: id of the draft.
        edits: id of a detail: its fields with their new values, named as people write them; None clears a field.

    Raises:
        Refused: one of the edits is not allowed, or the draft can't be changed; nothing was changed.

    Repeating it: what stands as wanted stays.
    """
    named = {detail: {field_name(field): value for field, value in each.items()} for detail, each in edits.items()}

    def decide(header: Invoice) -> DraftAct | None:
        currency = _currency(store, header)
        found = _details(store, header, named)
        percents = _percents(store, header) if any(_REPRICING & each.keys() for each in named.values()) else {}
        results = [
            (detail, edited(detail, named[id_], currency, percents.get(detail.line, NO_PERCENTS)))
            for id_, detail in found.items()
        ]
        _refuse_if_any(header, (result for _, result in results))
        _refuse_if_any(header, _too_much(store, header, [each for _, each in results]))
        changed = [_change(before, after) for before, after in results if isinstance(after, InvoiceLineDetail)]
        wanted = [change for change in changed if change.columns]
        return DraftAct(changed=tuple(wanted[:ACT_DETAILS_MAX])) if wanted else None

    # every round takes the next piece of what does not stand as wanted yet
    count = max(1, -(-len(edits) // ACT_DETAILS_MAX))
    return _changed([act_on_draft(store, invoice, decide) for _ in range(count)], {"details": len(edits)})


def remove_details(store: RowStore, *, invoice: str, details: Sequence[str]) -> Outcome:
    """Remove line details from a draft; what stands behind them is Ready to invoice again.

    Raises:
        Refused: a detail is not on the draft, or the draft can't be changed; nothing was changed.
    """
    outcomes = []
    for piece in _pieces(store, invoice, details):
        outcomes.append(act_on_draft(store, invoice, _always(DraftAct(removed=piece))))
    return _changed(outcomes, {"details": len(details)})


def add_line(store: RowStore, *, invoice: str, entry: NewLine) -> Outcome:
    """Add a line detail that has no actual behind it; confirming the invoice makes its actuals.

    Raises:
        Refused: the invoice has no such line, the entry is not allowed, or the draft can't be changed.

    Repeating it: the same wish is the same detail, however it was edited since.
    """

    def decide(header: Invoice) -> DraftAct | None:
        detail = added(header, _line(store, header, entry.line), entry, _currency(store, header))
        if isinstance(detail, Problem):
            raise Refused(detail)
        stands = find_record(store, Table.DATAVERSE_INVOICE_LINE_DETAILS, detail.key, InvoiceLineDetail)
        return DraftAct(added=(detail.to_columns(),)) if stands is None else None

    return _changed([act_on_draft(store, invoice, decide)], {"details": 1})


def delete_draft(store: RowStore, *, invoice: str) -> Outcome:
    """Delete a draft: all that stood on it is Ready to invoice again.

    The header stays, canceled and empty: its number was given, and a command that is delivered again must not make the
    draft anew.

    Raises:
        Refused: there is no such draft, or it can't be changed any more.
    """
    header, _ = act_on_draft(store, invoice, _always(DraftAct(kind="delete")))
    return Outcome(Action.DRAFT_DELETED, invoice, {"invoice": header.number})


def review_draft(store: RowStore, *, invoice: str, status: ProjectInvoiceStatus) -> Outcome:
    """Put a draft In Review, or back to Draft.

    Raises:
        Refused: another status, or the draft can't be changed any more.
    """
    if status not in UNCONFIRMED:
        sentence = f"invoice {invoice} can't be made {status.name.lower()} by hand; only Draft and In Review can be set"
        raise Refused(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (invoice,)))

    def decide(header: Invoice) -> DraftAct | None:
        return None if header.status == status else DraftAct(status=status)

    return _changed([act_on_draft(store, invoice, decide)], {"status": status.name.lower()})


def _always(act: DraftAct) -> Decide:
    return lambda _: act


def _changed(done: Sequence[tuple[Invoice, bool]], facts: Mapping[str, str | int]) -> Outcome:
    if not done:
        return Outcome(Action.NOTHING_TO_DO, "", facts)
    header = done[-1][0]
    action = Action.DRAFT_CHANGED if any(is_changed for _, is_changed in done) else Action.NOTHING_TO_DO
    told = {**facts, "invoice": header.number, "amount": str(header.amount), "tax": str(header.tax)}
    return Outcome(action, header.invoice, told)


def _pieces(store: RowStore, invoice: str, details: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """Find the rows of details on a draft that can be changed, in pieces of one act each."""
    rows: list[str] = []

    def look(header: Invoice) -> None:
        rows[:] = [detail.key.row for detail in _details(store, header, details).values()]

    act_on_draft(store, invoice, look)
    return batched(rows, ACT_DETAILS_MAX, strict=False)


def _details(store: RowStore, header: Invoice, wanted: Iterable[str]) -> Details:
    ids = set(wanted)
    details = read_records(store, Table.DATAVERSE_INVOICE_LINE_DETAILS, header.invoice, InvoiceLineDetail)
    found = {detail.detail: detail for detail in details if detail.detail in ids}
    missing = sorted(ids - found.keys())
    if missing:
        sentence = f"invoice {header.number} has no line detail {', '.join(missing[:5])}; check the id"
        raise Refused(Problem(ReasonCode.LINE_DETAIL_UNKNOWN, sentence, tuple(missing)))
    return found


def _line(store: RowStore, header: Invoice, number: int) -> InvoiceLine:
    lines = list(read_records(store, Table.DATAVERSE_INVOICE_LINES, header.invoice, InvoiceLine))
    found = next((line for line in lines if line.number == number), None)
    if found is None:
        known = ", ".join(str(line.number) for line in lines)
        sentence = f"invoice {header.number} has no line {number}; its lines are {known}"
        raise Refused(Problem(ReasonCode.INVOICE_LINE_UNKNOWN, sentence, (header.invoice,)))
    return found


def _percents(store: RowStore, header: Invoice) -> Mapping[str, Percents]:
    """Read what each invoice line takes off and adds."""
    lines = read_records(store, Table.DATAVERSE_INVOICE_LINES, header.invoice, InvoiceLine)
    return {line.line: Percents(line.discount_percent, line.fee_percent) for line in lines}


def _too_much(
    store: RowStore, header: Invoice, results: Sequence[InvoiceLineDetail | Problem]
) -> Iterable[InvoiceLineDetail | Problem]:
    """Name the uses of retainers that are more than is available, or more than the draft bills."""
    edited = [each for each in results if isinstance(each, InvoiceLineDetail) and each.uses_retainer and each.by_hand]
    if not edited:
        return
    retainers = [each for _, each in retainers_of(store, header.contract)]
    chargeable = chargeable_of(store, header.invoice)
    wished = {each.detail: each for each in edited}
    uses = {each.detail: each for _, each in retainer_details(store, header.invoice) if each.uses_retainer} | wished
    for detail in edited:
        others = [each for each in uses.values() if each.detail != detail.detail]
        problem = too_much(header, detail, others, retainers, chargeable)
        if problem is not None:
            yield problem


def _currency(store: RowStore, header: Invoice) -> str:
    key = RowKey(header.currency, header.currency)
    currency = find_record(store, Table.DATAVERSE_CURRENCIES, key, Currency)
    if currency is None:
        sentence = f"currency {header.currency} of invoice {header.number} is not known; load it"
        raise Refused(Problem(ReasonCode.DOCUMENT_UNKNOWN, sentence, (header.currency,)))
    return currency.iso_code


def _refuse_if_any(header: Invoice, results: Iterable[InvoiceLineDetail | Problem]) -> None:
    problems = by_precedence(result for result in results if isinstance(result, Problem))
    if problems:
        first = problems[0]
        ids = tuple(id_ for problem in problems for id_ in problem.ids)
        raise Refused(Problem(first.code, f"invoice {header.number}, {first.sentence}", ids))


def _change(before: InvoiceLineDetail, after: InvoiceLineDetail) -> RowChange:
    old: Columns = before.to_columns()
    new: Columns = after.to_columns()
    names = sorted(old.keys() | new.keys())
    columns: dict[str, Value] = {name: new.get(name) for name in names if old.get(name) != new.get(name)}
    return RowChange(row=before.key.row, columns=columns)
