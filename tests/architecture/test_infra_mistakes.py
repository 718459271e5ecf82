"""Each check of the deployment bites: a mistake that is planted in a copy of the files is found by its check."""

import pytest

from tests.architecture import infra_agreement as agreement
from tests.architecture import infra_checks as checks
from tests.architecture import infra_security as security
from tests.architecture.infra_checks import Check
from tests.architecture.infra_files import DEPLOYMENT, MAIN, WORKFLOW, infra
from tests.architecture.test_infra import ALL

MODULES = "infra/bicep/modules/"
ALERTS, APP, DATA = f"{MODULES}alerts.bicep", f"{MODULES}function-app.bicep", f"{MODULES}business-data.bicep"
HOST_DATA, NETWORK, ROLES = f"{MODULES}host-data.bicep", f"{MODULES}network.bicep", f"{MODULES}roles.bicep"
ACCOUNT, MONITORING = f"{MODULES}storage-account.bicep", f"{MODULES}monitoring.bicep"
ENDPOINTS, IDENTITY = f"{MODULES}private-endpoints.bicep", f"{MODULES}identity.bicep"
SMALL, HARDENED = "infra/bicep/main.bicepparam", "infra/bicep/hardened.bicepparam"
QUERIES = "infra/bicep/queries/"

# the check, the file, what stands there, what stands there instead, a word of the finding
MISTAKES: tuple[tuple[Check, str, str, str, str], ...] = (
    (checks.templates_parse, MAIN, "module identity ", "modul identity ", "main.bicep"),
    (checks.templates_parse, NETWORK, "location: location\n", "location location\n", "network.bicep"),
    (checks.templates_parse, SMALL, "using 'main.bicep'", "", "main.bicepparam"),
    (checks.symbols_resolve, APP, "serverFarmId: plan.id", "serverFarmId: plann.id", "plann"),
    (checks.symbols_resolve, MAIN, "'id-invoicing-${environmentName}'", "'id-${environment_name}'", "environment_name"),
    (checks.symbols_resolve, DATA, "name: tableName", "name: tablename", "tablename"),
    (checks.symbols_resolve, APP, "param alwaysReady array", "param name array", "declared twice"),
    (checks.nothing_is_unused, MONITORING, "retentionInDays: retentionDays", "retentionInDays: 30", "retentionDays"),
    (checks.functions_are_known, MAIN, "uniqueString(", "uniqeString(", "uniqeString"),
    (checks.functions_are_known, NETWORK, "environment().suffixes", "enviroment().suffixes", "enviroment"),
    (checks.modules_fit, MAIN, "modules/roles.bicep", "modules/role.bicep", "role.bicep"),
    (checks.modules_fit, MAIN, "    retentionDays: logRetentionDays\n", "", "retentionDays is missing"),
    (checks.modules_fit, MAIN, "    lockAccount: lock", "    lockAcount: lock", "lockAcount does not exist"),
    (checks.modules_fit, MAIN, "identity.outputs.principalId", "identity.outputs.clientId", "no output clientId"),
    (checks.parameter_files_fit, HARDENED, "param zoneRedundant =", "param zoneRedundancy =", "zoneRedundancy"),
    (checks.parameter_files_fit, SMALL, "param environmentName =", "param location =", "environmentName is missing"),
    (checks.everything_is_described, ROLES, "@description('Account of the Functions host.')\n", "", "hostStorageName"),
    (checks.resource_types_are_known, APP, "serverfarms@2025-03-01", "serverfarms@2025-31-01", "2025-31-01"),
    (checks.resource_types_are_known, IDENTITY, "userAssignedIdentities@", "userAssignedIdentity@", "userAssigned"),
    (checks.children_have_parents, DATA, "parent: queueServices", "parent: tableServices", "workQueues"),
    (
        checks.linter_rules_are_errors,
        "infra/bicep/bicepconfig.json",
        '"no-unused-params": { "level": "error" }',
        '"no-unused-params": { "level": "warning" }',
        "no-unused-params",
    ),
    (checks.one_scope_and_no_nesting, MAIN, "'resourceGroup'\n", "'subscription'\n", "resource group"),
    (
        checks.no_text_of_another_machine,
        HARDENED,
        "readEnvironmentVariable('OPERATOR_GROUP_ID', '')",
        "'0f0e0d0c-1111-2222-3333-444455556666'",
        "0f0e0d0c",
    ),
    (
        checks.skipped_policies_have_reasons,
        "infra/bicep/checkov.yaml",
        "  - CKV_AZURE_13\n",
        "  - CKV_AZURE_13\n  - CKV_AZURE_35\n",
        "CKV_AZURE_35",
    ),
    (checks.skipped_policies_have_reasons, "infra/bicep/checkov.yaml", "  - CKV_AZURE_13\n", "", "CKV_AZURE_13 has"),
    (agreement.queues_agree, MAIN, "'post-journal'", "'post-journals'", "POST_JOURNAL_QUEUE"),
    (agreement.queues_agree, "local.settings.json", '"sync-table-map"', '"sync-map"', "SYNC_TABLE_MAP_QUEUE"),
    (agreement.queues_agree, MAIN, "  POST_JOURNAL_QUEUE: 'post-journal'\n", "", "POST_JOURNAL_QUEUE"),
    (agreement.queues_agree, DATA, "'${queue.value}-poison'", "'${queue.value}-poisoned'", "poison queue"),
    (agreement.tables_agree, DATA, "  'DataverseActuals'\n", "", "DataverseActuals is missing"),
    (agreement.tables_agree, DATA, "  'DataverseActuals'\n", "  'DataverseActual'\n", "DataverseActual in"),
    (agreement.tables_agree, DATA, "  'DataverseActuals'\n", "  'DataverseActuals'\n" * 2, "twice"),
    (agreement.settings_agree, APP, "  MESSAGE_ATTEMPTS_MAX: '5'\n", "", "MESSAGE_ATTEMPTS_MAX is not deployed"),
    (agreement.settings_agree, APP, "MESSAGE_ATTEMPTS_MAX: '5'", "MESSAGE_ATTEMPTS_MAX: '6'", "is 6 in Azure"),
    (
        agreement.settings_agree,
        APP,
        "  MESSAGE_ATTEMPTS_MAX:",
        "  ATTEMPTS: '1'\n  MESSAGE_ATTEMPTS_MAX:",
        "ATTEMPTS is",
    ),
    (
        agreement.settings_are_documented,
        DEPLOYMENT,
        "| `OTEL_SERVICE_NAME` |",
        "| OTEL_SERVICE_NAME |",
        "OTEL_SERVICE_NAME",
    ),
    (
        agreement.settings_are_documented,
        DEPLOYMENT,
        "| `OTEL_SERVICE_NAME` |",
        "| `OTEL_SERVICE_NAME` | x |\n| `OTEL_LOGS_EXPORTER` |",
        "OTEL_LOGS_EXPORTER is no setting",
    ),
    (agreement.parameters_are_documented, DEPLOYMENT, "| `zoneRedundant` |", "| zones |", "zoneRedundant is missing"),
    (agreement.parameters_are_documented, MAIN, "param zoneRedundant bool", "param zones bool", "zoneRedundant in"),
    (
        agreement.schedules_agree,
        MAIN,
        "postJournalSchedule string = '0 */5",
        "postJournalSchedule string = '0 */6",
        "*/6",
    ),
    (agreement.schedules_agree, MAIN, "  POST_JOURNAL_SCHEDULE: postJournalSchedule\n", "", "POST_JOURNAL_SCHEDULE"),
    (agreement.schedules_agree, SMALL, "'0 * * * * *'", "'0 * * * * * *'", "importFromStagingSchedule"),
    (
        agreement.functions_agree,
        HARDENED,
        "'function:confirm_invoice'",
        "'function:confirm_invoices'",
        "confirm_invoices",
    ),
    (agreement.functions_agree, HARDENED, "'function:post_proposal'", "'post_proposal'", "scale group post_proposal"),
    (agreement.functions_agree, HARDENED, "instanceCount: 2", "instanceCount: 1", "zones need two"),
    (agreement.functions_agree, ALERTS, "'post_pending_journals', ", "", "post_pending_journals is missing"),
    (
        agreement.functions_agree,
        SMALL,
        "param logDailyQuotaGb = '1'",
        "param disabledFunctions = {\n  'AzureWebJobs.post_invoice.Disabled': 'true'\n}",
        "post_invoice.Disabled switches nothing off",
    ),
    (agreement.host_json_agrees, "host.json", '"maxDequeueCount": 5', '"maxDequeueCount": 4', "maxDequeueCount"),
    (agreement.host_json_agrees, "host.json", '"OpenTelemetry"', '"ApplicationInsights"', "OpenTelemetry"),
    (agreement.host_json_agrees, "host.json", '"logLevel"', '"applicationInsights": {}, "logLevel"', "ignored"),
    (agreement.host_json_agrees, "requirements.txt", "azure-monitor-opentelemetry==", "opentelemetry==", "exporter"),
    (agreement.host_json_agrees, APP, "version: '3.13'", "version: '3.12'", "3.12"),
    (agreement.host_json_is_documented, "host.json", '"batchSize": 16,', '"batchSize": 16, "batches": 1,', "batches"),
    (agreement.host_json_is_documented, "docs/settings.md", "| `/functionTimeout` |", "| timeout |", "functionTimeout"),
    (agreement.alerts_agree, ALERTS, "queries/poison-message.kql", "queries/poison.kql", "poison.kql"),
    (agreement.alerts_agree, DEPLOYMENT, "### `work-stuck`", "### Work that is stuck", "work-stuck is missing"),
    (agreement.alerts_agree, ALERTS, "name: 'work-stuck'", "name: 'work-old'", "work-old is missing"),
    (
        agreement.alerts_agree,
        f"{QUERIES}work-stuck.kql",
        "oldest_age",
        "oldest",
        "invoicing.work.oldest is not emitted",
    ),
    (agreement.alerts_agree, f"{QUERIES}timer-missed.kql", "timer_ran ", "timer_run ", "nothing logs timer_run"),
    (agreement.metrics_are_documented, DEPLOYMENT, "| `invoicing.dead_letters` |", "| letters |", "dead_letters"),
    (
        agreement.metrics_are_documented,
        "functions/metrics.py",
        "invoicing.dead_letters",
        "invoicing.letters",
        "letters",
    ),
    (agreement.azd_agrees, "azure.yaml", "path: infra/bicep", "path: infra", "infra is"),
    (agreement.azd_agrees, APP, "'azd-service-name': 'app'", "'azd-service-name': 'api'", "tag"),
    (agreement.azd_agrees, "azure.yaml", "host: function", "host: appservice", "the service"),
    (agreement.workflow_agrees, WORKFLOW, "actions/checkout@v4.2.2", "actions/checkout@v4", "not pinned"),
    (agreement.workflow_agrees, WORKFLOW, "run: make test", "run: make check", "make test"),
    (agreement.workflow_agrees, WORKFLOW, "az bicep lint", "az bicep format", "az bicep lint"),
    (agreement.workflow_agrees, WORKFLOW, "vars.AZURE_CLIENT_ID", "secrets.AZURE_CLIENT_ID", "secret"),
    (agreement.workflow_agrees, WORKFLOW, "needs: what-if", "needs: test", "provision does not wait"),
    (agreement.workflow_agrees, WORKFLOW, "id-token: write", "id-token: none", "cannot sign in"),
    (agreement.workflow_agrees, WORKFLOW, "constraints.txt functions domain", "functions domain", "constraints.txt"),
    (security.flex_is_flex, APP, "name: 'FC1'", "name: 'Y1'", "FC1"),
    (security.flex_is_flex, APP, "type: 'UserAssignedIdentity'", "type: 'StorageAccountConnectionString'", "authent"),
    (
        security.flex_is_flex,
        APP,
        "  OTEL_SERVICE_NAME:",
        "  FUNCTIONS_WORKER_RUNTIME: 'python'\n  OTEL_SERVICE_NAME:",
        "forb",
    ),
    (
        security.flex_is_flex,
        APP,
        "  OTEL_SERVICE_NAME:",
        "  WEBSITE_TIME_ZONE: 'CET'\n  OTEL_SERVICE_NAME:",
        "TIME_ZONE",
    ),
    (security.flex_is_flex, APP, "http20Enabled: true", "linuxFxVersion: 'PYTHON|3.13'", "linuxFxVersion"),
    (security.flex_is_flex, APP, "sites/config@", "sites/slots@", "slots"),
    (security.flex_is_flex, APP, "httpsOnly: true", "httpsOnly: false", "httpsOnly"),
    (security.accounts_are_closed, ACCOUNT, "allowSharedKeyAccess: false", "allowSharedKeyAccess: true", "SharedKey"),
    (security.accounts_are_closed, ACCOUNT, "defaultAction: 'Deny'", "defaultAction: 'Allow'", "defaultAction"),
    (security.accounts_are_closed, ACCOUNT, "    minimumTlsVersion: 'TLS1_2'\n", "", "minimumTlsVersion"),
    (security.accounts_are_closed, HOST_DATA, "publicAccess: 'None'", "publicAccess: 'Blob'", "publicAccess"),
    (security.no_keys, APP, "'managedidentity'", "hostStorage.listKeys().keys[0].value", "listKeys"),
    (security.no_keys, MONITORING, "DisableLocalAuth: true", "DisableLocalAuth: false", "DisableLocalAuth"),
    (security.no_keys, APP, "  INVOICING_STORAGE__credential:", "  INVOICING_STORAGE: ''\n  X__credential:", "string"),
    (security.no_secret_outputs, IDENTITY, "output name string", "output clientSecret string", "clientSecret"),
    (
        security.no_secret_outputs,
        MONITORING,
        "output applicationInsightsName string = applicationInsights.name",
        "output insights string = applicationInsights.properties.ConnectionString",
        "insights",
    ),
    (security.rights_are_the_least, ROLES, "974c5e8b", "8a0f0c08", "storageQueueDataContributor"),
    (security.rights_are_the_least, ROLES, "  scope: applicationInsights\n", "", "monitoringMetricsPublisher"),
    (
        security.rights_are_the_least,
        ROLES,
        "guid(businessStorage.id, auditorGroupId, roleIds.storageTableDataReader)",
        "guid(businessStorage.id, auditorGroupId, roleIds.storageTableDataContributor)",
        "two roles",
    ),
    (
        security.rights_are_the_least,
        ROLES,
        "storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'",
        "storageBlobDataOwner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'",
        "8e3af657",
    ),
    (security.both_networks_are_closed, ENDPOINTS, "'blob', 'queue', 'table'", "'blob', 'table'", "endpoints"),
    (
        security.both_networks_are_closed,
        MAIN,
        "networkMode string = 'firewall'",
        "networkMode string = 'open'",
        "closed",
    ),
    (security.both_networks_are_closed, HARDENED, "networkMode = 'private'", "networkMode = 'firewall'", "private"),
    (security.both_networks_are_closed, NETWORK, "'privatelink.queue.", "'privatelink.file.", "queue"),
)


def name_of(value: object) -> str:
    return getattr(value, "__name__", "")


@pytest.mark.parametrize(("check", "path", "old", "new", "word"), MISTAKES, ids=name_of)
def test_a_planted_mistake_is_found(check: Check, path: str, old: str, new: str, word: str) -> None:
    assert word in "\n".join(check(infra().spoiled(path, old, new)))


@pytest.mark.parametrize("path", [ROLES, SMALL, f"{QUERIES}work-stuck.kql"])
def test_a_missing_file_is_found(path: str) -> None:
    spoiled = infra().without(path)
    tried = {ROLES: checks.modules_fit, SMALL: checks.templates_parse}
    assert list(tried.get(path, agreement.alerts_agree)(spoiled))


def test_every_check_has_a_mistake() -> None:
    assert {check for check, *_ in MISTAKES} == set(ALL)
