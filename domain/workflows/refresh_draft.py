"""Bring what has become Ready to invoice since onto a draft.

Project Operations documentation, manage-proforma-invoice: refresh adds ready, past-dated transactions that are not on
the draft yet, never twice, and no contract line a second time.
"""

from datetime import date

from domain.draft_acts import DraftAct
from domain.errors import NotYet, Problem, ReasonCode, Refused, by_precedence
from domain.money import ZERO
from domain.outcome import Action, Outcome
from domain.ports import RowStore
from domain.proforma import Invoice
from domain.workflows.draft_acts import act_on_draft, billing_of
from domain.workflows.due_items import due_pages


def refresh_draft(store: RowStore, *, invoice: str, cut_off: date) -> Outcome:
    """Add every item of the draft's contract and customer that is ready and dated up to a day.

    Returns:
        How many were added, and a problem for each item that stays behind.

    Raises:
        Refused: there is no such draft, it corrects others, or it can't be changed any more; nothing was changed.
    """
    problems: dict[Problem, None] = {}
    count, before = 0, ZERO

    def decide(header: Invoice) -> DraftAct | None:
        nonlocal count, before
        if header.has_corrections:
            raise Refused(_corrective(header))
        try:
            billing = billing_of(store, header, cut_off)
        except NotYet as error:
            raise Refused(error.problem) from error
        count, before = 0, header.amount
        problems.clear()
        for page in due_pages(store, billing):
            count += len(page.due.get(header.contract_customer, ()))
            problems.update((problem, None) for _, problem in page.behind)
        is_advanced = header.contract_customer in billing.advanced
        return DraftAct(kind="refresh", cut_off=cut_off.isoformat()) if count or is_advanced else None

    header, is_changed = act_on_draft(store, invoice, decide)
    facts: dict[str, str | int] = {"invoice": header.number, "items": count, "amount": str(header.amount)}
    if is_changed and (count or header.amount != before):
        return Outcome(Action.DRAFT_CHANGED, invoice, facts, by_precedence(problems))
    sentence = (
        f"nothing more on the contract of invoice {header.number} is Ready to invoice and dated up to {cut_off}; "
        "mark items as ready, or choose a later cut-off date"
    )
    nothing = Problem(ReasonCode.NOTHING_TO_INVOICE, sentence, (invoice,))
    return Outcome(Action.NOTHING_TO_DO, invoice, facts, by_precedence(problems) or (nothing,))


def _corrective(header: Invoice) -> Problem:
    sentence = (
        f"invoice {header.number} corrects others and takes nothing from the backlog; create a draft of its own for "
        "what is ready"
    )
    return Problem(ReasonCode.CORRECTIVE_DRAFT_UNFIT, sentence, (header.invoice,))
