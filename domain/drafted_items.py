"""How an item of the backlog stands on a draft: the line detail that is made of it."""

from collections.abc import Mapping

from domain.actuals import Actual
from domain.backlog import ONE, Item, ItemKind, line_id, retainer_line
from domain.contract import ContractLine, Milestone
from domain.discount_fee import NAMES as DISCOUNT_FEE
from domain.identifiers import derive_id
from domain.option_sets import BillingType, RetainerUse, TransactionClass
from domain.proforma import InvoiceLineDetail
from domain.retainer import LINE_NUMBER, Retainer, detail_columns


def detail_of(item: Item, invoice: str, line: ContractLine | None) -> InvoiceLineDetail:
    """Put an item on a draft, as it is; a retainer stands on no line."""
    is_on_line = line is not None and item.kind != ItemKind.RETAINER
    common = {
        "detail": derive_id("invoice-line-detail", invoice, item.id),
        "invoice": invoice,
        "line": line_id(invoice, line.line) if line is not None and is_on_line else retainer_line(invoice),
        "line_number": line.number if line is not None and is_on_line else LINE_NUMBER,
        "transaction_date": item.dated,
        "currency": item.currency,
        "contract": item.row.contract,
        "contract_line": item.contract_line,
        "contract_customer": item.contract_customer,
        "source_key": item.key.text,
        "source": item.id,
    }
    return InvoiceLineDetail.model_validate({**common, **_from_source(item.row)})


def _from_source(row: Actual | Milestone | Retainer) -> Mapping[str, object]:
    if isinstance(row, Retainer):
        return {**detail_columns(row, RetainerUse.NEW, row.amount), "billing_type": BillingType.CHARGEABLE}
    if isinstance(row, Milestone):
        return {
            "transaction_class": TransactionClass.MILESTONE,
            "billing_type": BillingType.CHARGEABLE,
            "quantity": ONE,
            "price": row.amount,
            "amount": row.amount,
            "project": row.project,
            "description": row.name,
            "tax": row.tax,
            "milestone_header": row.header,
        }
    names = ("transaction_class", "billing_type", "quantity", "price", "amount", *DISCOUNT_FEE, "project", "category")
    return {name: getattr(row, name) for name in (*names, "resource", "description", "external_description", "origins")}
