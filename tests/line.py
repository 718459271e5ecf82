"""The whole line in one process, deterministic: what the queues hold is delivered one by one, as told.

A `Line` stands for both systems, the host and the people who use them. Everything that may go differently from run to
run is an argument: the order of delivery (by a seed), copies, messages that come late, and the clock. So a run can be
repeated, and two runs can be compared row by row with `snapshot`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Protocol

from domain.commands import COMMANDS, Command, ConfirmInvoice, CreateProforma
from domain.dead_letters import make_letter
from domain.errors import InvoicingError, Problem, ReasonCode
from domain.identifiers import derive_id
from domain.loading import open_document
from domain.open_documents import GRACE, NOTES
from domain.outcome import Action, Outcome
from domain.pending_work import WorkKind
from domain.ports import RowStore
from domain.record import Record
from domain.replays import ReplayState
from domain.retries import Retries
from domain.rows import Insert, RowKey, StoredRow, Value
from domain.saving import save, save_together
from domain.tables import Table
from domain.timeline import SOLVED
from domain.workflows.deliver import deliver, keep_final_problem
from domain.workflows.import_from_staging import import_from_staging
from domain.workflows.load_rows import FileReport, Load, load_rows
from domain.workflows.mark_ready import mark_ready
from domain.workflows.post_pending import posting_command, read_pending
from domain.workflows.reconcile import reconcile
from domain.workflows.record_dead_letter import record_dead_letter
from domain.workflows.replay import end_replay
from functions.messages import encode
from functions.storage.memory import MemoryRowStore
from functions.storage.memory_queues import MemoryQueues
from tests.fakes.frozen_clock import FrozenClock

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
SHARED = ("finance", "dataverse/00-shared")
ADATUM = "dataverse/10-arm-installation-at-adatum"
COHO = "dataverse/20-coho-winery"
DANISH = "dataverse/30-danish-fixed-price"
CONTRACT_ADATUM = "390737cb-2fce-5c5a-b814-56c035bf7faa"
CONTRACT_COHO = "ce18d4f0-cdca-554b-9ebf-9ca76d93e9e3"
CONTRACT_DANISH = "7db0aa7f-c579-589f-9478-ff4df1d45dd3"

END_OF_AUGUST = date(2026, 8, 31)
START = datetime(2026, 8, 31, 12, tzinfo=UTC)
# as maxDequeueCount in host.json
DELIVERIES_MAX = 5

# columns that tell of the way, not of what stands in the end
LEFT_OUT: Mapping[Table, frozenset[str]] = {
    Table.INVOICING_PROBLEMS: frozenset({"Tries"}),
    Table.INVOICING_OPEN_DOCUMENTS: frozenset(NOTES),
    Table.INVOICING_TIMELINE: frozenset({"Command", "RequestedAt", "Correlation"}),
}

type Snapshot = Mapping[str, Mapping[str, Mapping[str, Value]]]


class Browsable(Protocol):
    """A store that shows all rows of a table."""

    def rows(self, table: Table) -> Sequence[StoredRow]: ...


class ProcessDied(BaseException):
    """The process dies here: for the hooks of the in-memory storage. No rule may catch it; the line delivers again."""


def _never(_: Command) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Delivery:
    """How messages reach the workflows. The default: each once, in the order in which they were sent."""

    # None keeps the order; a number shuffles, the same number always alike
    seed: int | None = None
    # each message comes twice; shuffled, the copies come apart
    twice: bool = False
    # these come when all others have been delivered
    late: Callable[[Command], bool] = _never
    # these are taken from their queue and never come: somebody cleared it
    lost: Callable[[Command], bool] = _never


@dataclass(frozen=True, slots=True)
class Dead:
    """A command that was given up: by the policy, or by the host since the process died on every delivery."""

    command: Command
    error: BaseException


@dataclass(slots=True)
class _Message:
    command: Command
    deliveries: int = 0


@dataclass(slots=True)
class Line:
    """Both systems, the host and the people: storage, queues and a clock that stands.

    Attributes:
        outcomes: of every command that came to its end and every piece of a tick's work, in order.
        dead: the commands that were given up, as they were sent first.
    """

    store: RowStore
    queues: MemoryQueues
    clock: FrozenClock
    delivery: Delivery = Delivery()
    outcomes: list[Outcome] = field(default_factory=list)
    dead: list[Dead] = field(default_factory=list)
    retries: Retries = field(default_factory=Retries)
    # all files of a test are one load, because connections name actuals of other files
    loading: Load = field(default_factory=lambda: Load(START))

    @classmethod
    def in_memory(cls, delivery: Delivery = Delivery()) -> "Line":
        """Make a line over empty in-memory storage, on 31 August 2026 at noon."""
        clock = FrozenClock(START)
        return cls(MemoryRowStore(clock), MemoryQueues(clock), clock, delivery)

    def twin(self) -> "Line":
        """Make another line over in-memory storage with the same rows, when nothing waits in the queues."""
        if self.queues.waiting:
            raise ValueError("deliver what waits first")
        other = Line.in_memory(self.delivery)
        for table in Table:
            for partition, rows in groupby(self.rows(table), key=lambda row: row.key.partition):
                save(other.store, table, partition, (Insert(row.key.row, row.columns) for row in rows))
        return other

    @property
    def memory(self) -> MemoryRowStore:
        """The store, where it is the one in memory: for its hooks and its log of calls."""
        if not isinstance(self.store, MemoryRowStore):
            raise TypeError("this line runs over another store")
        return self.store

    # -- what stands at the beginning

    def load_samples(self, *folders: str) -> None:
        """Load the files of these folders of samples/ in order, with what all contracts share; none loads all."""
        names = (*SHARED, *folders) if folders else (*SHARED, ADATUM, COHO, DANISH)
        for file in (file for name in names for file in sorted((SAMPLES / name).rglob("*.json"))):
            self.load(file.name, file.read_bytes())

    def load(self, name: str, body: bytes) -> FileReport:
        """Load one document as the command line does; a row that is refused is an error of the test."""
        report = load_rows(self.store, self.queues, open_document(name, body), self.loading)
        if report.bad or report.problems:
            raise AssertionError(f"{name}: {report.problems}")
        return report

    def load_entities(self, entity_set: str, *rows: Mapping[str, object]) -> FileReport:
        """Load rows as the Dataverse Web API writes them, as `load_entities("accounts", {...})`."""
        context = f"https://fabrikam.crm.dynamics.com/api/data/v9.2/$metadata#{entity_set}"
        return self.load(f"{entity_set}.json", json.dumps({"@odata.context": context, "value": rows}).encode())

    def put(self, table: Table, key: RowKey, record: Record) -> None:
        """Write one row as it is at rest, past the loader."""
        save_together(self.store, table, key.partition, (Insert(key.row, record.to_columns()),))

    # -- what people do

    def mark_ready(self, contract: str, *items: str, up_to: date = END_OF_AUGUST) -> Outcome:
        """The project manager marks items, or all that are open, as Ready to invoice."""
        return mark_ready(self.store, contract=contract, up_to=up_to, items=items)

    def create_proforma(self, contract: str, *, cut_off: date = END_OF_AUGUST, wish: object = "") -> CreateProforma:
        """Send the command that makes drafts; another wish is another command for the same contract."""
        identifier = derive_id("test-create-proforma", contract, cut_off, wish)
        command = CreateProforma(
            command=identifier,
            correlation=derive_id("test-correlation", identifier),
            requested_at=self.clock.now(),
            contract=contract,
            cut_off=cut_off,
        )
        self.send(command)
        return command

    def confirm(self, invoice: str, *, on: date = END_OF_AUGUST, wish: object = "") -> ConfirmInvoice:
        """Send the command that confirms an invoice; another wish is another command for the same invoice."""
        identifier = derive_id("test-confirm-invoice", invoice, on, wish)
        command = ConfirmInvoice(
            command=identifier,
            correlation=derive_id("test-correlation", identifier),
            requested_at=self.clock.now(),
            invoice=invoice,
            confirmed_on=on,
        )
        self.send(command)
        return command

    def bill(self, *contracts: str, on: date = END_OF_AUGUST) -> list[str]:
        """From the backlog to confirmed invoices; gives the ids of all invoices that stand."""
        for contract in contracts:
            self.mark_ready(contract, up_to=on)
            self.create_proforma(contract, cut_off=on)
        self.drain()
        invoices = [row.key.row for row in self.rows(Table.DATAVERSE_INVOICES)]
        for invoice in invoices:
            self.confirm(invoice, on=on)
        self.drain()
        return invoices

    def post_all(self, invoice_date: date = END_OF_AUGUST) -> None:
        """The clerk posts everything that is pending: journals first, then, after a tick, the proposals."""
        for kind in (WorkKind.POST_JOURNAL, WorkKind.POST_PROPOSAL):
            works = list(read_pending(self.store, kind))
            self.send(*(posting_command(work, self.clock.now(), invoice_date) for work in works))
            self.drain()
            self.tick()

    def finish(self, invoice_date: date = END_OF_AUGUST) -> None:
        """Deliver, import and post until nothing is on its way."""
        self.drain()
        self.tick()
        self.post_all(invoice_date)
        self.drain()

    # -- what the host does

    def send(self, *commands: Command) -> None:
        """Put commands into their queues."""
        self.queues.send(commands)

    def tick(self) -> list[Outcome]:
        """Run Import from staging once."""
        outcomes = list(import_from_staging(self.store, self.queues, self.clock.now()))
        self.outcomes += outcomes
        return outcomes

    def reconcile(self, looks: int = 1, *, after: timedelta = GRACE) -> list[Outcome]:
        """Let so many ticks of the reconciliation pass, each so much later than the one before, and deliver.

        Every other timer of the host runs between them.
        """
        outcomes: list[Outcome] = []
        for _ in range(looks):
            self.clock.set(self.clock.now() + after)
            queues = [command.name for command in COMMANDS]
            outcomes += reconcile(self.store, self.queues, queues, self.clock.now())
            self.drain()
            self.tick()
            self.drain()
        return outcomes

    def drain(self, delivery: Delivery | None = None) -> list[Outcome]:
        """Deliver everything that waits and everything that it sends, until the queues are empty.

        A command that fails is sent again for later or given up, as on the host. The clock moves when all that waits is
        delayed, and stands where it stood when all is done: what people do next does not depend on what was tried
        again. A delivery in which the process dies comes again when all others of its round have been delivered, five
        times in all.

        Returns:
            The outcomes of this drain, in order.
        """
        began = self.clock.now()
        how = delivery or self.delivery
        chance = None if how.seed is None else Random(how.seed)
        before = len(self.outcomes)
        now: list[_Message] = []
        later: list[_Message] = []
        while True:
            self._take(how, now, later)
            if not now:
                if not later:
                    self.clock.set(began)
                    return self.outcomes[before:]
                now, later = later, []
            message = now.pop(chance.randrange(len(now)) if chance else 0)
            if not self._deliver(message):
                later.append(message)

    def _take(self, how: Delivery, now: list[_Message], later: list[_Message]) -> None:
        visible_at = self.queues.next_visible_at()
        if visible_at is not None and not now and not later and visible_at > self.clock.now():
            self.clock.set(visible_at)
        while (command := self.queues.take()) is not None:
            # what is sent again by two copies has its copy already
            copies = 0 if how.lost(command) else 2 if how.twice and command.tries is None else 1
            messages = [_Message(command) for _ in range(copies)]
            (later if how.late(command) else now).extend(messages)

    def _deliver(self, message: _Message) -> bool:
        message.deliveries += 1
        try:
            outcome = deliver(self.store, self.queues, message.command, self.retries, self._keep)
        except (InvoicingError, ProcessDied) as error:
            if message.deliveries < DELIVERIES_MAX:
                return False
            return self._poison(message.command, error)
        if outcome.action not in (Action.COMMAND_POSTPONED, Action.DEAD_LETTER_RECORDED):
            self.outcomes.append(outcome)
        return True

    def _keep(self, command: Command, problem: Problem, error: Exception) -> Outcome:
        if not isinstance(error, InvoicingError):
            # an error of the program is one of the test
            raise error
        self.dead.append(Dead(command.wish, error))
        return self._record(command, problem)

    def _poison(self, command: Command, error: BaseException) -> bool:
        problem = Problem(ReasonCode.ATTEMPTS_EXHAUSTED, "the process died on every delivery", (command.document,))
        self.dead.append(Dead(command.wish, error))
        end_replay(self.store, command, ReplayState.DEAD_AGAIN, problem.sentence)
        keep_final_problem(self.store, command, problem, DELIVERIES_MAX)
        self._record(command, problem)
        return True

    def _record(self, command: Command, problem: Problem) -> Outcome:
        body = encode(command.wish).encode()
        return record_dead_letter(
            self.store, make_letter(command.name, body, (command.tries or 0) + 1, problem, command)
        )

    # -- what can be seen

    def rows(self, table: Table) -> Sequence[StoredRow]:
        """All rows of a table, ordered by partition and row."""
        return self.memory.rows(table)

    def records[R: Record](self, table: Table, kind: type[R]) -> list[R]:
        """All rows of a table as records."""
        return [kind.from_columns(row.columns) for row in self.rows(table)]

    def snapshot(self) -> Snapshot:
        """All rows of all tables; equal snapshots are byte-for-byte equal tables."""
        return snapshot(self.memory)


class Breaker:
    """Counts the requests of a line, to storage and queues, and breaks one of them.

    `Breaker(line)` only counts. `Breaker(line, at=3, after=True, error=ProcessDied())` lets the third request do its
    work and raises then; with `after=False` it does nothing. It breaks once.
    """

    def __init__(self, line: Line, *, at: int = 0, after: bool = False, error: BaseException | None = None) -> None:
        self.requests = 0
        self.has_broken = False
        self._at, self._after, self._error = at, after, error
        line.memory.before_call = lambda _: self._begin()
        line.memory.after_call = lambda _: self._end()
        line.queues.before_send = lambda _: self._begin()
        line.queues.after_send = lambda _: self._end()

    def _begin(self) -> None:
        self.requests += 1
        if not self._after:
            self._break()

    def _end(self) -> None:
        if self._after:
            self._break()

    def _break(self) -> None:
        if self.requests == self._at and not self.has_broken and self._error is not None:
            self.has_broken = True
            raise self._error


def snapshot(store: Browsable) -> Snapshot:
    """All rows of all tables of a store, without the platform's versions and timestamps.

    How often a problem was met is left out too: a try whose answer was lost counts, although its tables are the same.
    So is what the reconciliation notes about its own looks, since it depends on when it looked.
    So are events of problems that were solved, since what was met on the way depends on the way, and the columns of an
    event that tell which of two wishes came through first.
    """
    compared = {table.value: _compared(table, store.rows(table)) for table in Table}
    return {name: rows for name, rows in compared.items() if rows}


def _compared(table: Table, rows: Sequence[StoredRow]) -> Mapping[str, Mapping[str, Value]]:
    if table is Table.INVOICING_TIMELINE:
        rows = [row for row in rows if not str(row.columns.get("Stage")).startswith(SOLVED)]
    left_out = LEFT_OUT.get(table, frozenset())
    return {row.key.text: {name: value for name, value in row.columns.items() if name not in left_out} for row in rows}
