"""The table maps of this product: data, one module for each, loaded and checked when the app starts."""

from domain.table_map_definition import TableMap
from domain.table_map_loading import load_maps
from domain.table_maps import (
    contract_line_milestones,
    customer_invoice_export,
    project_invoice_proposal_v2,
    project_operations_integration_actuals,
    project_transaction_relationships,
)

TABLE_MAPS: tuple[TableMap, ...] = load_maps(
    (
        project_invoice_proposal_v2.MAP,
        project_operations_integration_actuals.MAP,
        project_transaction_relationships.MAP,
        contract_line_milestones.MAP,
        customer_invoice_export.MAP,
    )
)


def find_map(name: str) -> TableMap | None:
    """Find the map of this registered name, or None."""
    return next((table_map for table_map in TABLE_MAPS if table_map.name == name), None)
