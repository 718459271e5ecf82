"""The staged rows in finance: what arrived from Dataverse and where it went from there.

A staged row has the key of the row that it came from. Arrival writes the columns that the table map fills; everything
that happens later is merged on top, so an arrival that comes twice finds its own columns and changes nothing.
"""

from pydantic import Field

from domain.dimensions import Dimensions
from domain.option_sets import BillingMethod, FinanceBillingType, FinanceTransactionType, TransactionClass
from domain.record import CompanyCode, CurrencyCode, Day, Guid, KeyText, Number, Record, Text


class ImportedActual(Record):
    """What tells how far a row of `ProjCDSActualsImport` has come, for those who need no more of it."""

    actual: Guid = Field(alias="ActualId")
    transaction_type: FinanceTransactionType = Field(alias="TransactionType")
    # -- since import: the line of the proposal that took it
    proposal_line: int | None = Field(default=None, alias="InvoiceProposalLine")
    # -- since posting; True: posted, or closed because it carries no revenue
    processed: bool = Field(default=False, alias="IsProcessed")


class StagedActual(ImportedActual):
    """A row of `ProjCDSActualsImport`."""

    company: CompanyCode = Field(alias="DataAreaId")
    transaction_class: TransactionClass = Field(alias="TransactionClassification")
    billing_type: FinanceBillingType = Field(alias="BillingType")
    quantity: Number = Field(alias="Quantity")
    price: Number = Field(alias="UnitPrice")
    amount: Number = Field(alias="Amount")
    # what is taken off the amount and what is added to it, with its sign; None: nothing
    discount: Number | None = Field(default=None, alias="DiscountAmount")
    fee: Number | None = Field(default=None, alias="FeeAmount")
    currency: CurrencyCode = Field(alias="TransactionCurrencyId")
    # the transaction date
    document_date: Day = Field(alias="DocumentDate")
    accounting_date: Day | None = Field(default=None, alias="AccountingDate")
    contract: KeyText = Field(alias="ContractId")
    contract_line: int | None = Field(default=None, alias="ContractLine")
    funding_source: KeyText | None = Field(default=None, alias="FundingSourceId")
    # the account behind the funding source
    customer: KeyText | None = Field(default=None, alias="CustomerAccountNumber")
    project: KeyText | None = Field(default=None, alias="ProjectId")
    category: KeyText | None = Field(default=None, alias="TransactionCategoryId")
    resource: Text | None = Field(default=None, alias="BookableResourceName")
    # materials: the item number of the product
    product: KeyText | None = Field(default=None, alias="ProductNumber")
    description: Text | None = Field(default=None, alias="Description")
    # billed sales: the number of the proforma, which is the proposal's
    invoice_number: Text | None = Field(default=None, alias="InvoiceId")
    # billed sales of a milestone: the milestone
    milestone: Guid | None = Field(default=None, alias="MilestoneId")
    # of its contract line; None: it names no line
    billing_method: BillingMethod | None = Field(default=None, alias="BillingMethod")
    # what the row takes back, as the key text of that row: a reversal of an unbilled sale, a credit of a billed sale
    reverses: Text | None = Field(default=None, alias="ReversesKey")
    # -- since import: the journal and line number, or the proposal, that took it
    journal: Guid | None = Field(default=None, alias="ProjAdvancedJournal")
    journal_line: int | None = Field(default=None, alias="ProjAdvancedJournalLine")
    # the choice of Import from staging that stamped the journal; it counts once the journal stands
    import_run: Text | None = Field(default=None, alias="ImportRun")
    # the journal line that was deleted last, as key text: the next one takes its vouchers over
    deleted_line: Text | None = Field(default=None, alias="DeletedJournalLine")
    proposal: Guid | None = Field(default=None, alias="InvoiceProposalId")
    # why the row waits; None: it does not
    waits_for: Text | None = Field(default=None, alias="ImportError")
    # -- since posting
    accounting_amount: Number | None = Field(default=None, alias="AccountingAmount")
    exchange_rate: Number | None = Field(default=None, alias="ExchangeRate")
    voucher: Text | None = Field(default=None, alias="VoucherNumber")
    sales_tax_amount: Number | None = Field(default=None, alias="SalesTaxAmount")


class StagedRelationship(Record):
    """A row of `ProjCDSTransactionRelationshipImport`."""

    connection: Guid = Field(alias="ConnectionId")
    transaction1: Guid = Field(alias="Transaction1Id")
    transaction1_role: Text = Field(alias="Transaction1Role")
    transaction1_type: Text = Field(alias="Transaction1Type")
    transaction2: Guid = Field(alias="Transaction2Id")
    transaction2_role: Text = Field(alias="Transaction2Role")
    transaction2_type: Text = Field(alias="Transaction2Type")
    transaction1_key: Text | None = Field(default=None, alias="Transaction1Key")
    transaction2_key: Text | None = Field(default=None, alias="Transaction2Key")


class StagedMilestone(Record):
    """A row of `ProjCDSContractLineMilestoneImport`."""

    company: CompanyCode = Field(alias="DataAreaId")
    milestone: Guid = Field(alias="TransactionId")
    contract: KeyText = Field(alias="ContractId")
    contract_line: int = Field(alias="ContractLine")
    funding_source: KeyText | None = Field(default=None, alias="FundingSourceId")
    # the account behind the funding source
    customer: KeyText | None = Field(default=None, alias="CustomerAccountNumber")
    project: KeyText | None = Field(default=None, alias="ProjectId")
    invoice_date: Day = Field(alias="InvoiceDate")
    description: Text = Field(alias="Description")
    currency: CurrencyCode = Field(alias="CurrencyId")
    amount: Number = Field(alias="Amount")


class OnAccountTransaction(Record):
    """What finance will bill on account for a milestone (`ProjOnAccTrans`).

    Its tax groups and dimensions can be edited until it stands on a proposal.
    """

    company: CompanyCode = Field(alias="DataAreaId")
    # the milestone's id
    transaction: Guid = Field(alias="TransId")
    contract: KeyText = Field(alias="ContractId")
    project: KeyText | None = Field(default=None, alias="ProjId")
    currency: CurrencyCode = Field(alias="CurrencyId")
    amount: Number = Field(alias="TotalSalesAmountCur")
    transaction_date: Day = Field(alias="TransDate")
    tax_group: KeyText | None = Field(default=None, alias="TaxGroupId")
    tax_item_group: KeyText | None = Field(default=None, alias="TaxItemGroupId")
    # the contract line's
    default_dimension: Dimensions | None = Field(default=None, alias="DefaultDimension")
    description: Text | None = Field(default=None, alias="Description")
