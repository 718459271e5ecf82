"""What posting an integration-journal line decides: its ledger entries and its project transaction.

The decision is made once, stored on the line as text, and only then written to the ledger, so that a second try writes
the same rows whatever became of the set-up meanwhile.
Source: Project Operations documentation, Configure accounting for billable projects (accounting event examples).
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from domain.dimensions import merged_dimensions
from domain.discount_fee import has_any
from domain.errors import Problem, ReasonCode, problems_in
from domain.finance_parties import FinanceProject
from domain.journal import JournalLine
from domain.ledger import ProjectTransaction
from domain.ledger_periods import accounting_date
from domain.line_posting import LinePosting, Posting, line_amount
from domain.money import ZERO, multiply, total
from domain.option_sets import FinanceTransactionType, TransactionClass
from domain.posting_types import PostingType
from domain.setup import LegalEntitySetup
from domain.setup_posting import CostLedgerStatus, FinanceBillingMethod, PostingAccount


class PostingRule(NamedTuple):
    """The two sides of a posting."""

    debit: PostingType
    credit: PostingType


class Planned(NamedTuple):
    """A posting that is to be made."""

    rule: PostingRule
    # in the line's currency
    amount: Decimal


# class: debit by the ledger status of its cost, credit; a status without a debit posts nothing
COST_DEBITS: Mapping[TransactionClass, Mapping[CostLedgerStatus, PostingType]] = MappingProxyType(
    {
        TransactionClass.TIME: {
            CostLedgerStatus.PROFIT_AND_LOSS: PostingType.COST,
            CostLedgerStatus.BALANCE: PostingType.WIP_COST_VALUE,
        },
        TransactionClass.EXPENSE: {
            CostLedgerStatus.PROFIT_AND_LOSS: PostingType.COST,
            CostLedgerStatus.BALANCE: PostingType.WIP_COST_VALUE,
        },
        TransactionClass.MATERIAL: {
            CostLedgerStatus.PROFIT_AND_LOSS: PostingType.COST,
            CostLedgerStatus.BALANCE: PostingType.WIP_COST_VALUE_ITEM,
        },
    }
)
COST_CREDITS: Mapping[TransactionClass, PostingType] = MappingProxyType(
    {
        TransactionClass.TIME: PostingType.PAYROLL_ALLOCATION,
        TransactionClass.EXPENSE: PostingType.LEDGER_JOURNAL,
        TransactionClass.MATERIAL: PostingType.COST_ITEM,
    }
)
# posting types whose dimensions are the worker's before the project's; all others are the project's first
WORKER_WINS = frozenset({PostingType.PAYROLL_ALLOCATION})
ACCRUAL_RULE = PostingRule(PostingType.WIP_SALES_VALUE, PostingType.ACCRUED_REVENUE_SALES_VALUE)


def post_line(
    setup: LegalEntitySetup,
    line: JournalLine,
    project: FinanceProject | None,
    original: ProjectTransaction | None = None,
) -> LinePosting | Problem:
    """Decide what posting a journal line writes.

    Cost: debit cost or, by the ledger status of the revenue profile, WIP cost value or nothing; credit payroll
    allocation (time), offset account (expense) or cost-item (material). A sale that is to be invoiced and whose class
    accrues revenue: debit WIP sales value, credit accrued revenue; another sale: nothing. 4 h at 250 GBP and 1.25
    accrue 1,000 GBP, 1,250 USD. A sale accrues less its discount, unless discounts are posted by themselves; its fee
    accrues with it where fees do. A reversal takes back what its original accrued, from the same accounts, whatever the
    set-up says now.

    Args:
        setup: the legal entity.
        line: a draft line.
        project: the line's project; None when finance does not know it.
        original: the posted transaction that the line reverses.

    Returns:
        The decision, or a problem: PROJECT_UNKNOWN, before all; of a reversal UNBILLED_SALES_NOT_POSTED and
        DOCUMENT_WRONG_STATE; else the first in precedence order of TRANSACTION_CLASS_NOT_SUPPORTED,
        LINE_PROPERTY_MISSING, PERIOD_CLOSED, NO_OPEN_PERIOD, POSTING_ACCOUNT_MISSING, REVENUE_PROFILE_MISSING.
    """
    if project is None:
        sentence = f"Journal line {line.number}: project {line.project} is not known in {line.company}; add the project"
        return Problem(ReasonCode.PROJECT_UNKNOWN, sentence, (line.actual, line.project))
    accounting_amount = multiply(line_amount(line), line.exchange_rate, setup.accounting_currency)
    decided = _reversed(line, original) if line.reverses else _postings(setup, line, project)
    found = accounting_date(setup, line.accounting_date), decided
    match found:
        case (date() as day, tuple() as postings):
            return LinePosting(line, day, setup.accounting_currency, accounting_amount, postings)
        case _:
            return problems_in(*found)[0]


def _reversed(line: JournalLine, original: ProjectTransaction | None) -> tuple[Posting, ...] | Problem:
    """Turn the sign of what the original accrued."""
    if original is None:
        sentence = f"Journal line {line.number}: the unbilled sale that it takes back is not posted; post it first"
        return Problem(ReasonCode.UNBILLED_SALES_NOT_POSTED, sentence, (line.actual,))
    if original.invoice is not None:
        # its accrual is gone already
        sentence = (
            f"Journal line {line.number} takes back {original.actual}, which invoice {original.invoice} has billed;"
            " delete the line and revise the invoice"
        )
        return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (line.actual, original.actual))
    if not original.accrued_amount:
        return ()
    amount, accounting_amount = original.accrued_amount, original.accrued_accounting_amount or ZERO
    wip = original.wip_account or "", original.wip_account_name or ""
    accrued = original.accrued_revenue_account or "", original.accrued_revenue_account_name or ""
    return (
        Posting(ACCRUAL_RULE.debit, *wip, -amount, -accounting_amount, original.default_dimension),
        Posting(ACCRUAL_RULE.credit, *accrued, amount, accounting_amount, original.default_dimension),
    )


def _planned(setup: LegalEntitySetup, line: JournalLine, project: FinanceProject) -> Planned | Problem | None:
    if not (line_amount(line) or has_any(line)):
        return None
    if line.transaction_type is FinanceTransactionType.SALES:
        return _accrual(setup, line, project)
    if line.transaction_class not in COST_DEBITS:
        return Problem(
            ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED,
            f"Journal line {line.number}: {line.transaction_type} of class {line.transaction_class.name.capitalize()}"
            " cannot be posted; delete the line",
            (line.actual,),
        )
    return _cost(setup, line, project)


def _cost(setup: LegalEntitySetup, line: JournalLine, project: FinanceProject) -> Planned | Problem | None:
    profile = setup.revenue_profile(line.billing_method, project, line.contract)
    if isinstance(profile, Problem):
        return profile
    status = profile.cost_ledger_statuses[line.transaction_class]
    debit = COST_DEBITS[line.transaction_class].get(status)
    rule = PostingRule(debit, COST_CREDITS[line.transaction_class]) if debit else None
    return Planned(rule, line.extended_cost) if rule else None


def _accrual(setup: LegalEntitySetup, line: JournalLine, project: FinanceProject) -> Planned | Problem | None:
    # accruing what will not be invoiced would leave WIP for ever
    line_property = setup.line_property(line.billing_type)
    if isinstance(line_property, Problem):
        return line_property
    if not (line_property.to_be_invoiced and line_property.to_be_accrued):
        return None
    # only a time-and-material line has unbilled sales
    profile = setup.revenue_profile(FinanceBillingMethod.TIME_AND_MATERIAL, project, line.contract)
    if isinstance(profile, Problem):
        return profile
    own, fee = line.extended_price - (line.fee or ZERO), line.fee or ZERO
    if setup.parameters.line_discount_category is not None:
        # the discount is posted by itself when it is invoiced, so until then the sale is worth all of its price
        own += line.discount or ZERO
    parts = ((line.transaction_class, own), (TransactionClass.FEE, fee))
    accrued = total(part for class_, part in parts if class_ in profile.accrued_classes)
    return Planned(ACCRUAL_RULE, accrued) if accrued else None


def _postings(setup: LegalEntitySetup, line: JournalLine, project: FinanceProject) -> tuple[Posting, ...] | Problem:
    planned = _planned(setup, line, project)
    if not isinstance(planned, Planned):
        return planned or ()
    rule, amount = planned
    debit = setup.account(rule.debit, project, line.category, line.funding_source)
    credit = setup.account(rule.credit, project, line.category, line.funding_source)
    match (debit, credit):
        case (PostingAccount() as debited, PostingAccount() as credited):
            accounting_amount = multiply(amount, line.exchange_rate, setup.accounting_currency)
            return _posting(line, debited, amount, accounting_amount), _posting(
                line, credited, -amount, -accounting_amount
            )
        case _:
            return problems_in(debit, credit)[0]


def _posting(line: JournalLine, account: PostingAccount, amount: Decimal, accounting_amount: Decimal) -> Posting:
    project, worker = line.default_dimension, line.worker_dimension
    order = (worker, project) if account.posting_type in WORKER_WINS else (project, worker)
    names = (account.main_account, account.account_name)
    return Posting(account.posting_type, *names, amount, accounting_amount, merged_dimensions(*order))
