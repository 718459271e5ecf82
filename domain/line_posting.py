"""What posting a journal line decided: ledger entries, project transaction, and the text that stores the decision."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.identifiers import derive_id
from domain.journal import JournalLine
from domain.ledger import LedgerEntry, ProjectTransaction
from domain.money import plain_text
from domain.option_sets import FinanceTransactionType
from domain.posting_types import PostingType


@dataclass(frozen=True, slots=True)
class Posting:
    """One entry of a decision: debit positive, credit negative."""

    posting_type: PostingType
    main_account: str
    account_name: str
    # in the line's currency, and in the accounting currency
    amount: Decimal
    accounting_amount: Decimal
    dimension: str | None = None


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
                default_dimension=posting.dimension,
                text=line.description,
                is_credit=posting.amount < 0,
            )
            for number, posting in enumerate(self.postings, start=1)
        )

    @property
    def transaction(self) -> ProjectTransaction:
        """The row of the project subledger."""
        line = self.line
        wip = self._posting_of(PostingType.WIP_SALES_VALUE)
        accrued = self._posting_of(PostingType.ACCRUED_REVENUE_SALES_VALUE)
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
            price=line_price(line),
            amount=line_amount(line),
            discount=line.discount,
            fee=line.fee,
            currency=line.currency,
            accounting_amount=self.accounting_amount,
            exchange_rate=line.exchange_rate,
            tax_group=line.tax_group,
            tax_item_group=line.tax_item_group,
            default_dimension=line.default_dimension,
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
                posting.dimension or "",
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
            Posting(
                PostingType(number), account, name, Decimal(amount), Decimal(accounting), next(iter(more), "") or None
            )
            # a decision that an older version stored has no dimensions
            for number, account, name, amount, accounting, *more in decision["postings"]
        )
        day = date.fromisoformat(decision["date"])
        return cls(line, day, decision["currency"], Decimal(decision["amount"]), postings)

    def _posting_of(self, posting_type: PostingType) -> Posting | None:
        return next((posting for posting in self.postings if posting.posting_type is posting_type), None)


def line_amount(line: JournalLine) -> Decimal:
    """Give what a line is worth in its currency: cost of a cost; sales value of a sale, with its discount and fee."""
    return line.extended_cost if line.transaction_type is FinanceTransactionType.COST else line.extended_price


def line_price(line: JournalLine) -> Decimal:
    """Give what a unit of a line is worth in its currency, before discount and fee."""
    return line.unit_cost if line.transaction_type is FinanceTransactionType.COST else line.unit_price
