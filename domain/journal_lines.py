"""From a staged actual to the content of an integration-journal line, and from lines to journals.

Cost and unbilled sales become separate lines. Cost keeps its currency and the ledger's rate; a sale that is not to be
invoiced (non-chargeable, complimentary) has price and amount zero. A reversal that names the unbilled sale
which it takes back is that sale's posted transaction with the sign turned, at the rate of that posting.
Source: Project Operations documentation, Integration journal; Manage project invoice proposals (exchange rates).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import batched, groupby
from typing import NamedTuple

from domain.dimension_rules import line_dimensions
from domain.discount_fee import NOTHING, Worth, turned, worth_of
from domain.errors import Problem, problems_in
from domain.exchange_rates import Rate, ledger_rate, sales_rate
from domain.finance_parties import Parties
from domain.journal import JournalLineContent
from domain.journal_refusals import refusal, reversed_sale, unknown_parties, unposted
from domain.ledger import ProjectTransaction
from domain.ledger_periods import accounting_date, period_start
from domain.money import ZERO
from domain.option_sets import FinanceTransactionType
from domain.rows import RowKey
from domain.sales_tax import item_sales_tax_group, sales_tax_group, unreleased
from domain.setup import LegalEntitySetup
from domain.setup_items import LineProperty, PeriodUnit, ProjectCategory
from domain.setup_posting import BILLING_METHODS
from domain.staging import StagedActual


@dataclass(frozen=True, slots=True)
class JournalPlan:
    """One journal to make."""

    # first day of the period that its lines belong to
    period_start: date
    # in key order, at least one
    lines: tuple[JournalLineContent, ...]


def journal_line(
    setup: LegalEntitySetup,
    staged: StagedActual,
    actual_key: str,
    parties: Parties,
    original: ProjectTransaction | None = None,
) -> JournalLineContent | tuple[Problem, ...]:
    """Make the content of the journal line of a cost or an unbilled sale.

    The accounting date moves out of a closed period when the parameter lets it; when it cannot, it stays, and posting
    tells the reason.

    Args:
        setup: the legal entity.
        staged: the row.
        actual_key: key text of the staged row.
        parties: project, contract and customer as finance knows them; the customer only matters for sales tax.
        original: the posted transaction that the row names as the one which it takes back; None: it is not posted.

    Returns:
        The content, or every problem in precedence order: IN_OPENING_BALANCES, INTERCOMPANY_NOT_SUPPORTED,
        RETAINER_NOT_SUPPORTED, TRANSACTION_CLASS_NOT_SUPPORTED, DISCOUNT_AND_FEE_OFF (alone);
        UNBILLED_SALES_NOT_POSTED (alone) for a reversal whose original is not posted; CONTRACT_UNKNOWN,
        CURRENCY_NOT_OF_CONTRACT, LINE_PROPERTY_MISSING, CATEGORY_MISSING, EXCHANGE_RATE_MISSING, PROJECT_UNKNOWN,
        PRODUCT_NOT_RELEASED.
    """
    if refused := refusal(setup, staged):
        return (refused,)
    day = _accounting_date(setup, staged)
    if reversed_key := reversed_sale(staged):
        return _taken_back(staged, actual_key, original, day) if original else (unposted(staged, reversed_key),)
    category = setup.category(staged.category, staged.transaction_class)
    found = setup.line_property(staged.billing_type), category, _rate(setup, staged, day)
    problems = problems_in(*found, *unknown_parties(staged, parties), *unreleased(setup, staged, parties))
    match found:
        case (LineProperty(), ProjectCategory(), Rate()) as defaults if not problems:
            content = _content(setup, staged, actual_key, parties, _Defaults(*defaults), day)
            return _with_dimensions(setup, content, parties)
        case _:
            return problems


def plan_journals(
    lines: Iterable[JournalLineContent], period_unit: PeriodUnit, lines_per_journal: int
) -> tuple[JournalPlan, ...]:
    """Group lines by the period of their transaction date, then split each group by the limit.

    450 lines of one day and a limit of 200 make journals of 200, 200 and 50.

    Args:
        lines: in any order, may be empty.
        period_unit: what a journal spans.
        lines_per_journal: the most lines of one journal, at least 1.

    Returns:
        Journals in order of their period; in each, lines in the order of the keys of their actuals.
    """

    def place(line: JournalLineContent) -> tuple[date, str, str]:
        key = RowKey.from_text(line.actual_key)
        return period_start(line.transaction_date, period_unit), key.row, key.partition

    groups = groupby(sorted(lines, key=place), key=lambda line: place(line)[0])
    return tuple(
        JournalPlan(start, taken)
        for start, group in groups
        for taken in batched(group, lines_per_journal, strict=False)
    )


class _Defaults(NamedTuple):
    """What the set-up gives a line."""

    line_property: LineProperty
    category: ProjectCategory
    rate: Rate


def _content(
    setup: LegalEntitySetup,
    staged: StagedActual,
    actual_key: str,
    parties: Parties,
    defaults: _Defaults,
    day: date,
) -> JournalLineContent:
    (line_property, category, rate), prices = defaults, _prices(staged, defaults.line_property)
    taxed = staged.transaction_type is FinanceTransactionType.SALES
    return JournalLineContent(
        company=staged.company,
        actual=staged.actual,
        actual_key=actual_key,
        transaction_type=staged.transaction_type,
        transaction_class=staged.transaction_class,
        billing_type=staged.billing_type,
        line_property=line_property.line_property,
        transaction_date=staged.document_date,
        accounting_date=day,
        contract=staged.contract,
        contract_line=staged.contract_line,
        funding_source=staged.funding_source,
        project=staged.project or "",
        category=category.category,
        resource=staged.resource,
        billing_method=BILLING_METHODS[staged.billing_method],
        quantity=staged.quantity,
        unit_cost=prices.unit_cost,
        extended_cost=prices.extended_cost,
        unit_price=prices.unit_price,
        extended_price=prices.worth.net,
        discount=prices.worth.discount or None,
        fee=prices.worth.fee or None,
        currency=staged.currency,
        exchange_rate=rate.value,
        tax_group=sales_tax_group(setup, parties) if taxed else None,
        tax_item_group=item_sales_tax_group(setup, staged, parties, category) if taxed else None,
        description=staged.description,
    )


def _with_dimensions(setup: LegalEntitySetup, content: JournalLineContent, parties: Parties) -> JournalLineContent:
    is_cost = content.transaction_type is FinanceTransactionType.COST
    worker = setup.worker_dimension(content.resource) if is_cost else None
    found = line_dimensions(
        setup,
        parties,
        transaction_class=content.transaction_class,
        billing_method=content.billing_method,
        contract=content.contract,
        contract_line=content.contract_line,
    )
    return content.changed(default_dimension=found, worker_dimension=worker)


def _taken_back(staged: StagedActual, actual_key: str, original: ProjectTransaction, day: date) -> JournalLineContent:
    """Turn the original's sign; a reversal takes back the whole of it."""
    discount_fee = turned(original)
    return JournalLineContent(
        company=staged.company,
        actual=staged.actual,
        actual_key=actual_key,
        transaction_type=staged.transaction_type,
        transaction_class=original.transaction_class,
        billing_type=staged.billing_type,
        line_property=original.line_property,
        transaction_date=staged.document_date,
        accounting_date=day,
        contract=original.contract,
        contract_line=original.contract_line,
        funding_source=original.funding_source,
        project=original.project,
        category=original.category,
        resource=staged.resource,
        reverses=original.actual_key,
        quantity=-original.quantity,
        unit_cost=ZERO,
        extended_cost=ZERO,
        unit_price=original.price,
        extended_price=-original.amount,
        discount=discount_fee["discount"],
        fee=discount_fee["fee"],
        currency=original.currency,
        exchange_rate=original.exchange_rate,
        tax_group=original.tax_group,
        tax_item_group=original.tax_item_group,
        default_dimension=original.default_dimension,
        description=staged.description,
    )


class _Prices(NamedTuple):
    unit_cost: Decimal
    extended_cost: Decimal
    unit_price: Decimal
    # of a sale
    worth: Worth


def _prices(staged: StagedActual, line_property: LineProperty) -> _Prices:
    worth = worth_of(staged, staged.currency)
    if staged.transaction_type is FinanceTransactionType.COST:
        return _Prices(staged.price, worth.amount, ZERO, NOTHING)
    if not line_property.to_be_invoiced:
        return _Prices(ZERO, ZERO, ZERO, NOTHING)
    return _Prices(ZERO, ZERO, staged.price, worth)


def _accounting_date(setup: LegalEntitySetup, staged: StagedActual) -> date:
    wanted = staged.accounting_date or staged.document_date
    moved = accounting_date(setup, wanted)
    return wanted if isinstance(moved, Problem) else moved


def _rate(setup: LegalEntitySetup, staged: StagedActual, day: date) -> Rate | Problem:
    if staged.transaction_type is FinanceTransactionType.COST:
        return ledger_rate(setup, staged.currency, day)
    return sales_rate(setup, staged.contract, staged.currency, day)
