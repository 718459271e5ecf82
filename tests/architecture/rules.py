"""The tidy rules: each is told by its docstring, looks at one file and yields what is wrong with it."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from types import MappingProxyType

from tests.architecture.sources import Source
from tests.architecture.syntax import (
    calls_of,
    comments_of,
    docstrings_of,
    dotted,
    functions_of,
    imports_of,
    length,
    without_docstring,
)

type Finding = tuple[int, str]
type Rule = Callable[[Source], Iterator[Finding]]

CODE = ("functions/", "domain/", "tools/", "function_app.py")
DEPLOYED = ("functions/", "domain/", "function_app.py")
PURE_TESTS = ("tests/unit/", "tests/scenarios/", "tests/properties/")

FUNCTION_LINES_MAX = 40
TEST_FUNCTION_LINES_MAX = 60
TRIGGER_STATEMENTS_MAX = 10
MODULE_LINES_MAX = MappingProxyType({"domain/": 300, "functions/": 200})
MODULE_LINES_MAX_ELSEWHERE = 400
DRAWERS = frozenset({"utils", "util", "helpers", "common", "manager", "core", "models", "services", "shared"})

# Path: the reason why catching everything is right there.
BROAD_EXCEPT_ALLOWED: MappingProxyType[str, str] = MappingProxyType(
    {
        "domain/workflows/deliver.py": "every failure of a command is sent again for later or kept, none is dropped",
        "domain/workflows/import_from_staging.py": "a piece on which the program stumbles is named on its document",
    }
)
# Path: the reason why a division is right there.
DIVISION_ALLOWED: MappingProxyType[str, str] = MappingProxyType({"domain/money.py": "the one place that rounds"})


def short_functions(source: Source) -> Iterator[Finding]:
    """A function fits on a screen."""
    limit = TEST_FUNCTION_LINES_MAX if source.is_under("tests/", "benchmarks/") else FUNCTION_LINES_MAX
    for function in functions_of(source.tree):
        if length(function) > limit:
            yield function.lineno, f"{function.name} has {length(function)} lines, at most {limit}"


def short_modules(source: Source) -> Iterator[Finding]:
    """A module is read in one go."""
    limits = (limit for folder, limit in MODULE_LINES_MAX.items() if source.is_under(folder))
    limit = next(limits, MODULE_LINES_MAX_ELSEWHERE)
    lines = len(source.text.splitlines())
    if lines > limit:
        yield lines, f"{lines} lines, at most {limit}"


def thin_triggers(source: Source) -> Iterator[Finding]:
    """A trigger decodes, calls one workflow, and is done."""
    for function in functions_of(source.tree):
        decorators = {dotted(node.func) for node in function.decorator_list if isinstance(node, ast.Call)}
        if any(name.endswith(("_trigger", ".function_name", ".schedule")) for name in decorators):
            statements = sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1
            statements -= len(function.body) - len(without_docstring(function))
            if statements > TRIGGER_STATEMENTS_MAX:
                yield function.lineno, f"{function.name} has {statements} statements, at most {TRIGGER_STATEMENTS_MAX}"


def no_drawers(source: Source) -> Iterator[Finding]:
    """A name says what is inside; a drawer takes everything."""
    for part in PurePosixPath(source.path).with_suffix("").parts:
        if part in DRAWERS:
            yield 1, f"'{part}' says nothing: name the file after the thing or the verb"


def no_print(source: Source) -> Iterator[Finding]:
    """Only the tools' consoles print; the app logs events."""
    if not (source.is_under("tools/", "benchmarks/") and source.stem == "console"):
        yield from ((call.lineno, "print") for name, call in calls_of(source.tree) if name == "print")


def no_clock(source: Source) -> Iterator[Finding]:
    """Now is an argument; only the wiring and the tools ask the clock."""
    clock = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today)$")
    if source.is_under(*DEPLOYED, *PURE_TESTS) and not source.is_under("functions/wiring"):
        yield from (
            (call.lineno, f"{name}: take the instant as an argument")
            for name, call in calls_of(source.tree)
            if clock.search(name)
        )


def no_random_ids(source: Source) -> Iterator[Finding]:
    """Ids in domain are derived from what caused the row."""
    if source.is_under("domain/"):
        for node in ast.walk(source.tree):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.ImportFrom)
                else [dotted(node).split(".")[-1]]
            )
            if set(names) & {"uuid1", "uuid4"} and hasattr(node, "lineno"):
                yield node.lineno, "a random id: derive it with uuid5"


def no_environment(source: Source) -> Iterator[Finding]:
    """Settings are read once, in functions/settings.py."""
    if source.is_under(*DEPLOYED) and source.path != "functions/settings.py":
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and dotted(node) in {"os.environ", "os.getenv"}:
                yield node.lineno, f"{dotted(node)}: ask the settings"
        for name, line in imports_of(source.tree):
            if name in {"os.environ", "os.getenv"}:
                yield line, f"{name}: ask the settings"


