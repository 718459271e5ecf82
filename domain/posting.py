"""What posting an integration-journal line decides: its ledger entries and its project transaction.

The decision is made once, stored on the line as text, and only then written to the ledger, so that a second try writes
the same rows whatever became of the set-up meanwhile.
Source: Project Operations documentation, Configure accounting for billable projects (accounting event examples).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from domain.errors import Problem, ReasonCode, problems_in
from domain.finance_parties import FinanceProject
from domain.identifiers import derive_id
from domain.journal import JournalLine
from domain.ledger import LedgerEntry, ProjectTransaction
from domain.ledger_periods import accounting_date
from domain.money import ZERO, multiply, plain_text
from domain.option_sets import FinanceTransactionType, TransactionClass
from domain.posting_types import PostingType
from domain.setup import LegalEntitySetup
from domain.setup_items import FinanceBillingMethod, PostingAccount


class PostingRule(NamedTuple):
    """The two sides of a posting."""

    debit: PostingType
    credit: PostingType


COST_RULES: Mapping[TransactionClass, PostingRule] = MappingProxyType(
    {
        TransactionClass.TIME: PostingRule(PostingType.COST, PostingType.PAYROLL_ALLOCATION),
        TransactionClass.EXPENSE: PostingRule(PostingType.COST, PostingType.LEDGER_JOURNAL),
        TransactionClass.MATERIAL: PostingRule(PostingType.COST, PostingType.COST_ITEM),
    }
)
ACCRUAL_RULE = PostingRule(PostingType.WIP_SALES_VALUE, PostingType.ACCRUED_REVENUE_SALES_VALUE)


@dataclass(frozen=True, slots=True)
class Posting:
    """One entry of a decision: debit positive, credit negative."""

    posting_type: PostingType
    main_account: str
    account_name: str
    # in the line's currency, and in the accounting currency
    amount: Decimal
    accounting_amount: Decimal


@dataclass(frozen=True, slots=True)
class LinePosting:
    """What posting a line decided."""

    line: JournalLine
    accounting_date: date
    accounting_currency: str
    # the line's amount in the accounting currency: what is written back, accrued or not
    accounting_amount: Decimal
    postings: tuple[Posting, ...]

    @property
    def exchange_rate(self) -> Decimal:
        """Accounting currency for one unit of the line's currency."""
        return self.line.exchange_rate

    @property
    def entries(self) -> tuple[LedgerEntry, ...]:
        """The ledger entries of the line's voucher; none for a sale that is not accrued."""
        line = self.line
        return tuple(
            LedgerEntry(
                document=line.journal,
                company=line.company,
                voucher=line.voucher,
                number=number,
                accounting_date=self.accounting_date,
                document_date=line.transaction_date,
                posting_type=posting.posting_type,
                posting_type_name=posting.posting_type.title,
                main_account=posting.main_account,
                account_name=posting.account_name,
                currency=line.currency,
                amount=posting.amount,
                accounting_currency=self.accounting_currency,
                accounting_amount=posting.accounting_amount,
                exchange_rate=line.exchange_rate,
                project=line.project,
                category=line.category,
                text=line.description,
                is_credit=posting.amount < 0,
            )
            for number, posting in enumerate(self.postings, start=1)
        )

    @property
    def transaction(self) -> ProjectTransaction:
        """The row of the project subledger."""
        line = self.line
        is_cost = line.transaction_type is FinanceTransactionType.COST
        wip = self._posting_of(ACCRUAL_RULE.debit)
        accrued = self._posting_of(ACCRUAL_RULE.credit)
        return ProjectTransaction(
            company=line.company,
            transaction=derive_id("project-transaction", line.actual),
            actual=line.actual,
            actual_key=line.actual_key,
            transaction_type=line.transaction_type,
            transaction_class=line.transaction_class,
            transaction_date=line.transaction_date,
            accounting_date=self.accounting_date,
            contract=line.contract,
            contract_line=line.contract_line,
            funding_source=line.funding_source,
            project=line.project,
            category=line.category,
            line_property=line.line_property,
            reverses=line.reverses,
            quantity=line.quantity,
            price=line.unit_cost if is_cost else line.unit_price,
            amount=_amount(line),
            currency=line.currency,
            accounting_amount=self.accounting_amount,
            exchange_rate=line.exchange_rate,
            tax_group=line.tax_group,
            tax_item_group=line.tax_item_group,
            accrued_amount=wip.amount if wip else None,
            accrued_accounting_amount=wip.accounting_amount if wip else None,
            wip_account=wip.main_account if wip else None,
            wip_account_name=wip.account_name if wip else None,
            accrued_revenue_account=accrued.main_account if accrued else None,
            accrued_revenue_account_name=accrued.account_name if accrued else None,
            journal=line.journal,
            voucher=line.voucher,
        )

    def to_text(self) -> str:
        """Write the decision as compact JSON, for the line's column Postings."""
        postings = [
            [
                int(posting.posting_type),
                posting.main_account,
                posting.account_name,
                plain_text(posting.amount),
                plain_text(posting.accounting_amount),
            ]
            for posting in self.postings
        ]
        decision = {
            "date": self.accounting_date.isoformat(),
            "currency": self.accounting_currency,
            "amount": plain_text(self.accounting_amount),
            "postings": postings,
        }
        return json.dumps(decision, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_text(cls, line: JournalLine, text: str) -> "LinePosting":
        """Read the decision that `to_text` wrote on the line."""
        decision = json.loads(text)
        postings = tuple(
            Posting(PostingType(number), account, name, Decimal(amount), Decimal(accounting_amount))
            for number, account, name, amount, accounting_amount in decision["postings"]
        )
        day = date.fromisoformat(decision["date"])
        return cls(line, day, decision["currency"], Decimal(decision["amount"]), postings)

    def _posting_of(self, posting_type: PostingType) -> Posting | None:
        return next((posting for posting in self.postings if posting.posting_type is posting_type), None)


def post_line(
    setup: LegalEntitySetup,
    line: JournalLine,
    project: FinanceProject | None,
    original: ProjectTransaction | None = None,
) -> LinePosting | Problem:
    """Decide what posting a journal line writes.

    Cost: debit cost, credit payroll allocation (time), offset account (expense) or cost-item (material). A sale that is
    to be invoiced and whose class accrues revenue: debit WIP sales value, credit accrued revenue; another sale:
    nothing. 4 h at 250 GBP and 1.25 accrue 1,000 GBP, 1,250 USD. A reversal takes back what its original accrued, from
    the same accounts, whatever the set-up says now.

    Args:
        setup: the legal entity.
        line: a draft line.
        project: the line's project; None when finance does not know it.
        original: the posted transaction that the line reverses.

    Returns:
        The decision, or a problem: PROJECT_UNKNOWN, before all; of a reversal UNBILLED_SALES_NOT_POSTED and
        DOCUMENT_WRONG_STATE; else the first in precedence order of TRANSACTION_CLASS_NOT_SUPPORTED, PERIOD_CLOSED,
        NO_OPEN_PERIOD, POSTING_ACCOUNT_MISSING, REVENUE_PROFILE_MISSING.
    """
    if project is None:
        sentence = f"Journal line {line.number}: project {line.project} is not known in {line.company}; add the project"
        return Problem(ReasonCode.PROJECT_UNKNOWN, sentence, (line.actual, line.project))
    accounting_amount = multiply(_amount(line), line.exchange_rate, setup.accounting_currency)
    decided = _reversed(line, original) if line.reverses else _postings(setup, line, project, accounting_amount)
    found = accounting_date(setup, line.accounting_date), decided
    match found:
        case (date() as day, tuple() as postings):
            return LinePosting(line, day, setup.accounting_currency, accounting_amount, postings)
        case _:
            return problems_in(*found)[0]


def _reversed(line: JournalLine, original: ProjectTransaction | None) -> tuple[Posting, ...] | Problem:
    """Turn the sign of what the original accrued."""
    if original is None:
        sentence = f"Journal line {line.number}: the unbilled sale that it takes back is not posted; post it first"
        return Problem(ReasonCode.UNBILLED_SALES_NOT_POSTED, sentence, (line.actual,))
    if original.invoice is not None:
        # its accrual is gone already
        sentence = (
            f"Journal line {line.number} takes back {original.actual}, which invoice {original.invoice} has billed;"
            " delete the line and revise the invoice"
        )
        return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (line.actual, original.actual))
    if not original.accrued_amount:
        return ()
    amount, accounting_amount = original.accrued_amount, original.accrued_accounting_amount or ZERO
    wip = original.wip_account or "", original.wip_account_name or ""
    accrued = original.accrued_revenue_account or "", original.accrued_revenue_account_name or ""
    return (
        Posting(ACCRUAL_RULE.debit, *wip, -amount, -accounting_amount),
        Posting(ACCRUAL_RULE.credit, *accrued, amount, accounting_amount),
    )


