"""`invoicing load`: rows of files into tables."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from domain.errors import BadRow
from domain.loading import DOCUMENT_BYTES_MAX, LINE_BYTES_MAX, Document, open_document, open_lines, too_large
from domain.tables import Table
from domain.workflows.apply_fixed_rate import apply_fixed_rate
from domain.workflows.load_rows import FileReport, Load, RowProblem, load_rows
from tools.cli.amounts import count_text
from tools.cli.desk import Desk, Sorry
from tools.cli.drawing import draw_reports, draw_row_problems, say

LINES = (".jsonl", ".ndjson")
SUFFIXES = (".json", *LINES)


def load(desk: Desk, paths: Sequence[Path]) -> int:
    """Load files in their order; 1 when a row or a file is bad."""
    files = list(found_files(paths))
    names = short_names(files)
    reports: list[FileReport] = []
    problems: list[RowProblem] = []
    shared = Load(desk.clock.now(), desk.rows_per_sync)
    with _progress(desk) as progress:
        for file in files:
            try:
                reports.append(_load_file(desk, file, names[file], shared, progress))
            except BadRow as error:
                problems.append(RowProblem(names[file], "", "", error.problem))
    if any(report.table is Table.FINANCE_SETUP and (report.inserted or report.updated) for report in reports):
        _apply_agreements(desk)
    problems += (problem for report in reports for problem in report.problems)
    draw_reports(desk.console, reports)
    if problems:
        draw_row_problems(desk.console, problems)
    _sum_up(desk, reports, refused=len(files) - len(reports))
    return 1 if problems else 0


def _apply_agreements(desk: Desk) -> None:
    """Let a fixed exchange rate agreement that was loaded count for what is not posted yet."""
    if changed := apply_fixed_rate(desk.store):
        say(desk.console, f"{count_text(changed, 'journal line')} got the agreed exchange rate.")


def found_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Name the files; a folder means every JSON file in it and below, sorted by its path.

    Raises:
        Sorry: a path does not exist, or a folder has no such file.
    """
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
            if not inside:
                raise Sorry(f"{path} has no .json or .jsonl file in it; name another folder")
            yield from inside
        elif path.is_file():
            yield path
        else:
            raise Sorry(f"{path} does not exist; name a file or a folder")


def short_names(files: Sequence[Path]) -> dict[Path, str]:
    """Name each file shortly: alone when its name is alone, otherwise with its folder."""
    names = [file.name for file in files]
    return {file: file.name if names.count(file.name) == 1 else f"{file.parent.name}/{file.name}" for file in files}


def _load_file(desk: Desk, file: Path, name: str, shared: Load, progress: Progress) -> FileReport:
    with ExitStack() as stack:
        document = _opened(file, name, stack)
        task = progress.add_task(name, total=document.count)
        return load_rows(
            desk.store,
            desk.sender,
            document,
            shared,
            progress=lambda rows: progress.update(task, completed=rows),
        )


def _opened(file: Path, name: str, stack: ExitStack) -> Document:
    if file.suffix not in LINES:
        size = file.stat().st_size
        if size > DOCUMENT_BYTES_MAX:
            raise too_large(size)
        return open_document(name, file.read_bytes())
    content = stack.enter_context(file.open("rb"))
    return open_lines(name, iter(lambda: _line(content.readline), b""))


def _line(readline: Callable[[int], bytes]) -> bytes:
    # one byte more than a line may have tells that it has too many; the rest of it is passed over
    line = readline(LINE_BYTES_MAX + 1)
    rest = line
    while len(rest) > LINE_BYTES_MAX and not rest.endswith(b"\n"):
        rest = readline(LINE_BYTES_MAX + 1)
    return line


def _progress(desk: Desk) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=desk.console, transient=True, disable=not desk.console.is_terminal)


def _sum_up(desk: Desk, reports: Sequence[FileReport], *, refused: int) -> None:
    new, updated = sum(each.inserted for each in reports), sum(each.updated for each in reports)
    already, bad = sum(each.already for each in reports), sum(each.bad for each in reports)
    told = f"{count_text(new, 'new row')}, {updated} updated, {already} there already, {bad} bad"
    files = f"; {count_text(refused, 'file')} refused" if refused else ""
    style = "red" if bad or refused else "green"
    say(desk.console, f"{told}{files}.", style)
