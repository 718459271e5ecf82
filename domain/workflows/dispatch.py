"""Which workflow does what a command asks for: the one place where both meet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from domain.commands import (
    Command,
    ConfirmInvoice,
    CreateProforma,
    ImportProposal,
    PostJournal,
    PostProposal,
    ReviseInvoice,
    SyncTableMap,
    WriteBackPosting,
)
from domain.outcome import Outcome
from domain.policy import RECOMMENDED, Policy
from domain.ports import CommandSender, RowStore
from domain.workflows.confirm_invoice import confirm_invoice
from domain.workflows.create_proforma import create_proforma
from domain.workflows.handling import handle
from domain.workflows.import_proposal import import_proposal
from domain.workflows.post_journal import post_journal
from domain.workflows.post_proposal import post_proposal
from domain.workflows.revise_invoice import revise_invoice
from domain.workflows.sync_table_map import sync_table_map
from domain.workflows.write_back_posting import write_back_posting

# each takes its own kind of command, which a mapping can't say
type Work = Callable[[RowStore, CommandSender, Any], Outcome]

WORKFLOWS: Mapping[type[Command], Work] = MappingProxyType(
    {
        CreateProforma: lambda store, _, command: create_proforma(store, command),
        ConfirmInvoice: confirm_invoice,
        ReviseInvoice: lambda store, _, command: revise_invoice(store, command),
        SyncTableMap: lambda store, _, command: sync_table_map(store, command),
        ImportProposal: import_proposal,
        PostJournal: post_journal,
        PostProposal: post_proposal,
        WriteBackPosting: write_back_posting,
    }
)


def perform(store: RowStore, sender: CommandSender, command: Command, policy: Policy = RECOMMENDED) -> Outcome:
    """Do what a command asks for, and keep or clear its problem.

    Raises:
        NotYet: what it needs is not there yet; its reason is stored, unless others have done it meanwhile.
    """
    held = _Held()
    outcome = handle(store, command, lambda: _work(store, held, command, policy))
    held.release(sender)
    if command.reference is None:
        return outcome
    return replace(outcome, facts={"reference": command.reference, **outcome.facts})


class _Held:
    """Keeps what a command sends until its problem is cleared and its event written.

    Otherwise a command that can't clear its problem would send the same again in every try, and each of what it sends
    as well: tries to the power of stages. Who dies before it is sent has not deleted the message, and comes back.
    """

    def __init__(self) -> None:
        self._batches: list[tuple[Sequence[Command], int]] = []

    def send(self, commands: Sequence[Command], *, delay_seconds: int = 0) -> None:
        self._batches.append((commands, delay_seconds))

    def release(self, sender: CommandSender) -> None:
        for commands, delay_seconds in self._batches:
            sender.send(commands, delay_seconds=delay_seconds)


def _work(store: RowStore, sender: CommandSender, command: Command, policy: Policy) -> Outcome:
    if isinstance(command, ConfirmInvoice):
        return confirm_invoice(store, sender, command, adjustments_cross=policy.adjustments_cross)
    return WORKFLOWS[type(command)](store, sender, command)
