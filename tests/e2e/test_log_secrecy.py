"""What the app logs while three contracts go through it: ids, codes, counts and totals, never rows, never a secret."""

import logging
import re

import pytest

from domain.tables import Table
from tests.e2e.account import Account
from tests.e2e.hosted_line import HostedLine
from tests.e2e.journey import play
from tools.devhost.host import DevHost

# columns whose values say something about people, customers, work or prices; all others are ids, codes and dates
TELLING = (
    "name",
    "description",
    "address",
    "email",
    "telephone",
    "subject",
    "price",
    "amount",
    "quantity",
)
# what a log line may tell: the total of an invoice
ALLOWED_TABLES = frozenset((Table.DATAVERSE_INVOICES, Table.FINANCE_INVOICE_PROPOSALS, Table.FINANCE_PROJECT_INVOICES))
# shorter texts stand in any line by chance
LENGTH_MIN = 6
KEY = "AccountKey"


def telling_values(account: Account) -> set[str]:
    """Every value of a telling column of every table, but for totals of invoices, which a line may tell."""
    found: set[str] = set()
    totals: set[str] = set()
    for table in Table:
        for row in account.rows(table):
            for name, value in row.columns.items():
                if isinstance(value, str) and len(value) >= LENGTH_MIN and is_telling(name):
                    is_total = table in ALLOWED_TABLES and value.replace(".", "").isdigit()
                    (totals if is_total else found).add(value)
    return found - totals


def is_telling(column: str) -> bool:
    return any(word in column.lower() for word in TELLING)


@pytest.fixture(scope="module")
def logged(account: Account, host: DevHost, output: list[str]) -> str:
    """Everything that was logged, by any logger, at INFO and above, and all that the host said."""
    records: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            # the client's own loggers write at INFO what host.json keeps out of the log
            if record.levelno >= logging.WARNING or not record.name.startswith("azure"):
                records.append(f"{record.getMessage()} {vars(record)}")

    handler, root = Keep(logging.INFO), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        line = HostedLine.on(account, host)
        play(line, line.fire)
        account.put("confirm-invoice", b'{"schema":"confirm-invoice/1","reference":"' + b"Anonymous tip " * 9 + b'"}')
        line.drain()
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
    return "\n".join((*records, *output))


def test_something_was_logged(logged: str) -> None:
    for event in (
        "invoice_confirmed",
        "journal_posted",
        "proposal_posted",
        "posting_written_back",
        "dead_letter_recorded",
    ):
        assert event in logged


def test_no_value_of_a_row_is_logged(account: Account, logged: str) -> None:
    values = telling_values(account)
    assert len(values) > 50
    # as a word of its own: 250.00 is no part of 6250.00
    told = (value for value in values if re.search(rf"(?<![\w.]){re.escape(value)}(?![\w.])", logged))
    assert sorted(told) == []


def test_no_body_of_a_message_is_logged_whole(logged: str) -> None:
    assert "Anonymous tip Anonymous tip Anonymous tip Anonymous tip Anonymous tip" not in logged


def test_no_secret_is_logged(account: Account, logged: str) -> None:
    secret = account.connection_string.split(f"{KEY}=")[1].split(";")[0]
    assert (secret in logged, KEY in logged, "SharedKey " in logged) == (False, False, False)
