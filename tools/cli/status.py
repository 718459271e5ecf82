"""`invoicing status`: where is my invoice?"""

from tools.cli.desk import Desk
from tools.cli.drawing import draw_json, draw_status
from tools.cli.finding import find_invoice
from tools.cli.invoice_facts import read_facts
from tools.cli.ready import currency_code
from tools.cli.status_view import StatusView, build_status


def status(desk: Desk, name: str, *, as_json: bool) -> int:
    """Tell where an invoice is; 1 while it has an open problem."""
    view = status_of(desk, name)
    if as_json:
        draw_json(desk.console, view)
    else:
        draw_status(desk.console, view)
    return 1 if view.problems else 0


def status_of(desk: Desk, name: str) -> StatusView:
    """Read where an invoice is."""
    invoice = find_invoice(desk, name)
    return build_status(read_facts(desk, invoice), currency_code(desk, invoice.currency))
