"""Finding a document by what people call it: a number, or the id itself."""

import re

from domain.contract import Contract
from domain.errors import BadRow
from domain.number_sequences import owner_key
from domain.proforma import Invoice
from domain.rows import RowKey
from domain.tables import Table
from domain.workflows.create_proforma import NUMBER_SEQUENCE
from domain.workflows.reading import find_record
from tools.cli.desk import Desk, Sorry

_GUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_KEY_TEXT = re.compile(r"[^/\\#?\x00-\x1f\x7f-\x9f]{1,200}")


def is_id(name: str) -> bool:
    """Tell whether a name is an id, not a number that people call a document by."""
    return _GUID.fullmatch(name) is not None


def find_contract(desk: Desk, name: str) -> Contract:
    """Find a contract by its number (`C-ADATUM`) or its id.

    Raises:
        Sorry: there is none.
    """
    if _GUID.fullmatch(name):
        found = find_record(desk.store, Table.DATAVERSE_CONTRACTS, RowKey(name.lower(), name.lower()), Contract)
    else:
        rows = desk.browser.rows(Table.DATAVERSE_CONTRACTS, where=("ordernumber", name), limit=1)
        found = next((Contract.from_columns(row.columns) for row in rows), None)
    if found is not None:
        return found
    known = [str(row.columns.get("ordernumber")) for row in desk.browser.rows(Table.DATAVERSE_CONTRACTS, limit=10)]
    hint = f"known are {', '.join(known)}" if known else "none is loaded; load the contract first"
    raise Sorry(f"contract {name} is not known; {hint}")


def find_invoice(desk: Desk, name: str) -> Invoice:
    """Find a proforma invoice by its number (`PRO-000001`), by the number of the customer invoice, or by its id.

    Raises:
        Sorry: there is none.
    """
    document = name.lower() if _GUID.fullmatch(name) else _document_of_number(desk, name)
    row = desk.store.find(Table.DATAVERSE_INVOICES, RowKey(document, document)) if document else None
    if row is None:
        known = [str(row.columns.get("invoicenumber")) for row in desk.browser.rows(Table.DATAVERSE_INVOICES, limit=10)]
        hint = (
            f"known are {', '.join(sorted(known))}" if known else "there is none yet; create one with create-proforma"
        )
        raise Sorry(f"invoice {name} is not known; {hint}")
    try:
        return Invoice.from_columns(row.columns)
    except BadRow as error:
        raise Sorry(str(error)) from error


def _document_of_number(desk: Desk, number: str) -> str | None:
    if not _KEY_TEXT.fullmatch(number):
        return None
    for each in (number, number.upper()):
        owner = desk.store.find(Table.DATAVERSE_NUMBER_SEQUENCES, owner_key(NUMBER_SEQUENCE, each))
        if owner is not None:
            return str(owner.columns.get("Document"))
    rows = desk.browser.rows(Table.FINANCE_PROJECT_INVOICES, where=("ProjInvoiceId", number), limit=1)
    return next((row.key.row for row in rows), None)
