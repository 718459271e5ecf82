"""What people may change on the line of an integration journal: sales tax groups and dimensions, nothing else.

Source: Project Operations documentation, project-operations-integration-journal (billing sales tax group, billing item
sales tax group, Distribute amounts).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from domain.dimensions import normalized
from domain.errors import Problem, ReasonCode
from domain.journal import JournalLine
from domain.option_sets import FinanceTransactionType
from domain.setup import LegalEntitySetup


class Editable(NamedTuple):
    """A field that may be changed."""

    # of `JournalLine`
    attribute: str
    # only on sales: a cost has no billing sales tax
    only_sales: bool
    # the rows of the set-up that a value must name; None: dimensions
    groups: str | None


EDITABLE: Mapping[str, Editable] = MappingProxyType(
    {
        "billing_sales_tax_group": Editable("tax_group", only_sales=True, groups="tax_groups"),
        "billing_item_sales_tax_group": Editable("tax_item_group", only_sales=True, groups="item_tax_groups"),
        "dimensions": Editable("default_dimension", only_sales=False, groups=None),
    }
)
# names of fields by which people may call the same
ALIASES: Mapping[str, str] = MappingProxyType({field.attribute: name for name, field in EDITABLE.items()})


def edited(setup: LegalEntitySetup, line: JournalLine, changes: Mapping[str, str | None]) -> JournalLine | Problem:
    """Change fields of a line.

    Args:
        setup: the legal entity; a sales tax group must be set up in it.
        line: a line that can be changed.
        changes: names of fields with their new values; None clears one.

    Returns:
        The line as it should stand, or the first reason why it must not: FIELD_UNKNOWN, FIELD_NOT_EDITABLE,
        FIELD_VALUE_WRONG.
    """
    attributes: dict[str, str | None] = {}
    for name, value in changes.items():
        called = ALIASES.get(name, name)
        field = EDITABLE.get(called)
        if field is None:
            return _unknown(line, name)
        problem = _not_of_line(line, called, field) or _wrong_value(setup, line, called, field, value)
        if problem is not None:
            return problem
        attributes[field.attribute] = normalized(value) if value and field.groups is None else value
    return line.changed(**attributes)


def _unknown(line: JournalLine, name: str) -> Problem:
    told = f"line {line.number} of journal {line.journal}: "
    names = ", ".join(each.replace("_", " ") for each in EDITABLE)
    if name not in JournalLine.model_fields:
        sentence = f"{told}there is no field {name!r}; {names} may be changed"
        return Problem(ReasonCode.FIELD_UNKNOWN, sentence, (line.actual,))
    sentence = f"{told}{name.replace('_', ' ')} comes from the actual; only {names} may be changed, correct the actual"
    return Problem(ReasonCode.FIELD_NOT_EDITABLE, sentence, (line.actual,))


def _not_of_line(line: JournalLine, name: str, field: Editable) -> Problem | None:
    if line.reverses:
        what = "takes back what was posted, with its tax groups and dimensions; correct the actual"
    elif field.only_sales and line.transaction_type is not FinanceTransactionType.SALES:
        what = f"is a cost, which has no {name.replace('_', ' ')}; change it on the line of the sale"
    else:
        return None
    sentence = f"line {line.number} of journal {line.journal} {what}"
    return Problem(ReasonCode.FIELD_NOT_EDITABLE, sentence, (line.actual,))


def _wrong_value(
    setup: LegalEntitySetup, line: JournalLine, name: str, field: Editable, value: str | None
) -> Problem | None:
    if value is None:
        return None
    if field.groups is None:
        reason = _wrong_dimensions(value)
    else:
        is_known = value in getattr(setup, field.groups)
        reason = None if is_known else f"must be set up in {setup.company}, and {value!r} is not"
    if reason is None:
        return None
    sentence = f"line {line.number} of journal {line.journal}: {name.replace('_', ' ')} {reason}"
    return Problem(ReasonCode.FIELD_VALUE_WRONG, sentence, (line.actual,))


def _wrong_dimensions(text: str) -> str | None:
    try:
        normalized(text)
    except ValueError as error:
        return str(error)
    return None
