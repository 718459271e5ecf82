"""What a transaction is estimated to weigh is never less than what the official client sends."""

from collections.abc import Callable

import pytest

from domain.limits import check_operation
from domain.rows import Insert, Merge, Operation, Value
from domain.tables import Table
from tests.contract.conftest import AzureStoreUnderTest
from tests.contract.faulty_transport import FaultyTransport

TABLE = Table.DATAVERSE_ACTUALS
type MakeKey = Callable[[object], str]

ROWS: dict[str, dict[str, Value]] = {
    "small": {"a": "1"},
    "usual": {f"msdyn_column{number}": "5f0f6f3e-3a55-5a0e-9f0a-6d1f6a5e9b01" for number in range(25)},
    "large": {f"c{number}": "x" * 3000 for number in range(10)},
    "foreign": {f"c{number}": "日本語" * 300 for number in range(10)},
    "escaped": {f"c{number}": '"\\\n\x01' * 200 for number in range(10)},
    "numbers": {f"n{number}": -(2**31) for number in range(100)},
}


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("suffix", ["", "日本 '%"])
def test_the_estimate_is_on_the_safe_side(
    table_store: AzureStoreUnderTest, transport: FaultyTransport, partition: str, row: MakeKey, kind: str, suffix: str
) -> None:
    document = f"{partition}{suffix}"
    for make in (Insert, Merge):
        operations: list[Operation] = [make(f"{row(number)}{suffix}", ROWS[kind]) for number in range(40)]
        before = len(transport.sent)
        table_store.store.write(TABLE, document, operations)
        (method, size), *retries = transport.sent[before:]
        assert (method, retries) == ("POST", [])
        estimate = sum(check_operation(TABLE, document, operation) for operation in operations)
        assert size <= estimate
        # and not so far on the safe side that ordinary rows would need more transactions
        assert estimate <= 3 * size + 40 * 2500
