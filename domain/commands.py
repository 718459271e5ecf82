"""What the queues carry: who wants what for which document. Keys, never rows.

Every command is one JSON object: `{"schema": "confirm-invoice/1", "command": ..., "correlation": ..., ...}`. Its top
level never uses the names that the Functions host lays over message metadata (`id`, `dequeueCount`, `popReceipt`, ...).
"""

from datetime import UTC, date, datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

# line details that one command names; more would not fit in a message
DETAILS_MAX = 1000
# a count of tries or replays beyond this is a mistake of the sender
TRIES_TOLD_MAX = 10_000


def _aware_second(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("must be an instant with a time zone, as 2026-08-27T12:00:00Z")
    try:
        return instant.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise ValueError("must be an instant between the years 1 and 9999") from None


# the text form of a GUID; upper case is taken and made lower (the pattern is checked before that)
Guid = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$", to_lower=True)]
Instant = Annotated[datetime, AfterValidator(_aware_second)]
# text that becomes a key: the storage refuses / \ # ? and control characters
KeyText = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^/\\#?\x00-\x1f\x7f-\x9f]+$")]
CompanyCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,10}$", to_lower=True)]


class Command(BaseModel):
    """One thing that somebody wants done to one document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # the queue stem and the version of the schema, as `confirm-invoice/1`
    name: ClassVar[str] = ""
    version: ClassVar[int] = 1

    # identifies the wish: delivered twice, it is still one wish
    command: Guid
    # follows a document from confirmation to write-back through every log line
    correlation: Guid
    # when the wish was made; every instant in a business row comes from here
    requested_at: Instant
    # what people call the document, as PRO-000001: for the log alone, nothing is decided by it
    reference: KeyText | None = None
    # tries of this wish that are over; whoever tries it again counts on
    tries: Annotated[int, Field(ge=1, le=TRIES_TOLD_MAX)] | None = None
    # of a dead letter that is replayed: the letter, and which replay of it this is
    letter: Guid | None = None
    replay: Annotated[int, Field(ge=1, le=TRIES_TOLD_MAX)] | None = None

    @property
    def wish(self) -> Self:
        """Give the command as it was sent first: without its tries and the letter that it comes from."""
        return self.model_copy(update={"tries": None, "letter": None, "replay": None})

    @property
    def document(self) -> str:
        """Name the document that the command is about, for logs and stored problems."""
        raise TypeError(f"{type(self).__name__} names no document")

    @property
    def stage(self) -> str:
        """Name what stops when the command does: a document has one open problem for each stage."""
        return self.name


class CreateProforma(Command):
    """Put every due Ready-to-invoice item of a contract on a draft, one for each contract customer."""

    name: ClassVar[str] = "create-proforma"
    contract: Guid
    # items dated later stay on the backlog
    cut_off: date
    # a run of invoice schedules: only what they let be billed on this run date, each line up to a day of its own;
    # None: every line of the contract
    scheduled_on: date | None = None

    @property
    def document(self) -> str:
        """The contract."""
        return self.contract

    @property
    def stage(self) -> str:
        """A run of schedules has a problem of its own: what people create by hand says nothing about it."""
        return self.name if self.scheduled_on is None else f"{self.name}|{self.scheduled_on}"


class ConfirmInvoice(Command):
    """Confirm a draft: it becomes read-only and its actuals exist."""

    name: ClassVar[str] = "confirm-invoice"
    invoice: Guid
    # accounting date of the billed sales and first invoice date of the proposal
    confirmed_on: date

    @property
    def document(self) -> str:
        """The invoice."""
        return self.invoice


class ReviseInvoice(Command):
    """Make a corrective draft of what a posted invoice has billed, or add to one."""

    name: ClassVar[str] = "revise-invoice"
    invoice: Guid
    # ids of line details of the invoice; empty: all of them
    details: Annotated[tuple[Guid, ...], Field(max_length=DETAILS_MAX)] = ()
    # the corrective draft to add to; None: a new one
    add_to: Guid | None = None

    @property
    def document(self) -> str:
        """The invoice that is revised."""
        return self.invoice


class SyncTableMap(Command):
    """Carry the rows of one document, from one row key to another, across a table map."""

    name: ClassVar[str] = "sync-table-map"
    # the map's registered name, as `project_operations_integration_actuals`
    map: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,80}$")]
    partition: KeyText
    # lowest and highest row key, inclusive
    first: KeyText
    last: KeyText
    # which side asks, and for what: a one-way map refuses the finance side
    side: Literal["dataverse", "finance"] = "dataverse"
    change: Literal["save", "delete"] = "save"

    @property
    def document(self) -> str:
        """The partition."""
        return self.partition

    @property
    def stage(self) -> str:
        """One for each map and range: a map that went through says nothing about another."""
        return f"{self.name}|{self.map}|{self.first}"


class ImportProposal(Command):
    """Make the lines of one project invoice proposal, if everything has arrived."""

    name: ClassVar[str] = "import-proposal"
    # the proposal stands under the id of its invoice
    proposal: Guid
    # delete its lines first, if they were made after so many deletions; None: import only
    delete_after: Annotated[int, Field(ge=0)] | None = None

    @property
    def document(self) -> str:
        """The proposal."""
        return self.proposal


class PostJournal(Command):
    """Post the good lines of one integration journal."""

    name: ClassVar[str] = "post-journal"
    journal: Guid
    # somebody waits for it: more lines than the legal entity allows for that are refused
    interactive: bool = False

    @property
    def document(self) -> str:
        """The journal."""
        return self.journal


class PostProposal(Command):
    """Post one project invoice proposal as the customer invoice."""

    name: ClassVar[str] = "post-proposal"
    proposal: Guid
    invoice_date: date

    @property
    def document(self) -> str:
        """The proposal."""
        return self.proposal


class WriteBackPosting(Command):
    """Bring what posting decided back to the actuals and the proforma."""

    name: ClassVar[str] = "write-back-posting"
    # what was posted
    posted: Literal["journal", "proposal"]
    posted_document: Guid

    @property
    def document(self) -> str:
        """The journal or the proposal."""
        return self.posted_document


COMMANDS: tuple[type[Command], ...] = (
    CreateProforma,
    ConfirmInvoice,
    ReviseInvoice,
    SyncTableMap,
    ImportProposal,
    PostJournal,
    PostProposal,
    WriteBackPosting,
)
