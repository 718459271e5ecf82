"""What the two clients of the tables cost for each row: time of this process, and time on the clock.

Starts an emulator of its own (in memory), takes turns between the clients, and writes the medians as a Markdown table.
Run it with `make bench-tables`, or `python -m benchmarks.tables ROUNDS`.
"""

import platform
import sys
import time
from collections.abc import Callable
from itertools import count
from statistics import median
from typing import NamedTuple

from azure.data.tables import TableServiceClient

from benchmarks.console import give
from domain.ports import RowStore
from domain.rows import Columns, Insert, Merge, Operation, RowKey
from domain.tables import Table
from functions.settings import StorageConnection
from functions.storage.clients import row_store, table_service
from tools.devhost.azurite import Azurite

TABLE = Table.DATAVERSE_ACTUALS
CLIENTS = ("azure-data-tables", "lean")
ROUNDS = 7
# rows that a round writes in transactions of 100, and reads in pages of 1,000
ROWS = 1000
SINGLES = 50
NUMBERS = count()
# like an actual: 25 columns, about 1 KB
COLUMNS: Columns = (
    {f"msdyn_id{number}": "5f0f6f3e-3a55-5a0e-9f0a-6d1f6a5e9b01" for number in range(8)}
    | {f"msdyn_amount{number}": "1234.50" for number in range(6)}
    | {f"msdyn_code{number}": 192350004 for number in range(4)}
    | {f"msdyn_date{number}": "2026-08-27" for number in range(3)}
    | {"msdyn_description": "Hours of a consultant", "currency": "EUR", "correction": False, "_owner": "team"}
)
CHANGED: Columns = {"msdyn_code0": 192350002, "msdyn_amount0": "0.00", "voucher": "V-0001"}
CHOSEN = ("msdyn_id0", "msdyn_amount0", "msdyn_amount1", "msdyn_code0", "msdyn_date0", "currency")


class Cost(NamedTuple):
    """Of one row, in microseconds."""

    cpu: float
    wall: float


class Ground:
    """One client with rows of its own for each round."""

    def __init__(self, store: RowStore) -> None:
        self.store = store
        self.partition = ""
        self.keys: list[str] = []

    def renew(self) -> None:
        number = next(NUMBERS)
        self.partition = f"document-{number:06}"
        self.keys = [f"{number:06}-{row:06}" for row in range(ROWS)]

    def transact(self, operations: list[Operation]) -> int:
        for start in range(0, len(operations), 100):
            self.store.write(TABLE, self.partition, operations[start : start + 100])
        return len(operations)

    def insert(self) -> int:
        return self.transact([Insert(key, COLUMNS) for key in self.keys])

    def merge(self) -> int:
        return self.transact([Merge(key, CHANGED) for key in self.keys])

    def read(self) -> int:
        return sum(len(page) for page in self.store.read_pages(TABLE, self.partition))

    def read_chosen(self) -> int:
        return sum(len(page) for page in self.store.read_pages(TABLE, self.partition, columns=CHOSEN))

    def insert_singly(self) -> int:
        for key in self.keys[:SINGLES]:
            self.store.write(TABLE, f"{self.partition}-alone", [Insert(f"{key}-alone", COLUMNS)])
        return SINGLES

    def merge_singly(self) -> int:
        for key in self.keys[:SINGLES]:
            self.store.write(TABLE, self.partition, [Merge(key, CHANGED)])
        return SINGLES

    def find(self) -> int:
        return sum(self.store.find(TABLE, RowKey(self.partition, key)) is not None for key in self.keys[:SINGLES])


STEPS: dict[str, Callable[[Ground], int]] = {
    "transactions of 100 inserts": Ground.insert,
    "transactions of 100 merges of 3 columns": Ground.merge,
    "pages of 1,000 rows": Ground.read,
    "pages of 1,000 rows, 6 columns of 25": Ground.read_chosen,
    "insert alone": Ground.insert_singly,
    "merge alone": Ground.merge_singly,
    "read by key": Ground.find,
}


def cost_of(step: Callable[[Ground], int], ground: Ground) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    rows = step(ground)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Cost(cpu / rows * 1e6, wall / rows * 1e6)


def measure(service: TableServiceClient, rounds: int) -> dict[tuple[str, str], Cost]:
    grounds = {client: Ground(row_store(service, is_lean=client == "lean")) for client in CLIENTS}
    costs: dict[tuple[str, str], list[Cost]] = {(step, client): [] for step in STEPS for client in CLIENTS}
    # the first round warms the emulator and is thrown away
    for turn in range(rounds + 1):
        for client, ground in grounds.items():
            ground.renew()
            for name, step in STEPS.items():
                cost = cost_of(step, ground)
                if turn:
                    costs[name, client].append(cost)
    return {place: Cost(median(c.cpu for c in found), median(c.wall for c in found)) for place, found in costs.items()}


def main(rounds: int) -> None:
    with Azurite.start() as emulator:
        service = table_service(StorageConnection(emulator.connection_string, "", "", "", ""))
        service.create_table(TABLE.value)
        costs = measure(service, rounds)
    give(f"us for each row: median of {rounds} rounds; Python {platform.python_version()}, {platform.machine()}\n")
    give("| operation | azure-data-tables: client CPU, wall | lean: client CPU, wall | ratio: client CPU, wall |")
    give("|---|---|---|---|")
    for step in STEPS:
        official, lean = (costs[step, client] for client in CLIENTS)
        told = " | ".join(f"{cost.cpu:,.0f}, {cost.wall:,.0f}" for cost in (official, lean))
        give(f"| {step} | {told} | {official.cpu / lean.cpu:.1f}, {official.wall / lean.wall:.1f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
