"""What the templates must agree with: code, host.json, local.settings.json, pages. Each check goes both ways."""

import re
from collections.abc import Iterator

import yaml

from functions.setting_list import STORAGE
from tests.architecture.infra_bicep import Block, interpolations, items_of, pairs_of, text
from tests.architecture.infra_checks import Check
from tests.architecture.infra_files import DEPLOYMENT, MAIN, WORKFLOW, Infra
from tools.devhost.ncrontab import parse_schedule

POISON = "-poison"
# Where a developer's machine differs: connection strings of the emulator, and the worker, which Flex knows by itself.
LOCAL_ONLY = frozenset({"AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME", STORAGE})
DOCUMENTED = re.compile(r"^\| `([A-Za-z][A-Za-z0-9_.<>]+)` \|", re.MULTILINE)
HOST_KEY = re.compile(r"^\| `(/[A-Za-z./]+)` \|", re.MULTILINE)
SETTING_BLOCKS = ("identitySettings", "telemetrySettings", "limitSettings")
PACKAGE = ("constraints.txt", "domain", "function_app.py", "functions", "host.json", "requirements.txt")


def differences(what: str, found: set[str], wanted: set[str], where: str) -> Iterator[str]:
    """What is in one set and not in the other."""
    yield from (f"{what} {name} is missing in {where}" for name in sorted(wanted - found))
    yield from (f"{what} {name} in {where} is nobody's" for name in sorted(found - wanted))


def pairs(infra: Infra, template: str, variable: str) -> dict[str, str]:
    """The pairs of a variable that is an object."""
    block = infra.template(template).of("var").get(variable)
    return {name: text(node) for name, node in block.body.items()} if block else {}


def deployed_settings(infra: Infra) -> set[str]:
    """The name of every app setting."""
    names = {name for variable in SETTING_BLOCKS for name in pairs(infra, "function-app", variable)}
    return names | set(pairs(infra, "main", "queues")) | set(pairs(infra, "main", "schedules"))


def defaults(infra: Infra) -> dict[str, str]:
    """The default of every parameter of main.bicep that has one in quotes or as a number."""
    blocks = infra.template("main").of("param").values()
    return {block.name: text(block.value) for block in blocks if block.value is not None}


def queues_agree(infra: Infra) -> Iterator[str]:
    """One set of queues: templates, local settings, code and triggers; each with its poison queue."""
    deployed = pairs(infra, "main", "queues")
    local = {name: value for name, value in infra.local_values.items() if name.endswith("_QUEUE")}
    for where, found in (("main.bicep", deployed), ("local.settings.json", local)):
        told = {f"{name}={value}" for name, value in found.items()}
        yield from differences("queue", told, {f"{n}={v}" for n, v in infra.code.queues.items()}, where)
    read = {str(each["queueName"]) for each in infra.code.triggers.values() if "queueName" in each}
    wanted = {f"%{name}%{suffix}" for name in deployed for suffix in ("", POISON)}
    yield from differences("queue", wanted, read, "main.bicep, of those that triggers read,")
    yield from _queue_resources(infra)


def _queue_resources(infra: Infra) -> Iterator[str]:
    made = infra.template("business-data").resources("Microsoft.Storage/storageAccounts/queueServices/queues")
    names = sorted(str(text(node) or "queue.value") for each in made if (node := each.property("name")))
    if names != sorted(["queue.value", "${queue.value}-poison"]):
        yield f"business-data.bicep makes {names}, not each queue and its poison queue"


def tables_agree(infra: Infra) -> Iterator[str]:
    """One set of tables: templates and code."""
    variable = infra.template("business-data").of("var").get("tableNames")
    names = [text(node) for node in items_of(variable.value)] if variable else []
    yield from (f"table {name} stands twice" for name in sorted(set(names)) if names.count(name) > 1)
    yield from differences("table", set(names), set(infra.code.tables), "business-data.bicep")


