"""Play one scenario file in a world of its own."""

from pathlib import Path

from tools.scenarios.compare import play
from tools.scenarios.document import BadScenario, read_scenario
from tools.scenarios.world import World

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def run_file(path: Path) -> list[str]:
    """Play one file.

    Returns:
        The lines that say what differs, or why the file can't be read; none when all is as expected.
    """
    try:
        scenario = read_scenario(path.read_text(encoding="utf-8"))
        differences = play(scenario, World(SAMPLES))
    except (BadScenario, OSError, UnicodeDecodeError) as error:
        return str(error).splitlines()
    return [line for difference in differences for line in difference.lines()]
