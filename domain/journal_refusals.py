"""Which staged rows the integration journal does not take, or not yet, and why.

Source: Project Operations documentation, Integration journal; int-beginning-balances (rows up to the cut-off date).
"""

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType

from domain.discount_fee import has_any
from domain.errors import Problem, ReasonCode
from domain.finance_parties import Parties
from domain.option_sets import FinanceTransactionType, TransactionClass
from domain.setup import LegalEntitySetup
from domain.staging import StagedActual

# what the journal takes: type and classes
CLASSES_OF_TYPE: Mapping[FinanceTransactionType, frozenset[TransactionClass]] = MappingProxyType(
    {
        FinanceTransactionType.COST: frozenset(
            {TransactionClass.TIME, TransactionClass.EXPENSE, TransactionClass.MATERIAL}
        ),
        FinanceTransactionType.SALES: frozenset(
            {TransactionClass.TIME, TransactionClass.EXPENSE, TransactionClass.MATERIAL, TransactionClass.FEE}
        ),
    }
)
# why something else is refused, by type, then by class
TYPE_REFUSALS: Mapping[FinanceTransactionType, ReasonCode] = MappingProxyType(
    {
        FinanceTransactionType.INTER_ORG_SALES: ReasonCode.INTERCOMPANY_NOT_SUPPORTED,
        FinanceTransactionType.RESOURCING_UNIT_COST: ReasonCode.INTERCOMPANY_NOT_SUPPORTED,
    }
)
CLASS_REFUSALS: Mapping[TransactionClass, ReasonCode] = MappingProxyType(
    {TransactionClass.RETAINER: ReasonCode.RETAINER_NOT_SUPPORTED}
)


def refusal(setup: LegalEntitySetup, staged: StagedActual) -> Problem | None:
    """Tell why the journal does not take a row, whatever else there is; None: it may take it."""
    cut_off = setup.parameters.beginning_balance_cut_off
    if cut_off is not None and staged.document_date <= cut_off:
        return _in_opening_balances(staged, cut_off)
    if staged.transaction_class in CLASSES_OF_TYPE.get(staged.transaction_type, frozenset()):
        return without_feature(setup, staged)
    by_class = CLASS_REFUSALS.get(staged.transaction_class, ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED)
    return Problem(
        TYPE_REFUSALS.get(staged.transaction_type, by_class),
        f"Actual {staged.actual} is {staged.transaction_type} of class {staged.transaction_class.name.capitalize()},"
        " which the integration journal does not take; it stays in the staging table",
        (staged.actual,),
    )


def without_feature(setup: LegalEntitySetup, staged: StagedActual) -> Problem | None:
    """Keep a row with a discount or a fee aside where nobody has said that they are taken; it is never booked gross."""
    if setup.parameters.discount_and_fee or not has_any(staged):
        return None
    sentence = (
        f"Actual {staged.actual} has a discount or a fee, which {staged.company} does not take; turn on DiscountAndFee"
        " in its ProjParameters for good, or reverse the actual and enter it without them"
    )
    return Problem(ReasonCode.DISCOUNT_AND_FEE_OFF, sentence, (staged.actual,))


def reversed_sale(staged: StagedActual) -> str | None:
    """Name the unbilled sale that a row takes back, by its key text; None: it is not such a reversal."""
    return staged.reverses if staged.transaction_type is FinanceTransactionType.SALES else None


def unposted(staged: StagedActual, original_key: str) -> Problem:
    """Tell that what a reversal takes back is not posted."""
    original = original_key.rpartition("|")[2]
    sentence = (
        f"Actual {staged.actual} takes back unbilled sale {original}, which is not posted; post the integration journal"
        " of that sale, the next import adds this one"
    )
    return Problem(ReasonCode.UNBILLED_SALES_NOT_POSTED, sentence, (staged.actual, original))


def unknown_parties(staged: StagedActual, parties: Parties) -> Iterator[Problem]:
    """Tell which of project and contract finance does not know, or knows in another currency."""
    if parties.project is None:
        what = f"project {staged.project} is not known in {staged.company}" if staged.project else "it names no project"
        yield Problem(ReasonCode.PROJECT_UNKNOWN, f"Actual {staged.actual}: {what}; add the project", (staged.actual,))
    if staged.transaction_type is FinanceTransactionType.COST:
        return
    if parties.contract is None:
        sentence = (
            f"Actual {staged.actual}: contract {staged.contract} is not known in {staged.company}; add the contract"
        )
        yield Problem(ReasonCode.CONTRACT_UNKNOWN, sentence, (staged.actual, staged.contract))
    elif parties.contract.currency != staged.currency:
        yield Problem(
            ReasonCode.CURRENCY_NOT_OF_CONTRACT,
            f"Actual {staged.actual} is in {staged.currency}, but contract {staged.contract} is in"
            f" {parties.contract.currency}; reverse the actual and enter it in the contract's currency",
            (staged.actual, staged.contract),
        )


def _in_opening_balances(staged: StagedActual, cut_off: date) -> Problem:
    sentence = (
        f"Costs and sales up to {cut_off} are in the opening balances of {staged.company} (BeginningBalanceCutOffDate);"
        " they stay in the staging table. Move the cut-off date if they are not"
    )
    return Problem(ReasonCode.IN_OPENING_BALANCES, sentence, (staged.actual,))
