"""The world of a scenario: the sample legal entities and contracts, storage in memory, and a clock that stands.

Every command is carried out to its end: what it sends is delivered before the next one begins.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, cast

from domain.actuals import Actual
from domain.commands import Command, ConfirmInvoice
from domain.contract import Contract, ContractCustomer, ContractLine
from domain.errors import NotYet, Problem
from domain.identifiers import derive_id
from domain.loading import open_document
from domain.pending_work import WorkKind
from domain.policy import RECOMMENDED, Policy
from domain.ports import RowStore
from domain.proforma import InvoiceLineDetail
from domain.record import Record
from domain.rows import Insert, RowKey, StoredRow
from domain.setup import SETUP_KINDS
from domain.tables import Table
from domain.workflows.confirm_invoice import commands_after
from domain.workflows.dispatch import perform
from domain.workflows.import_from_staging import import_from_staging
from domain.workflows.load_rows import Load, load_rows
from domain.workflows.post_pending import posting_command, read_pending
from functions.storage.memory import MemoryRowStore
from functions.storage.memory_queues import MemoryQueues
from tools.scenarios.confirmed import billing_connection, confirmed_invoice
from tools.scenarios.defaults import DEFAULTS, Terms
from tools.scenarios.document import BadScenario, Grid
from tools.scenarios.vocabulary import KINDS, Kind, Names, Told, attribute_of, kind_of, value_of

# transactional rows of the samples, which a scenario brings itself
_OWN = (
    *("msdyn_actuals", "msdyn_transactionconnections", "msdyn_contractlinescheduleofvalues"),
    *("msdyn_contractlineinvoiceschedules", "msdyn_contractlinemilestoneheaders"),
)
_SETUP = re.compile(r"^set-up (?P<company>\w+): (?P<kind>\w+)$", re.IGNORECASE)
# what an invoice made, for scenarios that begin in finance
_CONFIRMED = re.compile(r"^confirmed actuals of (?P<number>\S+) on (?P<contract>\S+)$", re.IGNORECASE)
# rows that a scenario calls as people do
_NAMED = MappingProxyType(
    {
        Table.DATAVERSE_RESOURCES: "name",
        Table.DATAVERSE_ACCOUNTS: "accountnumber",
        Table.DATAVERSE_CONTRACT_CUSTOMERS: "msdyn_name",
        Table.DATAVERSE_CURRENCIES: "isocurrencycode",
        Table.DATAVERSE_PROJECTS: "msdyn_projectnumber",
        Table.DATAVERSE_TRANSACTION_CATEGORIES: "msdyn_name",
    }
)
# the ways of reading the product, as the setting SKIP_SYNC_POLICY calls them
_POLICIES = MappingProxyType({"adjustments_cross": RECOMMENDED, "literal": Policy(adjustments_cross=False)})
_CONTRACT_DEFAULT = "C-ADATUM"
DELIVERIES_MAX = 5


class StandingClock:
    """Noon of 31 August 2026, UTC, until a scenario lets minutes pass."""

    def __init__(self) -> None:
        """Begin at noon."""
        self._now = datetime(2026, 8, 31, 12, tzinfo=UTC)

    def now(self) -> datetime:
        """Tell the instant."""
        return self._now

    def move(self, minutes: int) -> None:
        """Let minutes pass."""
        self._now += timedelta(minutes=minutes)


class Storage(RowStore, Protocol):
    """A store that shows all rows of a table."""

    def rows(self, table: Table) -> Sequence[StoredRow]:
        """Give all rows of a table, in order of their keys."""
        ...


class World:
    """Storage, queues, names, and the commands that a scenario can give."""

    def __init__(self, samples: Path, store: Storage | None = None, queues: MemoryQueues | None = None) -> None:
        """Begin with the set-up of the samples and their contracts, without transactions.

        Args:
            samples: the folder of the samples.
            store: where rows stand; None: in memory.
            queues: where commands go; None: in memory.
        """
        self.clock = StandingClock()
        self.store: Storage = store or MemoryRowStore(self.clock)
        self.queues = queues or MemoryQueues(self.clock)
        self.names = Names()
        # numbers for commands that differ in nothing else
        self.wishes = count()
        # what was said of commands that came to nothing
        self.told: list[Problem] = []
        # how the installation reads the product where it can be read in two ways
        self.policy = RECOMMENDED
        self._load = Load(self.clock.now())
        for path in sorted(samples.rglob("*.json")):
            if not any(name in path.name for name in _OWN):
                self._load_body(str(path), path.read_bytes())
        for table, column in _NAMED.items():
            for row in self.store.rows(table):
                self.names.learn(str(row.columns[column]), row.key.row)
        self._contracts = {terms.contract.number: terms for terms in self._read_contracts()}

    def give(self, grid: Grid) -> None:
        """Load the rows of a table under Given."""
        if setup := _SETUP.match(grid.heading):
            self._give_setup(grid, setup["company"], setup["kind"])
            return
        if told := _CONFIRMED.match(grid.heading):
            self._give_confirmed(grid, told["number"], told["contract"])
            return
        if grid.heading.lower() == "settings":
            self._give_settings(grid)
            return
        kind, grid = kind_of(grid.heading, grid.line), grid.repeated()
        rows = [self._given(kind, grid, cells) for cells in grid.rows]
        self._load_rows(kind.table, [row.to_columns() for row in rows])
        if kind.record in {ContractLine, ContractCustomer}:
            self._contracts = {terms.contract.number: terms for terms in self._read_contracts()}

    def deliver(self) -> None:
        """Deliver what waits in the queues, and what that sends, until nothing waits."""
        late: dict[str, int] = {}
        while (command := self.queues.take()) is not None:
            try:
                self.told += perform(self.store, self.queues, command, self.policy).problems
            except NotYet as not_yet:
                late[command.command] = late.get(command.command, 0) + 1
                if late[command.command] < DELIVERIES_MAX:
                    self.queues.send((command,))
                else:
                    self.told.append(not_yet.problem)
        self.learn_invoices()

    def tick(self) -> None:
        """Run Import from staging once."""
        for outcome in import_from_staging(self.store, self.queues, self.clock.now()):
            self.told += outcome.problems

    def learn_invoices(self) -> None:
        """Remember the numbers of the invoices that stand."""
        for row in self.store.rows(Table.DATAVERSE_INVOICES):
            self.names.learn(str(row.columns["invoicenumber"]), row.key.row)
        self._call_details()

    def _call_details(self) -> None:
        """Write line details by what stands behind them: `sale on PRO-000001`; a correction by what it corrects."""
        kind = KINDS["invoice line details"]
        details = {each.detail: each for each in cast(list[InvoiceLineDetail], self.records(kind))}
        for each in details.values():
            original, number = each, self.names.name_of(each.invoice)
            while original.original_detail in details:
                original = details[original.original_detail]
            if self.names.has_name(original.source):
                self.names.call(each.detail, f"{self.names.name_of(original.source or '')} on {number}")
            self.names.call(each.line, f"line {each.line_number} of {number}")

    def records(self, kind: Kind) -> list[Record]:
        """Read all rows of a kind, in the order of their keys."""
        if kind.record is Told:
            return [Told(code=each.code, sentence=each.sentence, ids=each.ids) for each in self.told]
        return [kind.record.from_columns(row.columns) for row in self.store.rows(kind.table)]

    def send(self, kind: type[Command], document: str, **fields: object) -> None:
        """Send a command about a document; each is a new wish."""
        wish = derive_id("scenario-command", kind.name, document, len(self.queues.sent))
        common = {"command": wish, "correlation": wish, "requested_at": self.clock.now()}
        self.queues.send((kind.model_validate({**common, **fields}),))

    def post(self, kind: WorkKind, day: date) -> None:
        """Post everything of a kind that is pending."""
        self.queues.send(
            [posting_command(work, self.clock.now(), day) for work in list(read_pending(self.store, kind))]
        )

    def terms(self, contract: str) -> Terms:
        """Find a contract by its number."""
        found = self._contracts.get(contract)
        if found is None:
            raise BadScenario(f"there is no contract {contract!r}; there are {', '.join(self._contracts)}")
        return found

    # -- loading

    def _read_contracts(self) -> Iterable[Terms]:
        lines = [ContractLine.from_columns(row.columns) for row in self.store.rows(Table.DATAVERSE_CONTRACT_LINES)]
        payers = [
            ContractCustomer.from_columns(row.columns) for row in self.store.rows(Table.DATAVERSE_CONTRACT_CUSTOMERS)
        ]
        for row in self.store.rows(Table.DATAVERSE_CONTRACTS):
            contract = Contract.from_columns(row.columns)
            mine = {line.number: line for line in lines if line.contract == contract.contract}
            self.names.call(contract.contract, contract.number)
            for line in mine.values():
                self.names.call(line.line, f"line {line.number} of {contract.number}")
            yield Terms(contract, mine, [payer for payer in payers if payer.contract == contract.contract])

    def _given(self, kind: Kind, grid: Grid, cells: Sequence[str]) -> Record:
        told = dict(zip(grid.columns, cells, strict=True))
        terms = self.terms(told.pop("contract", "") or _CONTRACT_DEFAULT)
        line = terms.lines[int(told.pop("contract line", "") or min(terms.lines))]
        filled = self._values(kind, grid, tuple(told.values()), tuple(told))
        if reversed_name := filled.get("reverses"):
            filled["reverses"] = self._place_of(str(reversed_name)).text
        make = DEFAULTS.get(kind.record)
        return make(terms, line, filled) if make else self._changed(kind, filled)

    def _values(self, kind: Kind, grid: Grid, cells: Sequence[str], columns: Sequence[str] = ()) -> dict[str, object]:
        """Read the cells of a row as attributes; empty cells say nothing."""
        told = zip(columns or grid.columns, cells, strict=True)
        given = {attribute_of(kind, column, grid.line): text for column, text in told if text}
        return {name: value_of(kind.record, name, text, self.names) for name, text in given.items()}

    def _changed(self, kind: Kind, given: Mapping[str, object]) -> Record:
        """Change a row that stands: the one whose key the given attributes make."""
        for record in self.records(kind):
            same = {name: getattr(record, name) for name in ("company", *list(kind.record.model_fields)[1:2])}
            if all(given.get(name, value) == value for name, value in same.items()):
                return record.changed(**given)
        return kind.record.model_validate(dict(given))

    def _place_of(self, name: str) -> RowKey:
        """Find where an actual stands."""
        wanted = self.names.id_of(name)
        for row in self.store.rows(Table.DATAVERSE_ACTUALS):
            if row.columns["msdyn_actualid"] == wanted:
                return row.key
        raise BadScenario(f"there is no actual {name!r}")

    def _give_confirmed(self, grid: Grid, number: str, contract: str) -> None:
        """Put what an invoice made where confirmation puts it, and send it to finance."""
        terms, invoice, kind = self.terms(contract), self.names.id_of(number), KINDS["actuals"]
        actuals = []
        for position, cells in enumerate(grid.rows, start=1):
            told = {**dict(zip(grid.columns, cells, strict=True)), "contract": contract}
            bills = told.pop("bills", "")
            actual = cast(Actual, self._given(kind, replace(grid, columns=tuple(told)), tuple(told.values())))
            key = RowKey(invoice, f"0001|{position:04d}|{actual.actual}")
            actuals.append(actual.changed(invoice=invoice))
            self._put(Table.DATAVERSE_ACTUALS, key, actuals[-1])
            if bills:
                link = billing_connection(actual, key, self._place_of(bills))
                self._put(Table.DATAVERSE_TRANSACTION_CONNECTIONS, RowKey(invoice, f"{key.row}|1"), link)
        header = confirmed_invoice(invoice, number, terms.contract, terms.customers[0], actuals)
        self._put(Table.DATAVERSE_INVOICES, header.key, header)
        common = {"command": header.correlation, "correlation": header.correlation, "requested_at": self.clock.now()}
        wish = ConfirmInvoice.model_validate({**common, "invoice": invoice, "confirmed_on": header.confirmed_on})
        self.queues.send(commands_after(header, wish))
        self.deliver()

    def _put(self, table: Table, key: RowKey, record: Record) -> None:
        self.store.write(table, key.partition, (Insert(key.row, record.to_columns()),))

    def _give_settings(self, grid: Grid) -> None:
        """Choose settings of the installation: of all, only how the product is read makes other rows."""
        if grid.columns != ("skip sync policy",) or len(grid.rows) != 1 or grid.rows[0][0] not in _POLICIES:
            policies = " or ".join(_POLICIES)
            raise BadScenario(f"line {grid.line}: settings are one row, whose skip sync policy is {policies}")
        self.policy = _POLICIES[grid.rows[0][0]]

    def _give_setup(self, grid: Grid, company: str, kind: str) -> None:
        names = {name.lower(): name for name in SETUP_KINDS}
        if kind.lower() not in names:
            raise BadScenario(f"line {grid.line}: there is no set-up {kind!r}; there is {', '.join(SETUP_KINDS)}")
        name = names[kind.lower()]
        items = Kind(Table.FINANCE_SETUP, SETUP_KINDS[name])
        # a kind of which a company has one row: what is not said stays
        stands = self.store.find(Table.FINANCE_SETUP, RowKey(company, name))
        before = dict(items.record.from_columns(stands.columns)) if stands else {}
        rows = []
        for cells in grid.rows:
            given = self._values(items, grid, cells)
            rows.append(items.record.model_validate({"company": company, **before, **given}).to_columns())
        self._load_rows(Table.FINANCE_SETUP, rows)

    def _load_rows(self, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
        self._load_body(table.value, json.dumps({"table": table.value, "rows": rows}).encode())
        self.deliver()

    def _load_body(self, name: str, body: bytes) -> None:
        report = load_rows(self.store, self.queues, open_document(name, body), self._load)
        if report.bad:
            raise BadScenario("\n".join(f"{name}: {each.problem.sentence}" for each in report.problems))
        # of rows that stand nevertheless
        self.told += (each.problem for each in report.problems)
