"""The play: what the project manager and the clerk do, through the command line, and what the app does in between."""

from dataclasses import dataclass, replace
from functools import partial
from io import StringIO
from pathlib import Path

from rich.console import Console
from typer.main import get_command

from domain.invoice_proposal import ProposalStatus
from domain.option_sets import BillingType, ProjectInvoiceStatus, TransactionType
from domain.rows import StoredRow
from domain.tables import Table
from tools.cli.app import app
from tools.cli.desk import Desk
from tools.cli.drawing import say
from tools.cli.status_view import DRAFTS
from tools.demo.stages import Progress, StageFailed, Stages

CONTRACTS = ("C-ADATUM", "C-COHO", "C-DANISH")
DAY = "2026-08-31"
SAMPLES = (Path("samples", "finance"), Path("samples", "dataverse"))
ROWS_MAX = 10_000
# what carries no revenue is on the invoice, but is never posted with it
WITHOUT_REVENUE = (BillingType.NON_CHARGEABLE, BillingType.COMPLIMENTARY)
DONE = (ProposalStatus.OPEN, ProposalStatus.INVOICED, ProposalStatus.CLOSED)


@dataclass(frozen=True, slots=True)
class Play:
    """The desk of the people, and the stages that they wait for."""

    desk: Desk
    stages: Stages
    # where the samples lie
    repository: Path

    def load(self) -> None:
        """Load the samples."""
        self._invoicing("load", *(str(path) for path in SAMPLES))

    def perform(self) -> None:
        """Bring every contract from its backlog to the posted invoice and back.

        Raises:
            StageFailed: a command ended with a problem, or a stage did not finish in time.
        """
        self.stages.wait("actuals arrived in finance", self._arrived)
        for contract in CONTRACTS:
            self._invoicing("ready", contract, "--up-to", DAY)
            # the stage waits, because it also sees a host that has ended
            self._invoicing("create-proforma", contract, "--cut-off", DAY, "--wait", "0")
            self.stages.wait(f"draft of {contract}", partial(self._drafted, contract))
        for number in self._numbers():
            self._invoicing("confirm", number, "--on", DAY, "--wait", "0")
        self.stages.wait("proforma invoices confirmed", self._confirmed)
        self.stages.wait("actuals imported into integration journals", self._journalized)
        self._invoicing("post", "journals")
        self.stages.wait("integration journal lines posted", self._journals_posted)
        self.stages.wait("proposals complete", self._proposals_complete)
        self._invoicing("post", "proposals", "--invoice-date", DAY)
        self.stages.wait("customer invoices posted", self._invoices_posted)
        self.stages.wait("postings written back", self._written_back)

    def _invoicing(self, *arguments: str) -> None:
        say(self.stages.console, f"$ invoicing {' '.join(arguments)}", "bold")
        heard = StringIO()
        desk = replace(self.desk, console=Console(file=heard, width=160))
        paths = [str(self.repository / each) if each.startswith("samples") else each for each in arguments]
        code = get_command(app).main(paths, obj=lambda: desk, standalone_mode=False, prog_name="invoicing")
        told = [line for line in heard.getvalue().splitlines() if line.strip() and not line.startswith("next:")]
        if code:
            raise StageFailed("\n".join((f"invoicing {' '.join(arguments)} ended with {code}", *told)))
        say(self.stages.console, f"  {told[-1].strip()}" if told else "")

    def _rows(self, table: Table) -> list[StoredRow]:
        return list(self.desk.browser.rows(table, limit=ROWS_MAX))

    def _contracts(self) -> set[str]:
        return {row.key.partition for row in self._rows(Table.DATAVERSE_CONTRACTS)}

    def _staged(self) -> list[StoredRow]:
        contracts = self._contracts()
        return [row for row in self._rows(Table.FINANCE_ACTUALS_STAGING) if row.key.partition in contracts]

    def _loaded(self) -> int:
        contracts = self._contracts()
        return sum(row.key.partition in contracts for row in self._rows(Table.DATAVERSE_ACTUALS))

    def _arrived(self) -> Progress:
        return Progress(len(self._staged()), self._loaded())

    def _drafted(self, number: str) -> Progress:
        contracts = {row.columns.get("ordernumber"): row.key.row for row in self._rows(Table.DATAVERSE_CONTRACTS)}
        drafts = [row.columns.get("salesorderid") for row in self._rows(Table.DATAVERSE_INVOICES)]
        return Progress(drafts.count(contracts[number]), 1)

    def _confirmed(self) -> Progress:
        rows = self._rows(Table.DATAVERSE_INVOICES)
        # what was confirmed may be posted already
        drafts = sum(row.columns.get("msdyn_projectinvoicestatus") in DRAFTS for row in rows)
        return Progress(len(rows) - drafts, len(CONTRACTS))

    def _numbers(self) -> list[str]:
        return sorted(str(row.columns["invoicenumber"]) for row in self._rows(Table.DATAVERSE_INVOICES))

    def _journalized(self) -> Progress:
        staged = self._staged()
        # the header is a journal's last row: before it stands nobody can post the journal
        journals = {row.key.row for row in self._rows(Table.FINANCE_INTEGRATION_JOURNALS)}
        return Progress(sum(row.columns.get("ProjAdvancedJournal") in journals for row in staged), len(staged))

    def _journals_posted(self) -> Progress:
        staged = self._staged()
        return Progress(sum(bool(row.columns.get("VoucherNumber")) for row in staged), len(staged))

    def _proposals_complete(self) -> Progress:
        rows = self._rows(Table.FINANCE_INVOICE_PROPOSALS)
        return Progress(sum(row.columns.get("ProposalStatus") in DONE for row in rows), len(CONTRACTS))

    def _invoices_posted(self) -> Progress:
        return Progress(len(self._rows(Table.FINANCE_PROJECT_INVOICES)), len(CONTRACTS))

    def _written_back(self) -> Progress:
        posted = [row.columns.get("msdyn_projectinvoicestatus") for row in self._rows(Table.DATAVERSE_INVOICES)]
        expected = [row for row in self._rows(Table.DATAVERSE_ACTUALS) if has_posting(row)]
        done = [bool(row.columns.get("msdyn_vouchernumber")) for row in expected]
        invoices = sum(status == ProjectInvoiceStatus.POSTED for status in posted)
        return Progress(sum(done) + invoices, len(expected) + len(CONTRACTS))


def has_posting(row: StoredRow) -> bool:
    """Whether finance posts an actual: not what never crosses, and no billed sale without revenue."""
    is_billed = row.columns.get("msdyn_transactiontypecode") == TransactionType.BILLED_SALES
    return not row.columns.get("msdyn_skipsync") and not (
        is_billed and row.columns.get("msdyn_billingtype") in WITHOUT_REVENUE
    )
