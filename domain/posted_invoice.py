"""The posted invoice: the voucher, the tax and customer transactions and the header, from the totals of the lines.

The customer owes lines and tax; in the accounting currency that is the total at the invoice's rate, while every line
and tax was rounded for itself. What rounding leaves goes to the penny difference account; more than rounding can leave
is an error, not a rounding.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from domain.errors import Problem, ReasonCode
from domain.invoice_posting import InvoiceTerms
from domain.invoice_proposal import InvoiceType, ProjectInvoice
from domain.ledger import CustomerTransaction, LedgerEntry, TaxTransaction, out_of_balance
from domain.money import ZERO, minor_units, multiply, plain_text, total
from domain.posting_types import PostingType
from domain.setup_posting import PostingAccount
from domain.voucher_totals import EntryKey, VoucherTotals

# in minor units: 0.05 of a currency with cents
PENNY_DIFFERENCE_MINOR_UNITS = 5
HALF = Decimal("0.5")
# the order of a voucher's entries, as an accountant reads it
ENTRY_ORDER: tuple[PostingType, ...] = (
    PostingType.CUSTOMER_BALANCE,
    PostingType.INVOICED_REVENUE,
    PostingType.INVOICED_ON_ACCOUNT,
    PostingType.WIP_INVOICED_ON_ACCOUNT,
    PostingType.SALES_TAX,
    PostingType.WIP_SALES_VALUE,
    PostingType.ACCRUED_REVENUE_SALES_VALUE,
    PostingType.PENNY_DIFFERENCE,
)
# what the customer owes is the other side of these
OWED = frozenset(
    {
        PostingType.INVOICED_REVENUE,
        PostingType.INVOICED_ON_ACCOUNT,
        PostingType.WIP_INVOICED_ON_ACCOUNT,
        PostingType.SALES_TAX,
    }
)

type Sum = tuple[EntryKey, Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class PostedInvoice:
    """Everything that stands once for an invoice, not once for a line."""

    invoice: ProjectInvoice
    entries: tuple[LedgerEntry, ...]
    tax_transactions: tuple[TaxTransaction, ...]
    customer_transaction: CustomerTransaction


def finish(terms: InvoiceTerms, totals: VoucherTotals, number: str, voucher: str) -> PostedInvoice | Problem:
    """Make the voucher of an invoice when all of its lines have been added.

    Args:
        terms: of the invoice.
        totals: of all lines.
        number: of the customer invoice.
        voucher: of the invoice.

    Returns:
        The posted invoice; its voucher is in balance in both currencies. Problems: PROPOSAL_WITHOUT_LINES;
        VOUCHER_OUT_OF_BALANCE when the difference is more than rounding can leave.

    Repeating it: the same terms, totals and numbers give the same rows.
    """
    if not totals.lines:
        sentence = f"Proposal {terms.proposal.number} has no lines; run import from staging, then post again"
        return Problem(ReasonCode.PROPOSAL_WITHOUT_LINES, sentence, (terms.proposal.proposal,))
    sums: list[Sum] = [(key, *both) for key, both in totals.entries.items()]
    gross = -total(amount for key, amount, _ in sums if key.posting_type in OWED)
    receivable = multiply(gross, terms.rate.value, terms.setup.accounting_currency)
    sums.append((_key(terms, terms.receivable), gross, receivable))
    penny = _penny_difference(terms, totals, total(accounting for _, _, accounting in sums), voucher)
    if isinstance(penny, Problem):
        return penny
    entries = tuple(_entries(terms, [*sums, *penny], number, voucher))
    return out_of_balance(entries) or PostedInvoice(
        invoice=_invoice(terms, totals, gross, number, voucher),
        entries=entries,
        tax_transactions=tuple(_tax_transactions(terms, totals, number, voucher)),
        customer_transaction=_customer_transaction(terms, (gross, receivable), number, voucher),
    )


def penny_difference_max(roundings: int, currency: str) -> Decimal:
    """Tell how much rounding may leave: 0.05, or half a cent for each rounded amount where that is more.

    A limit of 0.05 alone would refuse long invoices in another currency: a thousand lines, each rounded by up to half a
    cent, can differ from their total by 5.00.
    """
    cents = max(Decimal(PENNY_DIFFERENCE_MINOR_UNITS), HALF * roundings)
    return cents.scaleb(-minor_units(currency))


def _penny_difference(
    terms: InvoiceTerms, totals: VoucherTotals, difference: Decimal, voucher: str
) -> tuple[Sum, ...] | Problem:
    if difference == ZERO:
        return ()
    currency = terms.setup.accounting_currency
    # the receivable was rounded too
    if abs(difference) > penny_difference_max(totals.roundings + 1, currency):
        return Problem(
            ReasonCode.VOUCHER_OUT_OF_BALANCE,
            f"Voucher {voucher} of proposal {terms.proposal.number} is out of balance by {plain_text(difference)}"
            f" {currency}, more than rounding can leave; nothing was posted, report the proposal with this sentence",
            (terms.proposal.proposal, voucher),
        )
    account = terms.setup.account(PostingType.PENNY_DIFFERENCE)
    return account if isinstance(account, Problem) else ((_key(terms, account), ZERO, -difference),)


def _key(terms: InvoiceTerms, account: PostingAccount) -> EntryKey:
    place = (account.posting_type, account.main_account, account.account_name)
    return EntryKey(*place, terms.proposal.currency, terms.rate.value, dimension=terms.proposal.default_dimension)


def _entries(terms: InvoiceTerms, sums: list[Sum], number: str, voucher: str) -> Iterator[LedgerEntry]:
    posted = sorted((one for one in sums if one[1] or one[2]), key=_place)
    for entry_number, (key, amount, accounting_amount) in enumerate(posted, start=1):
        yield LedgerEntry(
            document=terms.proposal.proposal,
            company=terms.setup.company,
            voucher=voucher,
            number=entry_number,
            accounting_date=terms.accounting_date,
            document_date=terms.invoice_date,
            posting_type=key.posting_type,
            posting_type_name=key.posting_type.title,
            main_account=key.main_account,
            account_name=key.account_name,
            currency=key.currency,
            amount=amount,
            accounting_currency=terms.setup.accounting_currency,
            accounting_amount=accounting_amount,
            exchange_rate=key.rate,
            project=key.project,
            category=key.category,
            default_dimension=key.dimension,
            text=f"Invoice {number}",
            is_credit=(amount or accounting_amount) < 0,
        )


def _place(one: Sum) -> tuple[int, tuple[str, ...], Decimal]:
    key = one[0]
    names = (
        key.project or "",
        key.category or "",
        key.main_account,
        key.currency,
        key.account_name,
        key.dimension or "",
    )
    return ENTRY_ORDER.index(key.posting_type), names, key.rate


def _tax_transactions(
    terms: InvoiceTerms, totals: VoucherTotals, number: str, voucher: str
) -> Iterator[TaxTransaction]:
    for tax_number, (key, sums) in enumerate(sorted(totals.taxes.items()), start=1):
        yield TaxTransaction(
            proposal=terms.proposal.proposal,
            company=terms.setup.company,
            number=tax_number,
            tax_code=key.code,
            tax_group=key.group,
            tax_item_group=key.item_group,
            percent=key.percent,
            transaction_date=terms.accounting_date,
            voucher=voucher,
            invoice=number,
            currency=terms.proposal.currency,
            base_amount=sums.base,
            tax_amount=sums.tax,
            accounting_base_amount=sums.accounting_base,
            accounting_tax_amount=sums.accounting_tax,
        )


def _customer_transaction(
    terms: InvoiceTerms, owed: tuple[Decimal, Decimal], number: str, voucher: str
) -> CustomerTransaction:
    amount, accounting_amount = owed
    return CustomerTransaction(
        proposal=terms.proposal.proposal,
        company=terms.setup.company,
        customer=terms.customer.account,
        transaction_date=terms.accounting_date,
        document_date=terms.invoice_date,
        due_date=terms.due.day,
        payment_terms=terms.due.terms,
        voucher=voucher,
        invoice=number,
        contract=terms.proposal.contract,
        currency=terms.proposal.currency,
        amount=amount,
        accounting_amount=accounting_amount,
        exchange_rate=terms.rate.value,
        fixed_exchange_rate=terms.rate.fixed,
        default_dimension=terms.proposal.default_dimension,
        text=terms.proposal.description,
    )


def _invoice(terms: InvoiceTerms, totals: VoucherTotals, gross: Decimal, number: str, voucher: str) -> ProjectInvoice:
    tax = total(sums.tax for sums in totals.taxes.values())
    return ProjectInvoice(
        proposal=terms.proposal.proposal,
        company=terms.setup.company,
        number=number,
        invoice_type=InvoiceType.CREDIT_NOTE if gross < ZERO else InvoiceType.INVOICE,
        proposal_number=terms.proposal.number,
        contract=terms.proposal.contract,
        customer=terms.customer.account,
        invoice_date=terms.invoice_date,
        due_date=terms.due.day,
        payment_terms=terms.due.terms,
        currency=terms.proposal.currency,
        exchange_rate=terms.rate.value,
        amount=total((gross, -tax)),
        tax=tax,
        total=gross,
        voucher=voucher,
        lines=totals.lines,
        default_dimension=terms.proposal.default_dimension,
    )