def settings_agree(infra: Infra) -> Iterator[str]:
    """Every setting of the code and of a developer's machine is deployed; nothing else but the platform's."""
    deployed = deployed_settings(infra)
    local = set(infra.local_values) - LOCAL_ONLY
    yield from (f"setting {name} is not deployed" for name in sorted((infra.code.settings | local) - deployed))
    unknown = {name for name in deployed - infra.code.settings if not _is_platform(name)}
    yield from (f"setting {name} is nobody's" for name in sorted(unknown))
    of_parameters = defaults(infra)
    for name, told in pairs(infra, "function-app", "limitSettings").items():
        # a setting that is a parameter agrees by the parameter's default
        value = of_parameters.get(told, told)
        if infra.local_values.get(name) != value:
            yield f"{name} is {value} in Azure and {infra.local_values.get(name)} in local.settings.json"


def _is_platform(name: str) -> bool:
    return name.startswith(("APPLICATIONINSIGHTS_", "AzureWebJobs", "OTEL_", "PYTHON_"))


def settings_are_documented(infra: Infra) -> Iterator[str]:
    """Every deployed setting has a row on one of two pages, and the deployment page has no other."""
    deployed = deployed_settings(infra) | {"AzureWebJobs.<function>.Disabled"}
    told = {path: set(DOCUMENTED.findall(infra.files[path])) for path in (DEPLOYMENT, "docs/settings.md")}
    yield from (f"setting {name} is not documented" for name in sorted(deployed - set().union(*told.values())))
    known = set(infra.template("main").of("param")) | deployed | {"invoicing.dead_letters"}
    stray = {name for name in told[DEPLOYMENT] - known if re.fullmatch(r"[A-Z][A-Za-z0-9]*_\w+", name)}
    yield from (f"{DEPLOYMENT}: {name} is no setting" for name in sorted(stray))


def parameters_are_documented(infra: Infra) -> Iterator[str]:
    """Every parameter of main.bicep has a row on the deployment page, and no other has."""
    section = infra.files[DEPLOYMENT].partition("## Parameters")[2].partition("\n## ")[0]
    told = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    yield from differences("parameter", told, set(infra.template("main").of("param")), DEPLOYMENT)


def schedules_agree(infra: Infra) -> Iterator[str]:
    """One set of schedules: templates, local settings, code and triggers; the defaults are those of local settings."""
    deployed = pairs(infra, "main", "schedules")
    yield from differences("schedule", set(deployed), set(infra.code.schedules), "main.bicep")
    bound = {str(each["schedule"]).strip("%") for each in infra.code.triggers.values() if "schedule" in each}
    yield from differences("schedule", set(deployed), bound, "main.bicep, of those that triggers read,")
    values = defaults(infra)
    for name, parameter in deployed.items():
        if values.get(parameter) != infra.local_values.get(name):
            yield f"{parameter} is {values.get(parameter)}, {name} in local.settings.json is another"
    for path, template in infra.parameters.items():
        for name, block in template.of("var").items():
            if name.endswith("Schedule"):
                yield from _bad_schedule(path, name, text(block.value))


def _bad_schedule(path: str, name: str, schedule: str) -> Iterator[str]:
    try:
        parse_schedule(schedule)
    except ValueError as error:
        yield f"{path}: {name}: {error}"


def functions_agree(infra: Infra) -> Iterator[str]:
    """What is kept warm, watched or switched off is a function that exists; every timer is watched."""
    variable = infra.template("alerts").of("var").get("timerNames")
    watched = {text(node) for node in items_of(variable.value)} if variable else set()
    yield from differences("timer", watched, infra.code.timers, "alerts.bicep")
    for path, template in infra.parameters.items():
        values = template.of("var")
        for group, count in _warm(values.get("alwaysReady")):
            if group.removeprefix("function:") not in infra.code.triggers or not group.startswith("function:"):
                yield f"{path}: scale group {group} is not function:<a function>"
            if "zoneRedundant" in values and text(values["zoneRedundant"].value) == "true" and int(count) < 2:
                yield f"{path}: {group} has {count} instance, but zones need two"
        for name in values["disabledFunctions"].body if "disabledFunctions" in values else ():
            switch = re.fullmatch(r"AzureWebJobs\.(\w+)\.Disabled", name)
            if switch is None or switch.group(1) not in infra.code.triggers:
                yield f"{path}: {name} switches nothing off"


