"""`invoicing init`: make tables and queues."""

from domain.tables import Table
from tools.cli.desk import Desk
from tools.cli.drawing import say


def init(desk: Desk) -> int:
    """Make every table, every queue and its poison queue that is missing, and say where."""
    desk.prepare()
    say(desk.console, f"Storage: {desk.place}", "bold")
    say(desk.console, f"{len(Table)} tables stand: {', '.join(table.value for table in Table)}")
    queues = sorted(desk.queues.values())
    say(desk.console, f"{len(queues)} queues stand, each with its poison queue: {', '.join(queues)}")
    return 0
