"""Whose financial dimensions a line takes: the project's or the contract line's.

A company may have rules: each says for what it counts, and which of the two wins. They are read from the right: of the
rules that fit a line, the one that names the project wins, else the one that names the contract, the revenue profile,
the project group, the class. Without a rule that fits, as ever: the project for time, expense, material and fee, the
contract line for what is billed on account.

Source: Project Operations documentation, Financial dimension defaults (Project default dimension rules: the criterion
farther to the right takes precedence, as a contract over a revenue profile; no rule is the legacy behaviour).
"""

from collections.abc import Iterator

from domain.completeness import ON_ACCOUNT_CLASSES
from domain.finance_parties import Parties
from domain.option_sets import TransactionClass
from domain.setup import LegalEntitySetup
from domain.setup_posting import DimensionPriority, FinanceBillingMethod, RevenueProfile


def line_dimensions(
    setup: LegalEntitySetup,
    parties: Parties,
    *,
    transaction_class: TransactionClass,
    billing_method: FinanceBillingMethod,
    contract: str,
    contract_line: int | None,
) -> str | None:
    """Give the dimensions of a line.

    Args:
        setup: the legal entity with its rules.
        parties: project and contract as finance knows them.
        transaction_class: of the line.
        billing_method: of its contract line; it tells which revenue profile counts.
        contract: its number.
        contract_line: its number; None: the line names none.

    Returns:
        The dimensions of the one that wins, and of it alone; None when it has none.
    """
    criteria = tuple(_columns(setup, parties, transaction_class, billing_method, contract))
    fitting = [rule for rule in setup.dimension_rules if rule.fits(criteria)]
    if parties.contract is None or not fitting:
        from_line = transaction_class in ON_ACCOUNT_CLASSES
    else:
        from_line = max(fitting, key=lambda rule: rule.weight).priority is DimensionPriority.CONTRACT_LINE
    return parties.line_dimension(contract_line) if from_line else parties.project_dimension


def _columns(
    setup: LegalEntitySetup,
    parties: Parties,
    transaction_class: TransactionClass,
    billing_method: FinanceBillingMethod,
    contract: str,
) -> Iterator[object]:
    """Say what a line is, in the order of the columns of a rule."""
    project = parties.project
    profile = setup.revenue_profile(billing_method, project, contract) if setup.dimension_rules else None
    yield transaction_class
    yield project.group if project else None
    yield profile.profile if isinstance(profile, RevenueProfile) else None
    yield contract
    yield project.project if project else None
