"""Revise a posted invoice: a corrective draft of what it has billed.

First the billed sales are claimed, each by its version, so that two revisions never take the same one. Then come the
details with their connections, the lines, the number, and last the header, which is the commit point. What goes on a
draft that stands already is an act on that draft, like any other edit. A command that is delivered again finds what it
has claimed and goes on.
"""

from collections.abc import Mapping, Sequence
from itertools import batched

from domain.actuals import Actual
from domain.commands import ReviseInvoice
from domain.contract import ContractLine
from domain.draft_acts import ACT_DETAILS_MAX, DraftAct
from domain.draft_totals import DetailAmount, DraftTotals
from domain.errors import ChangedMeanwhile, ContentDiffers, Problem, Refused
from domain.number_sequences import formatted
from domain.outcome import Action, Outcome
from domain.ports import RowStore
from domain.proforma import Invoice, InvoiceLineDetail
from domain.revision import (
    Billed,
    chosen,
    claimed_columns,
    corrective_draft_id,
    corrective_header,
    detail_row_of,
    is_billed_for_detail,
    may_be_added_to,
    may_be_revised,
    not_on_invoice,
)
from domain.rows import Insert, Merge, RowKey
from domain.saving import ROUNDS_MAX, save
from domain.tables import Table
from domain.workflows.corrective_details import give_back, not_standing, save_corrections
from domain.workflows.create_proforma import NUMBER_FORMAT, NUMBER_SEQUENCE
from domain.workflows.draft_acts import act_on_draft, always, settle
from domain.workflows.numbering import allocate
from domain.workflows.reading import find_record, known_document, read_records

type Details = Mapping[str, InvoiceLineDetail]
type Versions = Mapping[RowKey, str]


def revise_invoice(store: RowStore, command: ReviseInvoice) -> Outcome:
    """Make a corrective draft, or add to one.

    Returns:
        The draft and how many corrections the command has put on it.

    Raises:
        NotYet: the invoice, or the draft to add to, is not known (yet).
        Refused: CORRECTION_BEFORE_POSTING, CORRECTIVE_DRAFT_UNFIT, LINE_DETAIL_UNKNOWN, ALREADY_REVISED,
            NOTHING_TO_REVISE, or the draft can't be changed any more; nothing was changed.

    Repeating it: a draft that stands stays as it is.
    """
    invoice, draft = _known(store, command.invoice), corrective_draft_id(command)
    _refuse(may_be_revised(invoice))
    if command.add_to is not None:
        _refuse(may_be_added_to(_known(store, draft), invoice))
        billed = _claim(store, invoice, command)
        return _outcome(invoice, _add(store, draft, billed), len(billed))
    stands = _draft(store, draft)
    if stands is not None:
        return _outcome(invoice, stands, stands.details)
    billed = _claim(store, invoice, command)
    return _outcome(invoice, _make(store, invoice, command, billed), len(billed))


def _known(store: RowStore, invoice: str) -> Invoice:
    return Invoice.from_columns(
        known_document(store, Table.DATAVERSE_INVOICES, RowKey(invoice, invoice), "invoice").columns
    )


def _draft(store: RowStore, draft: str) -> Invoice | None:
    return find_record(store, Table.DATAVERSE_INVOICES, RowKey(draft, draft), Invoice)


def _refuse(problem: Problem | None) -> None:
    if problem is not None:
        raise Refused(problem)


def _outcome(invoice: Invoice, draft: Invoice, corrections: int) -> Outcome:
    facts: dict[str, str | int] = {"invoice": invoice.number, "draft": draft.number, "corrections": corrections}
    return Outcome(Action.INVOICE_REVISED, invoice.invoice, facts)


def _claim(store: RowStore, invoice: Invoice, command: ReviseInvoice) -> Sequence[Billed]:
    """Keep billed sales for the draft, each by its version.

    Raises:
        Refused: what was chosen can't be corrected; what an earlier round has claimed is free again.
    """
    draft, table = corrective_draft_id(command), Table.DATAVERSE_INVOICE_LINE_DETAILS
    details = {each.key.row: each for each in read_records(store, table, invoice.invoice, InvoiceLineDetail)}
    _refuse(not_on_invoice(invoice, command.details, (each.detail for each in details.values())))
    for _ in range(ROUNDS_MAX):
        billed, versions = _billed(store, invoice.invoice, details)
        found = chosen(invoice, billed, command)
        if isinstance(found, Problem):
            give_back(store, draft, (each.key for each in not_standing(store, draft, billed)))
            raise Refused(found)
        new = (each.key for each in found if each.sale.corrected_by is None)
        merges = (Merge(key.row, claimed_columns(draft), versions[key]) for key in new)
        try:
            save(store, Table.DATAVERSE_ACTUALS, invoice.invoice, merges)
        except ChangedMeanwhile:
            # another revision was faster with some, or finance has just written to them: look again
            continue
        return found
    raise ChangedMeanwhile(f"{Table.DATAVERSE_ACTUALS} {invoice.invoice}: its billed sales keep changing; try again")


def _billed(store: RowStore, invoice: str, details: Details) -> tuple[list[Billed], Versions]:
    billed: list[Billed] = []
    versions: dict[RowKey, str] = {}
    for page in store.read_pages(Table.DATAVERSE_ACTUALS, invoice, columns=Actual.columns()):
        for row in page:
            sale, detail = Actual.from_columns(row.columns), details.get(detail_row_of(row.key))
            if detail is not None and is_billed_for_detail(sale, row.key):
                billed.append(Billed(detail, sale, row.key))
                versions[row.key] = row.etag
    return billed, versions


def _make(store: RowStore, invoice: Invoice, command: ReviseInvoice, billed: Sequence[Billed]) -> Invoice:
    draft = corrective_draft_id(command)
    save_corrections(store, draft, billed)
    # a delivery that died may have written details; nobody has edited them, because the draft does not stand
    totals = DraftTotals(read_records(store, Table.DATAVERSE_INVOICE_LINE_DETAILS, draft, DetailAmount))
    contract_lines = read_records(store, Table.DATAVERSE_CONTRACT_LINES, invoice.contract, ContractLine)
    lines = sorted((totals.line(line, draft) for line in contract_lines), key=lambda line: line.key.row)
    sequence = Table.DATAVERSE_NUMBER_SEQUENCES
    try:
        save(store, Table.DATAVERSE_INVOICE_LINES, draft, (Insert(line.key.row, line.to_columns()) for line in lines))
        number = formatted(NUMBER_FORMAT, allocate(store, sequence, NUMBER_SEQUENCE, draft, pattern=NUMBER_FORMAT))
        header = totals.header(corrective_header(invoice, command, number))
        save(store, Table.DATAVERSE_INVOICES, draft, (Insert(draft, header.to_columns()),))
    except ContentDiffers:
        # another delivery has made it, and it was edited since
        stands = _draft(store, draft)
        if stands is None:
            raise
        return stands
    return header


def _add(store: RowStore, draft: str, billed: Sequence[Billed]) -> Invoice:
    """Put corrections on a draft that stands, in pieces of one act each; what stands on it already stays.

    Raises:
        Refused: the draft can't be changed any more; what does not stand on it is free again.
    """
    # an act that a delivery has begun is carried out first: its details may stand already, and not be counted
    settle(store, draft)
    try:
        for piece in batched(not_standing(store, draft, billed), ACT_DETAILS_MAX, strict=False):
            act_on_draft(store, draft, always(DraftAct(corrected=tuple(each.key.text for each in piece))))
    except Refused:
        give_back(store, draft, (each.key for each in not_standing(store, draft, billed)))
        raise
    return _known(store, draft)
