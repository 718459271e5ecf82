"""The commands of a scenario with which people work on integration journals; a line is called as its actual."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from domain.commands import PostJournal
from domain.journal import JournalLine, LineStatus
from domain.journal_editing import EDITABLE
from domain.rows import Delete
from domain.tables import Table
from domain.workflows.delete_journal_lines import delete_journal_lines
from domain.workflows.edit_journal_lines import edit_journal_lines
from domain.workflows.update_to_draft import update_to_draft
from tools.scenarios.document import BadScenario
from tools.scenarios.vocabulary import attribute_of, kind_of
from tools.scenarios.world import World

# of an actual, the line that stands is meant; else the last one that stood
_GONE = (LineStatus.DELETED, LineStatus.TRANSFERRED)


def delete(world: World, names: str) -> None:
    """Delete the lines of actuals."""
    lines = [_line_of(world, name.strip()) for name in names.split(",")]
    for journal in dict.fromkeys(line.journal for line in lines):
        numbers = [line.number for line in lines if line.journal == journal]
        delete_journal_lines(world.store, journal=journal, numbers=numbers)


def edit(world: World, names: str, fields: str) -> None:
    """Edit the lines of actuals alike."""
    changes: dict[str, str | None] = {}
    for part in fields.split(","):
        name, _, text = (piece.strip() for piece in part.partition("="))
        called = name.replace(" ", "_")
        known = called if called in EDITABLE else attribute_of(kind_of("integration journal lines", 0), name, 0)
        changes[known] = text or None
    lines = [_line_of(world, name.strip()) for name in names.split(",")]
    for journal in dict.fromkeys(line.journal for line in lines):
        numbers = [line.number for line in lines if line.journal == journal]
        edit_journal_lines(world.store, journal=journal, numbers=numbers, changes=changes)


def to_draft(world: World, name: str) -> None:
    """Update the journal of an actual to draft."""
    update_to_draft(world.store, journal=_line_of(world, name).journal)


def post_at_once(world: World, name: str) -> None:
    """Post the journal of an actual while somebody waits."""
    journal = _line_of(world, name).journal
    world.send(PostJournal, journal, journal=journal, interactive=True)


def lose(world: World, name: str) -> None:
    """Remove an actual from Dataverse, as a transaction that is rolled back does."""
    wanted = world.names.id_of(name)
    for row in world.store.rows(Table.DATAVERSE_ACTUALS):
        if row.columns["msdyn_actualid"] == wanted:
            world.store.write(Table.DATAVERSE_ACTUALS, row.key.partition, (Delete(row.key.row),))


def wait(world: World, minutes: str) -> None:
    """Let minutes pass."""
    world.clock.move(int(minutes))


def _line_of(world: World, name: str) -> JournalLine:
    wanted = world.names.id_of(name)
    rows = world.store.rows(Table.FINANCE_INTEGRATION_JOURNAL_LINES)
    lines = [line for row in rows if (line := JournalLine.from_columns(row.columns)).actual == wanted]
    if not lines:
        raise BadScenario(f"there is no journal line of {name!r}")
    return next((line for line in lines if line.status not in _GONE), lines[-1])


# pattern: an example for people, and what to do
JOURNAL_COMMANDS: Mapping[str, tuple[str, Callable[..., None]]] = MappingProxyType(
    {
        r"delete journal lines? of (?P<names>.+)": ("delete journal lines of sale, travel", delete),
        r"edit journal lines? of (?P<names>[^:]+): (?P<fields>.+)": (
            "edit journal lines of sale: billing sales tax group = EXEMPT, dimensions = Department=Sales",
            edit,
        ),
        r"update the journal of (?P<name>.+) to draft": ("update the journal of sale to draft", to_draft),
        r"Dataverse loses (?P<name>.+)": ("Dataverse loses sale", lose),
        r"(?P<minutes>\d+) minutes pass": ("6 minutes pass", wait),
        r"post the journal of (?P<name>.+) at once": ("post the journal of sale at once", post_at_once),
    }
)
