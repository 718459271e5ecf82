"""What the templates must never do, and what they must do, so that no key exists and no right is too large."""

import re
from collections.abc import Iterator
from types import MappingProxyType

from tests.architecture.infra_agreement import deployed_settings, pairs
from tests.architecture.infra_bicep import Block, identifier, items_of, pairs_of, text
from tests.architecture.infra_checks import Check
from tests.architecture.infra_files import Infra

ACCOUNT = "Microsoft.Storage/storageAccounts"
# Built-in roles by the name that roles.bicep gives them. There is no general Owner, Contributor or key role here.
ROLE_IDS = MappingProxyType(
    {
        "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
        "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        "storageQueueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
        "storageTableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        "storageTableDataReader": "76199698-9eea-4c19-bc75-cec21354c6b6",
    }
)
# Who gets which role on what.
RIGHTS = frozenset(
    {
        ("appPrincipalId", "storageBlobDataOwner", "hostStorage"),
        ("appPrincipalId", "storageTableDataContributor", "hostStorage"),
        ("appPrincipalId", "storageQueueDataContributor", "businessStorage"),
        ("appPrincipalId", "storageTableDataContributor", "businessStorage"),
        ("appPrincipalId", "monitoringMetricsPublisher", "applicationInsights"),
        ("operatorGroupId", "storageQueueDataContributor", "businessStorage"),
        ("operatorGroupId", "storageTableDataContributor", "businessStorage"),
        ("auditorGroupId", "storageTableDataReader", "businessStorage"),
    }
)
FORBIDDEN_SETTINGS = frozenset(
    {
        "ENABLE_ORYX_BUILD",
        "FUNCTIONS_EXTENSION_VERSION",
        "FUNCTIONS_WORKER_RUNTIME",
        "FUNCTIONS_WORKER_RUNTIME_VERSION",
        "SCM_DO_BUILD_DURING_DEPLOYMENT",
        "TZ",
        "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
        "WEBSITE_CONTENTOVERVNET",
        "WEBSITE_CONTENTSHARE",
        "WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT",
        "WEBSITE_RUN_FROM_PACKAGE",
        "WEBSITE_TIME_ZONE",
        "WEBSITE_VNET_ROUTE_ALL",
    }
)
SITE_CONFIG = frozenset({"ftpsState", "http20Enabled", "minTlsVersion"})
SITE = frozenset(
    {
        "functionAppConfig",
        "httpsOnly",
        "publicNetworkAccess",
        "serverFarmId",
        "siteConfig",
        "virtualNetworkSubnetId",
    }
)
ACCOUNT_SAYS = MappingProxyType(
    {
        "kind": "StorageV2",
        "properties.allowBlobPublicAccess": "false",
        "properties.allowCrossTenantReplication": "false",
        "properties.allowSharedKeyAccess": "false",
        "properties.defaultToOAuthAuthentication": "true",
        "properties.isLocalUserEnabled": "false",
        "properties.minimumTlsVersion": "TLS1_2",
        "properties.supportsHttpsTrafficOnly": "true",
        "properties.networkAcls.defaultAction": "Deny",
        "properties.encryption.requireInfrastructureEncryption": "true",
        "properties.encryption.services.queue.keyType": "Account",
        "properties.encryption.services.table.keyType": "Account",
    }
)


def flex_is_flex(infra: Infra) -> Iterator[str]:
    """The plan is Flex Consumption, the app says what that plan wants, and nothing that it forbids."""
    template = infra.template("function-app")
    (plan,) = template.resources("Microsoft.Web/serverfarms")
    (site,) = template.resources("Microsoft.Web/sites")
    yield from says(plan, {"sku.name": "FC1", "sku.tier": "FlexConsumption", "properties.reserved": "true"})
    config = "properties.functionAppConfig."
    identity = {f"{config}deployment.storage.authentication.type": "UserAssignedIdentity", "kind": "functionapp,linux"}
    storage = {f"{config}deployment.storage.type": "blobContainer", f"{config}runtime.name": "python"}
    yield from says(site, {**identity, **storage, "properties.httpsOnly": "true", "identity.type": "UserAssigned"})
    forbidden = deployed_settings(infra) & FORBIDDEN_SETTINGS
    yield from (f"setting {name} is forbidden on Flex Consumption" for name in sorted(forbidden))
    for path, allowed in (("properties", SITE), ("properties.siteConfig", SITE_CONFIG)):
        node = site.property(path)
        extra = set(pairs_of(node)) - allowed if node is not None else set()
        yield from (f"{path}.{name} is not for Flex Consumption" for name in sorted(extra))
    for path, content in infra.files.items():
        if path.endswith(".bicep") and re.search(r"sites/slots|healthCheckPath|basicPublishingCredentials", content):
            yield f"{path}: slots, health checks and publishing credentials do not exist on Flex Consumption"


