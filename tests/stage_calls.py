"""The whole line stage by stage, and the calls that each stage makes: for the budgets of `docs/performance.md`."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.commands import Command, SyncTableMap, WriteBackPosting
from domain.outcome import Action, Outcome
from domain.pending_work import WorkKind
from domain.tables import Table
from domain.workflows.dispatch import perform
from domain.workflows.import_from_staging import import_from_staging
from domain.workflows.mark_ready import mark_ready
from domain.workflows.post_pending import posting_command, read_pending
from functions.storage.memory import Call
from tests.line import CONTRACT_ADATUM, END_OF_AUGUST, Line
from tests.many_lines import loaded

TICK = "end of a tick"
ACTION_NAMES = {
    Action.JOURNAL_LINES_IMPORTED: "import journal lines",
    Action.VOUCHERS_RELATED: "relate vouchers",
    Action.PROPOSAL_LINES_IMPORTED: "import proposal",
}


class Calls(NamedTuple):
    """What a stage asked for."""

    transactions: int = 0
    pages: int = 0
    finds: int = 0
    messages: int = 0

    def __add__(self, other: object) -> "Calls":
        if not isinstance(other, Calls):
            return NotImplemented
        return Calls(*(mine + yours for mine, yours in zip(self, other, strict=True)))


@dataclass(slots=True)
class Counter:
    """Runs stages over a line in memory and adds up their calls."""

    line: Line
    calls: defaultdict[str, Calls] = field(default_factory=lambda: defaultdict(Calls))
    # what stands before the name of a map: the same map runs for the load and for the invoice
    of: str = ""

    def run[R](self, act: Callable[[], R], name: Callable[[R], str]) -> R:
        log = self.line.memory.calls
        before, sent = len(log), len(self.line.queues.sent)
        result = act()
        self.calls[name(result)] += counted(log[before:], len(self.line.queues.sent) - sent)
        return result

    def drain(self) -> None:
        while (at := self.line.queues.next_visible_at()) is not None:
            self.line.clock.set(max(at, self.line.clock.now()))
            command = self.line.queues.take()
            assert command is not None
            self.perform(command)

    def perform(self, command: Command) -> None:
        outcome = self.run(lambda: perform(self.line.store, self.line.queues, command), lambda _: self.name_of(command))
        assert not outcome.problems, outcome.problems

    def tick(self) -> None:
        pieces = import_from_staging(self.line.store, self.line.queues, self.line.clock.now())
        while self.run(lambda: next(pieces, None), piece_name) is not None:
            pass

    def name_of(self, command: Command) -> str:
        if isinstance(command, SyncTableMap):
            return f"{self.of}sync {command.map}"
        if isinstance(command, WriteBackPosting):
            return f"write back {command.posted}"
        return command.name.replace("-", " ")

    def post(self, kind: WorkKind) -> None:
        works = list(read_pending(self.line.store, kind))
        self.line.send(*(posting_command(work, self.line.clock.now(), END_OF_AUGUST) for work in works))
        self.drain()


def counted(log: list[Call], messages: int) -> Calls:
    methods = [call.method for call in log]
    return Calls(methods.count("write"), methods.count("read_pages"), methods.count("find"), messages)


def piece_name(piece: Outcome | None) -> str:
    if piece is None:
        return TICK
    assert not piece.problems, piece.problems
    return ACTION_NAMES[piece.action]


def stage_calls(lines: int) -> dict[str, Calls]:
    """Bill so many time lines on one invoice, from the sync of their actuals to the write-back; calls by stage."""
    line = loaded(lines)
    counter = Counter(line)
    counter.of = "contract's actuals: "
    counter.drain()
    counter.tick()
    counter.post(WorkKind.POST_JOURNAL)
    mark_ready(line.store, contract=CONTRACT_ADATUM, up_to=END_OF_AUGUST, items=())
    line.create_proforma(CONTRACT_ADATUM)
    counter.drain()
    counter.of = ""
    invoices = line.rows(Table.DATAVERSE_INVOICES)
    assert len(invoices) == 1
    line.confirm(invoices[0].key.row)
    counter.drain()
    counter.tick()
    counter.post(WorkKind.POST_PROPOSAL)
    posted = line.rows(Table.DATAVERSE_CUSTOMER_INVOICES)
    assert len(posted) == 1
    return dict(counter.calls)
