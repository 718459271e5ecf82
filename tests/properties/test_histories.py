"""Whatever people and the host do, in whatever order: what must always hold holds after every step.

`HISTORIES=2000 pytest tests/properties/test_histories.py` tries so many other histories instead of the fixed few.
"""

import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from domain.discount_fee import Percents
from domain.errors import InvoicingError, NotYet, Refused
from domain.option_sets import BillingType, TransactionClass
from domain.pending_work import WorkKind
from domain.tables import Table
from tests.properties.histories import CONTRACTS, History, at_rest
from tests.properties.invariants import assert_always, assert_finished, assert_kept
from tests.properties.proposal_acts import PROPOSAL_ACTS, act_on_proposal
from tests.properties.retainer_acts import plan_retainer, refund
from tests.properties.work import Work
from tests.tie_out import assert_explained

# what CI runs, always the same
EXAMPLES = 25
STEPS = 35
WANTED = int(os.environ.get("HISTORIES", "0"))

AUGUST = (date(2026, 8, 3), date(2026, 8, 24), date(2026, 8, 31))
# the first of them is in a closed period, the last not there yet
WORK_DAYS = st.sampled_from((date(2026, 1, 15), *AUGUST, date(2026, 9, 2)))
CUT_OFFS = st.sampled_from((date(2026, 8, 24), date(2026, 8, 31), date(2026, 9, 30)))
INVOICE_DAYS = st.sampled_from((date(2026, 1, 31), date(2026, 8, 31), date(2026, 9, 15)))
WORK_CLASSES = st.sampled_from(
    (TransactionClass.TIME, TransactionClass.EXPENSE, TransactionClass.MATERIAL, TransactionClass.FEE)
)
BILLING_TYPES = st.sampled_from((*[BillingType.CHARGEABLE] * 3, BillingType.NON_CHARGEABLE, BillingType.COMPLIMENTARY))
QUANTITIES = st.decimals(min_value=-4, max_value=40, places=2)
EDITED = st.decimals(min_value=0, max_value=40, places=2)
PRICES = st.decimals(min_value=0, max_value=999, places=2)
ADVANCES = st.decimals(min_value=1, max_value=9999, places=2)
RATES = st.decimals(min_value=50, max_value=300, places=2)
# picks one of what there is, round and round
PLACES = st.integers(min_value=0, max_value=19)

PERCENT = st.one_of(st.none(), st.decimals(min_value=0, max_value=100, places=1))
PERCENTS = st.one_of(st.just(Percents()), st.builds(Percents, PERCENT, PERCENT))

WORKS = st.builds(
    Work,
    contract=st.sampled_from(CONTRACTS),
    transaction_class=WORK_CLASSES,
    quantity=QUANTITIES,
    price=PRICES,
    billing_type=BILLING_TYPES,
    day=WORK_DAYS,
    cost_currency=st.sampled_from((None, "USD", "GBP", "DKK")),
    own_currency=st.sampled_from((*[True] * 9, False)),
    percents=PERCENTS,
)
EDITS = st.one_of(
    st.tuples(st.just("quantity"), EDITED),
    st.tuples(st.just("price"), PRICES),
    st.tuples(st.just("billing_type"), BILLING_TYPES),
    # of what is used of a retainer
    st.tuples(st.just("amount"), EDITED),
)


# what becomes of journals with bad lines
BAD = ("TransferLines", "ErrorStatus")


