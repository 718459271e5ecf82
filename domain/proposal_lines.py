"""From a billed sale to a proposal line, and from a staged milestone to the on-account transaction that it will bill.

Milestones and retainers are billed on account. A retainer has nothing behind it: it is positive when it is invoiced and
negative when it is applied to a later invoice; its sales tax groups are found as those of milestones.
A credit names the billed sale that it takes back, and carries the sales tax of that sale's posted invoice line. It
touches no WIP: what can be billed again comes back by unbilled sales of its own.
Source: Project Operations documentation, Manage project invoice proposals (billing sales tax of time and material lines
comes from the posted transaction, that of milestones from the on-account transaction).
"""

from collections.abc import Iterator, Mapping
from itertools import count
from types import MappingProxyType

from domain.completeness import ON_ACCOUNT_CLASSES
from domain.dimension_rules import line_dimensions
from domain.discount_fee import worth_of
from domain.errors import Problem, ReasonCode, by_precedence, problems_in
from domain.finance_parties import Parties
from domain.invoice_proposal import ProjectInvoiceLine, Proposal, ProposalLine
from domain.invoice_revenue import categories
from domain.journal_refusals import without_feature
from domain.ledger import ProjectTransaction
from domain.money import round_amount
from domain.option_sets import TransactionClass
from domain.sales_tax import TaxGroups, item_sales_tax_group, sales_tax_group, unreleased
from domain.setup import LegalEntitySetup
from domain.setup_posting import BILLING_METHODS, FinanceBillingMethod
from domain.staging import OnAccountTransaction, StagedActual, StagedMilestone

LINE_TABLES: Mapping[TransactionClass, str] = MappingProxyType(
    {
        TransactionClass.TIME: "ProjProposalEmpl",
        TransactionClass.EXPENSE: "ProjProposalCost",
        TransactionClass.MATERIAL: "ProjProposalItem",
        TransactionClass.FEE: "ProjProposalRevenue",
        TransactionClass.MILESTONE: "ProjProposalOnAcc",
        TransactionClass.RETAINER: "ProjProposalOnAcc",
    }
)

type Source = ProjectTransaction | OnAccountTransaction | ProjectInvoiceLine


class LineNumbers:
    """Numbers the lines of a proposal in order, around those that stand.

    An earlier try may have left any of its lines unwritten; a line gets the number that it would have had then.
    """

    def __init__(self, taken: set[int]) -> None:
        """Begin with the numbers of lines that stand."""
        self._taken, self._last = taken, 0

    @property
    def following(self) -> int:
        """The number of a new line in this place."""
        return next(number for number in count(self._last + 1) if number not in self._taken)

    def passed(self, number: int) -> None:
        """Go on behind a line."""
        self._taken.add(number)
        self._last = number


def on_account_transaction(
    setup: LegalEntitySetup, milestone: StagedMilestone, parties: Parties
) -> OnAccountTransaction:
    """Make the on-account transaction of a milestone, with its default sales tax groups.

    Args:
        setup: the legal entity; its parameter gives the item sales tax group.
        milestone: the staged row.
        parties: project, contract and customer, as far as finance knows them; they give the sales tax group.
    """
    return OnAccountTransaction(
        company=milestone.company,
        transaction=milestone.milestone,
        contract=milestone.contract,
        project=milestone.project,
        currency=milestone.currency,
        amount=round_amount(milestone.amount, milestone.currency),
        transaction_date=milestone.invoice_date,
        tax_group=sales_tax_group(setup, parties),
        tax_item_group=setup.parameters.tax_item_group_on_account,
        default_dimension=line_dimensions(
            setup,
            parties,
            transaction_class=TransactionClass.MILESTONE,
            billing_method=FinanceBillingMethod.FIXED_PRICE,
            contract=milestone.contract,
            contract_line=milestone.contract_line,
        ),
        description=milestone.description,
    )


def has_revenue(setup: LegalEntitySetup, staged: StagedActual) -> bool | Problem:
    """Tell whether a billed sale becomes a line: it is to be invoiced and its amount or its fee is not zero.

    Returns:
        Whether it does, or LINE_PROPERTY_MISSING.
    """
    line_property = setup.line_property(staged.billing_type)
    if isinstance(line_property, Problem):
        return line_property
    return line_property.to_be_invoiced and not worth_of(staged, staged.currency).is_nothing


