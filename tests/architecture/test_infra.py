"""The deployment hangs together: its templates, the code, the settings, the pages and the pipeline say the same.

No compiler is at hand here. These checks read the templates whole; types and API versions are for the compiler of the
pipeline. That each check bites is shown in test_infra_mistakes.py.
"""

import pytest

from tests.architecture.infra_agreement import AGREEMENTS
from tests.architecture.infra_checks import CHECKS, Check
from tests.architecture.infra_files import infra
from tests.architecture.infra_security import SECURITY

ALL: tuple[Check, ...] = CHECKS + AGREEMENTS + SECURITY


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.__name__)
def test_the_deployment_keeps_the_rule(check: Check) -> None:
    findings = list(check(infra()))
    assert not findings, f"{check.__doc__}\n" + "\n".join(findings)


def test_there_is_something_to_check() -> None:
    assert len(infra().templates) == len(infra().bicep_files()) >= 10
    resources = [block for template in infra().templates.values() for block in template.of("resource").values()]
    assert len(resources) > 40
