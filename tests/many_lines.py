"""A contract with as many time lines as wanted, made of the first line of the Adatum sample: for counting calls."""

import json
from collections.abc import Mapping
from typing import Any

from domain.identifiers import derive_id
from tests.line import ADATUM, SAMPLES, SHARED, Line

FOLDER = SAMPLES / ADATUM
ACTUALS = "06-msdyn_actuals.json"
CONNECTIONS = "07-msdyn_transactionconnections.json"
COST = 192350000
IDS = ("msdyn_actualid", "msdyn_transactionconnectionid", "msdyn_transaction1", "msdyn_transaction2")


def loaded(lines: int) -> Line:
    """A line over memory with everything that the sample has, but for its actuals, of which there are these many."""
    line = Line.in_memory()
    for folder in (*SHARED, ADATUM):
        for file in sorted((SAMPLES / folder).rglob("*.json")):
            if file.name not in {ACTUALS, CONNECTIONS}:
                line.load(file.name, file.read_bytes())
    actuals, connections = _document(ACTUALS), _document(CONNECTIONS)
    pair, connection = _first_line(actuals["value"], connections["value"])
    line.load(ACTUALS, _body(actuals, [_copied(row, number) for number in range(lines) for row in pair]))
    line.load(CONNECTIONS, _body(connections, [_copied(connection, number) for number in range(lines)]))
    return line


def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / name).read_bytes())
    return document


def _first_line(
    actuals: list[dict[str, Any]], connections: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    cost = next(row for row in actuals if row["msdyn_transactiontypecode"] == COST)
    for connection in connections:
        ends = {connection["msdyn_transaction1"], connection["msdyn_transaction2"]}
        if cost["msdyn_actualid"] in ends:
            pair = [row for row in actuals if row["msdyn_actualid"] in ends]
            return pair, connection
    raise ValueError("the sample has no connected cost")


def _copied(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    ids = {name: derive_id("many-lines", row[name], number) for name in IDS if name in row}
    return {**row, **ids}


def _body(document: Mapping[str, Any], rows: list[dict[str, Any]]) -> bytes:
    return json.dumps({**document, "value": rows}).encode()
