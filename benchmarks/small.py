"""What the small things cost: starting the app, one invocation, one row."""

import subprocess
import sys
import time
import timeit
from collections.abc import Callable
from pathlib import Path

from benchmarks.invocation import invocation_seconds
from domain.actuals import Actual
from domain.limits import check_columns
from domain.tables import Table
from tests.many_lines import drafted

REPOSITORY = Path(__file__).resolve().parents[1]
REPEATS = 5
ROWS = 2000


def small_costs() -> dict[str, float]:
    """Give each cost under a name that says its unit."""
    line = drafted(1, 10)
    row = line.rows(Table.DATAVERSE_ACTUALS)[0]
    actual = Actual.from_columns(row.columns)
    return {
        "import of function_app.py, warm, ms": 1000 * _import_seconds(),
        "one invocation of an empty function in the worker, us": 1e6 * invocation_seconds(),
        "columns of an actual to a record, us": _micro(lambda: Actual.from_columns(row.columns)),
        "record of an actual to columns, us": _micro(actual.to_columns),
        "a changed copy of an actual, us": _micro(lambda: actual.changed(description="other")),
        "check of a row against the limits, us": _micro(
            lambda: check_columns(Table.DATAVERSE_ACTUALS, row.key, row.columns)
        ),
    }


def _micro(work: Callable[[], object]) -> float:
    best = min(timeit.repeat(work, number=ROWS, repeat=REPEATS))
    return 1e6 * best / ROWS


def _import_seconds() -> float:
    """Import the app in fresh interpreters; what starting an empty interpreter takes is taken off."""
    return max(0.0, _start("import function_app") - _start("pass"))


def _start(program: str) -> float:
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return min(times)
