"""Posting a proposal as the customer invoice: line by line into running totals, then one voucher.

Debit customer balance for lines and tax; credit invoiced revenue (on account for milestones and retainers) and sales
tax. A line whose unbilled sale was accrued also reverses that accrual, with its own amounts and rate, whatever the rate
of the invoice. A credit is the same with negative lines.
Source: Project Operations documentation, Configure accounting for billable projects (accounting event examples); Manage
project invoice proposals (due date, exchange rates).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from domain.errors import Problem, ReasonCode, problems_in
from domain.exchange_rates import Rate, sales_rate
from domain.finance_parties import Blocked, FinanceCustomer, FinanceProject
from domain.invoice_proposal import ProjectInvoiceLine, Proposal, ProposalLine
from domain.invoice_revenue import entry_key, revenue_of
from domain.ledger import ProjectTransaction, TransactionStatus
from domain.ledger_periods import accounting_date
from domain.money import ZERO, multiply, total
from domain.payment_terms import DueDate, due_date, with_manual_day
from domain.posting_types import PostingType
from domain.sales_tax import LineTax, TaxGroups, line_taxes
from domain.setup import LegalEntitySetup
from domain.setup_items import TaxDate
from domain.setup_posting import PostingAccount
from domain.voucher_totals import Addition, EntryKey

# the table of a posted line, by the table of the proposal's line
INVOICE_LINE_TABLES: Mapping[str, str] = MappingProxyType(
    {
        "ProjProposalEmpl": "ProjInvoiceEmpl",
        "ProjProposalCost": "ProjInvoiceCost",
        "ProjProposalItem": "ProjInvoiceItem",
        "ProjProposalOnAcc": "ProjInvoiceOnAcc",
        "ProjProposalRevenue": "ProjInvoiceRevenue",
    }
)


@dataclass(frozen=True, slots=True)
class InvoiceTerms:
    """What holds for the whole invoice."""

    setup: LegalEntitySetup
    proposal: Proposal
    customer: FinanceCustomer
    invoice_date: date
    accounting_date: date
    due: DueDate
    rate: Rate
    # where the customer owes
    receivable: PostingAccount

    def tax_day(self, line: ProposalLine) -> date:
        """The day whose tax percentage counts, by the company's parameter."""
        by_invoice = self.setup.parameters.tax_date is TaxDate.INVOICE_DATE
        return self.invoice_date if by_invoice else line.transaction_date


@dataclass(frozen=True, slots=True)
class PostedLine:
    """What posting a line decided."""

    terms: InvoiceTerms
    line: ProposalLine
    # without tax, in the accounting currency: what is written back
    accounting_amount: Decimal
    taxes: tuple[LineTax, ...]
    # to the voucher
    additions: tuple[Addition, ...]
    # the unbilled sale that it bills; None: a milestone, or nothing stands behind it
    transaction: ProjectTransaction | None

    @property
    def tax(self) -> Decimal:
        """The line's tax in the transaction currency: what is written back."""
        return total(tax.tax for tax in self.taxes)

    def invoice_line(self, number: str) -> ProjectInvoiceLine:
        """Make the line of the posted invoice with this number."""
        line = self.line
        return ProjectInvoiceLine(
            proposal=line.proposal,
            invoice=number,
            number=line.number,
            line_table=INVOICE_LINE_TABLES[line.line_table],
            actual=line.actual,
            actual_key=line.actual_key,
            project=line.project,
            category=line.category,
            transaction_date=line.transaction_date,
            quantity=line.quantity,
            price=line.price,
            currency=self.terms.proposal.currency,
            amount=line.amount,
            discount=line.discount,
            fee=line.fee,
            fee_category=line.fee_category,
            discount_category=line.discount_category,
            tax=self.tax,
            amount_accounting_currency=self.accounting_amount,
            tax_group=line.tax_group,
            tax_item_group=line.tax_item_group,
            default_dimension=line.default_dimension,
            description=line.description,
        )

    def invoiced_transaction(self, number: str) -> ProjectTransaction | None:
        """Make the project transaction as it stands since the invoice with this number."""
        if self.transaction is None:
            return None
        return self.transaction.changed(
            status=TransactionStatus.INVOICED,
            proposal=self.terms.proposal.proposal,
            invoice=number,
            reversed_accounting_amount=self.transaction.accrued_accounting_amount,
        )


def begin(
    setup: LegalEntitySetup, proposal: Proposal, customer: FinanceCustomer | None, invoice_date: date
) -> InvoiceTerms | Problem:
    """Find what holds for the whole invoice, before the first line.

    Returns:
        The terms, or the first problem in precedence order: EXCHANGE_RATE_MISSING, PERIOD_CLOSED, NO_OPEN_PERIOD,
        POSTING_ACCOUNT_MISSING (customer balance; penny difference when the invoice is in another currency),
        PAYMENT_TERMS_UNKNOWN, CUSTOMER_UNKNOWN, CUSTOMER_ON_HOLD.
    """
    # what the last entry of the voucher needs is looked up now: nothing may be missing when the lines are done
    foreign = proposal.currency != setup.accounting_currency
    penny = setup.account(PostingType.PENNY_DIFFERENCE) if foreign else None
    found = (
        sales_rate(setup, proposal.contract, proposal.currency, invoice_date),
        accounting_date(setup, invoice_date),
        setup.account(PostingType.CUSTOMER_BALANCE, funding_source=proposal.funding_source),
        due_date(setup, invoice_date, proposal.payment_terms, customer.payment_terms if customer else None),
        _ready(proposal, customer),
    )
    problems = problems_in(penny, *found)
    match found:
        case (
            Rate() as rate,
            date() as day,
            PostingAccount() as receivable,
            DueDate() as due,
            FinanceCustomer() as ready,
        ):
            if problems:
                return problems[0]
            kept = with_manual_day(due, proposal.manual_due_date, proposal.manual_due_date_for, invoice_date)
            return InvoiceTerms(setup, proposal, ready, invoice_date, day, kept, rate, receivable)
        case _:
            return problems[0]