class Histories(RuleBasedStateMachine):
    """People, systems and the host, one act at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History()
        # what is tried on the drafts of the end
        self.last_edit: tuple[str, object] = ("quantity", Decimal(1))
        # on the proposals that stand then, and which invoice is revised
        self.last_act, self.revised = "edit lines", 0
        self.before = self.history.line.snapshot()

    # -- the legal entity

    # one rule, because a history may be so short that it ends before another one of them
    @initialize(
        entity=st.fixed_dictionaries(
            {
                "accrues": st.booleans(),
                "lines_per_journal": st.sampled_from((1, 3, 200)),
                "agreed": RATES,
                "bad": st.sampled_from(BAD),
                "discounts": st.sampled_from((None, "TRAVEL")),
            }
        ),
        works=st.lists(WORKS, min_size=3, max_size=6),
        amount=PRICES,
        last=st.tuples(EDITS, st.sampled_from(tuple(PROPOSAL_ACTS)), PLACES),
    )
    def a_company_begins(
        self, entity: dict[str, Any], works: list[Work], amount: Decimal, last: tuple[tuple[str, object], str, int]
    ) -> None:
        self.last_edit, self.last_act, self.revised = last
        self._set_up(**entity)
        self._a_month_of_work(works, amount)

    def _set_up(self, accrues: bool, lines_per_journal: int, agreed: Decimal, bad: str, discounts: str | None) -> None:
        history, line = self.history, self.history.line
        rows = {row.key.row: row.columns for row in line.rows(Table.FINANCE_SETUP) if row.key.partition == "usmf"}
        parameters = {**rows["ProjParameters"], "LinesPerJournal": lines_per_journal, "PeriodUnit": "Months"}
        parameters |= {"JournalPostingErrors": bad, "DiscountAndFee": True, "LineDiscountCategory": discounts}
        del parameters["Kind"]
        history.set_up("usmf", "ProjParameters", **parameters)
        flags = dict.fromkeys(("PostWIPEmpl", "PostWIPCost", "PostWIPItem", "PostWIPFee"), accrues)
        history.set_up("usmf", "ProjRevenueProfile", ProfileName="TM", BillingMethod="TimeAndMaterial", **flags)
        agreement = {"ProjInvoiceProjId": "C-COHO", "CurrencyId": "GBP", "ExchangeRate": str(agreed)}
        history.set_up("usmf", "FixedExchangeRateAgreement", **agreement)

    @rule(displayed=RATES, day=st.sampled_from(AUGUST))
    def the_market_moves(self, displayed: Decimal, day: date) -> None:
        pair = {"FromCurrencyCode": "GBP", "ToCurrencyCode": "USD"}
        self.history.set_up("usmf", "ExchangeRate", **pair, ValidFrom=str(day), ExchangeRate=str(displayed))

    # -- systems

    def _a_month_of_work(self, works: list[Work], amount: Decimal) -> None:
        for work in works:
            self.history.approve(work)
        self.history.plan_milestone(amount, AUGUST[0])
        plan_retainer(self.history, "C-COHO", amount + 1, AUGUST[0])

    @rule(contract=st.sampled_from(("C-ADATUM", "C-COHO")), percents=PERCENTS)
    def percentages_are_agreed(self, contract: str, percents: Percents) -> None:
        self.history.agree(contract, percents)

    @rule(work=WORKS)
    def work_is_approved(self, work: Work) -> None:
        self.history.approve(work)

    @rule(amount=PRICES, day=WORK_DAYS)
    def a_milestone_is_planned(self, amount: Decimal, day: date) -> None:
        self.history.plan_milestone(amount, day)

    @rule(contract=st.sampled_from(CONTRACTS), amount=ADVANCES, day=WORK_DAYS)
    def a_retainer_is_planned(self, contract: str, amount: Decimal, day: date) -> None:
        plan_retainer(self.history, contract, amount, day)

    @rule(place=PLACES)
    def a_refund_is_staged(self, place: int) -> None:
        self._try(lambda: refund(self.history, place))

    @precondition(lambda self: self.history.unconnected)
    @rule()
    def connections_come(self) -> None:
        self.history.connect()

    # -- people

    @rule(contract=st.sampled_from(CONTRACTS), day=CUT_OFFS)
    def items_are_marked_ready(self, contract: str, day: date) -> None:
        self.history.mark_ready(contract, day)

    @rule(contract=st.sampled_from(CONTRACTS), cut_off=CUT_OFFS)
    def drafts_are_asked_for(self, contract: str, cut_off: date) -> None:
        self.history.create_proforma(contract, cut_off)

    @rule(contract=st.sampled_from(CONTRACTS), day=CUT_OFFS, edits=st.lists(st.tuples(PLACES, EDITS), max_size=3))
    def a_contract_is_billed(self, contract: str, day: date, edits: list[tuple[int, tuple[str, object]]]) -> None:
        self.history.mark_ready(contract, day)
        self.history.create_proforma(contract, day)
        self.history.line.drain()
        for place, edit in edits:
            self._try(partial(self.history.edit, place, *edit))

    @precondition(lambda self: self.history.has_details)
    @rule(place=PLACES, edit=EDITS)
    def a_detail_is_edited(self, place: int, edit: tuple[str, object]) -> None:
        self._try(lambda: self.history.edit(place, *edit))

    @precondition(lambda self: self.history.has_invoices)
    @rule(place=PLACES, transaction_class=WORK_CLASSES, quantity=EDITED, price=PRICES)
    def a_line_is_added(
        self, place: int, transaction_class: TransactionClass, quantity: Decimal, price: Decimal
    ) -> None:
        self._try(lambda: self.history.add_by_hand(place, transaction_class, quantity, price))

    @precondition(lambda self: self.history.has_details)
    @rule(place=PLACES, act=st.sampled_from(("remove", "review", "delete")))
    def a_draft_is_worked_on(self, place: int, act: str) -> None:
        self._try(lambda: getattr(self.history, act)(place))

    @precondition(lambda self: self.history.has_invoices)
    @rule(place=PLACES, cut_off=CUT_OFFS)
    def a_draft_is_refreshed(self, place: int, cut_off: date) -> None:
        self._try(lambda: self.history.refresh(place, cut_off))

    @precondition(lambda self: self.history.has_invoices)
    @rule(place=PLACES, day=INVOICE_DAYS)
    def an_invoice_is_to_be_confirmed(self, place: int, day: date) -> None:
        self.history.confirm(place, day)

    @precondition(lambda self: self.history.has_invoices)
    @rule(day=INVOICE_DAYS)
    def all_invoices_are_to_be_confirmed(self, day: date) -> None:
        for place in range(len(self.history.invoices())):
            self.history.confirm(place, day)

    @rule()
    def journals_are_to_be_posted(self) -> None:
        self.history.post(WorkKind.POST_JOURNAL, AUGUST[-1])

    @rule(day=INVOICE_DAYS)
    def proposals_are_to_be_posted(self, day: date) -> None:
        self.history.post(WorkKind.POST_PROPOSAL, day)

    @precondition(lambda self: self.history.has_proposals)
    @rule(place=PLACES, act=st.sampled_from(tuple(PROPOSAL_ACTS)))
    def a_proposal_is_worked_on(self, place: int, act: str) -> None:
        self._try(lambda: act_on_proposal(self.history, place, act), NotYet)

    @precondition(lambda self: self.history.has_invoices)
    @rule(place=PLACES)
    def an_invoice_is_to_be_revised(self, place: int) -> None:
        self.history.revise(place)

    @precondition(lambda self: self.history.journal_lines())
    @rule(place=PLACES, act=st.sampled_from(("delete_journal_line", "edit_journal_line", "update_to_draft")))
    def a_journal_is_worked_on(self, place: int, act: str) -> None:
        self._try(lambda: getattr(self.history, act)(place))

    @rule()
    def an_account_is_forgotten(self) -> None:
        self.history.forget_account()

    @rule()
    def the_account_is_mended(self) -> None:
        self.history.mend()

    # -- the host

    @precondition(lambda self: self.history.line.queues.waiting)
    @rule(place=PLACES)
    def a_message_is_delivered(self, place: int) -> None:
        command = self.history.deliver(place)
        note(f"    {command.name} of {command.document}" if command else "    nothing waits")

    @precondition(lambda self: self.history.line.queues.waiting)
    @rule(place=PLACES, call=st.integers(1, 25), after_writes=st.booleans())
    def a_process_dies(self, place: int, call: int, after_writes: bool) -> None:
        command = self.history.deliver_dying(place, call, after_writes=after_writes)
        note(f"    {command.name} of {command.document}" if command else "    nothing waits")

    @precondition(lambda self: self.history.line.queues.waiting)
    @rule()
    def everything_is_delivered(self) -> None:
        self.history.line.drain()

    @precondition(lambda self: self.history.line.queues.waiting)
    @rule(seed=st.integers(0, 99))
    def everything_is_delivered_twice_in_any_order(self, seed: int) -> None:
        self.history.deliver_restlessly(seed)

    @rule(place=PLACES)
    def a_message_comes_again(self, place: int) -> None:
        command = self.history.send_again(place)
        note(f"    {command.name} of {command.document}" if command else "    none was ever sent")

    @rule()
    def the_import_runs(self) -> None:
        self.history.line.tick()

    @rule(day=INVOICE_DAYS)
    def a_quiet_day(self, day: date) -> None:
        self.history.line.finish(day)

    # -- what holds

    def check_invariants(self, *args: object, **kwargs: object) -> None:
        """After every step, with what stood before it."""
        after = self.history.line.snapshot()
        assert_kept(self.before, after)
        assert_always(self.history.line)
        self.before = after

    def teardown(self) -> None:
        """At the end all is billed, one invoice revised, all comes to rest, and delivering it again changes nothing."""
        history = self.history
        history.line.drain()
        history.mend()
        for contract in CONTRACTS:
            self.a_contract_is_billed(contract, AUGUST[-1], [(place, self.last_edit) for place in range(3)])
        self.all_invoices_are_to_be_confirmed(AUGUST[-1])
        history.line.drain()
        history.line.tick()
        self.journals_are_to_be_posted()
        history.line.drain()
        history.line.tick()
        for place in range(len(history.invoices())):
            self.a_proposal_is_worked_on(place, self.last_act)
        history.finish(AUGUST[-1])
        history.revise(self.revised)
        history.line.drain()
        self.all_invoices_are_to_be_confirmed(AUGUST[-1])
        history.finish(AUGUST[-1])
        # a message that found nothing to do finds it the second time, as it may
        history.send_everything_again()
        history.finish(AUGUST[-1])
        self.check_invariants()
        assert_finished(history.line)
        assert_explained(history.line)
        before = at_rest(history.line)
        history.send_everything_again()
        assert at_rest(history.line) == before, "delivering everything again changed something"

    def _try(self, act: Callable[[], None], *also: type[InvoicingError]) -> None:
        refusals: tuple[type[InvoicingError], ...] = (Refused, *also)
        before = self.history.line.snapshot()
        try:
            act()
        except refusals as refused:
            note(f"    refused: {refused}")
            assert self.history.line.snapshot() == before, "a refused act changed something"


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=WANTED or EXAMPLES,
    stateful_step_count=STEPS,
    derandomize=not WANTED,
    database=None,
    # who looks for a new failure wants the shortest one; that takes minutes
    phases=(Phase.generate, Phase.shrink) if WANTED else (Phase.generate,),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
