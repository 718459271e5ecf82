"""The tables: one Azure table for each system table, named so that a person in a storage browser knows both.

What each partition is and how its rows sort is documented in `docs/reference/tables.md`.
"""

from enum import StrEnum


class Table(StrEnum):
    """Names of the Azure tables. The system's own table is named behind each."""

    # -- Dataverse: set-up and reference rows
    DATAVERSE_COMPANIES = "DataverseCompanies"  # cdm_company
    DATAVERSE_CURRENCIES = "DataverseCurrencies"  # transactioncurrency
    DATAVERSE_ACCOUNTS = "DataverseAccounts"  # account
    DATAVERSE_PROJECTS = "DataverseProjects"  # msdyn_project
    DATAVERSE_TRANSACTION_CATEGORIES = "DataverseTransactionCategories"  # msdyn_transactioncategory
    DATAVERSE_RESOURCES = "DataverseResources"  # bookableresource
    DATAVERSE_PRODUCTS = "DataverseProducts"  # product
    # -- Dataverse: the contract and its backlog, one partition a contract
    DATAVERSE_CONTRACTS = "DataverseContracts"  # salesorder
    DATAVERSE_CONTRACT_LINES = "DataverseContractLines"  # salesorderdetail
    DATAVERSE_CONTRACT_CUSTOMERS = "DataverseContractCustomers"  # msdyn_projectcontractsplitbillingrule
    DATAVERSE_MILESTONES = "DataverseMilestones"  # msdyn_contractlinescheduleofvalue
    DATAVERSE_LINE_CUSTOMERS = "DataverseLineCustomers"  # who pays which share of a contract line
    DATAVERSE_MILESTONE_HEADERS = "DataverseMilestoneHeaders"  # header of milestones: progress, or several customers
    DATAVERSE_RETAINERS = "DataverseRetainers"  # msdyn_contractretainer
    DATAVERSE_BILLING_BACKLOG = "DataverseBillingBacklog"  # work index: items that are Ready to invoice
    DATAVERSE_INVOICE_SCHEDULES = "DataverseInvoiceSchedules"  # msdyn_contractlineinvoiceschedule
    DATAVERSE_DUE_SCHEDULES = "DataverseDueSchedules"  # work index: schedules that are still to run, by run date
    DATAVERSE_DRAFTS = "DataverseDrafts"  # work index: drafts that can be added to
    # -- Dataverse: the proforma invoice, one partition an invoice
    DATAVERSE_INVOICES = "DataverseInvoices"  # invoice
    DATAVERSE_INVOICE_LINES = "DataverseInvoiceLines"  # invoicedetail
    DATAVERSE_INVOICE_LINE_DETAILS = "DataverseInvoiceLineDetails"  # msdyn_invoicelinetransaction
    # -- Dataverse: actuals and connections, one partition a contract backlog or an invoice
    DATAVERSE_ACTUALS = "DataverseActuals"  # msdyn_actual
    DATAVERSE_TRANSACTION_CONNECTIONS = "DataverseTransactionConnections"  # msdyn_transactionconnection
    DATAVERSE_CUSTOMER_INVOICES = "DataverseCustomerInvoices"  # msdyn_customerinvoice
    DATAVERSE_NUMBER_SEQUENCES = "DataverseNumberSequences"  # auto-numbering of proformas
    # -- finance: set-up, one partition a legal entity
    FINANCE_SETUP = "FinanceSetup"  # parameters, profiles, accounts, rates, taxes, periods
    FINANCE_CUSTOMERS = "FinanceCustomers"  # CustTable
    FINANCE_PROJECTS = "FinanceProjects"  # ProjTable
    FINANCE_CONTRACTS = "FinanceContracts"  # ProjInvoiceTable
    FINANCE_RELEASED_PRODUCTS = "FinanceReleasedProducts"  # InventTable
    # -- finance: staging, partitions as in Dataverse
    FINANCE_ACTUALS_STAGING = "FinanceActualsStaging"  # ProjCDSActualsImport
    FINANCE_TRANSACTION_RELATIONSHIPS = "FinanceTransactionRelationships"  # ProjCDSTransactionRelationshipImport
    FINANCE_MILESTONES_STAGING = "FinanceMilestonesStaging"  # ProjCDSContractLineMilestoneImport
    FINANCE_ON_ACCOUNT_TRANSACTIONS = "FinanceOnAccountTransactions"  # ProjOnAccTrans, ProjOnAccTransSale
    FINANCE_PENDING_WORK = "FinancePendingWork"  # work index: what the timers have to do
    # -- finance: the integration journal, one partition a journal
    FINANCE_INTEGRATION_JOURNALS = "FinanceIntegrationJournals"  # ProjAdvancedJournal
    FINANCE_INTEGRATION_JOURNAL_LINES = "FinanceIntegrationJournalLines"  # ProjAdvancedJournalLine
    # -- finance: subledger, one partition a contract backlog
    FINANCE_PROJECT_TRANSACTIONS = "FinanceProjectTransactions"  # ProjEmplTrans, ProjCostTrans, ... and their sales
    # -- finance: the proposal and the posted invoice, one partition a proposal
    FINANCE_INVOICE_PROPOSALS = "FinanceInvoiceProposals"  # ProjProposalJour
    FINANCE_INVOICE_PROPOSAL_LINES = "FinanceInvoiceProposalLines"  # ProjProposalEmpl, Cost, Item, OnAcc, Revenue
    FINANCE_PROJECT_INVOICES = "FinanceProjectInvoices"  # ProjInvoiceJour
    FINANCE_PROJECT_INVOICE_LINES = "FinanceProjectInvoiceLines"  # ProjInvoiceEmpl, Cost, Item, OnAcc, Revenue
    # -- finance: ledger, one partition a journal or proposal
    FINANCE_LEDGER_ENTRIES = "FinanceLedgerEntries"  # GeneralJournalEntry, GeneralJournalAccountEntry
    FINANCE_CUSTOMER_TRANSACTIONS = "FinanceCustomerTransactions"  # CustTrans
    FINANCE_TAX_TRANSACTIONS = "FinanceTaxTransactions"  # TaxTrans
    FINANCE_NUMBER_SEQUENCES = "FinanceNumberSequences"  # NumberSequenceTable and its allocations
    # -- ours: what people look at when something stopped
    INVOICING_PROBLEMS = "InvoicingProblems"
    INVOICING_DEAD_LETTERS = "InvoicingDeadLetters"
    INVOICING_REPLAYS = "InvoicingReplays"
    INVOICING_TIMELINE = "InvoicingTimeline"
    INVOICING_OPEN_DOCUMENTS = "InvoicingOpenDocuments"  # work index: what is not tied out yet
