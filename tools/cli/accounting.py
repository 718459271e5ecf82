"""`invoicing due-date` and `invoicing reconcile-accrued-revenue`: what the accountant does."""

from collections.abc import Sequence
from datetime import date

from domain.accrued_revenue import window_start
from domain.money import total
from domain.tables import Table
from domain.workflows.reconcile_accrued_revenue import find_imbalances, reconcile_accrued_revenue
from domain.workflows.set_due_date import set_due_date
from tools.cli.amounts import count_text
from tools.cli.desk import Desk
from tools.cli.drawing import draw_rows, grid, say
from tools.cli.finding import find_invoice

# imbalances that are named; the rest is counted
ROWS_DRAWN_MAX = 50
# posted invoices that are looked through for a period
INVOICES_READ_MAX = 100_000


def due_date(desk: Desk, name: str, *, day: date | None, invoice_date: date | None) -> int:
    """Set the due date of a proposal by hand, or go back to the terms of payment."""
    invoice = find_invoice(desk, name)
    after = set_due_date(desk.store, proposal=invoice.invoice, due_date=day, invoice_date=invoice_date)
    if after.manual_due_date is None:
        say(desk.console, f"{invoice.number} is due as its terms of payment say.", "green")
        return 0
    told = f"{invoice.number} is due on {after.manual_due_date} if it is posted with invoice date"
    say(desk.console, f"{told} {after.manual_due_date_for}; with another one as its terms of payment say.", "green")
    return 0


def _posted_since(desk: Desk, since: date) -> list[str]:
    """Find the invoices of a period; for people, who have the time."""
    rows = desk.browser.rows(Table.FINANCE_PROJECT_INVOICES, limit=INVOICES_READ_MAX)
    return [row.key.partition for row in rows if str(row.columns["InvoiceDate"]) >= since.isoformat()]


def reconcile(
    desk: Desk, names: Sequence[str], *, since: date | None, on: date | None, in_batch: bool, dry_run: bool
) -> int:
    """Clear what invoices have left in WIP, or only show it; without names those of the last three months."""
    proposals = [find_invoice(desk, name).invoice for name in names]
    if not names:
        proposals = _posted_since(desk, since or window_start(desk.today))
        say(desk.console, f"{count_text(len(proposals), 'invoice')} since {since or window_start(desk.today)}.")
    found = tuple(each for proposal in proposals for each in find_imbalances(desk.store, proposal))
    rows = [
        (each.transaction.invoice or "", each.transaction.actual, str(each.amount)) for each in found[:ROWS_DRAWN_MAX]
    ]
    if rows:
        title = "Left in WIP, in the accounting currency"
        draw_rows(desk.console, grid(title, "invoice", "unbilled sale", "amount"), rows)
    if not dry_run:
        found = reconcile_accrued_revenue(desk.store, proposals=proposals, on=on or desk.today, in_batch=in_batch)
    verb = "would be cleared" if dry_run else "cleared"
    amount = total(each.amount for each in found)
    say(desk.console, f"{count_text(len(found), 'imbalance')} {verb}, {amount} in all.", "green")
    return 0
