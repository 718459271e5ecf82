"""Integration entity for project transaction relationships (msdyn_transactionconnections): what belongs to what.

Connections of journal lines and invoice line details stay in Dataverse: finance knows only actuals. The rows belong
to no legal entity; it is that of the actuals they connect. The pairs are named alike on both ends. Invoices of
milestones, and actuals of entry journals, have no connections.
"""

from domain.table_map_definition import ColumnMapping, Condition, Direction, OneWay, Operator, TableMap
from domain.tables import Table

ACTUAL = "msdyn_actual"

MAP = TableMap(
    name="project_transaction_relationships",
    label="Integration entity for project transaction relationships (msdyn_transactionconnections)",
    version="1.0.0.0",
    source=Table.DATAVERSE_TRANSACTION_CONNECTIONS,
    target=Table.FINANCE_TRANSACTION_RELATIONSHIPS,
    direction=Direction.DATAVERSE_TO_FINANCE,
    keys=("msdyn_transactionconnectionid",),
    filter=(
        Condition("msdyn_transaction1type", Operator.EQUAL, ACTUAL, absent=ACTUAL),
        Condition("msdyn_transaction2type", Operator.EQUAL, ACTUAL, absent=ACTUAL),
    ),
    columns=(
        ColumnMapping("msdyn_transactionconnectionid", "ConnectionId"),
        ColumnMapping("msdyn_transaction1", "Transaction1Id"),
        ColumnMapping("msdyn_transaction1role", "Transaction1Role"),
        ColumnMapping("msdyn_transaction1type", "Transaction1Type", default=ACTUAL),
        ColumnMapping("invoicing_transaction1key", "Transaction1Key"),
        ColumnMapping("msdyn_transaction2", "Transaction2Id"),
        ColumnMapping("msdyn_transaction2role", "Transaction2Role"),
        ColumnMapping("msdyn_transaction2type", "Transaction2Type", default=ACTUAL),
        ColumnMapping("invoicing_transaction2key", "Transaction2Key"),
    ),
    may_be_empty=True,
    one_way=OneWay("connections are made in Dataverse when an invoice is confirmed, and are never deleted"),
)
