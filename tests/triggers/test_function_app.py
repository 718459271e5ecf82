"""The index of the app: what Azure finds in it, name by name."""

import importlib
import json
import pkgutil
from pathlib import Path

import azure.functions as func

import function_app
import functions as package
from domain.commands import COMMANDS
from tests.triggers.conftest import SETTINGS, trigger_of

QUEUES = {
    "create_proforma": "%CREATE_PROFORMA_QUEUE%",
    "confirm_invoice": "%CONFIRM_INVOICE_QUEUE%",
    "revise_invoice": "%REVISE_INVOICE_QUEUE%",
    "sync_table_map": "%SYNC_TABLE_MAP_QUEUE%",
    "import_proposal": "%IMPORT_PROPOSAL_QUEUE%",
    "post_journal": "%POST_JOURNAL_QUEUE%",
    "post_proposal": "%POST_PROPOSAL_QUEUE%",
    "write_back_posting": "%WRITE_BACK_POSTING_QUEUE%",
}
POISON = {f"record_dead_letter_{name}": f"{queue}-poison" for name, queue in QUEUES.items()}
TIMERS = {
    "import_from_staging": "%IMPORT_FROM_STAGING_SCHEDULE%",
    "post_pending_journals": "%POST_JOURNAL_SCHEDULE%",
    "post_pending_proposals": "%POST_PROPOSAL_SCHEDULE%",
    "create_scheduled_proformas": "%CREATE_PROFORMA_SCHEDULE%",
    "reconcile_pending_revenue": "%RECONCILE_REVENUE_SCHEDULE%",
    "measure_pending": "%MEASURE_PENDING_SCHEDULE%",
    "sweep_poison_queues": "%SWEEP_POISON_QUEUES_SCHEDULE%",
    "reconcile": "%RECONCILE_SCHEDULE%",
}


def bindings(functions: dict[str, func.Function], kind: str) -> dict[str, dict[str, object]]:
    triggers = {name: trigger_of(each) for name, each in functions.items()}
    return {name: trigger for name, trigger in triggers.items() if trigger["type"] == kind}


def test_the_index_is_exactly_this(functions: dict[str, func.Function]) -> None:
    queues = {name: each["queueName"] for name, each in bindings(functions, "queueTrigger").items()}
    timers = {name: each["schedule"] for name, each in bindings(functions, "timerTrigger").items()}
    assert queues == QUEUES | POISON
    assert timers == TIMERS
    assert len(functions) == len(queues) + len(timers)


def test_every_queue_is_bound_through_the_same_connection(functions: dict[str, func.Function]) -> None:
    connections = {each["connection"] for each in bindings(functions, "queueTrigger").values()}
    assert connections == {"INVOICING_STORAGE"}


def test_no_timer_runs_on_startup_and_all_are_monitored(functions: dict[str, func.Function]) -> None:
    timers = bindings(functions, "timerTrigger").values()
    assert {(each["runOnStartup"], each["useMonitor"]) for each in timers} == {(False, True)}


def test_every_command_has_a_queue_and_a_poison_queue() -> None:
    stems = {command.name.replace("-", "_") for command in COMMANDS}
    assert stems == set(QUEUES)
    assert {f"record_dead_letter_{stem}" for stem in stems} == set(POISON)


def test_every_name_of_a_binding_is_a_local_setting(functions: dict[str, func.Function]) -> None:
    values = json.loads(SETTINGS.read_text())["Values"]
    triggers = [trigger_of(each) for each in functions.values()]
    told = [str(trigger.get("queueName", trigger.get("schedule"))) for trigger in triggers]
    assert all(text.split("%")[1] in values for text in told)


def test_every_blueprint_of_the_package_is_registered() -> None:
    names = [each.name for each in pkgutil.iter_modules([str(Path(package.__file__ or "").parent)])]
    modules = [importlib.import_module(f"functions.{name}") for name in names]
    found = [module.blueprint for module in modules if hasattr(module, "blueprint")]
    assert {id(each) for each in found} == {id(each) for each in function_app.BLUEPRINTS}
    assert isinstance(function_app.app, func.FunctionApp)


def test_the_map_of_triggers_in_the_package_names_every_function(functions: dict[str, func.Function]) -> None:
    told = package.__doc__ or ""
    assert all(f"`{name}`" in told for name in functions if not name.startswith("record_dead_letter_"))
    assert "`record_dead_letter_<queue>`" in told
