"""What Azure Functions reads: the app with every blueprint. The map of triggers stands in `functions/__init__.py`."""

import azure.functions as func

from functions import (
    confirm_invoice,
    create_proforma,
    create_scheduled_proformas,
    import_from_staging,
    measure_pending,
    post_journal,
    post_proposal,
    reconcile,
    reconcile_pending_revenue,
    record_dead_letter,
    revise_invoice,
    sweep_poison_queues,
    sync_table_map,
    write_back_posting,
)

BLUEPRINTS = (
    create_proforma.blueprint,
    create_scheduled_proformas.blueprint,
    confirm_invoice.blueprint,
    revise_invoice.blueprint,
    sync_table_map.blueprint,
    import_from_staging.blueprint,
    post_journal.blueprint,
    post_proposal.blueprint,
    reconcile_pending_revenue.blueprint,
    write_back_posting.blueprint,
    record_dead_letter.blueprint,
    measure_pending.blueprint,
    sweep_poison_queues.blueprint,
    reconcile.blueprint,
)


def build_app() -> func.FunctionApp:
    """Make an app with every function; the index can be read from an app only once, so tests make their own."""
    app = func.FunctionApp()
    for blueprint in BLUEPRINTS:
        app.register_functions(blueprint)
    return app


app = build_app()