def proposal_line(
    setup: LegalEntitySetup,
    proposal: Proposal,
    number: int,
    staged: StagedActual,
    actual_key: str,
    parties: Parties,
    source: Source | None,
) -> ProposalLine | Problem | None:
    """Make the proposal line of a billed sale.

    Args:
        setup: the legal entity.
        proposal: the header.
        number: of the line, if one is made.
        staged: the billed sale.
        actual_key: key text of its staged row.
        parties: project, contract and customer.
        source: the posted unbilled sale, the on-account transaction of its milestone, or the posted invoice line that a
            credit takes back; None: nothing stands behind it. That what must have one has one is known before.

    Returns:
        The line; None when it carries no revenue (non-chargeable, complimentary, zero); or the first problem in
        precedence order: DOCUMENT_WRONG_STATE (what a credit takes back is not posted), CURRENCY_NOT_OF_CONTRACT,
        TRANSACTION_CLASS_NOT_SUPPORTED, DISCOUNT_AND_FEE_OFF, CATEGORY_MISSING, PROJECT_UNKNOWN, FEE_NOT_POSTED,
        PRODUCT_NOT_RELEASED, MILESTONE_MISSING; LINE_PROPERTY_MISSING before all of them.
    """
    revenue = has_revenue(setup, staged)
    if isinstance(revenue, Problem) or not revenue:
        return revenue or None
    if problems := by_precedence(_problems(setup, proposal, staged, parties, source)):
        return problems[0]
    return _line(setup, proposal, number, staged, actual_key, parties, source)


def _line(
    setup: LegalEntitySetup,
    proposal: Proposal,
    number: int,
    staged: StagedActual,
    actual_key: str,
    parties: Parties,
    source: Source | None,
) -> ProposalLine:
    groups, worth = _tax_groups(setup, staged, parties, source), worth_of(staged, staged.currency)
    own = _own_categories(setup, staged, source)
    return ProposalLine(
        proposal=proposal.proposal,
        number=number,
        line_table=LINE_TABLES[staged.transaction_class],
        actual=staged.actual,
        actual_key=actual_key,
        unbilled_sales_key=source.actual_key if isinstance(source, ProjectTransaction) else None,
        transaction_class=staged.transaction_class,
        transaction_date=staged.document_date,
        contract_line=staged.contract_line,
        project=staged.project,
        category=_category(setup, staged, source),
        resource=staged.resource,
        quantity=staged.quantity,
        price=staged.price,
        amount=worth.net,
        discount=worth.discount or None,
        fee=worth.fee or None,
        fee_category=_name(own["fee_category"]),
        discount_category=_name(own["discount_category"]),
        tax_group=groups.group,
        tax_item_group=groups.item_group,
        default_dimension=_dimension(setup, staged, parties, source),
        description=staged.description or (source.description if isinstance(source, OnAccountTransaction) else None),
        deletions=proposal.deletions,
    )


def _problems(
    setup: LegalEntitySetup, proposal: Proposal, staged: StagedActual, parties: Parties, source: Source | None
) -> Iterator[Problem]:
    about = f"Billed sale {staged.actual} of proposal {proposal.number}"
    if staged.transaction_class not in LINE_TABLES:
        name = staged.transaction_class.name.capitalize()
        sentence = f"{about} is of class {name}, which a proposal does not take; revise it"
        yield Problem(ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED, sentence, (staged.actual,))
        return
    if isinstance(source, ProjectTransaction) and source.pending_adjustment is not None:
        sentence = (
            f"{about}: the accounting of transaction {source.actual} is being adjusted; wait, or ask for it again"
        )
        yield Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (staged.actual, source.actual))
    yield from _problems_of_discount_and_fee(setup, staged, source, about)
    if staged.currency != proposal.currency:
        sentence = f"{about} is in {staged.currency}, the proposal in {proposal.currency}; revise the proforma"
        yield Problem(ReasonCode.CURRENCY_NOT_OF_CONTRACT, sentence, (staged.actual,))
    if parties.project is None and not _is_of_contract(staged):
        sentence = f"{about}: project {staged.project} is not known in {staged.company}; add the project"
        yield Problem(ReasonCode.PROJECT_UNKNOWN, sentence, (staged.actual,))
    if staged.reverses:
        if not isinstance(source, ProjectInvoiceLine):
            yield _credits_nothing(about, staged, staged.reverses)
    elif staged.transaction_class is TransactionClass.MILESTONE:
        if not isinstance(source, OnAccountTransaction):
            sentence = f"{about}: milestone {staged.milestone} has no on-account transaction; sync the milestone again"
            yield Problem(ReasonCode.MILESTONE_MISSING, sentence, (staged.actual,))
    elif source is None and staged.transaction_class not in ON_ACCOUNT_CLASSES:
        category = setup.category(staged.category, staged.transaction_class)
        yield from problems_in(category, *unreleased(setup, staged, parties))