def _warm(block: Block | None) -> Iterator[tuple[str, str]]:
    for node in items_of(block.value) if block else []:
        found = pairs_of(node)
        yield text(found["name"]), text(found["instanceCount"])


def host_json_agrees(infra: Infra) -> Iterator[str]:
    """The host gives a message up when the app does; both sides use one telemetry; one Python everywhere."""
    host = infra.json_of("host.json")
    attempts = pairs(infra, "function-app", "limitSettings").get("MESSAGE_ATTEMPTS_MAX")
    if str(host["extensions"]["queues"]["maxDequeueCount"]) != attempts:
        yield f"maxDequeueCount of host.json is not MESSAGE_ATTEMPTS_MAX, {attempts}"
    worker = pairs(infra, "function-app", "telemetrySettings").get("PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY")
    if (host.get("telemetryMode") == "OpenTelemetry") != (worker == "true"):
        yield "host.json and PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY do not agree on OpenTelemetry"
    if worker == "true" and "azure-monitor-opentelemetry==" not in infra.files["requirements.txt"]:
        yield "the worker is told to export telemetry, but its exporter is not in requirements.txt"
    if host.get("telemetryMode") == "OpenTelemetry" and "applicationInsights" in host.get("logging", {}):
        yield "host.json: logging.applicationInsights is ignored with OpenTelemetry"
    site = infra.template("function-app").resources("Microsoft.Web/sites")[0]
    version = site.texts("properties.functionAppConfig.runtime.version")
    if version != [infra.files[".python-version"].strip()]:
        yield f"the app runs on Python {version}, not on that of .python-version"


def host_json_is_documented(infra: Infra) -> Iterator[str]:
    """Every value of host.json has a row with its reason, and nothing else has."""
    told = set(HOST_KEY.findall(infra.files["docs/settings.md"]))
    yield from differences("key", told, set(_keys("", infra.json_of("host.json"))), "docs/settings.md")


def _keys(path: str, value: object) -> Iterator[str]:
    if not isinstance(value, dict):
        yield path
        return
    for name, each in value.items():
        yield from _keys(f"{path}/{name}", each)


def alerts_agree(infra: Infra) -> Iterator[str]:
    """Every query is used by an alert, every alert has a heading that says what to do, and what it looks for exists."""
    source = next(content for path, content in infra.files.items() if path.endswith("/alerts.bicep"))
    loaded = set(re.findall(r"loadTextContent\('\.\./queries/([\w-]+\.kql)'\)", source))
    yield from differences("query", loaded, {path.rpartition("/")[2] for path in infra.query_files()}, "alerts.bicep")
    section = infra.files[DEPLOYMENT].partition("## Alerts")[2].partition("\n## ")[0]
    told = set(re.findall(r"^### `([\w-]+)`$", section, re.MULTILINE))
    yield from differences("alert", told, set(_alert_names(infra)), DEPLOYMENT)
    metrics = set(re.findall(r'"(invoicing\.[a-z_.]+)"', infra.files["functions/metrics.py"]))
    events = infra.files["domain/outcome.py"] + infra.files["functions/telemetry.py"]
    for path in infra.query_files():
        named = set(re.findall(r'\bName == "([^"]+)"', infra.files[path]))
        yield from (f"{path}: metric {name} is not emitted" for name in sorted(named - metrics))
        for event in re.findall(r'Message startswith "([a-z_]+) "', infra.files[path]):
            if f'"{event}"' not in events:
                yield f"{path}: nothing logs {event}"


