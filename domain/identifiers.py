"""Ids are derived from what caused the row, before anything is written.

The same cause gives the same id, so a second delivery finds the first one's row. The cause is the source row's id and
the role that the new row plays for it (`"billed-sales"`, `"unbilled-sales-reversal"`, ...).
"""

from uuid import UUID, uuid5

# fixed for ever: changing it would give every document new ids
NAMESPACE = UUID("5f0f6f3e-3a55-5a0e-9f0a-6d1f6a5e9b01")


def derive_id(role: str, *sources: object) -> str:
    """Derive the id of a row from its role and the ids of its sources, as lower-case text.

    Args:
        role: what the row is for its source; part of the id, so two roles of one source differ.
        sources: ids or numbers that identify the cause; order matters.
    """
    return str(uuid5(NAMESPACE, "|".join((role, *(str(source).lower() for source in sources)))))
