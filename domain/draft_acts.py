"""An act on a draft, written on its header before it is carried out.

Details, lines and header stand in different tables, which the storage can't change together. So the header says first
what is going to change. Whoever meets such a header, the same person again, somebody else or the confirmation,
carries the act out before doing anything else: it is done as a whole, whoever began it and wherever that one died.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.option_sets import ProjectInvoiceStatus
from domain.rows import Value

# details of one act: they are written in one transaction, and what is to be done fits in one column
ACT_DETAILS_MAX = 50


class RowChange(BaseModel):
    """Columns of a detail that change; None clears one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: str
    columns: dict[str, Value]


class DraftAct(BaseModel):
    """What is going to change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # "mend": what came too late for an act goes, and what stands is counted
    kind: Literal["edit", "refresh", "apply", "delete", "mend"] = "edit"
    # details whose columns change
    changed: tuple[RowChange, ...] = ()
    # columns of details that are new
    added: tuple[dict[str, Value], ...] = ()
    # key texts of billed sales whose corrections are new
    corrected: tuple[str, ...] = ()
    # row keys of details that go
    removed: tuple[str, ...] = ()
    # refresh: items dated later stay on the backlog
    cut_off: str | None = None
    # the status of the draft after the act, when that changes
    status: ProjectInvoiceStatus | None = None

    @property
    def text(self) -> str:
        """Give the act as the header keeps it."""
        return self.model_dump_json(exclude_defaults=True)
