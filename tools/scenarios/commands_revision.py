"""The command of a scenario that revises a posted invoice."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from domain.commands import ReviseInvoice
from tools.scenarios.commands_drafts import detail_called, header_of
from tools.scenarios.world import World

_NUMBER = r"PRO-\d+"


def revise(world: World, invoice: str, names: str | None = None, draft: str | None = None) -> None:
    """Make a corrective draft of all or some line details, or add to one."""
    header = header_of(world, invoice)
    details = tuple(detail_called(world, header, name.strip()) for name in names.split(",")) if names else ()
    add_to = header_of(world, draft).invoice if draft else None
    world.send(ReviseInvoice, header.invoice, invoice=header.invoice, details=details, add_to=add_to)


REVISION_COMMANDS: Mapping[str, tuple[str, Callable[..., None]]] = MappingProxyType(
    {
        rf"revise (?P<invoice>{_NUMBER})(?: lines (?P<names>[^+]+?))?(?: into (?P<draft>{_NUMBER}))?": (
            "revise PRO-000001 lines sale, travel into PRO-000002",
            revise,
        ),
    }
)
