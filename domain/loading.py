"""Loading: what a saved answer of a system means as rows, and what a row means for what stands already.

A document is a Dataverse Web API answer as it was saved, or `{"table": ..., "company": ..., "rows": [...]}`. Lines of
JSON have one row each, after a first line that is the same object without its rows.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from domain.errors import BadRow, Problem, ReasonCode
from domain.loadable import LOADABLE, Loadable
from domain.loading_rows import CleanRow, FieldProblem
from domain.record import Record
from domain.rows import Insert, Merge, StoredRow, Value
from domain.tables import Table

# bytes of a document, which is read whole; lines are read one by one and may be as many as they like
DOCUMENT_BYTES_MAX = 64 * 1024 * 1024
LINE_BYTES_MAX = 1024 * 1024
_INTEGER_DIGITS_MAX = 18
_QUOTED_LENGTH_MAX = 60
_CONTEXT = re.compile(r"\$metadata#(?P<entity_set>\w+)")
_KEYS = frozenset(("table", "company", "rows"))
# one-way: posted and proposed documents are made by the line itself
_ONE_WAY = frozenset(
    (
        Table.FINANCE_INVOICE_PROPOSALS,
        Table.FINANCE_INVOICE_PROPOSAL_LINES,
        Table.FINANCE_PROJECT_INVOICES,
        Table.FINANCE_PROJECT_INVOICE_LINES,
        Table.FINANCE_LEDGER_ENTRIES,
        Table.FINANCE_CUSTOMER_TRANSACTIONS,
        Table.FINANCE_TAX_TRANSACTIONS,
    )
)
_TABLES = frozenset(table.value.lower() for table in Table)
_ONE_WAY_NAMES = frozenset(table.value.lower() for table in _ONE_WAY)


@dataclass(frozen=True, slots=True)
class Raw:
    """A row as it was found."""

    # where in the file: `[3]` in an array, `line 4` of lines
    place: str
    # what stands there, or why it cannot be read
    value: object


@dataclass(frozen=True, slots=True)
class Document:
    """A file that can be loaded: one table's rows."""

    file: str
    loadable: Loadable
    # the legal entity of finance rows; None when the rows say it themselves
    company: str | None
    # how many rows, when that is known
    count: int | None
    rows: Iterator[Raw]
    # what a person should know about the whole file
    notes: tuple[str, ...] = ()


def open_document(file: str, body: bytes) -> Document:
    """Read a document.

    Raises:
        BadRow: it is not JSON, has no rows, or names a table that nothing can be loaded into; says what to do.
    """
    if len(body) > DOCUMENT_BYTES_MAX:
        raise too_large(len(body))
    content = _object_of(body)
    header, rows = _header_and_rows(content)
    loadable, company = _loadable_of(header), _company_of(header)
    raws = (Raw(f"[{index}]", row) for index, row in enumerate(rows))
    notes = ("it is one page of several: @odata.nextLink leads to the next",) if "@odata.nextLink" in content else ()
    return Document(file, loadable, company, len(rows), raws, notes)


def open_lines(file: str, lines: Iterable[bytes]) -> Document:
    """Read lines of JSON: the first says what the rows are, each other is one row.

    Raises:
        BadRow: the first line does not say it.
    """
    iterator = iter(lines)
    header = _object_of(next(iterator, b""))
    return Document(file, _loadable_of(header), _company_of(header), None, _rows_of_lines(iterator))


def too_large(size: int) -> BadRow:
    """Refuse a document of that many bytes."""
    sentence = (
        f"the file has {size:,} bytes, over {DOCUMENT_BYTES_MAX:,}; save it as lines of JSON (.jsonl), one row each"
    )
    return BadRow(Problem(ReasonCode.ROW_NOT_JSON, sentence))


def _rows_of_lines(lines: Iterator[bytes]) -> Iterator[Raw]:
    for number, line in enumerate(lines, start=2):
        try:
            if len(line) > LINE_BYTES_MAX:
                raise _not_json(f"the line has over {LINE_BYTES_MAX:,} bytes")
            if line.strip():
                yield Raw(f"line {number}", _parsed(line))
        except BadRow as error:
            yield Raw(f"line {number}", error.problem)


def _parsed(body: bytes) -> object:
    if len(body) > DOCUMENT_BYTES_MAX:
        raise too_large(len(body))
    try:
        return json.loads(
            body, parse_float=_number, parse_int=_integer, parse_constant=_number, object_pairs_hook=_without_doubles
        )
    except RecursionError:
        raise _not_json("it is nested too deeply") from None
    except ValueError as error:
        raise _not_json(str(error)[:200]) from None


def _number(text: str) -> object:
    # what is no number for us stays text, and is refused where its column is known
    try:
        return Decimal(text)
    except InvalidOperation:
        return text[:_QUOTED_LENGTH_MAX]


def _integer(text: str) -> object:
    return int(text) if len(text) <= _INTEGER_DIGITS_MAX else _number(text)


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"an object says {twice[:_QUOTED_LENGTH_MAX]!r} twice")
    return found


def _object_of(body: bytes) -> Mapping[str, object]:
    content = _parsed(body)
    if not isinstance(content, dict):
        raise _not_json("it must be an object with rows: a saved Web API answer, or table and rows")
    return content


