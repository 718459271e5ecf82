"""`invoicing scenario run`: play scenario files and print what differs."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tools.cli.drawing import say
from tools.scenarios.runner import run_file


def run(files: Sequence[Path], console: Console | None = None) -> int:
    """Play every file; 1 when one of them differs or can't be read."""
    console = console or Console()
    failed = 0
    for path in files:
        lines = run_file(path)
        failed += bool(lines)
        say(console, f"{'differs' if lines else 'as expected'}: {path}", "red" if lines else "green")
        for line in lines:
            say(console, f"  {line}")
    return 1 if failed else 0
