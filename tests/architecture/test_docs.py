"""The documentation says what the code does: lists are complete, examples decode, links and commands exist."""

import re
from collections.abc import Iterator

import pytest

from domain.commands import COMMANDS
from domain.errors import ReasonCode
from domain.outcome import Action
from domain.setup import SETUP_KINDS
from domain.tables import Table
from functions.messages import decode
from tests.architecture.sources import ROOT, text_of, tracked_files

REASON_CODES = "docs/reference/reason-codes.md"
LOG_EVENTS = "docs/reference/log-events.md"
MESSAGES = "docs/reference/messages.md"
TABLES = "docs/reference/tables.md"
DECISIONS = "docs/adr/README.md"
ARCHITECTURE = "docs/architecture.md"

# first cell of a table's row, when it is a name in backticks
NAMED_ROW = re.compile(r"^\| `([A-Za-z_]+)` \|", re.MULTILINE)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IN_LINE = re.compile(r"`[^`\n]+`")
# the target of a link or an image, without its title
LINK = re.compile(r"\]\(<?([^)<>\s]+)>?(?: \"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
MADE = re.compile(r"(?:^|[`$ ])make ([a-z][a-z-]*)")
MODULE_RUN = re.compile(r"python -m (tools(?:\.\w+)+)")
# the one event that no workflow ends with
ALSO_LOGGED = "command_failed"


def pages() -> list[str]:
    """Every tracked page, but for those that are run as tests."""
    return [path for path in tracked_files() if path.endswith(".md") and not path.startswith("tests/scenarios/")]


def named_rows(text: str) -> list[str]:
    """The names that rows of tables begin with."""
    return NAMED_ROW.findall(text)


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a language."""
    return [body for name, body in FENCE.findall(text) if name == language]


def prose(text: str) -> str:
    """The text without code, in which brackets are no links."""
    return IN_LINE.sub("", FENCE.sub("", text))


def anchor_of(heading: str) -> str:
    """How a heading is called in a link: lower case, hyphens for spaces, no punctuation."""
    plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return plain.strip().replace(" ", "-")


def anchors(text: str) -> set[str]:
    """Every anchor of a page."""
    return {anchor_of(heading) for heading in HEADING.findall(FENCE.sub("", text))}


def broken_links(path: str, text: str) -> Iterator[str]:
    """The relative links of a page that lead nowhere."""
    for link in LINK.findall(prose(text)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = ((ROOT / path).parent / name.replace("%20", " ")).resolve() if name else ROOT / path
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            yield link


def commands_of(text: str) -> set[str]:
    """The make targets that a page tells people to run."""
    told = "\n".join([*(body for _, body in FENCE.findall(text)), *IN_LINE.findall(text)])
    return set(MADE.findall(told))


def decisions() -> list[str]:
    """The file names of the decision records."""
    names = (path.removeprefix("docs/adr/") for path in tracked_files() if path.startswith("docs/adr/"))
    return sorted(name for name in names if name != "README.md")


def test_reason_codes_are_documented_in_order_of_precedence() -> None:
    assert named_rows(text_of(REASON_CODES)) == [code.value for code in ReasonCode]


def test_log_events_are_documented() -> None:
    documented = [name for name in named_rows(text_of(LOG_EVENTS)) if "_" in name]
    assert sorted(documented) == sorted([*(action.value for action in Action), ALSO_LOGGED])


def test_the_event_without_an_action_is_still_logged() -> None:
    assert f'"{ALSO_LOGGED}"' in text_of("functions/invocation.py")


def test_message_examples_decode() -> None:
    examples = blocks(text_of(MESSAGES), "json")
    assert {type(decode(example)) for example in examples} == set(COMMANDS)


def test_every_message_has_a_heading() -> None:
    assert {command.name for command in COMMANDS} <= anchors(text_of(MESSAGES))


def test_every_table_is_documented_once_and_no_other() -> None:
    documented = [
        name for name in named_rows(text_of(TABLES)) if name.startswith(("Dataverse", "Finance", "Invoicing"))
    ]
    assert sorted(documented) == sorted(table.value for table in Table)


def test_every_kind_of_set_up_is_documented() -> None:
    assert set(SETUP_KINDS) <= set(named_rows(text_of(TABLES)))


@pytest.mark.parametrize("path", pages())
def test_relative_links_lead_somewhere(path: str) -> None:
    assert list(broken_links(path, text_of(path))) == []


@pytest.mark.parametrize("path", pages())
def test_pictures_can_be_drawn(path: str) -> None:
    # to Mermaid a semicolon ends the line, also in the middle of a sentence
    lines = [line for picture in blocks(text_of(path), "mermaid") for line in picture.splitlines()]
    assert [line for line in lines if ";" in line] == []


def test_decisions_are_numbered_without_gaps_and_linked() -> None:
    names = decisions()
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
    assert [name for name in names if f"]({name})" not in text_of(DECISIONS)] == []


@pytest.mark.parametrize("path", ["docs/adr/" + name for name in decisions()])
def test_a_decision_says_what_was_rejected(path: str) -> None:
    assert re.findall(r"^## (.+)$", text_of(path), re.MULTILINE) == [
        "Why a decision",
        "Decision",
        "Rejected",
        "What follows",
    ]


@pytest.mark.parametrize("path", pages())
def test_make_targets_that_are_told_exist(path: str) -> None:
    assert commands_of(text_of(path)) - set(TARGET.findall(text_of("Makefile"))) == set()


@pytest.mark.parametrize("path", pages())
def test_modules_that_are_told_to_run_exist(path: str) -> None:
    modules = {name.replace(".", "/") for name in MODULE_RUN.findall(text_of(path))}
    assert {name for name in modules if not {f"{name}.py", f"{name}/__main__.py"} & set(tracked_files())} == set()


def test_the_readme_leads_with_the_two_commands() -> None:
    readme = text_of("README.md")
    assert readme.index("```mermaid") < readme.index("make demo\nmake test") < readme.index("## Where a rule lives")


@pytest.mark.parametrize("name", ["`func`", "Azure", "Bicep compiler"])
def test_the_readme_says_what_was_never_run(name: str) -> None:
    section = text_of("README.md").partition("## What was run, and what was never run")[2].partition("\n## ")[0]
    assert [line for line in section.splitlines() if "never run" in line and name in line]


def test_every_workflow_stands_in_the_architecture() -> None:
    files = (path for path in tracked_files() if path.startswith("functions/") and path.count("/") == 1)
    verbs = [path[len("functions/") : -3] for path in files if "_trigger(" in text_of(path)]
    text = text_of(ARCHITECTURE)
    assert verbs
    assert [verb for verb in verbs if verb not in text] == []


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("see [a](nowhere.md)", "nowhere.md"),
        ("see [a](README.md#no-such-heading)", "README.md#no-such-heading"),
        ("![a](docs/picture.svg)", "docs/picture.svg"),
    ],
)
def test_a_broken_link_is_seen(text: str, link: str) -> None:
    assert list(broken_links("README.md", text)) == [link]
    assert list(broken_links("README.md", f"`{text}` [x](https://example.org/a) [y](LICENSE) [z](#licence)")) == []


def test_names_and_commands_are_seen() -> None:
    assert named_rows("| `a_b` | x |\n| c | `d` |\n| code | x |") == ["a_b"]
    assert commands_of("make it so, `make demo`\n```sh\nmake test\n```\n") == {"demo", "test"}
    assert anchor_of("What was run, and `what` was never run") == "what-was-run-and-what-was-never-run"
