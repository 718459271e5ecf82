"""Financial dimensions as text: `CostCenter=001;Department=Sales`, sorted by name, so that equal sets are equal texts.

Source: Project Operations documentation, Financial dimension defaults (which source a line takes, and who wins where
two apply).
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator


def normalized(text: str) -> str:
    """Bring a set of dimensions to its one form.

    Raises:
        ValueError: a part that is no name with a value, or a name that stands twice.
    """
    return text_of(dimensions_of(text))


# a set of dimensions in a column
Dimensions = Annotated[str, AfterValidator(normalized)]


def dimensions_of(text: str | None) -> Mapping[str, str]:
    """Read a set of dimensions; no text has none.

    Raises:
        ValueError: as `normalized`.
    """
    found: dict[str, str] = {}
    for part in filter(None, (text or "").split(";")):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if not name or not value or "=" in value or name in found:
            raise ValueError("must be dimensions as CostCenter=001;Department=Sales, each name once")
        found[name] = value
    if text and not found:
        raise ValueError("must name a dimension, as CostCenter=001")
    return found


def text_of(dimensions: Mapping[str, str]) -> str:
    """Write a set of dimensions."""
    return ";".join(f"{name}={value}" for name, value in sorted(dimensions.items()))


def merged_dimensions(winner: str | None, other: str | None) -> str | None:
    """Lay two sets together; where both have a dimension, the winner's value counts. None: neither has any."""
    both = {**dimensions_of(other), **dimensions_of(winner)}
    return text_of(both) if both else None