def _alert_names(infra: Infra) -> Iterator[str]:
    template = infra.template("alerts")
    for variable in ("logAlerts", "storageAlerts"):
        block = template.of("var").get(variable)
        yield from (text(pairs_of(node)["name"]) for node in items_of(block.value if block else None))
    for kind in ("metricAlerts", "activityLogAlerts"):
        for block in template.resources(f"Microsoft.Insights/{kind}"):
            written = "".join(block.texts("name"))
            if "alert.name" not in set(interpolations(f"'{written}'")):
                yield written.partition("${environmentName}-")[2]


def metrics_are_documented(infra: Infra) -> Iterator[str]:
    """Every metric has a row on the deployment page, and no other has."""
    made = set(re.findall(r'"(invoicing\.[a-z_.]+)"', infra.files["functions/metrics.py"]))
    told = set(re.findall(r"^\| `(invoicing\.[a-z_.]+)` \|", infra.files[DEPLOYMENT], re.MULTILINE))
    yield from differences("metric", told, made, DEPLOYMENT)


def azd_agrees(infra: Infra) -> Iterator[str]:
    """azure.yaml leads to the template and to the app that carries the service's tag."""
    azd = yaml.safe_load(infra.files["azure.yaml"])
    if azd["infra"] != {"provider": "bicep", "path": MAIN.rpartition("/")[0], "module": "main"}:
        yield f"azure.yaml: infra is {azd['infra']}"
    service = azd["services"].get("app", {})
    if (service.get("host"), service.get("language"), service.get("project")) != ("function", "python", "."):
        yield f"azure.yaml: the service is {azd['services']}"
    if "'azd-service-name': 'app'" not in infra.files["infra/bicep/modules/function-app.bicep"]:
        yield "no app carries the tag azd-service-name: app"


def workflow_agrees(infra: Infra) -> Iterator[str]:
    """The pipeline tests, compiles, lints, looks before it changes, uses no secret, and packs what is deployed."""
    source = infra.files[WORKFLOW]
    jobs = yaml.safe_load(source)["jobs"]
    uses = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]
    pin = re.compile(r"[\w.-]+/[\w./-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})")
    yield from (f"{use} is not pinned by a full version" for use in sorted(set(uses)) if not pin.fullmatch(use))
    wanted = (
        "make test",
        "az bicep build ",
        "az bicep lint ",
        ".parsing_errors == 0",
        "az bicep build-params ",
        "az deployment group what-if",
    )
    yield from (f"no step runs {each}" for each in wanted if each not in source)
    if "secrets." in source:
        yield "the pipeline uses a secret; federated identity needs none"
    for before, after in (("test", "what-if"), ("bicep", "what-if"), ("what-if", "provision"), ("provision", "deploy")):
        needs = jobs[after]["needs"]
        if before not in ([needs] if isinstance(needs, str) else needs):
            yield f"{after} does not wait for {before}"
    for name in ("what-if", "provision", "deploy"):
        if jobs[name].get("permissions", {}).get("id-token") != "write":
            yield f"{name} cannot sign in without a secret: id-token"
    packed = re.search(r"git archive .*?HEAD \\\n(.*?)\n", source, re.DOTALL)
    yield from differences("package entry", set(packed.group(1).split() if packed else ()), set(PACKAGE), WORKFLOW)
    for path in infra.parameter_files():
        if path.rpartition("/")[2] not in source:
            yield f"{path} is not compiled or offered"


AGREEMENTS: tuple[Check, ...] = (
    queues_agree,
    tables_agree,
    settings_agree,
    settings_are_documented,
    parameters_are_documented,
    schedules_agree,
    functions_agree,
    host_json_agrees,
    host_json_is_documented,
    alerts_agree,
    metrics_are_documented,
    azd_agrees,
    workflow_agrees,
)
