"""Compare staged rows with the actuals of Dataverse before they become journal lines, where the company wants it.

A row is not looked at before it is five minutes old; then its actual must stand in Dataverse and say what arrived. One
whose actual does not is *Invalid actuals*: it waits with the reason, and the import compares it again at each tick.

Source: Project Operations documentation, enable-actuals-validation (actuals prevalidation, finance 10.0.43).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from domain.errors import Problem, ReasonCode
from domain.pending_work import PendingWork
from domain.ports import RowStore
from domain.rows import Columns, RowKey
from domain.saving import read_keys
from domain.setup import LegalEntitySetup
from domain.table_map import compare, source_columns
from domain.table_map_definition import TableMap
from domain.table_maps import find_map
from domain.workflows.companies import Companies
from domain.workflows.row_mapper import RowMapper

ACTUALS_MAP = "project_operations_integration_actuals"
AGE_MIN = timedelta(minutes=5)


def is_too_young(companies: Companies, work: PendingWork, now: datetime) -> bool:
    """Tell whether the rows of a work wait because their company prevalidates and they were sent too lately."""
    if work.requested_at is None or work.run is not None or now - work.requested_at >= AGE_MIN:
        return False
    setup = companies.setup(work.company)
    return isinstance(setup, LegalEntitySetup) and setup.parameters.prevalidates_actuals


def invalid_actuals(store: RowStore, keys: Sequence[RowKey]) -> Mapping[RowKey, Problem]:
    """Find the staged rows that are not what Dataverse says.

    Args:
        store: both systems.
        keys: of staged rows; an actual has the same key.

    Returns:
        ACTUAL_MISSING or STAGED_ROW_CHANGED for each row that is invalid; the others are valid.

    Bounds: what reading the keys costs in both tables, and one call for each row that is looked up.
    """
    table_map = find_map(ACTUALS_MAP)
    if table_map is None:
        raise LookupError(f"the table map {ACTUALS_MAP} is not registered")
    names = tuple(mapping.target for mapping in table_map.forward)
    standing = read_keys(store, table_map.target, keys, names)
    sources = read_keys(store, table_map.source, keys, source_columns(table_map))
    mapped, _ = RowMapper(store, table_map).map_rows(sources.values())
    says = {row.target: row.columns for row in mapped}
    found = {key: _problem(table_map, key, says.get(key), standing[key].columns, key in sources) for key in standing}
    return {key: problem for key, problem in found.items() if problem is not None}


def _problem(table_map: TableMap, key: RowKey, says: Columns | None, stands: Columns, is_there: bool) -> Problem | None:
    actual = key.row.rpartition("|")[2]
    if not is_there:
        sentence = "Invalid actuals: Dataverse has no such actual; restore it, the next import takes the row"
        return Problem(ReasonCode.ACTUAL_MISSING, sentence, (actual,))
    differing = compare(table_map, says, stands).refused if says is not None else ("as a whole",)
    if not differing:
        return None
    sentence = (
        f"Invalid actuals: the actual of Dataverse differs from what arrived ({', '.join(differing)}); set it back, and"
        " correct it by a reversal"
    )
    return Problem(ReasonCode.STAGED_ROW_CHANGED, sentence, (actual,))
