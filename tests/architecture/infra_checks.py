"""What must be true of the templates themselves: syntax, names, modules, types. Each check yields what is wrong."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType

from tests.architecture.infra_bicep import BadBicep, Node, Template, identifier, inner, pairs_of, parsed_parameters
from tests.architecture.infra_files import MAIN, Infra

type Check = Callable[[Infra], Iterator[str]]

# The functions of Bicep that the templates use; a name that is not here is a slip or a decision to be made.
FUNCTIONS = frozenset(
    {
        "contains",
        "empty",
        "environment",
        "filter",
        "guid",
        "items",
        "json",
        "loadTextContent",
        "readEnvironmentVariable",
        "replace",
        "resourceGroup",
        "resourceId",
        "string",
        "subscription",
        "subscriptionResourceId",
        "union",
        "uniqueString",
    }
)
# Resource type: the API version that all templates use.
API_VERSIONS = MappingProxyType(
    {
        "Microsoft.Authorization/locks": "2020-05-01",
        "Microsoft.Authorization/roleAssignments": "2022-04-01",
        "Microsoft.Insights/actionGroups": "2024-10-01-preview",
        "Microsoft.Insights/activityLogAlerts": "2020-10-01",
        "Microsoft.Insights/components": "2020-02-02",
        "Microsoft.Insights/diagnosticSettings": "2021-05-01-preview",
        "Microsoft.Insights/metricAlerts": "2018-03-01",
        "Microsoft.Insights/scheduledQueryRules": "2025-01-01-preview",
        "Microsoft.ManagedIdentity/userAssignedIdentities": "2024-11-30",
        "Microsoft.Network/networkSecurityGroups": "2025-05-01",
        "Microsoft.Network/privateDnsZones": "2020-06-01",
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks": "2024-06-01",
        "Microsoft.Network/privateEndpoints": "2025-05-01",
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": "2025-05-01",
        "Microsoft.Network/virtualNetworks": "2025-05-01",
        "Microsoft.OperationalInsights/workspaces": "2025-07-01",
        "Microsoft.Storage/storageAccounts": "2025-06-01",
        "Microsoft.Storage/storageAccounts/blobServices": "2025-06-01",
        "Microsoft.Storage/storageAccounts/blobServices/containers": "2025-06-01",
        "Microsoft.Storage/storageAccounts/queueServices": "2025-06-01",
        "Microsoft.Storage/storageAccounts/queueServices/queues": "2025-06-01",
        "Microsoft.Storage/storageAccounts/tableServices": "2025-06-01",
        "Microsoft.Storage/storageAccounts/tableServices/tables": "2025-06-01",
        "Microsoft.Web/serverfarms": "2025-03-01",
        "Microsoft.Web/sites": "2025-03-01",
        "Microsoft.Web/sites/config": "2025-03-01",
    }
)
# What stops the compiler; the rules that do not are named with their reason in the README.
LINTER_RULES = frozenset(
    {
        "adminusername-should-not-be-literal",
        "explicit-values-for-loc-params",
        "no-conflicting-metadata",
        "no-hardcoded-env-urls",
        "no-hardcoded-location",
        "no-unused-existing-resources",
        "no-unused-params",
        "no-unused-vars",
        "outputs-should-not-contain-secrets",
        "prefer-interpolation",
        "secure-parameter-default",
        "secure-params-in-nested-deploy",
        "secure-secrets-in-params",
        "use-parent-property",
        "use-resource-symbol-reference",
        "use-safe-access",
        "use-secure-value-for-secure-inputs",
        "use-stable-resource-identifiers",
    }
)


def templates_parse(infra: Infra) -> Iterator[str]:
    """Every template and every file of parameters is read whole."""
    for path in infra.bicep_files():
        try:
            Template(infra.files[path])
        except BadBicep as error:
            yield f"{path}: {error}"
    for path in infra.parameter_files():
        try:
            parsed_parameters(infra.files[path])
        except BadBicep as error:
            yield f"{path}: {error}"
    if MAIN not in infra.files or len(infra.parameter_files()) < 2:
        yield "main.bicep or one of its two files of parameters is missing"


def symbols_resolve(infra: Infra) -> Iterator[str]:
    """Every name that an expression uses is declared in its file."""
    for path, template in infra.templates.items():
        declared = {block.name for block in template.blocks if block.kind != "output"}
        yield from (f"{path}: {name} is not declared" for name in sorted(set(template.references()) - declared))
        names = [block.name for block in template.blocks if block.kind != "output"]
        yield from (f"{path}: {name} is declared twice" for name in sorted(names) if names.count(name) > 1)


def nothing_is_unused(infra: Infra) -> Iterator[str]:
    """Every parameter, variable and looked-up resource is used."""
    for path, template in infra.templates.items():
        used = set(template.references())
        for block in template.blocks:
            if (block.kind in {"param", "var"} or block.is_existing) and block.name not in used:
                yield f"{path}: {block.kind} {block.name} is not used"


def functions_are_known(infra: Infra) -> Iterator[str]:
    """Every function that is called is one of Bicep."""
    for path, template in (*infra.templates.items(), *infra.parameters.items()):
        yield from (f"{path}: {name}() is not known" for name in sorted(template.functions() - FUNCTIONS))


def modules_fit(infra: Infra) -> Iterator[str]:
    """A module is given the parameters that it has, all that it needs, and is asked only for outputs that it has."""
    used = {MAIN}
    for path, template in infra.templates.items():
        modules = template.of("module")
        for name, block in modules.items():
            target = (PurePosixPath(path).parent / block.target).as_posix()
            used.add(target)
            if target not in infra.templates:
                yield f"{path}: module {name}: there is no {target}"
                continue
            yield from (f"{path}: module {name}: {what}" for what in _misfits(infra.templates[target], block.body))
        for name, output in template.reaches_into(frozenset(modules)):
            target = (PurePosixPath(path).parent / modules[name].target).as_posix()
            if target in infra.templates and output not in infra.templates[target].of("output"):
                yield f"{path}: module {name} has no output {output}"
    yield from (f"{path} is not used by any template" for path in sorted(set(infra.templates) - used))


def _misfits(module: Template, body: Mapping[str, Node]) -> Iterator[str]:
    given = set(pairs_of(body["params"])) if "params" in body else set()
    has = module.of("param")
    needed = {name for name, block in has.items() if not _has_default(block.node.children)}
    yield from (f"parameter {name} does not exist" for name in sorted(given - set(has)))
    yield from (f"parameter {name} is missing" for name in sorted(needed - given))


def _has_default(children: Sequence[object]) -> bool:
    data = [getattr(child, "data", None) for child in children]
    return data[-1] not in {None, "data_type"}


def parameter_files_fit(infra: Infra) -> Iterator[str]:
    """A file of parameters names a template and parameters that exist, and leaves out none that is needed."""
    for path, values in infra.parameters.items():
        using, _ = parsed_parameters(infra.files[path])
        target = (PurePosixPath(path).parent / using).as_posix()
        if target not in infra.templates:
            yield f"{path}: there is no {target}"
            continue
        has = infra.templates[target].of("param")
        needed = {name for name, block in has.items() if not _has_default(block.node.children)}
        given = set(values.of("var"))
        yield from (f"{path}: parameter {name} does not exist" for name in sorted(given - set(has)))
        yield from (f"{path}: parameter {name} is missing" for name in sorted(needed - given))


def everything_is_described(infra: Infra) -> Iterator[str]:
    """Every parameter and output tells in a sentence what it is."""
    for path, template in infra.templates.items():
        for block in template.blocks:
            if block.kind in {"param", "output"} and not _described(block.node.children):
                yield f"{path}: {block.kind} {block.name} has no description"


def _described(children: Sequence[object]) -> bool:
    decorators = getattr(children[0], "children", [])
    return any("description" in str(decorator) for decorator in decorators)


def resource_types_are_known(infra: Infra) -> Iterator[str]:
    """Every resource type is one that is meant, in the one API version that is meant."""
    seen: set[str] = set()
    for path, template in infra.templates.items():
        for name, block in template.of("resource").items():
            kind, _, version = block.target.partition("@")
            seen.add(kind)
            if API_VERSIONS.get(kind) != version:
                yield f"{path}: {name}: {block.target} is not {kind}@{API_VERSIONS.get(kind, '(no known type)')}"
    yield from (f"{kind} is not deployed any more" for kind in sorted(set(API_VERSIONS) - seen))


def children_have_parents(infra: Infra) -> Iterator[str]:
    """A resource inside another says so by `parent`, and the parent is of the type that it must be."""
    for path, template in infra.templates.items():
        resources = template.of("resource")
        for name, block in resources.items():
            if block.type.count("/") == 1:
                continue
            parent = block.property("parent")
            symbol = identifier(parent) if parent is not None else ""
            if parent is not None and not symbol:
                symbol = next((str(token) for token in parent.scan_values(lambda _: True)), "")
            if symbol not in resources or resources[symbol].type != block.type.rpartition("/")[0]:
                yield f"{path}: {name}: its parent is not a {block.type.rpartition('/')[0]}"


def linter_rules_are_errors(infra: Infra) -> Iterator[str]:
    """The compiler's linter stops at each of these, where there is a compiler."""
    rules = infra.json_of("infra/bicep/bicepconfig.json")["analyzers"]["core"]["rules"]
    yield from (
        f"{rule} is not an error" for rule in sorted(LINTER_RULES) if rules.get(rule, {}).get("level") != "error"
    )
    off = {rule for rule, how in rules.items() if how["level"] != "error"}
    told = infra.files["infra/bicep/README.md"]
    yield from (f"{rule} is off without a reason in the README" for rule in sorted(off) if f"`{rule}`" not in told)


