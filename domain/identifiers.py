"""Ids are derived from what caused the row, before anything is written.

The same cause gives the same id, so a second delivery finds the first one's row. The cause is the source row's id and
the role that the new row plays for it (`"billed-sales"`, `"unbilled-sales-reversal"`, ...).
"""

from collections.abc import Iterable, Iterator
from uuid import UUID, uuid5

_ID_BYTES = 16
# fixed for ever: changing it would give every document new ids
NAMESPACE = UUID("5f0f6f3e-3a55-5a0e-9f0a-6d1f6a5e9b01")


def derive_id(role: str, *sources: object) -> str:
    """Derive the id of a row from its role and the ids of its sources, as lower-case text.

    Args:
        role: what the row is for its source; part of the id, so two roles of one source differ.
        sources: ids or numbers that identify the cause; order matters.
    """
    return str(uuid5(NAMESPACE, "|".join((role, *(str(source).lower() for source in sources)))))


class GatheredIds:
    """Ids of rows that stream by, 16 bytes each instead of the hundred that a text takes."""

    def __init__(self) -> None:
        """Begin with none."""
        self._packed = bytearray()

    def add(self, ids: Iterable[str]) -> None:
        """Keep ids; they are uuids as text."""
        for each in ids:
            self._packed += bytes.fromhex(each.replace("-", ""))

    def __len__(self) -> int:
        """Count them."""
        return len(self._packed) // _ID_BYTES

    def __iter__(self) -> Iterator[str]:
        """Give them as lower-case text, as they came."""
        for start in range(0, len(self._packed), _ID_BYTES):
            yield str(UUID(bytes=bytes(self._packed[start : start + _ID_BYTES])))
