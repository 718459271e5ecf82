"""Settings: all read, all checked, and everything that is wrong told at once."""

import pytest

from domain.commands import COMMANDS
from domain.errors import BadSettings
from domain.retries import Retries
from functions.setting_list import SETTINGS, queue_setting
from functions.settings import Settings

SCHEDULES = {
    "IMPORT_FROM_STAGING_SCHEDULE": "0 */5 * * * *",
    "POST_JOURNAL_SCHEDULE": "0 0 * * * *",
    "POST_PROPOSAL_SCHEDULE": "0 30 * * * *",
    "CREATE_PROFORMA_SCHEDULE": "0 0 3 * * *",
    "SWEEP_POISON_QUEUES_SCHEDULE": "0 */10 * * * *",
    "RECONCILE_REVENUE_SCHEDULE": "0 */15 * * * *",
    "MEASURE_PENDING_SCHEDULE": "0 */5 * * * *",
    "RECONCILE_SCHEDULE": "0 */5 * * * *",
}
GOOD = SCHEDULES | {"INVOICING_STORAGE": "UseDevelopmentStorage=true"}
IDENTITY = SCHEDULES | {
    "INVOICING_STORAGE__tableServiceUri": "https://invoicing.table.core.windows.net",
    "INVOICING_STORAGE__queueServiceUri": "https://invoicing.queue.core.windows.net",
    "INVOICING_STORAGE__credential": "managedidentity",
    "INVOICING_STORAGE__clientId": "5f0f6f3e-3a55-5a0e-9f0a-6d1f6a5e9b01",
}


def refusal(environment: dict[str, str]) -> str:
    with pytest.raises(BadSettings) as caught:
        Settings.from_env(environment)
    return str(caught.value)


def test_what_has_a_default_may_be_left_out() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.storage.connection_string == "UseDevelopmentStorage=true"
    assert settings.queues == {command.name: command.name for command in COMMANDS}
    assert (settings.message_attempts_max, settings.rows_per_sync_message_max) == (5, 1000)
    assert settings.retries == Retries(first_seconds=10, longest_seconds=900, tries_max=20)


def test_every_setting_can_be_set() -> None:
    limits = {
        "MESSAGE_ATTEMPTS_MAX": "3",
        "ROWS_PER_SYNC_MESSAGE_MAX": " 500 ",
        "IMPORT_PROPOSALS_INLINE_MAX": "1",
        "SETUP_SECONDS": "0",
    }
    queues = {queue_setting(command.name): f"test-{command.name}" for command in COMMANDS}
    retries = {"RETRY_FIRST_SECONDS": "0", "RETRY_LONGEST_SECONDS": "60", "RETRY_TRIES_MAX": "3"}
    settings = Settings.from_env(IDENTITY | limits | queues | retries)
    assert settings.retries == Retries(first_seconds=0, longest_seconds=60, tries_max=3)
    assert settings.storage.connection_string == ""
    assert settings.storage.table_service_uri == "https://invoicing.table.core.windows.net"
    assert settings.storage.queue_service_uri == "https://invoicing.queue.core.windows.net"
    assert settings.storage.credential == "managedidentity"
    assert settings.storage.client_id == "5f0f6f3e-3a55-5a0e-9f0a-6d1f6a5e9b01"
    assert settings.queues["confirm-invoice"] == "test-confirm-invoice"
    assert (settings.message_attempts_max, settings.rows_per_sync_message_max) == (3, 500)
    assert (settings.import_proposals_inline_max, settings.setup_seconds) == (1, 0)


def test_the_process_is_asked_when_no_environment_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_env() == Settings.from_env(GOOD)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    told = refusal(
        {
            "INVOICING_STORAGE__tableServiceUri": "http://invoicing",
            "INVOICING_STORAGE__credential": "password",
            "POST_JOURNAL_SCHEDULE": "  ",
            "CONFIRM_INVOICE_QUEUE": "Confirm_Invoice",
            "POST_JOURNAL_QUEUE": "post",
            "POST_PROPOSAL_QUEUE": "post",
            "MESSAGE_ATTEMPTS_MAX": "five",
            "ROWS_PER_SYNC_MESSAGE_MAX": "9" * 5000,
            "RETRY_FIRST_SECONDS": "-1",
            "RETRY_LONGEST_SECONDS": "86401",
            "RETRY_TRIES_MAX": "0",
        }
    )
    for line in (
        "INVOICING_STORAGE__tableServiceUri must begin with https://, not 'http://invoicing'",
        "INVOICING_STORAGE__queueServiceUri is missing; set it, or INVOICING_STORAGE to a connection string",
        "INVOICING_STORAGE__credential must be managedidentity or left out, not 'password'",
        "IMPORT_FROM_STAGING_SCHEDULE is missing. When staging rows are imported: six-field NCRONTAB, UTC.",
        "POST_JOURNAL_SCHEDULE is missing.",
        "POST_PROPOSAL_SCHEDULE is missing.",
        "CREATE_PROFORMA_SCHEDULE is missing.",
        "RECONCILE_REVENUE_SCHEDULE is missing.",
        "MEASURE_PENDING_SCHEDULE is missing.",
        "RECONCILE_SCHEDULE is missing.",
        "CONFIRM_INVOICE_QUEUE must be 3 to 56 lower-case letters, digits and single hyphens, not 'Confirm_Invoice'",
        "POST_JOURNAL_QUEUE, POST_PROPOSAL_QUEUE name the same queue post; give each its own",
        "MESSAGE_ATTEMPTS_MAX must be a whole number from 1 to 100, not 'five'",
        "ROWS_PER_SYNC_MESSAGE_MAX must be a whole number from 1 to 10,000, not '99999999999999999999'",
        "RETRY_FIRST_SECONDS must be a whole number from 0 to 86,400, not '-1'",
        "RETRY_LONGEST_SECONDS must be a whole number from 0 to 86,400, not '86401'",
        "RETRY_TRIES_MAX must be a whole number from 1 to 1,000, not '0'",
    ):
        assert f"\n- {line}" in told


