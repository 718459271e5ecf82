"""The roles that the documentation gives a reason for are those that the templates give, and no others."""

import re
from types import MappingProxyType

from tests.architecture.infra_security import RIGHTS
from tests.architecture.sources import text_of

ROW = re.compile(r"^\| (the app|operators|auditors) \| ([A-Z][A-Za-z ]+) \| ([A-Za-z ]+) \| (.+) \|$", re.MULTILINE)
WHO = MappingProxyType({"the app": "appPrincipalId", "operators": "operatorGroupId", "auditors": "auditorGroupId"})
WHERE = MappingProxyType(
    {
        "host account": "hostStorage",
        "business account": "businessStorage",
        "Application Insights": "applicationInsights",
    }
)


def camel(role: str) -> str:
    """The name that roles.bicep gives a built-in role."""
    return role[0].lower() + role[1:].replace(" ", "")


def test_every_role_is_documented_with_its_reason_and_no_other() -> None:
    rows = ROW.findall(text_of("docs/security.md"))
    assert {(WHO[who], camel(role), WHERE[where]) for who, role, where, _ in rows} == RIGHTS
    assert len(rows) == len(RIGHTS)
    assert all(reason.strip() for *_, reason in rows)
