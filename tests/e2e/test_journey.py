"""Three contracts through the unmodified app, the real worker and the emulator: what stands in the end."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from domain.invoice_proposal import ProjectInvoice
from domain.option_sets import ProjectInvoiceStatus
from domain.tables import Table
from tests.e2e.account import Account
from tests.e2e.differences import differences
from tests.e2e.hosted_line import HostedLine
from tests.e2e.journey import invoice_of, invoices, play, played_in_memory
from tests.line import CONTRACT_COHO
from tools.devhost.host import DevHost

LOGGED = re.compile(
    r"^\S+  (?P<function>\w+)  (?:INFO|WARNING|ERROR)  (?P<event>\w+) document=(?P<document>\S+) "
    r".*\bcorrelation=(?P<correlation>\S+)"
)


# what stands in these waits for somebody
OPEN_WORK = frozenset(
    (
        Table.DATAVERSE_BILLING_BACKLOG,
        Table.FINANCE_PENDING_WORK,
        Table.INVOICING_PROBLEMS,
        Table.INVOICING_DEAD_LETTERS,
    )
)


class Event(NamedTuple):
    """A log line of the app."""

    function: str
    event: str
    document: str
    correlation: str
    is_command: bool


@pytest.fixture(scope="module")
def line(account: Account, host: DevHost) -> HostedLine:
    line = HostedLine.on(account, host)
    play(line, line.fire)
    return line


def events(output: list[str]) -> Iterator[Event]:
    for text in output:
        if found := LOGGED.match(text):
            function, event, document, correlation = found.groups()
            yield Event(function, event, document, correlation, " command=" in text)


def test_the_tables_end_row_for_row_as_in_memory(line: HostedLine) -> None:
    assert differences(played_in_memory(), line.snapshot()) == []


def test_nothing_is_open(line: HostedLine) -> None:
    assert OPEN_WORK & line.snapshot().keys() == set()


def test_every_invoice_is_posted_and_its_proforma_knows_the_number(line: HostedLine) -> None:
    posted = {
        (invoice.proposal_number, invoice.number, str(invoice.total), invoice.currency)
        for invoice in line.records(Table.FINANCE_PROJECT_INVOICES, ProjectInvoice)
    }
    assert posted == {
        ("PRO-000001", "USMF-INV-000002", "2766.31", "USD"),
        ("PRO-000002", "USMF-INV-000001", "1000.00", "GBP"),
        ("PRO-000003", "DKDS-INV-000001", "6250.00", "DKK"),
    }
    proformas = {(invoice.number, invoice.customer_invoice, invoice.status) for invoice in invoices(line)}
    assert proformas == {(proforma, number, ProjectInvoiceStatus.POSTED) for proforma, number, _, _ in posted}


def test_every_function_of_the_line_ran_and_none_failed(line: HostedLine) -> None:
    ran = {invocation.function for invocation in line.host.invocations if invocation.outcome == "ok"}
    named = {function.name for function in line.host.functions}
    # nothing of the journey is a dead letter, and nothing is revised
    aside = {name for name in named if name.startswith("record_dead_letter_")}
    assert named - ran == aside | {"revise_invoice"}
    assert [invocation.line() for invocation in line.host.invocations if invocation.outcome != "ok"] == []


def test_no_message_is_left(line: HostedLine) -> None:
    assert line.account.waiting() == {}


def test_one_correlation_follows_an_invoice_through_every_stage(line: HostedLine, output: list[str]) -> None:
    invoice = invoice_of(line, CONTRACT_COHO)
    stages = [(event.function, event.event) for event in events(output) if event.correlation == invoice.correlation]
    assert stages == [
        ("confirm_invoice", "invoice_confirmed"),
        ("sync_table_map", "rows_synced"),
        ("sync_table_map", "rows_synced"),
        ("sync_table_map", "rows_synced"),
        # a tick finds it incomplete: its unbilled sales are not posted yet
        ("import_from_staging", "nothing_to_do"),
        ("import_proposal", "proposal_lines_imported"),
        ("post_proposal", "proposal_posted"),
        ("write_back_posting", "posting_written_back"),
        ("sync_table_map", "rows_synced"),
    ]


def test_no_command_for_an_invoice_is_logged_under_another_correlation(line: HostedLine, output: list[str]) -> None:
    invoice = invoice_of(line, CONTRACT_COHO)
    told = {event.correlation for event in events(output) if event.is_command and event.document == invoice.invoice}
    assert told == {invoice.correlation}