def says(block: Block, wanted: dict[str, str] | MappingProxyType[str, str]) -> Iterator[str]:
    """Whether a resource has these values."""
    for path, value in wanted.items():
        if block.texts(path) != [value]:
            yield f"{block.name}: {path} is {block.texts(path)}, not {value}"


def accounts_are_closed(infra: Infra) -> Iterator[str]:
    """Storage takes no key, nobody anonymous, no old TLS, and is closed but for whom it names."""
    for template in infra.templates.values():
        for account in template.resources(ACCOUNT):
            yield from says(account, ACCOUNT_SAYS)
        for container in template.resources(f"{ACCOUNT}/blobServices/containers"):
            yield from says(container, {"properties.publicAccess": "None"})


def no_keys(infra: Infra) -> Iterator[str]:
    """No template asks for a key, a token or a secret, and telemetry takes identities only."""
    asks = re.compile(
        r"\blist(Keys|AccountSas|ServiceSas|Secrets)?\(|getSecret|AccountKey=|SharedAccessSignature", re.I
    )
    for path in (*infra.bicep_files(), *infra.parameter_files()):
        yield from (f"{path}: {found.group()}" for found in asks.finditer(infra.files[path]))
    monitoring = infra.template("monitoring")
    for component in monitoring.resources("Microsoft.Insights/components"):
        yield from says(component, {"properties.DisableLocalAuth": "true"})
    for workspace in monitoring.resources("Microsoft.OperationalInsights/workspaces"):
        yield from says(workspace, {"properties.features.disableLocalAuth": "true"})
    for name, value in pairs(infra, "function-app", "identitySettings").items():
        if name.endswith("__credential") and value != "managedidentity":
            yield f"{name} is {value}, not managedidentity"
    for name in ("AzureWebJobsStorage", "INVOICING_STORAGE"):
        if name in deployed_settings(infra):
            yield f"{name} would be a connection string"


def no_secret_outputs(infra: Infra) -> Iterator[str]:
    """No output carries a secret, or looks like one: outputs stay readable in the history of deployments."""
    secret = re.compile(r"secret|password|key|token|sas\b|connectionString|listKeys|clientSecret", re.IGNORECASE)
    for path, template in infra.templates.items():
        for name, block in template.of("output").items():
            told = [name, *(str(token) for token in block.value.scan_values(lambda _: True))] if block.value else [name]
            if any(secret.search(each) for each in told):
                yield f"{path}: output {name} looks like a secret"


def rights_are_the_least(infra: Infra) -> Iterator[str]:
    """The roles are these, for these, on these resources, and on nothing wider."""
    template = infra.template("roles")
    ids = pairs(infra, "roles", "roleIds")
    for name in sorted(set(ids) | set(ROLE_IDS)):
        if ids.get(name) != ROLE_IDS.get(name):
            yield f"role {name} is {ids.get(name)}, not {ROLE_IDS.get(name)}"
    given = {_right(block) for block in template.resources("Microsoft.Authorization/roleAssignments")}
    yield from (f"nobody gave {who} {role} on {where}" for who, role, where in sorted(RIGHTS - given))
    yield from (f"{who} has {role} on {where}, which is not meant" for who, role, where in sorted(given - RIGHTS))
    for path, other in infra.templates.items():
        if other is not template and other.resources("Microsoft.Authorization/roleAssignments"):
            yield f"{path}: roles are given in roles.bicep alone"


def _right(block: Block) -> tuple[str, str, str]:
    principal, scope = block.property("properties.principalId"), block.property("scope")
    role, name = block.property("properties.roleDefinitionId"), block.property("name")
    words = {
        kind: {str(token) for token in node.scan_values(lambda _: True)} & set(ROLE_IDS) if node is not None else set()
        for kind, node in (("role", role), ("name", name))
    }
    agreed = words["role"] if words["role"] == words["name"] else {"two roles"}
    return identifier(principal), "".join(sorted(agreed)), identifier(scope)


def both_networks_are_closed(infra: Infra) -> Iterator[str]:
    """One parameter chooses the network; in neither mode is the storage open; private means endpoints for all three."""
    modes = infra.template("main").of("param")["networkMode"]
    if text(modes.value) not in {"firewall", "private"}:
        yield "networkMode has no closed default"
    services = infra.template("private-endpoints").of("var")["services"]
    told = {text(node) for node in items_of(services.value)}
    if told != {"blob", "queue", "table"}:
        yield f"private endpoints for {sorted(told)}, not for blob, queue and table"
    zones = infra.files["infra/bicep/modules/network.bicep"]
    yield from (
        f"no private zone for {each}" for each in ("blob", "queue", "table") if f"privatelink.{each}." not in zones
    )
    for path, values in infra.parameters.items():
        mode = values.of("var").get("networkMode")
        if path.endswith("hardened.bicepparam") and (mode is None or text(mode.value) != "private"):
            yield f"{path}: production is not private"


SECURITY: tuple[Check, ...] = (
    flex_is_flex,
    accounts_are_closed,
    no_keys,
    no_secret_outputs,
    rights_are_the_least,
    both_networks_are_closed,
)