def post_line(
    terms: InvoiceTerms,
    line: ProposalLine,
    project: FinanceProject | None,
    transaction: ProjectTransaction | None = None,
) -> PostedLine | Problem:
    """Decide what one line adds to the voucher.

    Args:
        terms: of the invoice.
        line: of the proposal; negative on a credit.
        project: the line's project; None when finance does not know it.
        transaction: the posted unbilled sale that the line names; None when it names none.

    Returns:
        The decision, or a problem: DOCUMENT_WRONG_STATE when another invoice has billed the transaction,
        POSTING_ACCOUNT_MISSING, REVENUE_PROFILE_MISSING, SALES_TAX_CODE_MISSING, PROJECT_UNKNOWN,
        UNBILLED_SALES_NOT_POSTED when the line names a transaction that is not given.
    """
    if problem := _not_postable(terms, line, transaction):
        return problem
    setup, rate = terms.setup, terms.rate.value
    groups = TaxGroups(line.tax_group, line.tax_item_group)
    taxes = line_taxes(setup, groups, terms.tax_day(line), line.amount, terms.proposal.currency, rate)
    accounting_amount = multiply(line.amount, rate, setup.accounting_currency)
    revenue = revenue_of(setup, terms.proposal, line, project, rate)
    payable = setup.account(PostingType.SALES_TAX) if taxes else None
    match (taxes, revenue, payable):
        case (tuple() as taxed, tuple() as credits_, PostingAccount() | None as account):
            owed = _payable(terms, line, taxed, account)
            additions = (*credits_, *owed, *_reversal(transaction))
            return PostedLine(terms, line, accounting_amount, taxed, additions, transaction)
        case _:
            return problems_in(taxes, revenue, payable)[0]


def _ready(proposal: Proposal, customer: FinanceCustomer | None) -> FinanceCustomer | Problem:
    if customer is None:
        sentence = (
            f"Customer {proposal.customer} of proposal {proposal.number} is not known in {proposal.company}; add it"
        )
        return Problem(ReasonCode.CUSTOMER_UNKNOWN, sentence, (proposal.customer,))
    if customer.on_hold is Blocked.NO:
        return customer
    return Problem(
        ReasonCode.CUSTOMER_ON_HOLD,
        f"Customer {customer.account} of proposal {proposal.number} is on hold for {customer.on_hold.lower()};"
        " release the customer and post again",
        (customer.account, proposal.proposal),
    )


def _not_postable(terms: InvoiceTerms, line: ProposalLine, transaction: ProjectTransaction | None) -> Problem | None:
    about = f"Line {line.number} of proposal {terms.proposal.number}"
    if transaction is None:
        if line.unbilled_sales_key is None:
            return None
        return Problem(
            ReasonCode.UNBILLED_SALES_NOT_POSTED,
            f"{about}: the unbilled sale behind it is not posted; post its integration journal",
            (line.actual,),
        )
    if transaction.pending_adjustment is not None:
        sentence = f"{about}: the accounting of transaction {transaction.actual} is being adjusted; ask for it again"
        return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (line.actual, transaction.actual))
    if transaction.proposal in {None, terms.proposal.proposal}:
        return None
    return Problem(
        ReasonCode.DOCUMENT_WRONG_STATE,
        f"{about}: invoice {transaction.invoice} has billed transaction {transaction.actual} already; revise it",
        (line.actual, transaction.actual),
    )


def _payable(
    terms: InvoiceTerms, line: ProposalLine, taxes: tuple[LineTax, ...], account: PostingAccount | None
) -> tuple[Addition, ...]:
    if account is None:
        return ()
    key = entry_key(terms.proposal, line, account, terms.rate.value)
    return tuple(Addition(key, -tax.tax, -tax.accounting_tax) for tax in taxes)


def _reversal(transaction: ProjectTransaction | None) -> tuple[Addition, ...]:
    if transaction is None or not transaction.accrued_amount:
        return ()
    accrued, accounting = transaction.accrued_amount, transaction.accrued_accounting_amount or ZERO
    wip = EntryKey(
        PostingType.WIP_SALES_VALUE,
        transaction.wip_account or "",
        transaction.wip_account_name or "",
        transaction.currency,
        transaction.exchange_rate,
        transaction.project,
        transaction.category,
        transaction.default_dimension,
    )
    revenue = wip._replace(
        posting_type=PostingType.ACCRUED_REVENUE_SALES_VALUE,
        main_account=transaction.accrued_revenue_account or "",
        account_name=transaction.accrued_revenue_account_name or "",
    )
    return Addition(wip, -accrued, -accounting), Addition(revenue, accrued, accounting)
