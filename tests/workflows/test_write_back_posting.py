"""What posting decided comes back to the actuals and the proforma; what is gone is named, the others get theirs."""

from decimal import Decimal

import pytest

from domain.actuals import Actual
from domain.commands import Command, WriteBackPosting
from domain.customer_invoice import CustomerInvoice
from domain.errors import NotYet
from domain.identifiers import derive_id
from domain.invoice_proposal import ProjectInvoice
from domain.option_sets import ProjectInvoiceStatus, TransactionType
from domain.proforma import Invoice
from domain.rows import Delete, Merge
from domain.tables import Table
from domain.workflows.dispatch import perform
from functions.storage.memory import Call
from tests.finance_builders import PROPOSAL
from tests.line import ADATUM as ADATUM_FILES
from tests.line import COHO, CONTRACT_ADATUM, CONTRACT_COHO, Line
from tests.workflows.restless import nothing
from tests.workflows.staged_work import cost, finance, journals, problems, propose, sale, stage

STATUS, CONFIRMED = "msdyn_projectinvoicestatus", int(ProjectInvoiceStatus.CONFIRMED)


def coho() -> Line:
    """The Coho Winery contract, posted; its write-backs are done."""
    line = Line.in_memory()
    line.load_samples(COHO)
    line.drain()
    line.tick()
    line.bill(CONTRACT_COHO)
    line.finish()
    return line


def written_back(line: Line) -> dict[str, tuple[Decimal | None, Decimal | None, Decimal | None, bool]]:
    """Accounting amount, rate, tax and whether there is a voucher, of the actuals that crossed."""
    return {
        actual.transaction_type.name: (
            actual.accounting_amount,
            actual.accounting_exchange_rate,
            actual.sales_tax_amount,
            actual.voucher is not None,
        )
        for actual in line.records(Table.DATAVERSE_ACTUALS, Actual)
        if not actual.skip_sync
    }


def test_g19f_amount_rate_tax_and_voucher() -> None:
    line = coho()
    assert written_back(line) == {
        "COST": (Decimal(480), Decimal(1), Decimal(0), True),
        "UNBILLED_SALES": (Decimal(1250), Decimal("1.25"), Decimal(0), True),
        "BILLED_SALES": (Decimal(1250), Decimal("1.25"), Decimal(0), True),
    }
    vouchers = {
        actual.transaction_type: actual.voucher
        for actual in line.records(Table.DATAVERSE_ACTUALS, Actual)
        if not actual.skip_sync
    }
    assert len(set(vouchers.values())) == 3
    assert (
        vouchers[TransactionType.BILLED_SALES]
        == line.records(Table.FINANCE_PROJECT_INVOICES, ProjectInvoice)[0].voucher
    )


def test_what_was_not_synced_is_not_written_back() -> None:
    skipped = [actual for actual in coho().records(Table.DATAVERSE_ACTUALS, Actual) if actual.skip_sync]
    assert [(each.quantity, each.voucher, each.accounting_amount) for each in skipped] == [(Decimal(-4), None, None)]


def test_the_proforma_is_posted_and_the_customer_invoice_exported() -> None:
    line = Line.in_memory()
    line.load_samples(ADATUM_FILES)
    line.drain()
    line.tick()
    line.bill(CONTRACT_ADATUM)
    line.finish()
    (proforma,) = line.records(Table.DATAVERSE_INVOICES, Invoice)
    (exported,) = line.records(Table.DATAVERSE_CUSTOMER_INVOICES, CustomerInvoice)
    (posted,) = line.records(Table.FINANCE_PROJECT_INVOICES, ProjectInvoice)
    assert proforma.status == ProjectInvoiceStatus.POSTED
    assert proforma.customer_invoice == exported.number == posted.number == "USMF-INV-000001"
    assert proforma.customer_invoice_date == posted.invoice_date
    assert proforma.customer_invoice_tax == posted.tax == Decimal("19.31")
    # the taxed part: 297.00 of material at 6.5 per cent
    assert posted.total == Decimal("2766.31")


def write_back(line: Line, posted: str, document: str) -> Command:
    return WriteBackPosting.model_validate(
        {
            "command": derive_id("write-back", document),
            "correlation": document,
            "requested_at": line.clock.now(),
            "posted": posted,
            "posted_document": document,
        }
    )


def test_writing_back_twice_changes_nothing() -> None:
    line = coho()
    before = line.snapshot()
    for command in [each for each in line.queues.sent if isinstance(each, WriteBackPosting)]:
        line.send(command)
    line.drain()
    assert line.snapshot() == before


def test_a_proforma_that_is_changed_at_the_same_time_is_written_back_again() -> None:
    line = coho()
    command = next(
        each for each in line.queues.sent if isinstance(each, WriteBackPosting) and each.posted == "proposal"
    )
    (invoice,) = line.rows(Table.DATAVERSE_INVOICES)
    # as it stood before it was posted
    line.store.write(Table.DATAVERSE_INVOICES, invoice.key.partition, (Merge(invoice.key.row, {STATUS: CONFIRMED}),))

    def change(call: Call) -> None:
        if (call.method, call.table) == ("write", Table.DATAVERSE_INVOICES):
            line.memory.before_call = nothing
            key = invoice.key
            line.store.write(Table.DATAVERSE_INVOICES, key.partition, (Merge(key.row, {"name": "another"}),))

    line.memory.before_call = change
    with pytest.raises(NotYet, match="was changed at the same time"):
        perform(line.store, line.queues, command)
    perform(line.store, line.queues, command)
    (stands,) = line.records(Table.DATAVERSE_INVOICES, Invoice)
    assert (stands.name, stands.status) == ("another", ProjectInvoiceStatus.POSTED)


def test_a_journal_or_proposal_that_is_not_posted_is_waited_for() -> None:
    line = finance()
    each = sale("s")
    stage(line, each)
    propose(line, each)
    line.tick()
    for posted, document in (("journal", journals(line)[0].journal), ("proposal", PROPOSAL)):
        with pytest.raises(NotYet, match="is not posted; post it"):
            perform(line.store, line.queues, write_back(line, posted, document))


def test_an_actual_that_is_gone_is_named_and_the_others_get_theirs() -> None:
    line = finance()
    gone, stands = cost("gone"), cost("stands")
    stage(line, gone, stands)
    line.tick()
    lost = next(row for row in line.rows(Table.DATAVERSE_ACTUALS) if row.columns["msdyn_actualid"] == gone.actual)
    line.store.write(Table.DATAVERSE_ACTUALS, lost.key.partition, (Delete(lost.key.row),))
    line.post_all()
    (problem,) = problems(line)
    assert (problem.stage, problem.code.value, problem.ids) == ("write-back-posting", "actual_missing", (gone.actual,))
    assert "the posting stands" in problem.sentence
    (actual,) = line.records(Table.DATAVERSE_ACTUALS, Actual)
    assert (actual.actual, actual.accounting_amount) == (stands.actual, Decimal(480))
    assert actual.voucher
    staged = line.rows(Table.FINANCE_ACTUALS_STAGING)
    assert [row.columns["IsProcessed"] for row in staged] == [True, True]


def test_a_proforma_that_is_gone_is_named() -> None:
    line = finance()
    each = sale("s")
    stage(line, each)
    propose(line, each)
    line.store.write(Table.DATAVERSE_INVOICES, PROPOSAL, (Delete(PROPOSAL),))
    line.tick()
    line.post_all()
    assert [problem.code.value for problem in problems(line) if problem.stage == "write-back-posting"] == [
        "actual_missing"
    ]
    assert line.rows(Table.FINANCE_PROJECT_INVOICES)
