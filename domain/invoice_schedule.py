"""The invoice schedule of a contract line: on which day it is invoiced, and up to which day its transactions count.

Columns: Common Data Model schema of `msdyn_contractlineinvoiceschedule`.
"""

from datetime import date, timedelta

from pydantic import Field

from domain.commands import Guid as CommandGuid
from domain.commands import Instant
from domain.option_sets import InvoiceRunStatus
from domain.record import Day, Guid, Record
from domain.rows import RowKey

# all schedules that are still to run stand in one partition, by run date: a tick reads it up to its own day
TO_RUN = "to-run"


class InvoiceSchedule(Record):
    """One planned run of one contract line; also the status row of that run."""

    schedule: Guid = Field(alias="msdyn_contractlineinvoicescheduleid")
    contract_line: Guid = Field(alias="msdyn_contractlineid")
    # the contract of the line; the system that sells does not say it, loading finds it
    contract: Guid | None = Field(default=None, alias="invoicing_contract")
    # the milestone that the row was planned for; what is billed does not depend on it
    milestone: Guid | None = Field(default=None, alias="msdyn_contractlinescheduleofvalue")
    run_date: Day = Field(alias="msdyn_invoicerundate")
    # the last day whose transactions are billed; None: the day before the run date
    cut_off: Day | None = Field(default=None, alias="msdyn_transactioncutoffdate")
    run_status: InvoiceRunStatus = Field(default=InvoiceRunStatus.NOT_RUN, alias="msdyn_invoicerunstatus")
    # -- since it has run: the draft or invoice that the run made; None: nothing was to be billed
    invoice: Guid | None = Field(default=None, alias="msdyn_invoice")
    # -- since a tick has begun the run: the command that carries it out, for which run date, and when it was wanted
    run: CommandGuid | None = Field(default=None, alias="invoicing_run")
    run_on: Day | None = Field(default=None, alias="invoicing_runon")
    run_at: Instant | None = Field(default=None, alias="invoicing_runat")
    # how often it has failed before
    failures: int = Field(default=0, alias="invoicing_failures", ge=0)

    @property
    def key(self) -> RowKey:
        """Partition: the contract. Row: the schedule's id."""
        return RowKey(self.contract or self.contract_line, self.schedule)

    @property
    def billed_up_to(self) -> date:
        """The last day whose transactions are billed."""
        return self.cut_off or self.run_date - timedelta(days=1)

    @property
    def due_key(self) -> RowKey:
        """Where the work index has it: by run date, then by contract, so that one run stands together."""
        return RowKey(TO_RUN, f"{self.run_date}|{self.contract}|{self.schedule}")


class DueSchedule(Record):
    """A row of the work index `DataverseDueSchedules`: one schedule that is still to run, or has run by now."""

    contract: Guid = Field(alias="Contract")
    schedule: Guid = Field(alias="Schedule")
    run_date: Day = Field(alias="RunDate")

    @property
    def place(self) -> RowKey:
        """Where the schedule stands."""
        return RowKey(self.contract, self.schedule)
