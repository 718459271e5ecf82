"""The list of settings: their names, defaults and meanings, in the order in which `docs/settings.md` explains them.

Bindings read some of them by themselves (`%NAME%`, connections by prefix); they are listed and checked all the same,
because the host says little when one is missing.
"""

from domain.commands import COMMANDS
from functions.setting_reader import Setting

STORAGE = "INVOICING_STORAGE"


def queue_setting(stem: str) -> str:
    """Name the setting that holds a queue's name: `CONFIRM_INVOICE_QUEUE` for `confirm-invoice`."""
    return f"{stem.upper().replace('-', '_')}_QUEUE"


STORAGE_SETTINGS: tuple[Setting, ...] = (
    Setting(STORAGE, "", "Connection string of the storage account; leave it out where an identity is used."),
    Setting(f"{STORAGE}__tableServiceUri", "", "Address of its tables, https://<account>.table.core.windows.net."),
    Setting(f"{STORAGE}__queueServiceUri", "", "Address of its queues, https://<account>.queue.core.windows.net."),
    Setting(
        f"{STORAGE}__credential", "", "managedidentity in Azure; else the signed-in developer's credential is used."
    ),
    Setting(f"{STORAGE}__clientId", "", "Client id of a user-assigned identity; leave it out for the system's own."),
)
QUEUE_SETTINGS: tuple[Setting, ...] = tuple(
    Setting(queue_setting(command.name), command.name, f"Name of the queue of {command.name} commands.")
    for command in COMMANDS
)
SCHEDULE_SETTINGS: tuple[Setting, ...] = (
    Setting("IMPORT_FROM_STAGING_SCHEDULE", None, "When staging rows are imported: six-field NCRONTAB, UTC."),
    Setting("POST_JOURNAL_SCHEDULE", None, "When unposted integration journals are posted: six-field NCRONTAB, UTC."),
    Setting("POST_PROPOSAL_SCHEDULE", None, "When imported invoice proposals are posted: six-field NCRONTAB, UTC."),
    Setting("CREATE_PROFORMA_SCHEDULE", None, "When invoice schedules run: six-field NCRONTAB, UTC."),
    Setting(
        "SWEEP_POISON_QUEUES_SCHEDULE",
        None,
        "When poison queues are emptied of what no trigger can read: six-field NCRONTAB, UTC.",
    ),
    Setting(
        "RECONCILE_REVENUE_SCHEDULE",
        None,
        "When accrued revenue of invoices is reconciled: six-field NCRONTAB, UTC.",
    ),
    Setting("MEASURE_PENDING_SCHEDULE", None, "When pending work is counted: six-field NCRONTAB, UTC."),
    Setting("RECONCILE_SCHEDULE", None, "When open documents are looked at: six-field NCRONTAB, UTC."),
)
MESSAGE_ATTEMPTS_MAX = Setting(
    "MESSAGE_ATTEMPTS_MAX",
    "5",
    "Deliveries of a message before it is a dead letter; equals maxDequeueCount in host.json.",
)
ROWS_PER_SYNC_MESSAGE_MAX = Setting(
    "ROWS_PER_SYNC_MESSAGE_MAX", "1000", "Rows of one sync-table-map command of a load at most, 1 to 10,000."
)
IMPORT_PROPOSALS_INLINE_MAX = Setting(
    "IMPORT_PROPOSALS_INLINE_MAX",
    "16",
    "Proposals that a tick of Import from staging imports itself, 1 to 500; when more wait, all go to the queue.",
)
SETUP_SECONDS = Setting(
    "SETUP_SECONDS", "5", "Seconds for which set-up and reference rows are remembered, 0 to 300; 0: asked each time."
)
POSTINGS_PER_TICK_MAX = Setting(
    "POSTINGS_PER_TICK_MAX",
    "500",
    "Journals or proposals that a tick hands to the queue to be posted, 1 to 5,000; the rest waits for the next tick.",
)
PAUSED_TABLE_MAPS = Setting(
    "PAUSED_TABLE_MAPS", "", "Table maps that are paused, with commas between; their messages wait. Blank: none."
)
RETRY_FIRST_SECONDS = Setting(
    "RETRY_FIRST_SECONDS", "10", "Seconds before a command that failed is tried again; doubles each time, 0 to 86,400."
)
RETRY_LONGEST_SECONDS = Setting(
    "RETRY_LONGEST_SECONDS", "900", "Seconds between two tries of a command at most, 0 to 86,400."
)
RETRY_TRIES_MAX = Setting(
    "RETRY_TRIES_MAX", "20", "Tries of a command whose failure can pass, before it is a dead letter, 1 to 1,000."
)
SKIP_SYNC_POLICY = Setting(
    "SKIP_SYNC_POLICY",
    "adjustments_cross",
    "Whether reversals of edited unbilled sales cross to finance: adjustments_cross, or literal: none does.",
)
TABLES_CLIENT = Setting(
    "TABLES_CLIENT",
    "lean",
    "What the rows go through: lean, our own codec on azure-core, or azure-data-tables, which takes far more CPU.",
)
WRITES_AT_ONCE = Setting(
    "WRITES_AT_ONCE",
    "8",
    "Transactions of long documents that a process has under way at most, 1 to 64; 1: one after the other.",
)
OTHER_SETTINGS: tuple[Setting, ...] = (
    MESSAGE_ATTEMPTS_MAX,
    RETRY_FIRST_SECONDS,
    RETRY_LONGEST_SECONDS,
    RETRY_TRIES_MAX,
    ROWS_PER_SYNC_MESSAGE_MAX,
    IMPORT_PROPOSALS_INLINE_MAX,
    SETUP_SECONDS,
    POSTINGS_PER_TICK_MAX,
    PAUSED_TABLE_MAPS,
    SKIP_SYNC_POLICY,
    TABLES_CLIENT,
    WRITES_AT_ONCE,
)
SETTINGS: tuple[Setting, ...] = STORAGE_SETTINGS + QUEUE_SETTINGS + SCHEDULE_SETTINGS + OTHER_SETTINGS
