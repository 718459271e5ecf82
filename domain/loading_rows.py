"""From a row as a system wrote it to a row as it stands: annotations off, look-ups named, columns checked, key made.

Nothing here raises for what a row contains: a row comes back clean, or with everything that is wrong with it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from pydantic import ValidationError

from domain.errors import LimitExceeded, Problem, ReasonCode
from domain.limits import check_operation
from domain.loadable import COMPANY_COLUMN, KIND_COLUMN, Loadable, Places
from domain.loading_columns import PLATFORM_COLUMNS
from domain.record import CompanyCode, CurrencyCode, Guid, KeyText, Record
from domain.rows import Insert, RowKey, Value

# a saved row of the widest table has about 250 columns and up to three annotations for each
COLUMNS_MAX = 2_000
_NAME_LENGTH_MAX = 100
_QUOTED_LENGTH_MAX = 60
_LOOKUP = re.compile(r"_(?P<name>[a-z]\w*)_value")
# columns of another publisher: prefix of 2 to 8 letters and digits, underscore, name
_CUSTOM = re.compile(r"(?P<prefix>[a-z][a-z0-9]{1,7})_\w+")
_OUR_PREFIXES = frozenset(("msdyn", "cdm", "invoicing"))
# standard columns that come in sets
_STANDARD_STARTS = ("address1_", "address2_", "address3_", "billto_", "shipto_", "yomi")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one column of a row, or with the whole row."""

    # the column; empty: the whole row
    field: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class CleanRow:
    """A row as it will stand."""

    record: Record
    key: RowKey
    # None: the system said that there is no value
    columns: Mapping[str, Value]
    # columns of other publishers that were left out
    custom: tuple[str, ...]


type Cleaned = CleanRow | tuple[FieldProblem, ...]


def clean_row(loadable: Loadable, raw: object, *, company: str | None, places: Places) -> Cleaned:
    """Make a row of what a system wrote.

    Args:
        loadable: the table that it goes to.
        raw: one element of the answer's array.
        company: the legal entity that the file names; None when it names none.
        places: where the actuals of this load stand.

    Returns:
        The clean row, or what is wrong with it, one problem for each column.
    """
    if not isinstance(raw, Mapping):
        return _one("", ReasonCode.ROW_NOT_JSON, f"is {_kind_of(raw)}; a row must be an object with columns")
    if len(raw) > COLUMNS_MAX:
        return _one(
            "", ReasonCode.ROW_COLUMN_WRONG, f"has {len(raw):,} columns, over {COLUMNS_MAX:,}; leave out the rest"
        )
    given = _with_company(loadable, _named(raw), company)
    if isinstance(given, FieldProblem):
        return (given,)
    record_type = _record_of(loadable, given)
    if isinstance(record_type, FieldProblem):
        return (record_type,)
    kept, custom, problems = _sorted_out(loadable, record_type, given)
    if problems:
        return tuple(problems)
    return _validated(loadable, record_type, kept, tuple(custom), places)


def _named(raw: Mapping[object, object]) -> dict[str, object]:
    # annotations off, `_msdyn_project_value` named `msdyn_project`
    named: dict[str, object] = {}
    for name, value in raw.items():
        text = str(name)
        if "@" not in text:
            match = _LOOKUP.fullmatch(text)
            named[match["name"] if match else text] = value
    return named


def _with_company(
    loadable: Loadable, given: dict[str, object], company: str | None
) -> dict[str, object] | FieldProblem:
    if not loadable.is_finance or company is None:
        return given
    own = given.setdefault(COMPANY_COLUMN, company)
    if isinstance(own, str) and own.lower() != company.lower():
        what = f"is {_quoted(own)}, but the file is of legal entity {company}; put the row into a file of its own"
        return FieldProblem(COMPANY_COLUMN, Problem(ReasonCode.ROW_COLUMN_WRONG, what))
    return given


def _record_of(loadable: Loadable, given: Mapping[str, object]) -> type[Record] | FieldProblem:
    if "" in loadable.records:
        return loadable.records[""]
    kind = given.get(KIND_COLUMN)
    found = loadable.records.get(kind) if isinstance(kind, str) else None
    if found is not None:
        return found
    known = ", ".join(loadable.records)
    what = "is missing" if kind is None else f"stands as {_quoted(kind)}"
    sentence = f"{what}; it must be one of {known}{_meant(str(kind), loadable.records)}"
    return FieldProblem(KIND_COLUMN, Problem(ReasonCode.ROW_COLUMN_WRONG, sentence))


def _sorted_out(
    loadable: Loadable, record: type[Record], given: Mapping[str, object]
) -> tuple[dict[str, object], list[str], list[FieldProblem]]:
    known = frozenset(record.columns())
    unread = frozenset() if loadable.is_finance else loadable.unread | PLATFORM_COLUMNS
    kept: dict[str, object] = {}
    custom: list[str] = []
    problems: list[FieldProblem] = []
    for name, value in given.items():
        if name in known:
            kept[name] = value
        elif loadable.is_finance or not _is_left_out(name, value, known | unread):
            if not loadable.is_finance and _is_custom(name):
                custom.append(name)
            else:
                problems.append(_unknown(name, known | loadable.unread))
    return kept, custom, problems


