"""What the accountant does at the command line: due dates, accrued revenue, and agreements that come late."""

import json
from datetime import date
from pathlib import Path

from domain.invoice_proposal import ProjectInvoice
from domain.journal import JournalLine
from domain.rows import Delete, Merge
from domain.tables import Table
from tests.cli.conftest import Terminal

DAY = "2026-08-31"


def proposed(terminal: Terminal) -> Terminal:
    """Coho Winery up to the open proposal PRO-000001."""
    terminal.say("ready", "C-COHO", "--up-to", DAY)
    terminal.say("create-proforma", "C-COHO", "--cut-off", DAY)
    terminal.say("confirm", "PRO-000001", "--on", DAY)
    terminal.line.tick()
    terminal.say("post", "journals")
    terminal.line.drain()
    terminal.line.tick()
    return terminal


def posted(terminal: Terminal) -> ProjectInvoice:
    terminal.say("post", "proposals", "--invoice-date", DAY)
    terminal.line.drain()
    (invoice,) = terminal.line.records(Table.FINANCE_PROJECT_INVOICES, ProjectInvoice)
    return invoice


def test_a_due_date_is_set_by_hand(loaded: Terminal) -> None:
    told = proposed(loaded).say("due-date", "PRO-000001", "--day", "2026-12-24", "--invoice-date", DAY)
    assert f"PRO-000001 is due on 2026-12-24 if it is posted with invoice date {DAY}" in told
    assert posted(loaded).due_date == date(2026, 12, 24)
    assert "cannot be changed any more" in loaded.say("due-date", "PRO-000001", "--day", "2026-12-25", code=1)


def test_a_due_date_is_given_back_to_the_terms(loaded: Terminal) -> None:
    proposed(loaded).say("due-date", "PRO-000001", "--day", "2026-12-24", "--invoice-date", DAY)
    assert "as its terms of payment say" in loaded.say("due-date", "PRO-000001")
    assert posted(loaded).due_date != date(2026, 12, 24)


def test_accrued_revenue_is_shown_and_cleared_once(loaded: Terminal) -> None:
    posted(proposed(loaded))
    assert "0 imbalances cleared" in loaded.say("reconcile-accrued-revenue", "USMF-INV-000001", "--on", DAY)
    row = next(
        row
        for row in loaded.line.rows(Table.FINANCE_PROJECT_TRANSACTIONS)
        if row.columns.get("ProjInvoiceId") == "USMF-INV-000001"
    )
    merge = Merge(row.key.row, {"LedgerSalesReversed": "1200"})
    loaded.line.store.write(Table.FINANCE_PROJECT_TRANSACTIONS, row.key.partition, (merge,))
    shown = loaded.say("reconcile-accrued-revenue", "PRO-000001", "--dry-run")
    assert "1 imbalance would be cleared, 50" in shown
    assert str(row.columns["ActualId"]) in shown
    assert "1 imbalance cleared, 50" in loaded.say("reconcile-accrued-revenue", "PRO-000001", "--on", DAY)
    assert "0 imbalances cleared" in loaded.say("reconcile-accrued-revenue", "PRO-000001", "--on", DAY)


def test_an_agreement_that_is_loaded_late_counts_for_what_is_not_posted(loaded: Terminal, tmp_path: Path) -> None:
    store = loaded.line.store
    for row in loaded.line.rows(Table.FINANCE_SETUP):
        if row.key.row.startswith("FixedExchangeRateAgreement"):
            store.write(Table.FINANCE_SETUP, row.key.partition, (Delete(row.key.row),))
    loaded.line.drain()
    loaded.line.tick()
    agreement = {
        "Kind": "FixedExchangeRateAgreement",
        "ProjInvoiceProjId": "C-COHO",
        "CurrencyId": "GBP",
        "ExchangeRate": "125",
    }
    file = tmp_path / "agreement.json"
    file.write_text(json.dumps({"table": "FinanceSetup", "company": "usmf", "rows": [agreement]}), encoding="utf-8")
    assert "got the agreed exchange rate" in loaded.say("load", str(file))
    lines = loaded.line.records(Table.FINANCE_INTEGRATION_JOURNAL_LINES, JournalLine)
    assert {str(each.exchange_rate) for each in lines if each.currency == "GBP" and each.contract == "C-COHO"} == {
        "1.25"
    }
    assert "got the agreed" not in loaded.say("load", str(file))


def test_without_names_the_invoices_of_the_last_three_months_are_reconciled(loaded: Terminal) -> None:
    posted(proposed(loaded))
    assert "1 invoice since 2026-05-31" in loaded.say("reconcile-accrued-revenue", "--on", DAY)
    assert "0 invoices since 2026-09-01" in loaded.say("reconcile-accrued-revenue", "--since", "2026-09-01")
