"""Sales tax: which groups a line gets, which codes they share, and the tax of each code.

A code counts when it stands in the sales tax group and in the item sales tax group. Tax is rounded for each line and
code, half away from zero, and then added up; the accounting amount is the rounded tax at the line's rate.
Source: Project Operations documentation, Manage project invoice proposals (Billing sales tax).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from domain.errors import Problem, ReasonCode
from domain.finance_parties import Parties
from domain.money import multiply, percent_of
from domain.option_sets import FinanceTransactionType, TransactionClass
from domain.setup import LegalEntitySetup, valid_on
from domain.setup_items import ProjectCategory, TaxGroupMethod, TaxItemGroupMethod
from domain.setup_rates import SalesTaxValue
from domain.staging import StagedActual


class TaxGroups(NamedTuple):
    """The two groups of a line; tax needs both."""

    group: str | None
    item_group: str | None


@dataclass(frozen=True, slots=True)
class LineTax:
    """The tax of one line by one code; amounts have the sign of the line."""

    code: str
    group: str
    item_group: str
    # per cent
    percent: Decimal
    # in the transaction currency
    base: Decimal
    tax: Decimal
    # in the accounting currency
    accounting_base: Decimal
    accounting_tax: Decimal


def _project(parties: Parties) -> str | None:
    return parties.project.tax_group if parties.project else None


def _contract(parties: Parties) -> str | None:
    return parties.contract.tax_group if parties.contract else None


def _customer(parties: Parties) -> str | None:
    return parties.customer.tax_group if parties.customer else None


# method: where the sales tax group is looked for, in this order
_PLACES: Mapping[TaxGroupMethod, tuple[Callable[[Parties], str | None], ...]] = MappingProxyType(
    {
        TaxGroupMethod.PROJECT: (_project,),
        TaxGroupMethod.PROJECT_CONTRACT: (_contract,),
        TaxGroupMethod.CUSTOMER: (_customer,),
        TaxGroupMethod.SEARCH: (_project, _contract, _customer),
    }
)


def sales_tax_group(setup: LegalEntitySetup, parties: Parties) -> str | None:
    """Find the sales tax group by the company's method; None: the line is without tax."""
    places = _PLACES[setup.parameters.tax_group_method]
    return next(filter(None, (place(parties) for place in places)), None)


def taxed_product(setup: LegalEntitySetup, staged: StagedActual) -> str | None:
    """Name the product whose released product gives a sale its item sales tax group; None: its category gives it.

    Only materials that name a product, and only where the company's method is the item number.
    """
    is_by_item = setup.parameters.tax_item_group_method is TaxItemGroupMethod.ITEM_NUMBER
    is_sale = staged.transaction_type is not FinanceTransactionType.COST
    return staged.product if is_by_item and is_sale and staged.transaction_class is TransactionClass.MATERIAL else None


def unreleased(setup: LegalEntitySetup, staged: StagedActual, parties: Parties) -> Iterator[Problem]:
    """Tell that the product is needed and not released to the legal entity."""
    product = taxed_product(setup, staged)
    if product and parties.product is None:
        sentence = (
            f"Actual {staged.actual}: product {product} is not released to {staged.company}; add it to"
            " FinanceReleasedProducts, or let categories give materials their item sales tax group (TaxItemGroupMethod)"
        )
        yield Problem(ReasonCode.PRODUCT_NOT_RELEASED, sentence, (staged.actual, product))


def item_sales_tax_group(
    setup: LegalEntitySetup, staged: StagedActual, parties: Parties, category: ProjectCategory | None
) -> str | None:
    """Find the item sales tax group of time, expenses, materials and fees; None: the line is without tax."""
    if taxed_product(setup, staged) and parties.product is not None:
        return parties.product.tax_item_group
    return category.tax_item_group if category else None


def line_taxes(
    setup: LegalEntitySetup, groups: TaxGroups, day: date, amount: Decimal, currency: str, rate: Decimal
) -> tuple[LineTax, ...] | Problem:
    """Calculate the tax of a line: 25 % of 5,000.00 DKK is 1,250.00 DKK.

    Args:
        setup: the legal entity.
        groups: of the line; without one of them there is no tax.
        day: the tax date, whose percentage counts.
        amount: without tax, in the transaction currency; negative on a credit.
        currency: the transaction currency.
        rate: accounting currency for one unit of the transaction currency.

    Returns:
        The tax by code, in order of the codes; empty when there is none. SALES_TAX_CODE_MISSING when a group is not set
        up or a code has no percentage on the day.
    """
    group, item_group = groups
    if group is None or item_group is None:
        return ()
    codes = _shared_codes(setup, group, item_group)
    if isinstance(codes, Problem):
        return codes
    taxes = []
    for code in codes:
        value = valid_on(setup.tax_values.get(code, ()), day)
        if value is None:
            sentence = (
                f"Sales tax code {code} has no percentage on {day} in {setup.company}; add a TaxData for that day"
            )
            return Problem(ReasonCode.SALES_TAX_CODE_MISSING, sentence, (code, day.isoformat()))
        taxes.append(_tax(setup, (group, item_group), value, amount, currency, rate))
    return tuple(taxes)


def _shared_codes(setup: LegalEntitySetup, group: str, item_group: str) -> tuple[str, ...] | Problem:
    of_group, of_item_group = setup.tax_groups.get(group), setup.item_tax_groups.get(item_group)
    if of_group is None or of_item_group is None:
        which, name = ("Sales", group) if of_group is None else ("Item sales", item_group)
        return Problem(
            ReasonCode.SALES_TAX_CODE_MISSING,
            f"{which} tax group {name} is not set up in {setup.company}; add it, without codes if it is exempt",
            (name,),
        )
    return tuple(sorted(set(of_group.tax_codes) & set(of_item_group.tax_codes)))


def _tax(
    setup: LegalEntitySetup,
    groups: tuple[str, str],
    value: SalesTaxValue,
    amount: Decimal,
    currency: str,
    rate: Decimal,
) -> LineTax:
    tax = percent_of(amount, value.percent, currency)
    accounting = setup.accounting_currency
    return LineTax(
        code=value.tax_code,
        group=groups[0],
        item_group=groups[1],
        percent=value.percent,
        base=amount,
        tax=tax,
        accounting_base=multiply(amount, rate, accounting),
        accounting_tax=multiply(tax, rate, accounting),
    )
