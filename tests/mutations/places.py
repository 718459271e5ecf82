"""Where a workflow holds something against another worker, found in the source: what can be taken away by machine.

Two forms can be recognised. A *version*: what is written only while a row stands as it was read, and the comparison
of two versions. An *error* of the storage that is caught: what somebody else has done, or an answer that was lost.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

from tests.architecture.sources import ROOT

# where guards stand, beside what they guard
GUARDED = ("domain/*.py", "domain/workflows/*.py")
# what is written for a version, with the place of the version among its arguments
CONDITIONED = {"Merge": 2, "Replace": 2, "Delete": 1, "replace_status": 4}
# what the storage answers, as `domain.errors` has it
STORE_ERRORS = frozenset({"AlreadyExists", "ChangedMeanwhile", "RowMissing", "OutcomeUnknown", "ContentDiffers"})
# takes the place of an error: nobody raises it
NEVER = "ZeroDivisionError"


@dataclass(frozen=True, slots=True)
class Place:
    """A version or a caught error, and what the source says without it."""

    # dotted name under `domain`
    module: str
    function: str
    # `Merge`, `replace_status`, `etag` for a comparison, or the error that is caught; `#2` where it comes again
    what: str
    # of the source: where the text begins and ends that is replaced
    begin: int
    end: int
    becomes: str

    @property
    def name(self) -> str:
        """The place as the tables name it."""
        return f"{self.module}.{self.function}: {self.what}"


@cache
def all_places() -> tuple[Place, ...]:
    """Find every place, in the order of the source."""
    files = sorted(file for pattern in GUARDED for file in ROOT.glob(pattern))
    return tuple(place for file in files for place in _of_module(file))


def _of_module(file: Path) -> Iterator[Place]:
    text = file.read_text(encoding="utf-8")
    module = ".".join(file.relative_to(ROOT / "domain").with_suffix("").parts)
    # a tree counts the bytes of a line; before a guard in its line stands nothing but ASCII
    starts = list(accumulate(map(len, text.splitlines(keepends=True)), initial=0))
    for function in _functions(ast.parse(text)):
        seen = Counter[str]()
        for what, node, becomes in sorted(_guards(function), key=lambda guard: (guard[1].lineno, guard[1].col_offset)):
            seen[what] += 1
            label = what if seen[what] == 1 else f"{what} #{seen[what]}"
            begin = starts[node.lineno - 1] + node.col_offset
            end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or node.col_offset)
            yield Place(module, function.name, label, begin, end, becomes)


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node
        if isinstance(node, ast.ClassDef):
            yield from (each for each in node.body if isinstance(each, ast.FunctionDef))


def _guards(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr, str]]:
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if name in CONDITIONED and len(args) > CONDITIONED[name]:
                yield name, args[CONDITIONED[name]], "ANY_VERSION"
            case ast.Compare(left=ast.Attribute(attr="etag"), comparators=[ast.Attribute(attr="etag")]):
                yield "etag", node, "False"
            case ast.ExceptHandler(type=ast.expr() as caught):
                for each in caught.elts if isinstance(caught, ast.Tuple) else (caught,):
                    if isinstance(each, ast.Name) and each.id in STORE_ERRORS:
                        yield each.id, each, NEVER
            case _:
                pass
