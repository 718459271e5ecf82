// The tables and queues of the product. The app makes none of them: what is missing here is missing there.

@description('Account of the rows and queues.')
param storageAccountName string

@description('Setting to queue name; each queue gets its poison queue.')
param queues object

@description('true: a lock keeps the account from being deleted.')
param lockAccount bool

var tableNames = [
  'DataverseCompanies'
  'DataverseCurrencies'
  'DataverseAccounts'
  'DataverseProjects'
  'DataverseTransactionCategories'
  'DataverseResources'
  'DataverseProducts'
  'DataverseContracts'
  'DataverseContractLines'
  'DataverseContractCustomers'
  'DataverseMilestones'
  'DataverseRetainers'
  'DataverseBillingBacklog'
  'DataverseLineCustomers'
  'DataverseMilestoneHeaders'
  'DataverseInvoiceSchedules'
  'DataverseDueSchedules'
  'DataverseDrafts'
  'DataverseInvoices'
  'DataverseInvoiceLines'
  'DataverseInvoiceLineDetails'
  'DataverseActuals'
  'DataverseTransactionConnections'
  'DataverseCustomerInvoices'
  'DataverseNumberSequences'
  'FinanceSetup'
  'FinanceCustomers'
  'FinanceProjects'
  'FinanceContracts'
  'FinanceReleasedProducts'
  'FinanceActualsStaging'
  'FinanceTransactionRelationships'
  'FinanceMilestonesStaging'
  'FinanceOnAccountTransactions'
  'FinancePendingWork'
  'FinanceIntegrationJournals'
  'FinanceIntegrationJournalLines'
  'FinanceProjectTransactions'
  'FinanceInvoiceProposals'
  'FinanceInvoiceProposalLines'
  'FinanceProjectInvoices'
  'FinanceProjectInvoiceLines'
  'FinanceLedgerEntries'
  'FinanceCustomerTransactions'
  'FinanceTaxTransactions'
  'FinanceNumberSequences'
  'InvoicingProblems'
  'InvoicingDeadLetters'
  'InvoicingReplays'
  'InvoicingTimeline'
  'InvoicingOpenDocuments'
]

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageAccountName
}

resource queueServices 'Microsoft.Storage/storageAccounts/queueServices@2025-06-01' existing = {
  parent: account
  name: 'default'
}

resource tableServices 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' existing = {
  parent: account
  name: 'default'
}

resource workQueues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = [for queue in items(queues): {
  parent: queueServices
  name: queue.value
}]

// what the host gives up on; a poison queue that it has to make itself costs the first message another delivery
resource poisonQueues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = [for queue in items(queues): {
  parent: queueServices
  name: '${queue.value}-poison'
}]

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [for tableName in tableNames: {
  parent: tableServices
  name: tableName
}]

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (lockAccount) {
  scope: account
  name: 'keep-the-rows'
  properties: {
    level: 'CanNotDelete'
    notes: 'These rows are accounting records. Remove the lock only with the consent of their owner.'
  }
}

@description('Address of the tables.')
output tableServiceUri string = account.properties.primaryEndpoints.table

@description('Address of the queues.')
output queueServiceUri string = account.properties.primaryEndpoints.queue
