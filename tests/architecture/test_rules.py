"""Each tidy rule catches what it is there for, and leaves its neighbour alone."""

import pytest

from tests.architecture import rules
from tests.architecture.rules import RULES, Rule
from tests.architecture.sources import Source

STATEMENTS = "\n".join(f"    a{number} = {number}" for number in range(11))

BAD: tuple[tuple[Rule, str, str], ...] = (
    (rules.short_functions, "tools/a.py", "def f():\n" + "    pass\n" * 40),
    (rules.short_functions, "tests/unit/test_a.py", "def f():\n" + "    pass\n" * 60),
    (rules.short_modules, "domain/a.py", "x = 1\n" * 301),
    (rules.short_modules, "functions/a.py", "x = 1\n" * 201),
    (rules.short_modules, "tools/a.py", "x = 1\n" * 401),
    (rules.thin_triggers, "functions/a.py", f"@bp.queue_trigger(arg_name='m')\ndef f(m):\n{STATEMENTS}\n"),
    (rules.thin_triggers, "functions/a.py", f"@bp.timer_trigger(arg_name='m')\ndef f(m):\n  if m:\n{STATEMENTS}\n"),
    (rules.no_drawers, "functions/helpers.py", ""),
    (rules.no_drawers, "tools/shared/a.py", ""),
    (rules.no_print, "functions/a.py", "print(1)\n"),
    (rules.no_print, "tools/cli/load.py", "print(1)\n"),
    (rules.no_clock, "domain/a.py", "import datetime\nnow = datetime.datetime.now(datetime.UTC)\n"),
    (rules.no_clock, "functions/storage/a.py", "from datetime import date\nx = date.today()\n"),
    (rules.no_random_ids, "domain/a.py", "import uuid\nx = uuid.uuid4()\n"),
    (rules.no_random_ids, "domain/a.py", "from uuid import uuid4\n"),
    (rules.no_environment, "functions/a.py", "import os\nx = os.environ['A']\n"),
    (rules.no_environment, "function_app.py", "from os import getenv\n"),
    (rules.no_floats, "domain/money.py", "x = float('1')\n"),
    (rules.no_floats, "domain/money.py", "x = 0.25\n"),
    (rules.no_floats, "domain/posting.py", "x = amount / rate\n"),
    (rules.no_floats, "domain/posting.py", "amount /= rate\n"),
    (rules.no_broad_except, "functions/a.py", "try:\n    pass\nexcept Exception:\n    pass\n"),
    (rules.no_broad_except, "tools/a.py", "try:\n    pass\nexcept:\n    pass\n"),
    (rules.no_broad_except, "tools/a.py", "try:\n    pass\nexcept (ValueError, Exception):\n    pass\n"),
    (rules.no_broad_except, "tools/a.py", "with contextlib.suppress(Exception):\n    pass\n"),
    (rules.no_sleeping_tests, "tests/e2e/test_a.py", "import time\ntime.sleep(1)\n"),
    (rules.no_sleeping_tests, "tests/e2e/test_a.py", "from time import sleep\n"),
    (rules.no_mocked_storage, "tests/unit/test_a.py", "from unittest.mock import MagicMock\n"),
    (rules.no_mocked_storage, "tests/triggers/test_a.py", "monkeypatch.setattr('functions.storage.tables.X', 1)\n"),
    (rules.no_leftovers, "tools/a.py", "x = 1  # TODO: later\n"),
    (rules.no_leftovers, "tools/a.py", '"""Works. FIXME."""\n'),
    (rules.no_leftovers, "tools/a.py", "x = 1  # type: ignore\n"),
    (rules.no_leftovers, "tools/a.py", "x = 1  # noqa\n"),
    (rules.no_leftovers, "domain/a.py", "raise NotImplementedError\n"),
    (rules.no_leftovers, "tests/unit/test_a.py", "pytest.skip('later')\n"),
    (rules.no_leftovers, "tests/unit/test_a.py", "@pytest.mark.xfail\ndef test_a():\n    assert True\n"),
    (rules.no_module_state, "functions/a.py", "CACHE = {}\n"),
    (rules.no_module_state, "domain/a.py", "NAMES: list[str] = ['a']\n"),
    (rules.no_module_state, "domain/a.py", "SEEN = set()\n"),
    (rules.asserting_tests, "tests/unit/test_a.py", "def test_a():\n    compute()\n"),
    (rules.pure_domain_imports, "domain/a.py", "from typer import Typer\n"),
    (rules.storage_sdk_in_storage, "functions/post_journal.py", "from azure.data.tables import TableClient\n"),
)

GOOD: tuple[tuple[Rule, str, str], ...] = (
    (rules.short_functions, "tools/a.py", "def f():\n" + '    """' + "Long.\n" * 60 + '    """\n' + "    pass\n" * 39),
    (rules.short_modules, "domain/a.py", "x = 1\n" * 300),
    (rules.thin_triggers, "functions/a.py", f"@cache\ndef f(m):\n{STATEMENTS}\n"),
    (rules.no_drawers, "functions/storage/keys.py", ""),
    (rules.no_print, "tools/cli/console.py", "print(1)\n"),
    (rules.no_print, "tools/cli/load.py", "console.print(1)\n"),
    (rules.no_clock, "functions/wiring.py", "now = datetime.now(UTC)\n"),
    (rules.no_clock, "domain/a.py", "now = clock.now()\n"),
    (rules.no_random_ids, "domain/a.py", "x = uuid5(SPACE, 'a')\n"),
    (rules.no_environment, "functions/settings.py", "import os\nx = os.environ['A']\n"),
    (rules.no_floats, "domain/money.py", "x = amount / rate\n"),
    (rules.no_broad_except, "functions/a.py", "try:\n    pass\nexcept (ValueError, KeyError):\n    pass\n"),
    (rules.no_broad_except, "tools/a.py", "try:\n    pass\nexcept BaseException:\n    stop()\n    raise\n"),
    (rules.no_sleeping_tests, "tests/e2e/test_a.py", "event.wait(1)\n"),
    (rules.no_mocked_storage, "tests/triggers/test_a.py", "monkeypatch.setattr('functions.wiring.X', 1)\n"),
    (rules.no_leftovers, "tools/a.py", "x = 1  # type: ignore[misc]  # noqa: S101\n"),
    (rules.no_module_state, "functions/a.py", "__all__ = ['a']\nNAMES = ('a',)\nMAP = MappingProxyType({'a': 1})\n"),
    (rules.asserting_tests, "tests/unit/test_a.py", "def look():\n    assert 1\ndef test_a():\n    look()\n"),
    (
        rules.asserting_tests,
        "tests/unit/test_a.py",
        "def test_a():\n    with pytest.raises(ValueError):\n        f()\n",
    ),
    (rules.pure_domain_imports, "domain/a.py", "from decimal import Decimal\nfrom pydantic import BaseModel\n"),
    (rules.storage_sdk_in_storage, "functions/storage/tables.py", "from azure.data.tables import TableClient\n"),
    (rules.storage_sdk_in_storage, "functions/post_journal.py", "import azure.functions as func\n"),
)


@pytest.mark.parametrize(("rule", "path", "text"), BAD)
def test_the_rule_catches_a_bad_source(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(path, text)))


@pytest.mark.parametrize(("rule", "path", "text"), GOOD)
def test_the_rule_leaves_a_good_source_alone(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(path, text))) == []


@pytest.mark.parametrize("cases", [BAD, GOOD], ids=["bad", "good"])
def test_every_rule_is_tried_both_ways(cases: tuple[tuple[Rule, str, str], ...]) -> None:
    assert {rule for rule, _, _ in cases} == set(RULES)
