"""The command line at a desk over the whole line in memory: while a command waits, the line goes on."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from domain.commands import COMMANDS
from tests.line import Line
from tools.cli.app import app
from tools.cli.browsing import MemoryBrowser
from tools.cli.desk import Desk

WIDTH = 320


@dataclass
class Terminal:
    """Runs commands, and the app when they wait for it."""

    line: Line = field(default_factory=Line.in_memory)
    # False: nobody takes the commands
    has_app: bool = True

    @property
    def desk(self) -> Desk:
        return Desk(
            store=self.line.store,
            sender=self.line.queues,
            browser=MemoryBrowser(self.line.memory),
            clock=self.line.clock,
            console=Console(width=WIDTH),
            place="memory",
            queues={command.name: command.name for command in COMMANDS},
            pause=lambda seconds: self._go_on(),
        )

    def run(self, *arguments: str) -> Result:
        """Run a command; an exception that is not told as a sentence fails the test."""
        result = CliRunner().invoke(app, arguments, obj=self.desk)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def say(self, *arguments: str, code: int = 0) -> str:
        """Run a command that ends with this code, and give what it printed with its spaces folded."""
        result = self.run(*arguments)
        assert result.exit_code == code, result.output
        return " ".join(result.output.split())

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run a command that prints JSON."""
        result = self.run(*arguments)
        assert result.exit_code == code, result.output
        return json.loads(result.output)

    def _go_on(self) -> None:
        if self.has_app:
            self.line.drain()


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def loaded(terminal: Terminal) -> Terminal:
    """A terminal whose storage holds the samples, arrived in finance."""
    terminal.line.load_samples()
    terminal.line.drain()
    return terminal


@pytest.fixture
def confirmed(loaded: Terminal) -> Terminal:
    """A terminal with three confirmed invoices, not yet imported."""
    loaded.line.bill("ce18d4f0-cdca-554b-9ebf-9ca76d93e9e3")
    return loaded