def _is_left_out(name: str, value: object, names: frozenset[str]) -> bool:
    # an expanded look-up is an object under a name that differs from the column's in its capitals
    is_expanded = isinstance(value, Mapping | list) and name.lower() in names
    is_standard = name in names or name.startswith(_STANDARD_STARTS)
    return is_standard or is_expanded or name.removesuffix("_base") in names


def _is_custom(name: str) -> bool:
    match = _CUSTOM.fullmatch(name[:_NAME_LENGTH_MAX])
    return match is not None and match["prefix"] not in _OUR_PREFIXES


def _unknown(name: str, names: Iterable[str]) -> FieldProblem:
    short = name[:_NAME_LENGTH_MAX]
    sentence = f"is not a column that we know{_meant(short, names)}; correct its name or leave it out"
    return FieldProblem(short, Problem(ReasonCode.ROW_COLUMN_UNKNOWN, sentence))


def _meant(name: str, names: Iterable[str]) -> str:
    near = get_close_matches(name[:_NAME_LENGTH_MAX], sorted(names), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _validated(
    loadable: Loadable, record_type: type[Record], kept: Mapping[str, object], custom: tuple[str, ...], places: Places
) -> Cleaned:
    nested = tuple(_nested(record_type, kept))
    if nested:
        return nested
    valued = {name: value for name, value in kept.items() if value is not None and value != ""}
    try:
        record = record_type.model_validate(valued)
    except ValidationError as error:
        return tuple(_field_problems(error, valued))
    completed = loadable.complete(record, places)
    if isinstance(completed, Problem):
        field = completed.ids[0] if completed.ids else ""
        return (FieldProblem(field, Problem(completed.code, completed.sentence)),)
    absent = {name: None for name in kept if name not in valued}
    return _within_limits(
        loadable, CleanRow(completed, loadable.key(completed), completed.to_columns() | absent, custom)
    )


def _nested(record_type: type[Record], kept: Mapping[str, object]) -> Iterator[FieldProblem]:
    for name, value in kept.items():
        if isinstance(value, Mapping) or (isinstance(value, list) and not _takes_list(record_type, name)):
            sentence = f"is {_kind_of(value)}; it must be a single value"
            yield FieldProblem(name, Problem(ReasonCode.ROW_COLUMN_WRONG, sentence))


def _takes_list(record_type: type[Record], name: str) -> bool:
    field = next(field for field in record_type.model_fields.values() if field.alias == name)
    return "tuple" in str(field.annotation)


def _within_limits(loadable: Loadable, row: CleanRow) -> Cleaned:
    try:
        check_operation(loadable.table, row.key.partition, Insert(row.key.row, row.columns))
    except LimitExceeded as error:
        return _one("", ReasonCode.ROW_COLUMN_WRONG, str(error))
    return row


def _field_problems(error: ValidationError, given: Mapping[str, object]) -> Iterator[FieldProblem]:
    for each in error.errors(include_url=False):
        field = str(each["loc"][0]) if each["loc"] else ""
        if each["type"] == "missing":
            sentence = "is missing; the row must have it"
        else:
            stands = f"stands as {_quoted(given[field])}; " if field in given else ""
            sentence = f"{stands}it {_must_be(each['type'], each['msg'], each.get('ctx', {}))}"
        yield FieldProblem(field, Problem(ReasonCode.ROW_COLUMN_WRONG, sentence))


def _pattern_of(annotated: object) -> str:
    metadata = getattr(annotated, "__metadata__", ())
    return next((str(each.pattern) for each in metadata if getattr(each, "pattern", None)), "")


_PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        _pattern_of(Guid): "must be an id as 0a1b2c3d-0000-4000-8000-000000000001",
        _pattern_of(CurrencyCode): "must be an ISO currency code as USD",
        _pattern_of(CompanyCode): "must be a legal entity's id as usmf",
        _pattern_of(KeyText): "must be text without the characters / \\ # ? and line breaks",
    }
)


def _must_be(kind: str, message: str, context: Mapping[str, object]) -> str:
    if kind == "string_pattern_mismatch":
        pattern = str(context.get("pattern"))
        return _PATTERNS.get(pattern, f"must match {pattern}")
    said = message.removeprefix("Value error, ").replace("Input should", "must", 1)
    return said if said.startswith("must") else f"is wrong: {said}"


def _kind_of(value: object) -> str:
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list) else f"{_quoted(value)}"


def _quoted(value: object) -> str:
    if isinstance(value, Mapping | list):
        return _kind_of(value)
    text = str(value)
    return repr(text if len(text) <= _QUOTED_LENGTH_MAX else text[: _QUOTED_LENGTH_MAX - 3] + "...")


def _one(field: str, code: ReasonCode, sentence: str) -> tuple[FieldProblem, ...]:
    return (FieldProblem(field, Problem(code, sentence)),)
