"""Contracts with as many time lines as wanted, made of the first line of the Adatum sample: to count and to measure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from domain.identifiers import derive_id
from domain.loading import open_lines
from domain.workflows.load_rows import SYNC_ROWS_DEFAULT, Load, load_rows
from tests.line import ADATUM, CONTRACT_ADATUM, SAMPLES, SHARED, START, Line

FOLDER = SAMPLES / ADATUM
# what belongs to one contract, and the columns of its ids; accounts, projects and reference rows are shared by all
OWN = {
    "03-salesorders.json": "salesorderid",
    "04-salesorderdetails.json": "salesorderdetailid",
    "05-msdyn_projectcontractsplitbillingrules.json": "msdyn_projectcontractsplitbillingruleid",
}
NUMBERS = ("C-ADATUM", "FS-ADATUM")
ACTUALS = "06-msdyn_actuals.json"
CONNECTIONS = "07-msdyn_transactionconnections.json"
FINANCE_CONTRACTS = "usmf-contracts.json"
COST = 192350000
ROW_IDS = ("msdyn_actualid", "msdyn_transactionconnectionid", "msdyn_transaction1", "msdyn_transaction2")


def loaded(lines: int, *, rows_per_message: int = SYNC_ROWS_DEFAULT) -> Line:
    """A line over memory with everything that the sample has, but for its actuals, of which there are these many."""
    line = Line.in_memory()
    line.loading = Load(START, rows_per_message)
    _load_shared(line, {ACTUALS, CONNECTIONS})
    _load_actuals(line, lines, "", {})
    return line


def contract(number: int) -> str:
    """The id of one of many contracts."""
    return _own_id(CONTRACT_ADATUM, number)


def drafted(contracts: int, lines: int) -> Line:
    """A line over memory on which a draft invoice of these many lines stands for each of these many contracts."""
    line = ready(contracts, lines)
    for number in range(contracts):
        line.create_proforma(contract(number))
    line.drain()
    return line


def ready(contracts: int, lines: int) -> Line:
    """A line over memory on which these many lines of each of these many contracts are Ready to invoice."""
    line = Line.in_memory()
    _load_shared(line, {*OWN, ACTUALS, CONNECTIONS, FINANCE_CONTRACTS})
    line.load(FINANCE_CONTRACTS, _finance_contracts(contracts))
    for number in range(contracts):
        _load_contract(line, number, lines)
    line.drain()
    line.tick()
    line.post_all()
    for number in range(contracts):
        line.mark_ready(contract(number))
    return line


def _load_shared(line: Line, without: set[str]) -> None:
    for folder in (*SHARED, ADATUM):
        for file in sorted((SAMPLES / folder).rglob("*.json")):
            if file.name not in without:
                line.load(file.name, file.read_bytes())


def _finance_contracts(contracts: int) -> bytes:
    document = json.loads((SAMPLES / "finance" / FINANCE_CONTRACTS).read_bytes())
    first = document["rows"][0]
    rows = [{**first, "ProjInvoiceProjId": f"{NUMBERS[0]}-{number}"} for number in range(contracts)]
    return json.dumps({**document, "rows": [*document["rows"], *rows]}).encode()


def _load_contract(line: Line, number: int, lines: int) -> None:
    names = {old: _own_id(old, number) for old in _own_ids()}
    names |= {f'"{name}"': f'"{name}-{number}"' for name in NUMBERS}
    for file in OWN:
        line.load(file, _renamed((FOLDER / file).read_text(), names))
    _load_actuals(line, lines, f"{number}", names)


def _load_actuals(line: Line, lines: int, which: str, names: Mapping[str, str]) -> None:
    actuals, connections = _document(ACTUALS), _document(CONNECTIONS)
    pair, connection = _first_line(actuals.pop("value"), connections.pop("value"))
    # row by row: one document of very many would be too large to be loaded, and ranges of several overlap
    rows = (_copied(row, which, place) for place in range(lines) for row in pair)
    _load_lines(line, ACTUALS, (_renamed(json.dumps(each), names) for each in chain((actuals,), rows)))
    links = (_copied(connection, which, place) for place in range(lines))
    _load_lines(line, CONNECTIONS, (json.dumps(each).encode() for each in chain((connections,), links)))


def _load_lines(line: Line, name: str, lines: Iterable[bytes]) -> None:
    report = load_rows(line.store, line.queues, open_lines(name, lines), line.loading)
    assert not report.bad, report.problems


def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / name).read_bytes())
    return document


def _first_line(
    actuals: list[dict[str, Any]], connections: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    cost = next(row for row in actuals if row["msdyn_transactiontypecode"] == COST)["msdyn_actualid"]
    connection = next(row for row in connections if cost in (row["msdyn_transaction1"], row["msdyn_transaction2"]))
    ends = {connection["msdyn_transaction1"], connection["msdyn_transaction2"]}
    return [row for row in actuals if row["msdyn_actualid"] in ends], connection


def _copied(row: Mapping[str, Any], which: str, place: int) -> dict[str, Any]:
    return {**row, **{name: derive_id("many-lines", row[name], which, place) for name in ROW_IDS if name in row}}


def _renamed(text: str, names: Mapping[str, str]) -> bytes:
    for old, new in names.items():
        text = text.replace(old, new)
    return text.encode()


def _own_ids() -> Iterator[str]:
    for file, column in OWN.items():
        yield from (row[column] for row in _document(file)["value"])


def _own_id(old: str, number: int) -> str:
    return derive_id("many-contracts", old, number)
