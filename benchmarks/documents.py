"""Contracts with as many time lines as wanted, brought to their draft invoices in memory and copied to a storage.

What is measured begins at the confirmation. Everything before it (loading, the journals of costs and unbilled sales,
marking ready, the drafts) is set-up: it runs in memory, by the real workflows, and its rows are copied.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from domain.identifiers import derive_id
from domain.ports import RowStore
from domain.rows import Insert
from domain.saving import save
from domain.tables import Table
from tests.line import ADATUM, SAMPLES, SHARED, Line

FOLDER = SAMPLES / ADATUM
CONTRACT = "390737cb-2fce-5c5a-b814-56c035bf7faa"
# what belongs to one contract; accounts, projects and reference rows are shared by all
OWN = (
    "03-salesorders.json",
    "04-salesorderdetails.json",
    "05-msdyn_projectcontractsplitbillingrules.json",
)
ACTUALS = "06-msdyn_actuals.json"
CONNECTIONS = "07-msdyn_transactionconnections.json"
COST = 192350000
IDS = ("salesorderid", "salesorderdetailid", "msdyn_projectcontractsplitbillingruleid")
NUMBERS = ("C-ADATUM", "FS-ADATUM")
ROW_IDS = ("msdyn_actualid", "msdyn_transactionconnectionid", "msdyn_transaction1", "msdyn_transaction2")
FINANCE_CONTRACTS = "usmf-contracts.json"


def drafts(documents: int, lines: int) -> Line:
    """Give a line over memory on which this many draft invoices of this many lines stand, ready to be confirmed."""
    line = Line.in_memory()
    _load_shared(line)
    line.load(FINANCE_CONTRACTS, _finance_contracts(documents))
    for number in range(documents):
        _load_contract(line, number, lines)
    line.drain()
    line.tick()
    line.post_all()
    for number in range(documents):
        contract = _own_id(CONTRACT, number)
        line.mark_ready(contract)
        line.create_proforma(contract)
    line.drain()
    return line


def copy(line: Line, store: RowStore) -> int:
    """Write every row of the line to a storage; gives their number."""
    count = 0
    for table in Table:
        for partition, group in groupby(line.rows(table), key=lambda row: row.key.partition):
            rows = list(group)
            count += len(rows)
            save(store, table, partition, (Insert(row.key.row, row.columns) for row in rows))
    return count


def invoices(line: Line) -> list[str]:
    """Give the ids of all drafts."""
    return [row.key.row for row in line.rows(Table.DATAVERSE_INVOICES)]


def _load_shared(line: Line) -> None:
    skipped = {*OWN, ACTUALS, CONNECTIONS, FINANCE_CONTRACTS}
    for folder in (*SHARED, ADATUM):
        for file in sorted((SAMPLES / folder).rglob("*.json")):
            if file.name not in skipped:
                line.load(file.name, file.read_bytes())


def _finance_contracts(documents: int) -> bytes:
    document: dict[str, Any] = json.loads((SAMPLES / "finance" / FINANCE_CONTRACTS).read_bytes())
    first = document["rows"][0]
    rows = [{**first, "ProjInvoiceProjId": f"C-ADATUM-{number}"} for number in range(documents)]
    return json.dumps({**document, "rows": [*document["rows"], *rows]}).encode()


def _load_contract(line: Line, number: int, lines: int) -> None:
    for name in OWN:
        line.load(name, _renamed((FOLDER / name).read_text(), number).encode())
    actuals, connections = _document(ACTUALS), _document(CONNECTIONS)
    pair, connection = _first_line(actuals["value"], connections["value"])
    rows = [_copied(row, number, place) for place in range(lines) for row in pair]
    line.load(ACTUALS, _renamed(json.dumps({**actuals, "value": rows}), number).encode())
    links = [_copied(connection, number, place) for place in range(lines)]
    line.load(CONNECTIONS, json.dumps({**connections, "value": links}).encode())


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


def _copied(row: Mapping[str, Any], number: int, place: int) -> dict[str, Any]:
    return {**row, **{name: derive_id("bench", row[name], number, place) for name in ROW_IDS if name in row}}


def _renamed(text: str, number: int) -> str:
    for old in _own_ids():
        text = text.replace(old, _own_id(old, number))
    for name in NUMBERS:
        text = text.replace(f'"{name}"', f'"{name}-{number}"')
    return text


def _own_ids() -> Iterator[str]:
    for name, column in zip(OWN, IDS, strict=True):
        yield from (row[column] for row in _document(name)["value"])


def _own_id(old: str, number: int) -> str:
    return derive_id("bench-contract", old, number)
