"""What posting leaves for good: ledger entries, project transactions, customer and tax transactions.

None of these rows is ever edited but for a project transaction, which learns once that it was invoiced.
Amounts are signed: a debit is positive, a credit negative. A voucher is in balance when its entries add up to zero in
each transaction currency and in the accounting currency.
"""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from domain.dimensions import Dimensions
from domain.errors import Problem, ReasonCode
from domain.money import plain_text, total
from domain.option_sets import FinanceTransactionType, TransactionClass
from domain.posting_types import PostingType
from domain.record import CompanyCode, CurrencyCode, Day, Guid, KeyText, Number, Record, Text
from domain.rows import RowKey


class TransactionStatus(StrEnum):
    """`ProjTransStatus` of a project transaction, the members that invoicing uses."""

    POSTED = "Posted"
    INVOICED = "Invoiced"


class LedgerEntry(Record):
    """An entry of a voucher (`GeneralJournalEntry` and `GeneralJournalAccountEntry` in one row)."""

    # the journal or the proposal that was posted
    document: Guid = Field(alias="DocumentId")
    company: CompanyCode = Field(alias="DataAreaId")
    voucher: KeyText = Field(alias="Voucher")
    # within the voucher, from 1
    number: int = Field(alias="EntryNumber", ge=1, le=99_999)
    accounting_date: Day = Field(alias="AccountingDate")
    document_date: Day = Field(alias="DocumentDate")
    posting_type: PostingType = Field(alias="PostingType")
    posting_type_name: Text = Field(alias="PostingTypeName")
    main_account: KeyText = Field(alias="MainAccount")
    account_name: Text = Field(alias="AccountName")
    currency: CurrencyCode = Field(alias="TransactionCurrencyCode")
    # debit positive, credit negative, in the transaction currency
    amount: Number = Field(alias="TransactionCurrencyAmount")
    accounting_currency: CurrencyCode = Field(alias="AccountingCurrencyCode")
    accounting_amount: Number = Field(alias="AccountingCurrencyAmount")
    # accounting currency for one unit of the transaction currency, as 1.25
    exchange_rate: Number = Field(alias="ExchangeRate")
    project: KeyText | None = Field(default=None, alias="ProjId")
    category: KeyText | None = Field(default=None, alias="CategoryId")
    default_dimension: Dimensions | None = Field(default=None, alias="DefaultDimension")
    text: Text | None = Field(default=None, alias="Text")
    is_credit: bool = Field(alias="IsCredit")

    @property
    def key(self) -> RowKey:
        """Partition: the journal or proposal. Row: voucher and entry number."""
        return RowKey(self.document, f"{self.voucher}|{self.number:05d}")


class ProjectTransaction(Record):
    """A row of the project subledger: one posted journal line, a cost or an unbilled sale, never both in one row.

    `ProjEmplTrans`, `ProjCostTrans`, `ProjItemTrans`, `ProjRevenueTrans` and their sales rows.
    Source: Project Operations documentation, Post costs overview (cost and revenue are separate records).
    """

    company: CompanyCode = Field(alias="DataAreaId")
    # derived from the actual
    transaction: Guid = Field(alias="TransId")
    # the actual, and the key text of its staged row, which is this row's key too
    actual: Guid = Field(alias="ActualId")
    actual_key: Text = Field(alias="ActualKey")
    transaction_type: FinanceTransactionType = Field(alias="TransType")
    transaction_class: TransactionClass = Field(alias="TransactionClassification")
    transaction_date: Day = Field(alias="ProjTransDate")
    accounting_date: Day = Field(alias="LedgerTransDate")
    contract: KeyText = Field(alias="ContractId")
    contract_line: int | None = Field(default=None, alias="ContractLineId")
    funding_source: KeyText | None = Field(default=None, alias="FundingSourceId")
    project: KeyText = Field(alias="ProjId")
    category: KeyText = Field(alias="CategoryId")
    line_property: KeyText = Field(alias="LinePropertyId")
    # a reversal: the key text of the transaction that it takes back
    reverses: Text | None = Field(default=None, alias="ReversesKey")
    quantity: Number = Field(alias="Qty")
    # a unit and in all: cost of a cost, sales value of a sale; zero for a sale that is not to be invoiced
    price: Number = Field(alias="SalesPrice")
    amount: Number = Field(alias="LineAmount")
    # of a sale: what the amount is reduced and increased by; None: nothing
    discount: Number | None = Field(default=None, alias="DiscountAmount")
    fee: Number | None = Field(default=None, alias="FeeAmount")
    currency: CurrencyCode = Field(alias="CurrencyId")
    # the amount in the accounting currency of the company
    accounting_amount: Number = Field(alias="AmountMST")
    exchange_rate: Number = Field(alias="ExchRate")
    tax_group: KeyText | None = Field(default=None, alias="TaxGroupId")
    tax_item_group: KeyText | None = Field(default=None, alias="TaxItemGroupId")
    # of its accrual too
    default_dimension: Dimensions | None = Field(default=None, alias="DefaultDimension")
    # what was accrued and must be reversed exactly; None: nothing. In the transaction and in the accounting currency
    accrued_amount: Number | None = Field(default=None, alias="LedgerSalesAmountCur")
    accrued_accounting_amount: Number | None = Field(default=None, alias="LedgerSalesAmount")
    # where it was accrued: debited to WIP sales value, credited to accrued revenue
    wip_account: KeyText | None = Field(default=None, alias="WIPSalesValueAccount")
    wip_account_name: Text | None = Field(default=None, alias="WIPSalesValueAccountName")
    accrued_revenue_account: KeyText | None = Field(default=None, alias="AccruedRevenueAccount")
    accrued_revenue_account_name: Text | None = Field(default=None, alias="AccruedRevenueAccountName")
    journal: Guid = Field(alias="ProjAdvancedJournalId")
    voucher: KeyText = Field(alias="Voucher")
    status: TransactionStatus = Field(default=TransactionStatus.POSTED, alias="TransStatus")
    # -- since invoicing
    proposal: Guid | None = Field(default=None, alias="ProformaInvoiceId")
    invoice: KeyText | None = Field(default=None, alias="ProjInvoiceId")
    # what that invoice took back of the accrual, in the accounting currency; None: nothing, or not recorded
    reversed_accounting_amount: Number | None = Field(default=None, alias="LedgerSalesReversed")
    # -- since a reconciliation of accrued revenue: what it moved out of WIP, in the accounting currency
    corrected_accounting_amount: Number | None = Field(default=None, alias="LedgerSalesCorrected")
    correction_voucher: KeyText | None = Field(default=None, alias="CorrectionVoucher")
    # how often its accounting was adjusted, and the adjustment that is being carried out, as JSON text
    adjustments: int | None = Field(default=None, alias="Adjustments", ge=1)
    pending_adjustment: Text | None = Field(default=None, alias="PendingAdjustment")

    @property
    def key(self) -> RowKey:
        """Partition and row of the staged actual."""
        return RowKey.from_text(self.actual_key)


