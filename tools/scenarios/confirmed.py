"""A confirmed invoice for scenarios that begin in finance: its header, and the connections of its billed sales."""

from collections.abc import Sequence
from datetime import date

from domain.actuals import Actual, TransactionConnection
from domain.confirmation import digest_of
from domain.contract import Contract, ContractCustomer
from domain.discount_fee import net_of
from domain.identifiers import derive_id
from domain.money import ZERO, total
from domain.option_sets import BillingType, ProjectInvoiceStatus, TransactionType
from domain.proforma import Invoice
from domain.rows import RowKey

CONFIRMED_ON = date(2026, 8, 31)


def confirmed_invoice(
    invoice: str, number: str, contract: Contract, payer: ContractCustomer, actuals: Sequence[Actual]
) -> Invoice:
    """Make the header as confirmation leaves it."""
    billed = [actual for actual in actuals if actual.transaction_type == TransactionType.BILLED_SALES]
    amount = total(net_of(actual) for actual in billed if actual.billing_type == BillingType.CHARGEABLE)
    wish = derive_id("scenario-confirmed", invoice)
    return Invoice(
        invoice=invoice,
        number=number,
        name=contract.name,
        contract=contract.contract,
        contract_customer=payer.contract_customer,
        customer=payer.account,
        currency=contract.currency,
        owning_company=contract.owning_company,
        status=ProjectInvoiceStatus.CONFIRMED,
        amount=amount,
        tax=ZERO,
        total=amount,
        details=len(billed),
        created_by=wish,
        correlation=wish,
        confirmed_on=CONFIRMED_ON,
        confirmed_by=wish,
        billed_sales=len(billed),
        billed_sales_digest=digest_of(actual.actual for actual in billed),
    )


def billing_connection(billed: Actual, key: RowKey, sale: RowKey) -> TransactionConnection:
    """Connect a billed sale to the unbilled sale behind it."""
    return TransactionConnection(
        connection=derive_id("scenario-connection", billed.actual),
        transaction1=billed.actual,
        transaction1_role="Billed Sales",
        transaction1_key=key.text,
        transaction2=sale.row.rpartition("|")[2],
        transaction2_role="Unbilled Sales",
        transaction2_key=sale.text,
    )
