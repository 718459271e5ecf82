"""Run scenario files: `python -m tools.scenarios FILE...`; exits 1 when one of them differs."""

import sys
from pathlib import Path

from tools.scenarios.compare import play
from tools.scenarios.document import BadScenario, read_scenario
from tools.scenarios.world import World

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def run_file(path: Path) -> list[str]:
    """Play one file; the lines that say what differs or what can't be read, none when all is as expected."""
    try:
        scenario = read_scenario(path.read_text(encoding="utf-8"))
        differences = play(scenario, World(SAMPLES))
    except BadScenario as error:
        return str(error).splitlines()
    return [line for difference in differences for line in difference.lines()]


def main(files: list[str]) -> int:
    """Play every file and say how each ended."""
    failed = 0
    for name in files:
        lines = run_file(Path(name))
        failed += bool(lines)
        sys.stdout.write("\n".join([f"{'differs' if lines else 'as expected'}: {name}", *lines, ""]))
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
