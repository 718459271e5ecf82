"""What the architecture tests read: the tracked files of this repository, each parsed once."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = frozenset({"node_modules", "__pycache__"})


@dataclass(frozen=True)
class Source:
    """One Python file, named by its path from the root."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """The file, parsed."""
        return _parsed(self.path, self.text)

    @property
    def stem(self) -> str:
        """The file's name without folder and suffix."""
        return Path(self.path).stem

    def is_under(self, *prefixes: str) -> bool:
        """Whether the path starts with one of these."""
        return self.path.startswith(prefixes)


@cache
def _parsed(path: str, text: str) -> ast.Module:
    return ast.parse(text, filename=path)


@cache
def tracked_files() -> tuple[str, ...]:
    """The paths of all tracked files that exist; all files of the folder where there is no git to ask."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.split("\0") if listed.returncode == 0 else _all_files()
    return tuple(sorted(name for name in names if name and (ROOT / name).is_file()))


def _all_files() -> list[str]:
    found: list[str] = []
    for folder, folders, files in ROOT.walk():
        folders[:] = [name for name in folders if name not in INSTALLED and (name == ".ci" or not name.startswith("."))]
        found += [(folder / name).relative_to(ROOT).as_posix() for name in files]
    return found


@cache
def text_of(path: str) -> str:
    """The text of one file; empty when it is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def python_sources() -> tuple[Source, ...]:
    """Every tracked Python file."""
    return tuple(Source(path, text_of(path)) for path in tracked_files() if path.endswith(".py"))
