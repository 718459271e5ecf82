"""Write on timelines: at most one write for a stage and a document, after what it tells of is done."""

from collections.abc import Iterable

from domain.errors import ContentDiffers
from domain.ports import RowStore
from domain.rows import Insert
from domain.saving import save
from domain.tables import Table
from domain.timeline import TimelineEvent


def mark(store: RowStore, events: Iterable[TimelineEvent]) -> None:
    """Write events; the first time that a stage is passed counts, whatever a later command tells."""
    for event in events:
        try:
            save(store, Table.INVOICING_TIMELINE, event.key.partition, (Insert(event.key.row, event.to_columns()),))
        except ContentDiffers:
            continue