@pytest.mark.parametrize("number", ["-1", "1.0", "1_0", "٣", "10001", "0", "", "0x4"])
def test_a_number_is_plain_digits_in_its_bounds(number: str) -> None:
    environment = GOOD | {"ROWS_PER_SYNC_MESSAGE_MAX": number}
    if number == "":
        # blank is left out
        assert Settings.from_env(environment).rows_per_sync_message_max == 1000
    else:
        assert "ROWS_PER_SYNC_MESSAGE_MAX" in refusal(environment)


@pytest.mark.parametrize("name", ["ab", "a" * 57, "-abc", "abc-", "a--b", "Abc", "a.b", "a b", "abc\n"])
def test_a_queue_name_is_one_that_azure_takes_with_its_poison_queue(name: str) -> None:
    if name == "abc\n":
        assert Settings.from_env(GOOD | {"POST_JOURNAL_QUEUE": name}).queues["post-journal"] == "abc"
    else:
        assert "POST_JOURNAL_QUEUE must be 3 to 56" in refusal(GOOD | {"POST_JOURNAL_QUEUE": name})


def test_two_forms_of_connection_beside_each_other_are_refused() -> None:
    assert "keep one of the two forms" in refusal(IDENTITY | {"INVOICING_STORAGE": "UseDevelopmentStorage=true"})


def test_no_connection_at_all_names_both_addresses() -> None:
    told = refusal(SCHEDULES)
    assert "INVOICING_STORAGE__tableServiceUri is missing" in told
    assert "INVOICING_STORAGE__queueServiceUri is missing" in told


def test_the_key_of_the_account_is_never_shown() -> None:
    secret = "AccountKey=c2VjcmV0"
    environment = GOOD | {"INVOICING_STORAGE": secret}
    assert "c2VjcmV0" not in repr(Settings.from_env(environment))
    assert "c2VjcmV0" not in refusal(
        environment | {"ROWS_PER_SYNC_MESSAGE_MAX": "x", "INVOICING_STORAGE__tableServiceUri": "y"}
    )


def test_the_list_is_complete_and_says_what_each_is_for() -> None:
    names = [setting.name for setting in SETTINGS]
    assert len(names) == len(set(names))
    assert set(GOOD) | set(IDENTITY) <= set(names)
    assert [queue_setting(command.name) for command in COMMANDS] == [name for name in names if name.endswith("_QUEUE")]
    assert all(setting.meaning.endswith(".") for setting in SETTINGS)


def test_table_maps_are_paused_by_name() -> None:
    paused = Settings.from_env(GOOD | {"PAUSED_TABLE_MAPS": " customer_invoice_export, contract_line_milestones,"})
    assert paused.paused_table_maps == {"customer_invoice_export", "contract_line_milestones"}
    assert Settings.from_env(GOOD).paused_table_maps == frozenset()


def test_a_paused_map_that_does_not_exist_is_told_with_those_that_do() -> None:
    told = refusal(GOOD | {"PAUSED_TABLE_MAPS": "invoices"})
    assert "PAUSED_TABLE_MAPS names 'invoices'; the table maps are contract_line_milestones" in told


def test_the_client_of_the_tables_is_one_of_two() -> None:
    assert Settings.from_env(GOOD).is_lean
    assert Settings.from_env(GOOD | {"TABLES_CLIENT": "lean"}).is_lean
    assert not Settings.from_env(GOOD | {"TABLES_CLIENT": "azure-data-tables"}).is_lean
    told = refusal(GOOD | {"TABLES_CLIENT": "fast"})
    assert "TABLES_CLIENT must be lean or azure-data-tables, not 'fast'" in told


def test_transactions_at_a_time_are_bounded() -> None:
    assert Settings.from_env(GOOD).writes_at_once == 8
    assert Settings.from_env(GOOD | {"WRITES_AT_ONCE": "1"}).writes_at_once == 1
    told = refusal(GOOD | {"WRITES_AT_ONCE": "0"})
    assert "WRITES_AT_ONCE must be a whole number from 1 to 64, not '0'" in told


def test_the_policy_of_reversals_is_one_of_two() -> None:
    assert Settings.from_env(GOOD).policy.adjustments_cross
    assert Settings.from_env(GOOD | {"SKIP_SYNC_POLICY": "adjustments_cross"}).policy.adjustments_cross
    assert not Settings.from_env(GOOD | {"SKIP_SYNC_POLICY": "literal"}).policy.adjustments_cross
    told = refusal(GOOD | {"SKIP_SYNC_POLICY": "none"})
    assert "SKIP_SYNC_POLICY must be adjustments_cross or literal, not 'none'" in told
