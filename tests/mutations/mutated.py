"""Take a guard out of a module while a test runs: the functions get the code of the changed source."""

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from domain.errors import ChangedMeanwhile
from domain.ports import RowStore
from domain.rows import Columns, Merge, Replace, RowKey
from domain.saving import save
from domain.tables import Table


def overwrite(store: RowStore, table: Table, key: RowKey, columns: Columns) -> None:
    """Replace a row whatever its version is: what `replace_status` must not do."""
    while (stands := store.find(table, key)) is not None:
        try:
            return save(store, table, key.partition, (Replace(key.row, columns, stands.etag),))
        except ChangedMeanwhile:
            continue
    return None


class _AnyVersion(str):
    """A version that is equal to every other one."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, _: object) -> bool:
        return True

    def __ne__(self, _: object) -> bool:
        return False


# words that a changed source may use, whether or not the real one knows them
LENT: Mapping[str, object] = {"Merge": Merge, "overwrite": overwrite, "save": save, "ANY_VERSION": _AnyVersion()}


@contextmanager
def mutated(module: str, stands: str, becomes: str) -> Iterator[None]:
    """Let a module behave as if its source said something else; whoever has imported its functions is meant, too.

    Raises:
        LookupError: the source does not say that exactly once, or nothing changes by it.
    """
    source = source_of(module)
    if source.count(stands) != 1:
        raise LookupError(f"{module} says {source.count(stands)} times, and not once: {stands}")
    begin = source.index(stands)
    with replaced(module, begin, begin + len(stands), becomes):
        yield


def source_of(module: str) -> str:
    """Read the source of a module."""
    return Path(str(importlib.import_module(module).__file__)).read_text(encoding="utf-8")


@contextmanager
def replaced(module: str, begin: int, end: int, becomes: str) -> Iterator[None]:
    """Let a module behave as if its source said something else from one character to another; as `mutated`."""
    real, source = importlib.import_module(module), source_of(module)
    changed = _functions(_executed(real, source[:begin] + becomes + source[end:]))
    kept = {name: (each, each.__code__) for name, each in _functions(vars(real)).items()}
    differing = [name for name, (_, code) in kept.items() if not _is_same(code, changed[name].__code__)]
    if not differing:
        raise LookupError(f"{module}: no function changes by: {becomes}")
    lent = {name: word for name, word in LENT.items() if name not in vars(real)}
    vars(real).update(lent)
    try:
        for name in differing:
            kept[name][0].__code__ = changed[name].__code__
        yield
    finally:
        for name in lent:
            del vars(real)[name]
        for function, code in kept.values():
            function.__code__ = code


def _executed(real: ModuleType, source: str) -> dict[str, object]:
    namespace: dict[str, object] = {"__name__": real.__name__, "__file__": real.__file__}
    exec(compile(source, str(real.__file__), "exec"), namespace)  # noqa: S102 our own source, with one line changed
    return namespace


def _functions(namespace: dict[str, object]) -> dict[str, FunctionType]:
    own = namespace["__name__"]
    found: dict[str, FunctionType] = {}
    for name, value in namespace.items():
        if isinstance(value, type) and value.__module__ == own:
            members = ((f"{name}.{each}", member) for each, member in vars(value).items())
            found |= {full: member for full, member in members if isinstance(member, FunctionType)}
        inner = getattr(value, "__wrapped__", value)
        if isinstance(inner, FunctionType) and inner.__module__ == own:
            found[name] = inner
    return found


def _is_same(left: CodeType, right: CodeType) -> bool:
    constants = zip(left.co_consts, right.co_consts, strict=False)
    return (
        left.co_code == right.co_code
        and left.co_names == right.co_names
        and len(left.co_consts) == len(right.co_consts)
        and all(_is_same(*each) if isinstance(each[0], CodeType) else each[0] == each[1] for each in constants)
    )
