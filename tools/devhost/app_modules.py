"""Lend this process to one app: its folder on the search path, its settings in the environment, its modules fresh.

The worker can index an app only from modules that were never indexed before. So the app's modules are put aside when a
host starts and put back when it stops: a test process may hold `domain` classes of its own before, during and after.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

from tools.devhost.errors import HostError

# Never part of the app although they may lie in its folder: who runs us, and installed packages.
FOREIGN = frozenset({"__main__", "benchmarks", "conftest", "tests", "tools"})
FOREIGN_FOLDERS = frozenset({".venv", "venv", "node_modules", "site-packages", ".python_packages"})

_one_app = threading.Lock()


@contextlib.contextmanager
def lent_to(folder: Path, settings: Mapping[str, str]) -> Iterator[None]:
    """Give the process to the app in the folder until the block ends.

    Raises:
        HostError: another host of this process has not been stopped.
    """
    if not _one_app.acquire(blocking=False):
        raise HostError("another dev host is loaded in this process: stop it first")
    environment, path, before = dict(os.environ), list(sys.path), _take_out(folder)
    try:
        os.environ.update(settings)
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()
        yield
    finally:
        _take_out(folder)
        sys.modules.update(before)
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(environment)
        _one_app.release()


def _take_out(folder: Path) -> dict[str, ModuleType]:
    own = _own_names(folder)
    names = [
        name
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in own or _belongs_to(folder, name, module)
    ]
    return {name: sys.modules.pop(name) for name in names}


def _own_names(folder: Path) -> frozenset[str]:
    """Name what the app would import from its own folder: another app's `function_app` must not stand in for it."""
    modules = {path.stem for path in folder.glob("*.py")}
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    return frozenset(modules | packages) - FOREIGN


def _belongs_to(folder: Path, name: str, module: ModuleType) -> bool:
    # A package without __init__.py has no file; its path says where it lies.
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", [])]
    place = next((Path(one) for one in places if one), None)
    if place is None or name.partition(".")[0] in FOREIGN or not place.is_relative_to(folder):
        return False
    return not FOREIGN_FOLDERS.intersection(place.relative_to(folder).parts)
