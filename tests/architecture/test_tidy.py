"""The code stays as tidy as on the first day. The rules are in rules.py, the proof that they bite in test_rules.py."""

import statistics
from types import MappingProxyType

import pytest

from tests.architecture.rules import BROAD_EXCEPT_ALLOWED, DIVISION_ALLOWED, RULES, Rule
from tests.architecture.sources import ROOT, python_sources, tracked_files
from tests.architecture.syntax import functions_of, imports_of, length

DEAD_COPIES = (".bak", ".old", ".orig", ".rej", ".disabled", ".swp", "~")
# Path: the reason why no other module of the app imports it.
STANDS_ALONE: MappingProxyType[str, str] = MappingProxyType(
    {
        "functions/storage/memory_poison.py": "a port in memory, as the next one",
        "functions/storage/memory.py": "the ports in memory: what tests run on, kept beside what it must behave like",
    }
)
MEDIAN_FUNCTION_LINES_BELOW = 8


def name_of(rule: Rule) -> str:
    return getattr(rule, "__name__", repr(rule))


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_every_file_keeps_the_rule(rule: Rule) -> None:
    findings = [f"{source.path}:{line}: {what}" for source in python_sources() for line, what in rule(source)]
    assert not findings, f"{rule.__doc__}\n" + "\n".join(findings)


def test_functions_are_short_in_general() -> None:
    sources = [source for source in python_sources() if source.is_under("functions/", "domain/")]
    lengths = [length(function) for source in sources for function in functions_of(source.tree)]
    assert not lengths or statistics.median(lengths) < MEDIAN_FUNCTION_LINES_BELOW


def test_no_dead_copies_lie_about() -> None:
    assert [path for path in tracked_files() if path.endswith(DEAD_COPIES)] == []


def test_every_deployed_module_is_imported_by_another() -> None:
    deployed = [source for source in python_sources() if source.is_under("functions/", "domain/")]
    used = {
        name
        for source in python_sources()
        if not source.is_under("tests/")
        for imported, _ in imports_of(source.tree)
        for name in (imported, imported.rpartition(".")[0])
    }
    modules = {
        source.path: source.path.removesuffix(".py").replace("/", ".")
        for source in deployed
        if source.stem != "__init__"
    }
    assert {path for path, module in modules.items() if module not in used} - set(STANDS_ALONE) == set()


@pytest.mark.parametrize("path", sorted({*BROAD_EXCEPT_ALLOWED, *DIVISION_ALLOWED, *STANDS_ALONE}))
def test_what_is_allowed_by_name_still_exists(path: str) -> None:
    assert (ROOT / path).is_file()
