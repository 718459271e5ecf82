"""What the accountant may edit before an invoice is posted, field by field, and what a value must be.

Fields are called as people call them. Which can be edited depends on where: on a proposal's line the two sales tax
groups, never its dimensions; on the header of a proposal the dimensions, if the company lets it; on the on-account
transaction of a milestone all three; on a posted unbilled sale the dimensions.

Source: Project Operations documentation, correct-project-invoice-proposals (tax groups of each line; header dimensions
with the parameter Allow updates to project dimensions for accounts receivable; line dimensions only by deleting all
lines) and format-update-project-invoice-proposals (on-account transactions until the proposal is created; Adjust
accounting of posted transactions).
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from domain.dimensions import normalized
from domain.errors import Problem, ReasonCode, by_precedence
from domain.rows import Value
from domain.setup import LegalEntitySetup


class Place(StrEnum):
    """Where something is edited."""

    LINE = "line of a proposal"
    HEADER = "header of a proposal"
    ON_ACCOUNT = "on-account transaction"
    TRANSACTION = "posted transaction"


TAX_GROUP, TAX_ITEM_GROUP, DIMENSIONS = "sales tax group", "item sales tax group", "dimensions"
COLUMNS: Mapping[str, str] = MappingProxyType(
    {TAX_GROUP: "TaxGroupId", TAX_ITEM_GROUP: "TaxItemGroupId", DIMENSIONS: "DefaultDimension"}
)
EDITABLE: Mapping[Place, frozenset[str]] = MappingProxyType(
    {
        Place.LINE: frozenset((TAX_GROUP, TAX_ITEM_GROUP)),
        Place.HEADER: frozenset((DIMENSIONS,)),
        Place.ON_ACCOUNT: frozenset((TAX_GROUP, TAX_ITEM_GROUP, DIMENSIONS)),
        Place.TRANSACTION: frozenset((DIMENSIONS,)),
    }
)
# what to do about a field that can't be edited there
INSTEAD: Mapping[tuple[Place, str], str] = MappingProxyType(
    {
        (Place.LINE, DIMENSIONS): "change those of the posted or on-account transaction, then import the lines again",
        (Place.HEADER, TAX_GROUP): "edit the lines",
        (Place.HEADER, TAX_ITEM_GROUP): "edit the lines",
        (Place.TRANSACTION, TAX_GROUP): "edit the line of the proposal",
        (Place.TRANSACTION, TAX_ITEM_GROUP): "edit the line of the proposal",
    }
)


def edited_columns(
    setup: LegalEntitySetup, place: Place, about: str, fields: Mapping[str, str]
) -> dict[str, Value] | Problem:
    """Turn fields into the columns that change.

    Args:
        setup: the legal entity; a group must be set up there.
        place: where.
        about: the row in words, with its id, for the sentence.
        fields: new values by name; an empty one clears the field.

    Returns:
        The columns, None for one that is cleared; or the first problem in precedence order: FIELD_UNKNOWN,
        FIELD_NOT_EDITABLE, FIELD_VALUE_WRONG.
    """
    columns: dict[str, Value] = {}
    problems: list[Problem] = []
    for name, value in fields.items():
        found = _not_editable(setup, place, about, name) or _value(setup, about, name, value)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            columns[COLUMNS[name]] = found.value
    return by_precedence(problems)[0] if problems else columns


class _Checked:
    """A value that fits its field."""

    def __init__(self, value: str | None) -> None:
        self.value = value


def _not_editable(setup: LegalEntitySetup, place: Place, about: str, name: str) -> Problem | None:
    if name not in COLUMNS:
        names = ", ".join(sorted(EDITABLE[place]))
        return Problem(ReasonCode.FIELD_UNKNOWN, f"{about} has no field {name!r}; {names} can be edited")
    if name not in EDITABLE[place]:
        sentence = f"{about}: {name} can't be edited there; {INSTEAD[place, name]}"
        return Problem(ReasonCode.FIELD_NOT_EDITABLE, sentence)
    if place is Place.HEADER and not setup.parameters.edits_header_dimensions:
        sentence = (
            f"{about}: dimensions are not edited in {setup.company}; set the parameter"
            " AllowARDimensionUpdate (Allow updates to project dimensions for accounts receivable)"
        )
        return Problem(ReasonCode.FIELD_NOT_EDITABLE, sentence)
    return None


def _value(setup: LegalEntitySetup, about: str, name: str, text: str) -> _Checked | Problem:
    value = text.strip()
    if not value:
        return _Checked(None)
    try:
        return _Checked(_CHECKS[name](setup, value))
    except ValueError as error:
        return Problem(ReasonCode.FIELD_VALUE_WRONG, f"{about}: {name} {value[:80]!r} {error}")


def _tax_group(setup: LegalEntitySetup, value: str) -> str:
    return _known(setup, value, setup.tax_groups)


def _tax_item_group(setup: LegalEntitySetup, value: str) -> str:
    return _known(setup, value, setup.item_tax_groups)


def _known(setup: LegalEntitySetup, value: str, known: Mapping[str, object]) -> str:
    if value not in known:
        raise ValueError(f"is not set up in {setup.company}; there are {', '.join(sorted(known)) or 'none'}")
    return value


_CHECKS: Mapping[str, Callable[[LegalEntitySetup, str], str]] = MappingProxyType(
    {TAX_GROUP: _tax_group, TAX_ITEM_GROUP: _tax_item_group, DIMENSIONS: lambda _, value: normalized(value)}
)