def _problems_of_discount_and_fee(
    setup: LegalEntitySetup, staged: StagedActual, source: Source | None, about: str
) -> Iterator[Problem]:
    if off := without_feature(setup, staged):
        yield off
        return
    yield from problems_in(*_own_categories(setup, staged, source).values())
    if staged.fee and isinstance(source, ProjectTransaction) and not source.fee:
        sentence = (
            f"{about} has a fee, but none was posted with unbilled sale {source.actual}; credit it in Dataverse and"
            " enter the sale again with its fee"
        )
        yield Problem(ReasonCode.FEE_NOT_POSTED, sentence, (staged.actual, source.actual))


def _own_categories(
    setup: LegalEntitySetup, staged: StagedActual, source: Source | None
) -> Mapping[str, str | Problem | None]:
    """Say where fee and discount are posted; a credit takes them back from where they are."""
    if isinstance(source, ProjectInvoiceLine):
        return {"fee_category": source.fee_category, "discount_category": source.discount_category}
    return categories(setup, staged)


def _name(category: str | Problem | None) -> str | None:
    # a problem has been told before lines are made
    return None if isinstance(category, Problem) else category


def _credits_nothing(about: str, staged: StagedActual, original_key: str) -> Problem:
    original = original_key.rpartition("|")[2]
    sentence = f"{about} credits billed sale {original}, which stands on no posted invoice; post that invoice first"
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (staged.actual, original))


def _is_of_contract(staged: StagedActual) -> bool:
    """Tell whether a row is one of the whole contract: a retainer that names no project."""
    return staged.transaction_class is TransactionClass.RETAINER and staged.project is None


def _category(setup: LegalEntitySetup, staged: StagedActual, source: Source | None) -> str | None:
    if isinstance(source, ProjectTransaction | ProjectInvoiceLine):
        return source.category
    if staged.transaction_class in ON_ACCOUNT_CLASSES:
        return staged.category or setup.parameters.milestone_category
    found = setup.category(staged.category, staged.transaction_class)
    return None if isinstance(found, Problem) else found.category


def _dimension(setup: LegalEntitySetup, staged: StagedActual, parties: Parties, source: Source | None) -> str | None:
    if source is not None:
        return source.default_dimension
    # a retainer belongs to the contract's fixed-price profile, as its posting does
    is_on_account = staged.transaction_class in ON_ACCOUNT_CLASSES
    method = FinanceBillingMethod.FIXED_PRICE if is_on_account else BILLING_METHODS[staged.billing_method]
    return line_dimensions(
        setup,
        parties,
        transaction_class=staged.transaction_class,
        billing_method=method,
        contract=staged.contract,
        contract_line=staged.contract_line,
    )


def _tax_groups(setup: LegalEntitySetup, staged: StagedActual, parties: Parties, source: Source | None) -> TaxGroups:
    # a group that could not be found when the source was made (its customer was not known) is looked for again
    category = setup.categories.get(_category(setup, staged, source) or "")
    default = setup.parameters.tax_item_group_on_account
    if staged.transaction_class not in ON_ACCOUNT_CLASSES:
        default = item_sales_tax_group(setup, staged, parties, category)
    group, item_group = (source.tax_group, source.tax_item_group) if source else (None, None)
    return TaxGroups(group or sales_tax_group(setup, parties), item_group or default)
