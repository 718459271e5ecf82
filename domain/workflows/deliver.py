"""One delivery of a command, whoever delivers it: done, sent again for later, or given up and kept.

Only what raises here goes back to the host: the process dies, or the storage takes neither the row nor the message.
"""

from collections.abc import Callable

from domain.commands import Command
from domain.errors import Problem
from domain.outcome import Action, Outcome
from domain.policy import RECOMMENDED, Policy
from domain.ports import CommandSender, RowStore
from domain.replays import ReplayState
from domain.retries import GivenUp, Later, Retries, decide, final_problem, problem_of
from domain.workflows.dispatch import perform
from domain.workflows.handling import keep_problem, problem_row
from domain.workflows.replay import end_replay

# keeps a command that is given up as a dead letter; also told of the error, for its digest
type Keep = Callable[[Command, Problem, Exception], Outcome]


def deliver(
    store: RowStore, sender: CommandSender, command: Command, retries: Retries, keep: Keep, policy: Policy = RECOMMENDED
) -> Outcome:
    """Do what a command asks for; when it fails, send it again for later or give it up.

    Args:
        store: where the documents stand.
        sender: where a command that comes back goes.
        command: what came.
        retries: how often, how slowly.
        keep: keeps what is given up.
        policy: how this installation reads what can be read in two ways.

    Returns:
        What was done; or that the command comes back; or what `keep` gave.

    Repeating it: a command that was sent again before the process died is there twice, which receivers don't mind.
    """
    try:
        outcome = perform(store, sender, command, policy)
        _end_replay(store, command, outcome)
    except Exception as error:  # every failure of a command is decided on here
        problem = problem_of(error)
        match decide(error, command, retries):
            case Later() as later:
                return _postpone(sender, command, problem, later)
            case GivenUp() as given_up:
                final = final_problem(problem, command, given_up)
                end_replay(store, command, ReplayState.DEAD_AGAIN, final.sentence)
                keep_final_problem(store, command, final, given_up.tries)
                return keep(command, final, error)
    return outcome


def _end_replay(store: RowStore, command: Command, outcome: Outcome) -> None:
    is_refused = outcome.action is Action.COMMAND_REFUSED
    state = ReplayState.REFUSED if is_refused else ReplayState.DONE
    end_replay(store, command, state, outcome.problems[0].sentence if outcome.problems else "")


def keep_final_problem(store: RowStore, command: Command, problem: Problem, tries: int) -> None:
    """Say on the document that a command was given up, before its letter is kept: who succeeds after all clears it."""
    keep_problem(store, problem_row(command, problem, tries=tries), is_counted=True)


def _postpone(sender: CommandSender, command: Command, problem: Problem, later: Later) -> Outcome:
    sender.send((command.model_copy(update={"tries": later.tries}),), delay_seconds=later.delay_seconds)
    facts: dict[str, str | int] = {"stage": command.stage, "tries": later.tries, "seconds": later.delay_seconds}
    return Outcome(Action.COMMAND_POSTPONED, command.document, facts, (problem,))