def _not_json(why: str) -> BadRow:
    return BadRow(Problem(ReasonCode.ROW_NOT_JSON, f"the file cannot be read as JSON: {why}; save the answer again"))


def _header_and_rows(content: Mapping[str, object]) -> tuple[Mapping[str, object], list[object]]:
    context = content.get("@odata.context")
    if isinstance(context, str) and context.endswith("/$entity"):
        return {"@odata.context": context}, [dict(content)]
    name = "rows" if "table" in content else "value"
    rows = content.get(name)
    if not isinstance(rows, list):
        sentence = f"the file has no list {name!r}; a saved Web API answer has 'value', a set-up file has 'rows'"
        raise BadRow(Problem(ReasonCode.ROW_NOT_JSON, sentence))
    return content, rows


def _loadable_of(header: Mapping[str, object]) -> Loadable:
    if "table" in header:
        unknown = sorted(set(header) - _KEYS)
        if unknown:
            sentence = f"the file says {unknown[0][:_QUOTED_LENGTH_MAX]!r}; it may say table, company and rows"
            raise BadRow(Problem(ReasonCode.ROW_COLUMN_UNKNOWN, sentence))
        return find_loadable(str(header["table"]))
    match = _CONTEXT.search(str(header.get("@odata.context", "")))
    if match is None:
        sentence = "the file names no table; keep '@odata.context' of the answer, or write 'table'"
        raise BadRow(Problem(ReasonCode.ROW_TABLE_UNKNOWN, sentence))
    return find_loadable(match["entity_set"])


def _company_of(header: Mapping[str, object]) -> str | None:
    company = header.get("company")
    if company is None or isinstance(company, str):
        return company
    raise BadRow(
        Problem(ReasonCode.ROW_COLUMN_WRONG, "the file's company must be text, the id of a legal entity as usmf")
    )


def find_loadable(name: str) -> Loadable:
    """Find the table that rows of this entity set, or of this table of ours, are loaded into.

    Raises:
        BadRow: nothing can be loaded into it; proposals and what comes of them are one-way.
    """
    wanted = name.lower()
    for loadable in LOADABLE:
        if wanted in {loadable.entity_set, loadable.table.value.lower()}:
            return loadable
    short = name[:_QUOTED_LENGTH_MAX]
    if wanted in _ONE_WAY_NAMES or "proposal" in wanted:
        sentence = (
            f"{short} is made by the line alone, proposals are not created in finance; confirm the proforma invoice"
        )
        raise BadRow(Problem(ReasonCode.PROPOSAL_ONE_WAY, sentence))
    if wanted in _TABLES:
        sentence = f"{short} is made by the line alone; load the contract, its set-up and its actuals"
        raise BadRow(Problem(ReasonCode.ROW_TABLE_UNKNOWN, sentence))
    names = [each.entity_set or each.table.value for each in LOADABLE]
    near = get_close_matches(short, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
    raise BadRow(Problem(ReasonCode.ROW_TABLE_UNKNOWN, f"rows of {short!r} cannot be loaded; {hint}"))


def decide(loadable: Loadable, row: CleanRow, stands: StoredRow | None) -> Insert | Merge | FieldProblem | None:
    """Decide what a clean row means for what stands under its key.

    Returns:
        What to write; None when the same content stands; the problem when other content stands that may not change.
    """
    if stands is None:
        return Insert(row.key.row, row.columns)
    differing = _differing(loadable, row, stands)
    if not differing:
        return None
    if kept := next(
        (name for name in differing if name in loadable.for_good and stands.columns.get(name) is True), None
    ):
        sentence = "is turned on for good, because rows may have been posted with it; say true here as well"
        return FieldProblem(kept, Problem(ReasonCode.ROW_DIFFERS, sentence))
    if loadable.is_updatable:
        return Merge(row.key.row, {name: row.columns[name] for name in differing}, stands.etag)
    name = differing[0]
    has, says = _shown(stands.columns.get(name)), _shown(row.columns[name])
    sentence = f"stands as {has} and the file says {says}; such rows are only added, never changed: add a reversing row"
    return FieldProblem(name, Problem(ReasonCode.ROW_DIFFERS, sentence))


def _differing(loadable: Loadable, row: CleanRow, stands: StoredRow) -> list[str]:
    pairs = ((name, value, stands.columns.get(name)) for name, value in row.columns.items())
    names = [name for name, new, old in pairs if name not in loadable.moves and not _is_same(new, old)]
    return names if not names else _meaning_otherwise(names, row.record, stands)


def _is_same(new: Value, old: Value) -> bool:
    if new is None or old is None:
        return new in {None, ""} and old in {None, ""}
    return type(new) is type(old) and new == old


def _meaning_otherwise(names: list[str], record: Record, stands: StoredRow) -> list[str]:
    # 8 and 8.0 are one quantity
    try:
        other = type(record).from_columns(stands.columns)
    except BadRow:
        return names
    attributes = {field.alias or name: name for name, field in type(record).model_fields.items()}
    return [name for name in names if getattr(record, attributes[name]) != getattr(other, attributes[name])]


def _shown(value: Value) -> str:
    return "nothing" if value is None or value == "" else repr(value)[:_QUOTED_LENGTH_MAX]
