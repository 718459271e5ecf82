"""Approved work, and the actuals that approval makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.actuals import Actual
from domain.contract import Contract, ContractCustomer, ContractLine
from domain.discount_fee import Percents
from domain.draft_editing import NO_PERCENTS
from domain.money import multiply
from domain.option_sets import BillingStatus, BillingType, TransactionClass, TransactionType


@dataclass(frozen=True)
class Terms:
    """What a row of a contract has to say."""

    contract: Contract
    line: ContractLine
    payer: ContractCustomer


@dataclass(frozen=True)
class Work:
    """Approved work: how much, at which price, to whom, and what it cost."""

    contract: str
    transaction_class: TransactionClass
    quantity: Decimal
    price: Decimal
    billing_type: BillingType
    day: date
    # of the cost, as ISO code; None: without a cost
    cost_currency: str | None
    # False: the sale is entered in a currency that its contract does not have
    own_currency: bool = True
    # what its contract line took off and added when it was approved
    percents: Percents = NO_PERCENTS


def sale_of(actual: str, terms: Terms, work: Work, currencies: Mapping[str, str]) -> Actual:
    """Make the unbilled sale of approved work; `currencies` has the ids by ISO code."""
    currency = terms.contract.currency
    if not work.own_currency:
        currency = next(each for code, each in currencies.items() if each != currency and code != "DKK")
    amount = multiply(work.quantity, work.price, "USD")
    both = work.percents.of(amount, "USD")
    return Actual(
        actual=actual,
        transaction_type=TransactionType.UNBILLED_SALES,
        transaction_class=work.transaction_class,
        billing_type=work.billing_type,
        billing_status=BillingStatus.UNBILLED_SALES_CREATED,
        quantity=work.quantity,
        price=work.price,
        amount=amount,
        discount=both["discount"],
        fee=both["fee"],
        currency=currency,
        transaction_date=work.day,
        contract=terms.contract.contract,
        contract_line=terms.line.line,
        contract_customer=terms.payer.contract_customer,
        project=terms.line.project,
        owning_company=terms.contract.owning_company,
    )


def cost_of(actual: str, terms: Terms, work: Work, currencies: Mapping[str, str]) -> Actual:
    """Make the cost of approved work; `currencies` has the ids by ISO code."""
    return Actual(
        actual=actual,
        transaction_type=TransactionType.COST,
        transaction_class=work.transaction_class,
        billing_type=work.billing_type,
        quantity=work.quantity,
        price=Decimal(100),
        amount=multiply(work.quantity, Decimal(100), "USD"),
        currency=currencies[work.cost_currency or ""],
        transaction_date=work.day,
        contract=terms.contract.contract,
        contract_line=terms.line.line,
        project=terms.line.project,
        owning_company=terms.contract.owning_company,
    )
