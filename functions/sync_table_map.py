"""Queue sync-table-map: rows of one document to carry across a table map."""

import azure.functions as func

from domain.commands import SyncTableMap
from functions.invocation import run_command

blueprint = func.Blueprint()


@blueprint.function_name("sync_table_map")
@blueprint.queue_trigger(arg_name="message", queue_name="%SYNC_TABLE_MAP_QUEUE%", connection="INVOICING_STORAGE")
def sync_table_map(message: func.QueueMessage) -> None:
    """Decode, do, log."""
    run_command(message, SyncTableMap)