def one_scope_and_no_nesting(infra: Infra) -> Iterator[str]:
    """Everything goes into one resource group; every resource has a name."""
    if infra.files[MAIN].count("targetScope = 'resourceGroup'") != 1:
        yield "main.bicep must be deployed to a resource group"
    for path, template in infra.templates.items():
        for name, block in template.of("resource").items():
            if block.value is None or "name" not in pairs_of(inner(block.value)):
                yield f"{path}: resource {name} has no name"


def no_text_of_another_machine(infra: Infra) -> Iterator[str]:
    """No subscription, tenant or principal of somebody is written down: role ids stand in roles.bicep alone."""
    guid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    for path in (*infra.bicep_files(), *infra.parameter_files()):
        if not path.endswith("/roles.bicep"):
            yield from (f"{path}: {found}" for found in guid.findall(infra.files[path]))


def skipped_policies_have_reasons(infra: Infra) -> Iterator[str]:
    """Every rule of checkov that is skipped has a row with its reason, and no other has."""
    rule = re.compile(r"CKV_\w+")
    skipped = set(rule.findall(infra.files["infra/bicep/checkov.yaml"]))
    told = set(re.findall(r"^\| `(CKV_\w+)` \|", infra.files["infra/bicep/README.md"], re.MULTILINE))
    yield from (f"{name} is skipped without a reason" for name in sorted(skipped - told))
    yield from (f"{name} has a reason, but is not skipped" for name in sorted(told - skipped))


CHECKS: tuple[Check, ...] = (
    templates_parse,
    symbols_resolve,
    nothing_is_unused,
    functions_are_known,
    modules_fit,
    parameter_files_fit,
    everything_is_described,
    resource_types_are_known,
    children_have_parents,
    linter_rules_are_errors,
    one_scope_and_no_nesting,
    no_text_of_another_machine,
    skipped_policies_have_reasons,
)
