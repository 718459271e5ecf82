"""`make bench`: the whole line beside its own calls, measured, written to `benchmarks/results`."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.console import give, tell
from benchmarks.machine import machine
from benchmarks.report import markdown
from benchmarks.small import small_costs
from benchmarks.suite import EMULATORS, Size, measure, sizes

# lines of an invoice that is measured once
LONG = 5_000
RESULTS = Path(__file__).with_name("results")


def _rounds(size: Size, rounds: int) -> int:
    """Run the largest, and many at once, one time only: they take minutes a round."""
    return 1 if size.rows > LONG or size.documents > 1 else rounds


def main() -> int:
    """Measure, write the result, print the table."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--lines", type=int, help="one invoice of this many lines, instead of the usual sizes")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run; medians are told")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the folder of the results")
    parser.add_argument(
        "--emulator", choices=list(EMULATORS), default=next(iter(EMULATORS)), help="how it looks rows up"
    )
    arguments = parser.parse_args()
    result: dict[str, Any] = {"measured": datetime.now(UTC).date().isoformat(), "machine": machine()}
    if arguments.lines is None:
        tell("small costs: import, one invocation, one row")
        result["small"] = small_costs()
    rounds = max(1, arguments.rounds)
    result["sizes"] = [
        measure(size, _rounds(size, rounds), replays=replays, emulator=arguments.emulator)
        for size, replays in sizes(arguments.lines)
    ]
    name = "line" if arguments.lines is None else f"line-{arguments.lines}"
    name += "" if arguments.emulator == next(iter(EMULATORS)) else f"-{arguments.emulator}"
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    table = markdown(result)
    (arguments.out / f"{name}.md").write_text(table)
    give(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
