"""What the checks of the deployment look at: the files as texts, which a test may spoil, and the facts of the code."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any

import azure.functions as func

from domain.tables import Table
from functions.setting_list import QUEUE_SETTINGS, SCHEDULE_SETTINGS, SETTINGS, STORAGE
from tests.architecture.infra_bicep import BadBicep, Template, parsed_parameters
from tests.architecture.sources import ROOT, text_of, tracked_files

BICEP = "infra/bicep/"
MAIN = "infra/bicep/main.bicep"
WORKFLOW = ".github/workflows/deploy.yml"
DEPLOYMENT = "docs/deployment.md"
OTHERS = (
    ".funcignore",
    ".python-version",
    "azure.yaml",
    DEPLOYMENT,
    "docs/settings.md",
    "functions/metrics.py",
    "functions/telemetry.py",
    "domain/outcome.py",
    "host.json",
    "local.settings.json",
    "requirements.txt",
    WORKFLOW,
)


@dataclass(frozen=True)
class Code:
    """What the deployed code says of itself."""

    tables: frozenset[str]
    # setting to queue name
    queues: Mapping[str, str]
    schedules: frozenset[str]
    settings: frozenset[str]
    # function to trigger, as {"type": "queueTrigger", ...}
    triggers: Mapping[str, Mapping[str, Any]]

    @property
    def timers(self) -> set[str]:
        """The functions with a schedule."""
        return {name for name, trigger in self.triggers.items() if trigger["type"] == "timerTrigger"}


@dataclass(frozen=True)
class Infra:
    """The files of the deployment and what they have to agree with."""

    files: Mapping[str, str]
    code: Code

    def spoiled(self, path: str, old: str, new: str) -> "Infra":
        """The same with another text in one file; the old text has to be there."""
        if old not in self.files[path]:
            raise ValueError(f"{path} does not hold {old!r}")
        return replace(self, files={**self.files, path: self.files[path].replace(old, new)})

    def without(self, path: str) -> "Infra":
        """The same without one file."""
        return replace(self, files={name: text for name, text in self.files.items() if name != path})

    def bicep_files(self) -> list[str]:
        """The paths of all templates."""
        return sorted(path for path in self.files if path.endswith(".bicep"))

    def parameter_files(self) -> list[str]:
        """The paths of all files of parameters."""
        return sorted(path for path in self.files if path.endswith(".bicepparam"))

    def query_files(self) -> list[str]:
        """The paths of all queries of alerts."""
        return sorted(path for path in self.files if path.endswith(".kql"))

    @cached_property
    def templates(self) -> Mapping[str, Template]:
        """Every template that can be parsed, by path."""
        return {path: template for path in self.bicep_files() if (template := _template(self.files[path]))}

    @cached_property
    def parameters(self) -> Mapping[str, Template]:
        """Every file of parameters that can be parsed, its values as variables, by path."""
        return {path: template for path in self.parameter_files() if (template := _parameters(self.files[path]))}

    def template(self, name: str) -> Template:
        """One template by its file name."""
        return next(template for path, template in self.templates.items() if path.endswith(f"/{name}.bicep"))

    def json_of(self, path: str) -> Any:
        """One JSON file."""
        return json.loads(self.files[path])

    @property
    def local_values(self) -> Mapping[str, str]:
        """The settings of a developer's machine."""
        values: Mapping[str, str] = self.json_of("local.settings.json")["Values"]
        return values


def _template(text: str) -> Template | None:
    try:
        return Template(text)
    except BadBicep:
        return None


def _parameters(text: str) -> Template | None:
    try:
        _, tree = parsed_parameters(text)
    except BadBicep:
        return None
    return Template.of_tree(tree)


@cache
def code() -> Code:
    """Read the code."""
    import function_app

    functions: list[func.Function] = function_app.build_app().get_functions()
    return Code(
        tables=frozenset(table.value for table in Table),
        queues=MappingProxyType({setting.name: setting.default or "" for setting in QUEUE_SETTINGS}),
        schedules=frozenset(setting.name for setting in SCHEDULE_SETTINGS),
        settings=frozenset(setting.name for setting in SETTINGS) - {STORAGE},
        triggers={str(each.get_function_name()): _trigger(each) for each in functions},
    )


def _trigger(function: func.Function) -> Mapping[str, Any]:
    trigger = function.get_trigger()
    return {} if trigger is None else dict(trigger.get_dict_repr())


@cache
def infra() -> Infra:
    """Everything as it stands."""
    paths = [path for path in tracked_files() if path.startswith(BICEP)] + [
        path for path in OTHERS if (ROOT / path).is_file()
    ]
    return Infra({path: text_of(path) for path in paths}, code())
