"""`python -m tools.table_copy export FOLDER [TABLE...]` and `... restore FOLDER TABLE...`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from domain.errors import BadSettings
from domain.tables import Table
from tools.cli.desk import Desk, NoStorage, open_desk
from tools.table_copy.copying import export, file_of, restore

USAGE = "use: python -m tools.table_copy export FOLDER [TABLE...] | restore FOLDER TABLE..."
VERBS = frozenset({"export", "restore"})


def run(arguments: Sequence[str], desk: Desk) -> int:
    """Do what the arguments say; gives the exit code."""
    verb, folder, *names = (*arguments, "", "")[: max(2, len(arguments))]
    unknown = [name for name in names if name not in {table.value for table in Table}]
    if verb not in VERBS or not folder or unknown or (verb == "restore" and not names):
        desk.console.print(f"there is no table {', '.join(unknown)}" if unknown else USAGE)
        return 2
    tables = [Table(name) for name in names] or list(Table)
    desk.console.print(f"{verb}: {desk.place}")
    if verb == "export":
        for table in tables:
            desk.console.print(f"{table.value}: {export(desk.browser, Path(folder), table, desk.console.print):,} rows")
        return 0
    return max(_restore(desk, Path(folder), table) for table in tables)


def _restore(desk: Desk, folder: Path, table: Table) -> int:
    if not file_of(folder, table).is_file():
        desk.console.print(f"{file_of(folder, table)} does not exist; name the folder of an export that ended")
        return 1
    restored = restore(desk.store, folder, table, desk.console.print)
    desk.console.print(f"{table.value}: {restored.rows:,} rows of the file")
    for sentence in restored.differing:
        desk.console.print(f"stands otherwise, left alone: {sentence}")
    return 1 if restored.differing else 0


def main() -> int:
    """Open the storage that the environment or local.settings.json names."""
    try:
        return run(sys.argv[1:], open_desk(None))
    except (NoStorage, BadSettings) as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
