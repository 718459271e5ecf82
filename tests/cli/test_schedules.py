"""Invoice schedules and milestone headers on the command line."""

import json

import pytest

from domain.invoice_schedule import InvoiceSchedule
from domain.money import decimal_from
from domain.tables import Table
from tests.builders import invoices
from tests.cli.conftest import Terminal
from tests.line import ADATUM, CONTRACT_ADATUM, CONTRACT_DANISH, DANISH


@pytest.fixture
def loaded(terminal: Terminal) -> Terminal:
    """The contracts of Adatum and of the Danish customer with a header of 1,000, everything of Adatum ready."""
    terminal.line.load_samples(ADATUM, DANISH)
    terminal.line.mark_ready(CONTRACT_ADATUM)
    line = next(
        row
        for row in terminal.line.rows(Table.DATAVERSE_CONTRACT_LINES)
        if row.key.partition == CONTRACT_DANISH and row.columns["msdyn_billingmethod"] == 192350001
    )
    contract = next(row for row in terminal.line.rows(Table.DATAVERSE_CONTRACTS) if row.key.row == CONTRACT_DANISH)
    header = {
        "msdyn_contractlinemilestoneheaderid": "00000000-0000-0000-0000-00000000028a",
        "msdyn_name": "Roof",
        "msdyn_contract": CONTRACT_DANISH,
        "msdyn_contractlineid": line.key.row,
        "msdyn_project": line.columns["msdyn_project"],
        "msdyn_amount": "1000.00",
        "transactioncurrencyid": contract.columns["transactioncurrencyid"],
        "msdyn_milestonedate": "2026-08-20",
    }
    body = {"table": Table.DATAVERSE_MILESTONE_HEADERS.value, "rows": [header]}
    terminal.line.load("headers.json", json.dumps(body).encode())
    return terminal


def test_runs_are_planned_shown_and_begun(loaded: Terminal) -> None:
    period = ("--from", "2026-08-31", "--until", "2026-12-31")
    assert "5 runs of C-ADATUM planned." in loaded.say("schedule", "generate", "C-ADATUM", *period)
    assert "0 runs of C-ADATUM planned." in loaded.say("schedule", "generate", "C-ADATUM", *period)
    dates = sorted(
        str(each.run_date) for each in loaded.line.records(Table.DATAVERSE_INVOICE_SCHEDULES, InvoiceSchedule)
    )
    assert dates == ["2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31"]
    said = loaded.say("schedule", "list", "C-ADATUM")
    assert "2026-09-30 2026-09-29 1 not run" in said
    assert said.count("not run") == 5
    assert f"2026-08-31 {CONTRACT_ADATUM} not run" in loaded.say("schedule", "list")
    assert "1 run asked for." in loaded.say("schedule", "run")
    loaded.line.drain()
    (invoice,) = invoices(loaded.line)
    assert f"run successful {invoice.invoice}" in loaded.say("schedule", "list", "C-ADATUM")
    assert "2026-08-31" not in loaded.say("schedule", "list")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--from", "2026-09-01", "--until", "2026-08-01"), "is before the first run"),
        (("--from", "2026-09-01", "--until", "2060-08-01", "--every", "week"), "more than 520 runs"),
        (("--from", "2026-09-01", "--until", "2026-10-01", "--line", "7"), "has no line 7; its lines are"),
    ],
)
def test_a_plan_that_is_refused_changes_nothing(arguments: tuple[str, ...], told: str, loaded: Terminal) -> None:
    assert told in loaded.say("schedule", "generate", "C-ADATUM", *arguments, code=1)
    assert loaded.line.rows(Table.DATAVERSE_INVOICE_SCHEDULES) == []


def test_a_header_is_billed_in_parts(loaded: Terminal) -> None:
    said = loaded.say("milestone", "next", "C-DANISH", "roof", "20%")
    assert "Roof not started 1,000.00 DKK" in said
    assert "200.00 DKK not ready" in said
    assert "200.00 DKK ready to invoice" in loaded.say("milestone", "ready", "C-DANISH", "Roof", "--on", "2026-08-24")
    assert "Nothing was to be changed." in loaded.say("milestone", "ready", "C-DANISH", "Roof")
    loaded.say("create-proforma", "C-DANISH", "--cut-off", "2026-08-31")
    assert "customer invoice created" in loaded.say("milestone", "list", "C-DANISH")
    assert "progress_wrong" not in loaded.say("milestone", "next", "C-DANISH", "Roof", "rest", code=1)
    assert [invoice.amount for invoice in invoices(loaded.line)] == [decimal_from("5200.00")]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("next", "C-DANISH", "Roof", "120%"), "(progress_wrong)"),
        (("next", "C-DANISH", "Roof", "much"), "must be a decimal number"),
        (("next", "C-DANISH", "Cellar", "20%"), "has no milestone header Cellar; it has Roof"),
        (("ready", "C-DANISH", "Roof"), "say how much is billed next"),
        (("split", "C-DANISH", "Roof"), "is billed in parts"),
    ],
)
def test_what_is_refused_is_told(arguments: tuple[str, ...], told: str, loaded: Terminal) -> None:
    assert told in loaded.say("milestone", *arguments, code=1)
