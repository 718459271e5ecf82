"""Whether everything of a proposal has arrived, and exactly what has not.

Source: Project Operations documentation, format-update-project-invoice-proposals (all lines of a proposal or none) and
project-integration-workspace (mismatched billed sales; project transaction not posted yet).
"""

from collections.abc import Iterable, Mapping, Sequence, Set

from domain.confirmation import digest_of
from domain.errors import Problem, ReasonCode
from domain.identifiers import GatheredIds
from domain.invoice_proposal import Proposal
from domain.option_sets import BillingMethod, TransactionClass
from domain.rows import RowKey
from domain.staging import ImportedActual, StagedActual, StagedRelationship

# the roles of a billed sale and the unbilled sale behind it
SALE_ROLES = ("Billed Sales", "Unbilled Sales")
# ids that a sentence shows; the problem carries all of them
SHOWN_MAX = 5
# classes that finance bills on account, without an unbilled sale behind them
ON_ACCOUNT_CLASSES = frozenset((TransactionClass.MILESTONE, TransactionClass.RETAINER))


def is_whole(proposal: Proposal, billed_sales: Sequence[str] | GatheredIds) -> bool:
    """Tell whether the billed sales that arrived are those that were confirmed, by count and digest."""
    return len(billed_sales) == proposal.billed_sales and digest_of(billed_sales) == proposal.billed_sales_digest


def mismatch(proposal: Proposal, arrived: Set[str], confirmed: Set[str]) -> Problem:
    """Name the billed sales that are missing or too many."""
    missing, extra = sorted(confirmed - arrived), sorted(arrived - confirmed)
    parts = [f"missing {_shown(missing)}"] if missing else []
    parts += [f"not confirmed {_shown(extra)}"] if extra else []
    what = "; ".join(parts) or "the confirmed digest differs"
    sentence = (
        f"proposal {proposal.number} has {len(arrived)} of {proposal.billed_sales} billed sales in staging: {what}. "
        "Rows on their way are taken by the next run; a row that stays missing is sent again by its sync"
    )
    return Problem(ReasonCode.BILLED_SALES_MISMATCH, sentence, (*missing, *extra))


def sale_keys(relationships: Iterable[StagedRelationship]) -> dict[str, RowKey]:
    """Find the unbilled sale behind each billed sale: billed sale's id to the key of the sale's staged row."""
    return {
        each.transaction1: RowKey.from_text(each.transaction2_key)
        for each in relationships
        if (each.transaction1_role, each.transaction2_role) == SALE_ROLES and each.transaction2_key
    }


def sales_behind(rows: Iterable[StagedActual], sales: Mapping[str, RowKey]) -> dict[str, RowKey]:
    """Find the unbilled sales that finance posts before their billed sales.

    The one behind a retainer stands for what is left of it, and stays in Dataverse.
    """
    own = (row.actual for row in rows if row.transaction_class not in ON_ACCOUNT_CLASSES)
    return {actual: sales[actual] for actual in own if actual in sales}


def lonely(rows: Iterable[StagedActual], sales: Mapping[str, RowKey]) -> list[str]:
    """Find the billed sales whose connection to their unbilled sale has not arrived."""
    return [row.actual for row in rows if needs_sale(row) and row.actual not in sales]


def unconnected(proposal: Proposal, ids: Sequence[str]) -> Problem | None:
    """Name the billed sales whose connection to their unbilled sale has not arrived."""
    if not ids:
        return None
    sentence = (
        f"proposal {proposal.number} waits for the transaction connections of {_shown(ids)}; "
        "they are on their way, or their sync stands among the failures"
    )
    return Problem(ReasonCode.CONNECTION_MISSING, sentence, tuple(ids))


def late_sales(sales: Mapping[str, ImportedActual | None]) -> list[str]:
    """Find the unbilled sales that are not posted yet.

    Args:
        sales: id of each billed sale to the staged row of its unbilled sale; None when that has not arrived.

    Returns:
        Their ids; instead of one that has not arrived the id of the billed sale.
    """
    late = ((billed, sale) for billed, sale in sales.items() if sale is None or not sale.processed)
    return [sale.actual if sale else billed for billed, sale in late]


def unposted(proposal: Proposal, ids: Sequence[str]) -> Problem | None:
    """Name the unbilled sales that are not posted yet."""
    if not ids:
        return None
    sentence = (
        f"proposal {proposal.number} waits for {len(ids)} unbilled sale(s) that are not posted: {_shown(ids)}; "
        "post their integration journals, the next run makes the lines"
    )
    return Problem(ReasonCode.UNBILLED_SALES_NOT_POSTED, sentence, tuple(ids))


def without_milestone(proposal: Proposal, ids: Sequence[str]) -> Problem | None:
    """Name the milestones that finance does not know as on-account transactions yet."""
    if not ids:
        return None
    sentence = (
        f"proposal {proposal.number} waits for the on-account transaction of milestone {_shown(ids)}; "
        "load the milestone again, or enter what its own problem says is missing"
    )
    return Problem(ReasonCode.MILESTONE_MISSING, sentence, tuple(ids))


def needs_sale(row: StagedActual) -> bool:
    """Tell whether a billed sale has an unbilled sale behind it that must be posted first.

    What is billed on account has none, nor has what was added by hand to a fixed-price line, nor a credit: it takes
    back a billed sale.
    """
    has_none = row.transaction_class in ON_ACCOUNT_CLASSES or row.billing_method is BillingMethod.FIXED_PRICE
    return not has_none and row.reverses is None


def _shown(ids: Sequence[str]) -> str:
    more = len(ids) - SHOWN_MAX
    return ", ".join(ids[:SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")
