"""What an invoice line credits: revenue by its category, the fee on top of it, and the discount where it stands alone.

A line is worth its price less the discount plus the fee. The fee is credited to the invoiced revenue of the fee's
category. The discount reduces the line's own revenue, or is debited to the invoiced revenue of the line-discount
category where the company names one. Milestones and retainers are credited on account.
Source: Project Operations documentation, Configure accounting for billable projects; manage-discount-fee-integrated.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from domain.completeness import ON_ACCOUNT_CLASSES
from domain.discount_fee import Shared
from domain.errors import Problem, ReasonCode, problems_in
from domain.finance_parties import FinanceProject
from domain.invoice_proposal import Proposal, ProposalLine
from domain.money import ZERO, multiply, total
from domain.option_sets import TransactionClass
from domain.posting_types import PostingType
from domain.setup import LegalEntitySetup
from domain.setup_items import ProjectCategory
from domain.setup_posting import FinanceBillingMethod, PostingAccount
from domain.voucher_totals import Addition, EntryKey


class Part(NamedTuple):
    """A part of a line's revenue."""

    category: str | None
    # credited when it is positive, in the transaction currency
    amount: Decimal


def categories(setup: LegalEntitySetup, row: Shared) -> Mapping[str, str | Problem | None]:
    """Name the categories that fee and discount of a row are posted to; CATEGORY_MISSING for one that is missing."""
    fee = setup.category(None, TransactionClass.FEE) if row.fee else None
    named = setup.parameters.line_discount_category if row.discount else None
    return {
        "fee_category": fee.category if isinstance(fee, ProjectCategory) else fee,
        "discount_category": named if named is None or named in setup.categories else _no_category(setup, named),
    }


def revenue_of(
    setup: LegalEntitySetup, proposal: Proposal, line: ProposalLine, project: FinanceProject | None, rate: Decimal
) -> tuple[Addition, ...] | Problem:
    """Decide what a line credits; in the accounting currency the parts add up to the line at the rate, to the cent.

    Returns:
        The additions; or PROJECT_UNKNOWN, REVENUE_PROFILE_MISSING, POSTING_ACCOUNT_MISSING.
    """
    if project is None and line.project is not None:
        sentence = f"Line {line.number} of proposal {proposal.number}: project {line.project} is not known; add it"
        return Problem(ReasonCode.PROJECT_UNKNOWN, sentence, (line.actual, line.project))
    posting_type = _credited(setup, proposal, line, project)
    if isinstance(posting_type, Problem):
        return posting_type
    own, *others = _parts(line)
    found = [setup.account(posting_type, project, part.category, proposal.funding_source) for part in (own, *others)]
    if problems := problems_in(*found):
        return problems[0]
    worth = [multiply(part.amount, rate, setup.accounting_currency) for part in others]
    rest = total((multiply(line.amount, rate, setup.accounting_currency), -total(worth)))
    amounts = zip((own, *others), found, (rest, *worth), strict=True)
    return tuple(
        Addition(_revenue_key(proposal, line, account, rate, part), -part.amount, -accounting_amount)
        for part, account, accounting_amount in amounts
        if isinstance(account, PostingAccount)
    )


def entry_key(proposal: Proposal, line: ProposalLine, account: PostingAccount, rate: Decimal) -> EntryKey:
    """Say to which entry of the voucher a line adds at an account."""
    return EntryKey(
        account.posting_type,
        account.main_account,
        account.account_name,
        proposal.currency,
        rate,
        dimension=line.default_dimension,
    )


def _revenue_key(
    proposal: Proposal, line: ProposalLine, account: PostingAccount, rate: Decimal, part: Part
) -> EntryKey:
    return entry_key(proposal, line, account, rate)._replace(project=line.project, category=part.category)


def _parts(line: ProposalLine) -> tuple[Part, ...]:
    """Split a line by category: its own part first."""
    fee = line.fee or ZERO
    alone = ZERO if line.discount_category is None else line.discount or ZERO
    own = Part(line.category, total((line.amount, -fee, alone)))
    others = (Part(line.fee_category, fee), Part(line.discount_category, -alone))
    return (own, *(part for part in others if part.amount))


def _credited(
    setup: LegalEntitySetup, proposal: Proposal, line: ProposalLine, project: FinanceProject | None
) -> PostingType | Problem:
    if line.transaction_class not in ON_ACCOUNT_CLASSES:
        return PostingType.INVOICED_REVENUE
    profile = setup.revenue_profile(FinanceBillingMethod.FIXED_PRICE, project, proposal.contract)
    return profile if isinstance(profile, Problem) else profile.on_account_posting_type


def _no_category(setup: LegalEntitySetup, category: str) -> Problem:
    sentence = f"Line-discount category {category} is not set up in {setup.company}; add a ProjCategory of that name"
    return Problem(ReasonCode.CATEGORY_MISSING, sentence, (category,))
