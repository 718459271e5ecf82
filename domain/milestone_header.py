"""The header of milestones: a fixed price that is billed a part at a time, or that several customers pay.

Its lines are rows of the milestones. What is next is said here; how far it is billed follows from the lines. The name
of the table is not public; the names of its columns are those that the documentation shows (billing-hub).
"""

from pydantic import BaseModel, ConfigDict, Field

from domain.money import ZERO
from domain.option_sets import InvoiceScheduleType, MilestoneHeaderStatus, MilestoneStatus
from domain.record import Day, Guid, KeyText, Number, Record, Text, Texts
from domain.rows import RowKey


class MilestoneHeader(Record):
    """The status row of what is billed in parts."""

    header: Guid = Field(alias="msdyn_contractlinemilestoneheaderid")
    name: KeyText = Field(alias="msdyn_name")
    contract: Guid = Field(alias="msdyn_contract")
    contract_line: Guid = Field(alias="msdyn_contractlineid")
    project: Guid | None = Field(default=None, alias="msdyn_project")
    schedule_type: InvoiceScheduleType = Field(
        default=InvoiceScheduleType.PROGRESS_BASED, alias="msdyn_invoicescheduletype"
    )
    amount: Number = Field(alias="msdyn_amount", gt=0)
    tax: Number | None = Field(default=None, alias="msdyn_tax")
    currency: Guid = Field(alias="transactioncurrencyid")
    milestone_date: Day = Field(alias="msdyn_milestonedate")
    # -- what is billed next
    next_percent: Number | None = Field(default=None, alias="msdyn_nextinvoicepercent")
    next_amount: Number | None = Field(default=None, alias="msdyn_nextinvoiceamount")
    next_status: MilestoneStatus = Field(default=MilestoneStatus.NOT_READY, alias="msdyn_nextinvoicestatus")
    # -- follows from its lines
    status: MilestoneHeaderStatus = Field(default=MilestoneHeaderStatus.NOT_STARTED, alias="msdyn_milestonestatus")
    invoiced: Number = Field(default=ZERO, alias="msdyn_invoicedtodate")
    percent_invoiced: Number = Field(default=ZERO, alias="msdyn_percentinvoiced")
    remaining: Number | None = Field(default=None, alias="msdyn_remainingamount")
    # -- how often it was split, and the row keys of its lines
    splits: int = Field(default=0, alias="invoicing_splits", ge=0)
    lines: Texts = Field(default=(), alias="invoicing_lines")
    # a split that is not carried out yet
    pending_split: Text | None = Field(default=None, alias="invoicing_pendingsplit")

    @property
    def key(self) -> RowKey:
        """Partition: the contract. Row: the header."""
        return RowKey(self.contract, self.header)

    @property
    def is_progress(self) -> bool:
        """Tell whether it is billed a part at a time."""
        return self.schedule_type == InvoiceScheduleType.PROGRESS_BASED


class CustomerShare(BaseModel):
    """What a split gives to one customer, and what is left for it, as plain decimal text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customer: str
    amount: str
    rest: str
    tax: str | None = None
    rest_tax: str | None = None


class PendingSplit(BaseModel):
    """A split as the header keeps it until its lines stand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # 0: one milestone for each customer; then the parts in turn
    number: int
    # the date of the part
    on: str
    shares: tuple[CustomerShare, ...]

    @property
    def text(self) -> str:
        """Give the split as the header keeps it."""
        return self.model_dump_json(exclude_none=True)
