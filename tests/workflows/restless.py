"""A line on which everything comes in another order, and what stands afterwards, whoever got which number."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import batched, groupby
from random import Random
from threading import Event, Thread, get_ident

from domain.commands import Command
from domain.errors import NotYet
from domain.number_sequences import Allocation, formatted
from domain.rows import Insert, Value
from domain.setup import LegalEntitySetup
from domain.tables import Table
from domain.workflows.companies import Companies
from domain.workflows.dispatch import perform
from functions.storage.memory import Call
from tests.line import CONTRACT_ADATUM, CONTRACT_COHO, CONTRACT_DANISH, Line, ProcessDied

CONTRACTS = (CONTRACT_ADATUM, CONTRACT_COHO, CONTRACT_DANISH)
NUMBER = re.compile(r"(?:USMF|DKDS|GBSI)-(?:PJV|PIV|INV)-\d{6}|PRO-\d{6}")
FORMATS = {
    "journal-voucher": "journal_voucher_format",
    "customer-invoice": "invoice_number_format",
    "invoice-voucher": "invoice_voucher_format",
}
SEQUENCES = (Table.FINANCE_NUMBER_SEQUENCES, Table.DATAVERSE_NUMBER_SEQUENCES)
# deliveries that a restless drain may take before it counts as going round in circles
DELIVERIES_MAX = 5_000

type Named = Mapping[str, Mapping[str, Mapping[str, Value]]]


def straight() -> Line:
    """The three sample contracts from the backlog to the write-back, everything once and in order."""
    line = loaded()
    line.drain()
    line.tick()
    line.bill(*CONTRACTS)
    line.finish()
    return line


def loaded() -> Line:
    """The samples, loaded, with what the load sent still in the queues."""
    line = Line.in_memory()
    line.load_samples()
    return line


def copy_of(line: Line) -> Line:
    """Another line with the same rows and the same commands in its queues."""
    copy = Line.in_memory()
    for table in Table:
        for partition, rows in groupby(line.rows(table), key=lambda row: row.key.partition):
            for some in batched(rows, 100, strict=False):
                copy.store.write(table, partition, [Insert(row.key.row, row.columns) for row in some])
    copy.memory.calls.clear()
    copy.send(*(waiting.command for waiting in line.queues.waiting))
    return copy


def all_at_once(line: Line, invoices: list[str]) -> None:
    """The project manager does everything while what the load sent is still on its way."""
    for contract in CONTRACTS:
        line.mark_ready(contract)
        line.create_proforma(contract)
    for invoice in invoices:
        line.confirm(invoice)


def restless_drain(line: Line, chance: Random) -> int:
    """Deliver everything twice in a random order, with ticks at random moments; give the number of deliveries."""
    waiting: list[Command] = []
    deliveries = 0
    while True:
        while (command := line.queues.take()) is not None:
            waiting += [command, command]
        if not waiting:
            return deliveries
        command = waiting.pop(chance.randrange(len(waiting)))
        deliveries += 1
        assert deliveries < DELIVERIES_MAX, f"{command.name} of {command.document} goes round in circles"
        try:
            perform(line.store, line.queues, command)
        except NotYet:
            waiting.append(command)
        if chance.random() < 0.3:
            line.tick()


@dataclass(slots=True)
class Death:
    """Whether the process died, and how many calls it made."""

    died: bool = False
    calls: int = 0


@contextmanager
def dying(line: Line, fatal: int, *, after_writes: bool = False) -> Iterator[Death]:
    """Let the process die just before the call of this number, or just after the write of this number."""
    death = Death()

    def die(asked: Call) -> None:
        if after_writes and asked.method != "write":
            return
        death.calls += 1
        if death.calls == fatal:
            death.died = True
            raise ProcessDied

    memory = line.memory
    memory.before_call, memory.after_call = (nothing, die) if after_writes else (die, nothing)
    with suppress(ProcessDied):
        yield death
    memory.before_call = memory.after_call = nothing


class At:
    """Let another worker do something whole, once, just before a call of this number to the storage."""

    def __init__(self, line: Line, at: int, act: Callable[[Line], object]) -> None:
        self.came = False
        self._calls = 0
        self._line, self._at, self._act = line, at, act
        line.memory.before_call = self._before

    def _before(self, _: Call) -> None:
        self._calls += 1
        if self._calls == self._at:
            self._line.memory.before_call = nothing
            self.came = True
            self._act(self._line)


@dataclass(slots=True)
class Switch:
    """How often the workers were switched: 0 when the first one made fewer calls than it was to make."""

    switches: int = 0


def interleave(line: Line, first: Callable[[], object], second: Callable[[], object], at: int, until: int) -> Switch:
    """Let one worker run up to its call `at`, another up to its own call `until`, then the first to its end.

    Then the other goes on. Each is a thread, but only one of them runs at a time, so that every run is repeatable.
    """
    switch, paused, go_on = Switch(), Event(), Event()
    calls = {"first": 0, "second": 0}
    main = get_ident()

    def step(_: Call) -> None:
        worker = "first" if get_ident() == main else "second"
        calls[worker] += 1
        if worker == "first" and calls[worker] == at:
            switch.switches = 1
            thread.start()
            paused.wait()
        if worker == "second" and calls[worker] == until:
            switch.switches = 2
            paused.set()
            go_on.wait()

    def run() -> None:
        try:
            second()
        finally:
            paused.set()

    thread = Thread(target=run)
    line.memory.before_call = step
    first()
    go_on.set()
    if switch.switches:
        thread.join()
    line.memory.before_call = nothing
    return switch


def overtake(line: Line, method: str, table: Table, others: Callable[[], object], *, nth: int = 1) -> None:
    """Let others act just before the call of this number of a method to a table; the caller does not know."""
    left = nth

    def step(call: Call) -> None:
        nonlocal left
        left -= (call.method, call.table) == (method, table)
        if not left:
            line.memory.before_call = nothing
            others()

    line.memory.before_call = step


def nothing(_: Call) -> None:
    """The hook of a store on which nothing happens."""


def named(line: Line) -> Named:
    """All rows of all tables, with each number written as the name of the document that got it.

    Which of two documents got which number is the only thing that may differ between two runs.
    """
    names = _names(line)

    def told(value: Value) -> Value:
        if not isinstance(value, str):
            return value
        return NUMBER.sub(lambda found: names.get(found.group(), f"<{found.group()}, which nobody got>"), value)

    tables = {name: rows for name, rows in line.snapshot().items() if Table(name) not in SEQUENCES}
    return {
        name: {str(told(key)): {column: told(value) for column, value in row.items()} for key, row in rows.items()}
        for name, rows in tables.items()
    }


def allocations(line: Line) -> list[tuple[str, Allocation]]:
    """Who got which numbers of which sequence of finance."""
    rows = (row for row in line.rows(Table.FINANCE_NUMBER_SEQUENCES) if row.key.row.startswith("document|"))
    return [(row.key.partition, Allocation.from_columns(row.columns)) for row in rows]


def numbers(line: Line) -> dict[str, list[int]]:
    """All numbers that were given, by sequence, in order."""
    given: dict[str, list[int]] = {}
    for sequence, allocation in allocations(line):
        given.setdefault(sequence, []).extend(range(allocation.first, allocation.first + allocation.count))
    return {sequence: sorted(taken) for sequence, taken in given.items()}


def _names(line: Line) -> dict[str, str]:
    companies = Companies(line.store)
    names: dict[str, str] = {}
    for sequence, allocation in allocations(line):
        company, _, kind = sequence.partition("|")
        setup = companies.setup(company)
        assert isinstance(setup, LegalEntitySetup)
        pattern = getattr(setup.parameters, FORMATS[kind])
        for place in range(allocation.count):
            names[formatted(pattern, allocation.first + place)] = f"<{sequence} {place + 1} of {allocation.document}>"
    for row in line.rows(Table.DATAVERSE_INVOICES):
        names[str(row.columns["invoicenumber"])] = f"<proforma {row.key.row}>"
    return names
