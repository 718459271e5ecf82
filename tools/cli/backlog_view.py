"""What `ready` tells about a contract's backlog: each item and whether it can be invoiced. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.backlog import Item, ready_or_reason
from domain.contract import Milestone
from domain.retainer import Retainer
from tools.cli.amounts import amount_text


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item of the backlog."""

    item: str
    kind: str
    dated: date
    text: str
    amount: str
    # ready, open, or why it cannot be invoiced
    state: str
    is_ready: bool
    # True: it can be marked ready
    is_open: bool


def build_backlog(items: Iterable[Item], *, up_to: date, currency: str) -> tuple[ItemView, ...]:
    """Build the view of a backlog; items that stand on an invoice already are left out.

    Args:
        items: every item of the contract.
        up_to: items dated later cannot be marked.
        currency: ISO code of the contract's currency.
    """
    return tuple(_view(item, up_to, currency) for item in items if item.invoice is None)


def _view(item: Item, up_to: date, currency: str) -> ItemView:
    reason = ready_or_reason(item, up_to)
    state = "ready" if item.is_ready else "open"
    text, amount = _told(item)
    return ItemView(
        item=item.id,
        kind=item.kind.value.replace("-", " "),
        dated=item.dated,
        text=text,
        amount=amount_text(amount, currency),
        state=reason.sentence if reason is not None and not item.is_ready else state,
        is_ready=item.is_ready,
        is_open=reason is None and not item.is_ready,
    )


def _told(item: Item) -> tuple[str, Decimal]:
    row = item.row
    if isinstance(row, Milestone | Retainer):
        return row.name, row.amount
    billing = "" if row.billing_type is None else f", {row.billing_type.name.lower().replace('_', '-')}"
    return f"{row.transaction_class.name.lower()}: {row.description or ''}{billing}", row.amount
