"""The house is as prescribed: what must exist does, nothing secret or personal is tracked, names agree everywhere."""

import json
import re
import tomllib
from fnmatch import fnmatch

import pytest

from tests.architecture.sources import ROOT, text_of, tracked_files

FILES = (
    ".ci/run",
    ".editorconfig",
    ".funcignore",
    ".gitignore",
    ".python-version",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "constraints.txt",
    "docs/architecture.md",
    "docs/glossary.md",
    "docs/settings.md",
    "function_app.py",
    "host.json",
    "infra/bicep/README.md",
    "local.settings.json",
    "package-lock.json",
    "package.json",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements.txt",
    "tests/README.md",
)
FOLDERS = (
    "docs/adr",
    "domain/table_maps",
    "domain/workflows",
    "functions/storage",
    "samples",
    "tests/architecture",
    "tests/contract",
    "tests/e2e",
    "tests/scenarios",
    "tests/unit",
    "tools/cli",
    "tools/devhost",
)
CODE_ROOTS = frozenset({"benchmarks", "domain", "functions", "function_app.py", "tests", "tools"})

# Public: every storage emulator has it.
EMULATOR_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
# a key of a connection string, a signature, any 64 bytes in base64 that are no checksum, a private key, a token
SECRET = re.compile(
    r"AccountKey=(?P<key>[A-Za-z0-9+/]{20,}=*)|SharedAccess(Signature|Key)=\S{10,}|[?&;]sig=[A-Za-z0-9%+/]{20,}"
    r"|(?<![A-Za-z0-9+/-])(?P<bare>[A-Za-z0-9+/]{86}==)|-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[oprsu]_[A-Za-z0-9]{30,}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|\b[\w-]{3}8Q~[\w~.-]{30,}"
)
MACHINE_PATH = re.compile(r"(?<![\w.%$}~-])/(?:work|root|home/(?!site/)\w+|Users/\w+)/\w|\b[A-Z]:\\\\?Users\b")
NOT_DEPLOYED = (
    ".venv/x",
    "docs/x",
    "infra/bicep/x",
    "local.settings.json",
    "node_modules/x",
    "requirements-dev.txt",
    "samples/x",
    "tests/x",
    "tools/x",
)
QUEUE_OPTIONS = frozenset(
    {"batchSize", "maxDequeueCount", "maxPollingInterval", "messageEncoding", "newBatchThreshold", "visibilityTimeout"}
)


def secrets_in(text: str) -> list[str]:
    """What looks like a secret, but for the emulator's key."""
    return [match.group() for match in SECRET.finditer(text) if EMULATOR_KEY not in (match["key"], match["bare"])]


def machine_paths_in(text: str) -> list[str]:
    """Absolute paths of somebody's machine."""
    return [match.group() for match in MACHINE_PATH.finditer(text)]


def left_out(path: str, patterns: str) -> bool:
    """Whether .funcignore keeps this path out of the package."""
    lines = [line.rstrip("/") for line in patterns.splitlines() if line and not line.startswith("#")]
    parts = path.split("/")
    return any(fnmatch("/".join(parts[: end + 1]), line) for line in lines for end in range(len(parts)))


def requirements_of(path: str) -> list[str]:
    """The lines of a requirements file that are neither empty nor a comment."""
    return [line.strip() for line in text_of(path).splitlines() if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("path", FILES)
def test_the_file_exists(path: str) -> None:
    assert path in tracked_files()


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_folder_has_something_in_it(folder: str) -> None:
    assert any(path.startswith(f"{folder}/") for path in tracked_files())


def test_no_code_root_was_added() -> None:
    assert {path.split("/")[0] for path in tracked_files() if path.endswith(".py")} <= CODE_ROOTS


def test_no_secret_is_tracked() -> None:
    assert {path: found for path in tracked_files() if (found := secrets_in(text_of(path)))} == {}


def test_no_machine_path_is_tracked() -> None:
    assert {path: found for path in tracked_files() if (found := machine_paths_in(text_of(path)))} == {}


@pytest.mark.parametrize(
    "text",
    [
        "AccountKey=" + "a" * 40 + "==",
        "SharedAccess" + "Signature=sv=2026-02-06",
        "https://a.table.core.windows.net/t?sv=1&sig" + "=" + "b" * 30,
        "key: '" + "c" * 86 + "=='",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "gh" + "p_" + "d" * 36,
        "ey" + "J" + "e" * 20 + ".ey" + "J" + "f" * 20 + ".g",
        "client = abc" + "8Q~" + "h" * 34,
    ],
)
def test_a_secret_is_recognised(text: str) -> None:
    assert secrets_in(text)
    assert not secrets_in(f"AccountKey={EMULATOR_KEY}")


@pytest.mark.parametrize("text", ["see /" + "home/ann/x", "open('/" + "root/x')", "C:" + "\\Users\\ann"])
def test_a_machine_path_is_recognised(text: str) -> None:
    assert machine_paths_in(text)
    assert not machine_paths_in("/home/site/wwwroot https://host/work/x ~/work/x")


@pytest.mark.parametrize("path", NOT_DEPLOYED)
def test_what_azure_does_not_need_stays_out_of_the_package(path: str) -> None:
    assert left_out(path, text_of(".funcignore"))


@pytest.mark.parametrize(
    "path", ["constraints.txt", "domain/money.py", "function_app.py", "functions/a.py", "host.json", "requirements.txt"]
)
def test_what_azure_needs_stays_in_the_package(path: str) -> None:
    assert not left_out(path, text_of(".funcignore"))


@pytest.mark.parametrize("path", ["requirements.txt", "requirements-dev.txt", "constraints.txt"])
def test_requirements_are_exact_and_name_no_index(path: str) -> None:
    exact = re.compile(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*|-c constraints\.txt|-r requirements\.txt")
    assert [line for line in requirements_of(path) if not exact.fullmatch(line)] == []


@pytest.mark.parametrize("path", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_agree_with_the_constraints(path: str) -> None:
    constraints = {line.lower() for line in requirements_of("constraints.txt")}
    assert [line for line in requirements_of(path) if "==" in line and line.lower() not in constraints] == []


def test_the_emulator_is_pinned_and_comes_from_the_public_registry() -> None:
    packages = json.loads(text_of("package-lock.json"))["packages"]
    assert json.loads(text_of("package.json"))["devDependencies"] == {"azurite": "3.35.0"}
    assert packages["node_modules/azurite"]["version"] == "3.35.0"
    elsewhere = [
        name
        for name, package in packages.items()
        if name and not package.get("resolved", "").startswith("https://registry.npmjs.org/")
    ]
    assert elsewhere == []


def test_one_python_version_is_named_everywhere() -> None:
    tools = tomllib.loads(text_of("pyproject.toml"))["tool"]
    version = text_of(".python-version").strip()
    assert tools["mypy"]["python_version"] == version
    assert tools["ruff"]["target-version"] == "py" + version.replace(".", "")


def test_host_json_spells_out_the_queue_options() -> None:
    queues = json.loads(text_of("host.json"))["extensions"]["queues"]
    assert set(queues) >= QUEUE_OPTIONS
    assert queues["messageEncoding"] == "base64"


def test_the_build_server_can_start_its_script() -> None:
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
