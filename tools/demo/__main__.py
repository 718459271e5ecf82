"""`python -m tools.demo`: the demo. `python -m tools.demo run`: host and emulator with the samples, until Ctrl-C."""

import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from domain.errors import StoreError
from functions.setting_list import STORAGE
from tools.cli.desk import Desk, new_console, open_desk
from tools.cli.drawing import say
from tools.demo.host import REPOSITORY, Host
from tools.demo.play import Play
from tools.demo.result import coho_differences, draw_problems, draw_result, read_result
from tools.demo.stages import StageFailed, Stages
from tools.devhost.azurite import Azurite, AzuriteError

# what a shell tells of a process that a signal ended
TERMINATED, INTERRUPTED = 143, 130
LINES_SHOWN = 15
USAGE = "usage: python -m tools.demo [run]\n"


def main(arguments: Sequence[str]) -> int:
    """Run the demo or leave everything running; the exit code is 0, or 1 when a stage did not finish."""
    if list(arguments) not in ([], ["run"]):
        sys.stderr.write(USAGE)
        return 2
    # so that every process is stopped on the way out; a shell starts background jobs with Ctrl-C ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(TERMINATED))
    console = new_console()
    try:
        return _run(console) if arguments else _demo(console)
    except AzuriteError as error:
        say(console, f"error: {error}", "red")
        return 1
    except KeyboardInterrupt:
        say(console, "stopped")
        return 0 if arguments else INTERRUPTED


@contextmanager
def _surroundings(console: Console) -> Iterator[tuple[Desk, Host, str]]:
    """Start an emulator and the host, both our own; stop them in the end, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="invoicing-demo-") as folder, Azurite.start() as azurite:
        desk = open_desk(azurite.connection_string)
        desk.prepare()
        say(console, f"Azurite on ports of its own: {', '.join(str(port) for port in azurite.ports)}")
        with Host(azurite.connection_string, Path(folder, "host.log")) as host:
            say(console, "the app, unmodified, in the dev host: function_app.py")
            yield desk, host, azurite.connection_string


def _demo(console: Console) -> int:
    started = time.monotonic()
    with _surroundings(console) as (desk, host, _):
        play = Play(desk, Stages(console, host), REPOSITORY)
        try:
            play.load()
            play.perform()
            result = read_result(desk)
            draw_result(desk, result)
            found = coho_differences(result)
            if found:
                raise StageFailed("\n".join(("the Coho Winery vouchers are not those of the documentation", *found)))
        except (StageFailed, StoreError) as error:
            _tell_failure(desk, host, error)
            return 1
    say(console, "The Coho Winery vouchers are those of the documentation, to the cent.", "green")
    say(console, f"Done in {time.monotonic() - started:.0f} seconds.", "green")
    return 0


def _tell_failure(desk: Desk, host: Host, error: Exception) -> None:
    say(desk.console, f"stage not finished: {error}", "red")
    try:
        draw_problems(desk, LINES_SHOWN)
    except StoreError as gone:
        say(desk.console, f"  the open problems cannot be read: {gone}")
    for line in host.last_lines(LINES_SHOWN):
        say(desk.console, f"  host: {line}")


def _run(console: Console) -> int:
    with _surroundings(console) as (desk, host, connection):
        try:
            Play(desk, Stages(console, host), REPOSITORY).load()
        except (StageFailed, StoreError) as error:
            _tell_failure(desk, host, error)
            return 1
        _tell_how_to_play(console, host, connection)
        while host.is_running:
            time.sleep(0.5)
        _tell_failure(desk, host, StageFailed("the host has ended"))
    return 1


def _tell_how_to_play(console: Console, host: Host, connection: str) -> None:
    python = Path(sys.executable)
    name = python.relative_to(REPOSITORY) if python.is_relative_to(REPOSITORY) else python
    say(console, "\nHost and emulator run until Ctrl-C; what the host says goes to", "green")
    say(console, f"  {host.log}")
    say(console, "In another terminal, in this folder:", "green")
    # in one piece, so that it can be pasted
    console.out(f"export {STORAGE}='{connection}'", highlight=False)
    console.out(f"alias invoicing='{name} -m tools.cli'", highlight=False)
    say(console, "then, for example, as docs/first-invoice.md tells:", "green")
    say(console, "  invoicing ready C-COHO --up-to 2026-08-31")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