def no_floats(source: Source) -> Iterator[Finding]:
    """Money and quantities are Decimal: no float in domain, and one place that divides."""
    if not source.is_under("domain/"):
        return
    may_divide = source.path in DIVISION_ALLOWED
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func) == "float":
            yield node.lineno, "float("
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"the float {node.value}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div) and not may_divide:
            yield node.lineno, "a division: divide and round in domain/money.py"


def no_broad_except(source: Source) -> Iterator[Finding]:
    """What is caught has a name or is raised again; the rest must reach the host, which keeps the message."""
    broad = {"Exception", "BaseException"}
    if source.path in BROAD_EXCEPT_ALLOWED:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            raised_again = isinstance(node.body[-1], ast.Raise)
            if not raised_again and any(one is None or dotted(one) in broad for one in caught):
                yield node.lineno, "catches everything"
    for name, call in calls_of(source.tree):
        if name.endswith("suppress") and any(dotted(argument) in broad for argument in call.args):
            yield call.lineno, "suppresses everything"


def no_sleeping_tests(source: Source) -> Iterator[Finding]:
    """A test waits for something, never for a time."""
    if source.is_under("tests/"):
        names = {"time.sleep", "asyncio.sleep"}
        yield from ((call.lineno, name) for name, call in calls_of(source.tree) if name in names)
        yield from ((line, name) for name, line in imports_of(source.tree) if name in names)


def no_mocked_storage(source: Source) -> Iterator[Finding]:
    """Storage is faked by the in-memory implementation, which the contract suite keeps honest."""
    if not source.is_under("tests/"):
        return
    if not source.is_under("tests/triggers/"):
        yield from ((line, name) for name, line in imports_of(source.tree) if name.startswith("unittest.mock"))
    for name, call in calls_of(source.tree):
        target = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        storage = isinstance(target, str) and target.startswith(("functions.storage", "azure."))
        if storage and name.endswith(("setattr", "patch")):
            yield call.lineno, f"patches {target!r}"


def no_leftovers(source: Source) -> Iterator[Finding]:
    """What is committed is finished."""
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    blanket = re.compile(r"#\s*(type:\s*ignore(?!\[)|noqa(?!:))")
    for text, line in (*comments_of(source.text), *docstrings_of(source.tree)):
        yield from ((line, match.group()) for match in words.finditer(text))
    for text, line in comments_of(source.text):
        yield from ((line, f"{match.group()} without a code") for match in blanket.finditer(text))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and re.fullmatch(
            r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)", dotted(node)
        ):
            yield node.lineno, dotted(node)


def no_module_state(source: Source) -> Iterator[Finding]:
    """What a module holds cannot change: tuple, frozenset, MappingProxyType."""
    makers = {"list", "dict", "set", "defaultdict", "deque", "OrderedDict", "Counter"}
    mutable = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
    if not source.is_under(*DEPLOYED):
        return
    for node in source.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            made = isinstance(node.value, ast.Call) and dotted(node.value.func).split(".")[-1] in makers
            if (made or isinstance(node.value, mutable)) and dotted(target) != "__all__":
                yield node.lineno, f"{dotted(target)} can be changed by anybody"


def asserting_tests(source: Source) -> Iterator[Finding]:
    """A test that asserts nothing proves nothing."""
    if not (source.is_under("tests/") and source.stem.startswith("test_")):
        return
    asserting = {function.name for function in functions_of(source.tree) if _asserts(function, frozenset())}
    for function in functions_of(source.tree):
        if function.name.startswith("test_") and not _asserts(function, frozenset(asserting)):
            yield function.lineno, f"{function.name} asserts nothing"


def _asserts(function: ast.AST, asserting: frozenset[str]) -> bool:
    if any(isinstance(node, ast.Assert) for node in ast.walk(function)):
        return True
    called = {name for name, _ in calls_of(function)}
    last = {name.split(".")[-1] for name in called}
    said = any(name.startswith(("assert_", "expect_")) for name in last)
    return said or bool(called & {"pytest.raises", "pytest.warns", "pytest.fail"}) or bool(last & asserting)


def pure_domain_imports(source: Source) -> Iterator[Finding]:
    """The domain knows the standard library, pydantic and itself."""
    if source.is_under("domain/"):
        for name, line in imports_of(source.tree):
            root = name.split(".")[0]
            if root not in {"domain", "pydantic"} and root not in sys.stdlib_module_names:
                yield line, f"imports {root}"


def storage_sdk_in_storage(source: Source) -> Iterator[Finding]:
    """Only the adapters and the wiring know the storage SDK."""
    sdk = ("azure.core", "azure.data", "azure.identity", "azure.storage")
    if source.is_under("functions/", "function_app.py") and not source.is_under(
        "functions/storage", "functions/wiring"
    ):
        yield from ((line, f"imports {name}") for name, line in imports_of(source.tree) if name.startswith(sdk))


RULES: tuple[Rule, ...] = (
    short_functions,
    short_modules,
    thin_triggers,
    no_drawers,
    no_print,
    no_clock,
    no_random_ids,
    no_environment,
    no_floats,
    no_broad_except,
    no_sleeping_tests,
    no_mocked_storage,
    no_leftovers,
    no_module_state,
    asserting_tests,
    pure_domain_imports,
    storage_sdk_in_storage,
)