def _amount(line: JournalLine) -> Decimal:
    return line.extended_cost if line.transaction_type is FinanceTransactionType.COST else line.extended_price


def _rule(setup: LegalEntitySetup, line: JournalLine, project: FinanceProject) -> PostingRule | Problem | None:
    if _amount(line) == ZERO:
        return None
    if line.transaction_type is FinanceTransactionType.SALES:
        return _accrual(setup, line, project)
    return COST_RULES.get(line.transaction_class) or Problem(
        ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED,
        f"Journal line {line.number}: {line.transaction_type} of class {line.transaction_class.name.capitalize()}"
        " cannot be posted; delete the line",
        (line.actual,),
    )


def _accrual(setup: LegalEntitySetup, line: JournalLine, project: FinanceProject) -> PostingRule | Problem | None:
    # accruing what will not be invoiced would leave WIP for ever
    line_property = setup.line_property(line.billing_type)
    if not (line_property.to_be_invoiced and line_property.to_be_accrued):
        return None
    # only a time-and-material line has unbilled sales
    profile = setup.revenue_profile(FinanceBillingMethod.TIME_AND_MATERIAL, project, line.contract)
    if isinstance(profile, Problem):
        return profile
    return ACCRUAL_RULE if line.transaction_class in profile.accrued_classes else None


def _postings(
    setup: LegalEntitySetup, line: JournalLine, project: FinanceProject, accounting_amount: Decimal
) -> tuple[Posting, ...] | Problem:
    rule = _rule(setup, line, project)
    if not isinstance(rule, PostingRule):
        return rule or ()
    debit = setup.account(rule.debit, project, line.category)
    credit = setup.account(rule.credit, project, line.category)
    match (debit, credit):
        case (PostingAccount() as debited, PostingAccount() as credited):
            amount = _amount(line)
            return _posting(debited, amount, accounting_amount), _posting(credited, -amount, -accounting_amount)
        case _:
            return problems_in(debit, credit)[0]


def _posting(account: PostingAccount, amount: Decimal, accounting_amount: Decimal) -> Posting:
    return Posting(account.posting_type, account.main_account, account.account_name, amount, accounting_amount)