class CustomerTransaction(Record):
    """What the customer owes by one invoice (`CustTrans`)."""

    proposal: Guid = Field(alias="ProformaInvoiceId")
    company: CompanyCode = Field(alias="DataAreaId")
    customer: KeyText = Field(alias="AccountNum")
    transaction_type: Text = Field(default="Project", alias="TransType")
    transaction_date: Day = Field(alias="TransDate")
    document_date: Day = Field(alias="DocumentDate")
    due_date: Day = Field(alias="DueDate")
    payment_terms: KeyText | None = Field(default=None, alias="PaymTermId")
    voucher: KeyText = Field(alias="Voucher")
    invoice: KeyText = Field(alias="Invoice")
    contract: KeyText = Field(alias="ProjInvoiceProjId")
    currency: CurrencyCode = Field(alias="CurrencyCode")
    # with tax; negative on a credit note
    amount: Number = Field(alias="AmountCur")
    accounting_amount: Number = Field(alias="AmountMST")
    exchange_rate: Number = Field(alias="ExchRate")
    # True: the rate is agreed with the customer
    fixed_exchange_rate: bool = Field(alias="FixedExchRate")
    default_dimension: Dimensions | None = Field(default=None, alias="DefaultDimension")
    text: Text | None = Field(default=None, alias="Txt")

    @property
    def key(self) -> RowKey:
        """Partition and row: the proposal."""
        return RowKey(self.proposal, self.proposal)


class TaxTransaction(Record):
    """The sales tax of one invoice by one code, group, item group and percentage (`TaxTrans`)."""

    proposal: Guid = Field(alias="ProformaInvoiceId")
    company: CompanyCode = Field(alias="DataAreaId")
    # within the invoice, from 1
    number: int = Field(alias="TaxNumber", ge=1, le=99_999)
    tax_code: KeyText = Field(alias="TaxCode")
    tax_group: KeyText = Field(alias="TaxGroup")
    tax_item_group: KeyText = Field(alias="TaxItemGroup")
    # per cent
    percent: Number = Field(alias="TaxValue")
    direction: Text = Field(default="OutgoingTax", alias="TaxDirection")
    # the accounting date
    transaction_date: Day = Field(alias="TransDate")
    voucher: KeyText = Field(alias="Voucher")
    invoice: KeyText = Field(alias="InvoiceId")
    currency: CurrencyCode = Field(alias="SourceCurrencyCode")
    # positive for tax that is owed to the authority, as the invoice shows it
    base_amount: Number = Field(alias="SourceBaseAmountCur")
    tax_amount: Number = Field(alias="SourceTaxAmountCur")
    accounting_base_amount: Number = Field(alias="TaxBaseAmount")
    accounting_tax_amount: Number = Field(alias="TaxAmount")

    @property
    def key(self) -> RowKey:
        """Partition: the proposal. Row: number and proposal, since numbers repeat from invoice to invoice."""
        return RowKey(self.proposal, f"{self.number:05d}|{self.proposal}")


def out_of_balance(entries: Iterable[LedgerEntry]) -> Problem | None:
    """Tell how a voucher is out of balance, or None.

    Args:
        entries: of any number of vouchers; each voucher is checked by itself.

    Returns:
        None when every voucher adds up to zero in each of its transaction currencies and in the accounting currency;
        otherwise VOUCHER_OUT_OF_BALANCE for the first that does not.
    """
    sums: dict[tuple[str, str], list[Number]] = {}
    for entry in entries:
        sums.setdefault((entry.voucher, f"transaction currency {entry.currency}"), []).append(entry.amount)
        accounting = (entry.voucher, f"accounting currency {entry.accounting_currency}")
        sums.setdefault(accounting, []).append(entry.accounting_amount)
    for (voucher, currency), amounts in sums.items():
        if difference := total(amounts):
            return Problem(
                ReasonCode.VOUCHER_OUT_OF_BALANCE,
                f"Voucher {voucher} is out of balance by {plain_text(difference)} in {currency}; nothing was posted,"
                " report the document with this sentence",
                (voucher,),
            )
    return None
