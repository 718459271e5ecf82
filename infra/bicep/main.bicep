// Everything that one environment of project invoice integration consists of, in one resource group.
// How to deploy it, and what each parameter costs: docs/deployment.md.
targetScope = 'resourceGroup'

metadata name = 'project invoice integration'

@description('Name of the environment, as test or prod: part of every name.')
@minLength(2)
@maxLength(16)
param environmentName string

@description('Region of everything.')
param location string = resourceGroup().location

@description('firewall: the storage accounts have public addresses that admit only the subnet of the app and the ranges below. private: they have no public address, only private endpoints.')
@allowed(['firewall', 'private'])
param networkMode string = 'firewall'

@description('Public IPv4 addresses or ranges of people and pipelines that may reach the storage accounts; without effect when networkMode is private.')
param allowedIpRanges array = []

@description('First 16 bits of the addresses of the virtual network, as 10.61.')
param networkPrefix string = '10.61'

@description('true: rows and queues stand in an account of their own. false: they share the account of the Functions host.')
param separateBusinessStorage bool = true

@description('Redundancy of the account that holds the rows.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS', 'Standard_RAGRS', 'Standard_RAGZRS'])
param businessStorageSku string = 'Standard_ZRS'

@description('Redundancy of the account of the Functions host.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS', 'Standard_RAGRS', 'Standard_RAGZRS'])
param hostStorageSku string = 'Standard_ZRS'

@description('true: nobody deletes the account of the rows before the lock is removed.')
param lockBusinessStorage bool = false

@description('true: every read and write of the storage is logged, not only what alerts and audits of deletions need.')
param auditStorage bool = false

@description('true: the instances are spread over availability zones; each always-ready group then needs at least two instances.')
param zoneRedundant bool = false

@description('Memory of one instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Most instances of all functions together.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances that are kept warm, as { name: \'function:confirm_invoice\', instanceCount: 1 }. They are billed by the hour.')
param alwaysReady array = []

@description('How a new version replaces the old one. RollingUpdate lets running invocations end, and is a preview.')
@allowed(['Recreate', 'RollingUpdate'])
param siteUpdateStrategy string = 'Recreate'

@description('Functions that are not triggered, as { \'AzureWebJobs.post_proposal.Disabled\': \'true\' }: what waits for them stays in its queue.')
param disabledFunctions object = {}

@description('Table maps whose messages wait, with commas between; empty pauses none.')
param pausedTableMaps string = ''

@description('Whether reversals of unbilled sales that were edited on their draft cross to finance: literal keeps them back.')
@allowed(['adjustments_cross', 'literal'])
param skipSyncPolicy string = 'adjustments_cross'

@description('When staging rows are imported: six-field NCRONTAB, UTC.')
param importFromStagingSchedule string = '*/30 * * * * *'

@description('When pending journals are posted: six-field NCRONTAB, UTC.')
param postJournalSchedule string = '0 */5 * * * *'

@description('When pending proposals are posted: six-field NCRONTAB, UTC.')
param postProposalSchedule string = '0 */5 * * * *'

@description('When invoice schedules run: six-field NCRONTAB, UTC.')
param createProformaSchedule string = '0 */15 * * * *'

@description('Poison queues are emptied of what no trigger can read: six-field NCRONTAB, UTC.')
param sweepPoisonQueuesSchedule string = '0 */10 * * * *'

@description('When accrued revenue of invoices is reconciled: six-field NCRONTAB, UTC.')
param reconcileRevenueSchedule string = '0 */15 * * * *'

@description('When pending work and dead letters are counted: six-field NCRONTAB, UTC.')
param measurePendingSchedule string = '0 */5 * * * *'

@description('When open documents are looked at, and what was lost is sent again: six-field NCRONTAB, UTC.')
param reconcileSchedule string = '0 */5 * * * *'

@description('E-mail addresses that get the alerts.')
param alertEmails array = []

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Most gigabytes of logs a day, as text; -1 for no limit.')
param logDailyQuotaGb string = '-1'

@description('Hours after which work that no person has to do counts as stuck.')
@minValue(1)
param stuckWorkHours int = 4

@description('Hours after which a journal or proposal that waits to be posted counts as forgotten.')
@minValue(1)
param unpostedHours int = 168

@description('Object id of the Entra group whose members use the command line: they read and write rows and messages. Empty for none.')
param operatorGroupId string = ''

@description('Object id of the Entra group whose members may read the rows. Empty for none.')
param auditorGroupId string = ''

@description('Tags of everything.')
param tags object = {}

var token = uniqueString(resourceGroup().id, environmentName)
var hostStorageName = 'sthost${token}'
var rowsStorageName = 'strows${token}'
var businessStorageName = separateBusinessStorage ? rowsStorageName : hostStorageName
var deploymentContainerName = 'app-package'
var allTags = union(tags, { 'azd-env-name': environmentName })
// what local.settings.json says too: the setting, and the queue that it names
var queues = {
  CREATE_PROFORMA_QUEUE: 'create-proforma'
  CONFIRM_INVOICE_QUEUE: 'confirm-invoice'
  REVISE_INVOICE_QUEUE: 'revise-invoice'
  SYNC_TABLE_MAP_QUEUE: 'sync-table-map'
  IMPORT_PROPOSAL_QUEUE: 'import-proposal'
  POST_JOURNAL_QUEUE: 'post-journal'
  POST_PROPOSAL_QUEUE: 'post-proposal'
  WRITE_BACK_POSTING_QUEUE: 'write-back-posting'
}
var schedules = {
  IMPORT_FROM_STAGING_SCHEDULE: importFromStagingSchedule
  POST_JOURNAL_SCHEDULE: postJournalSchedule
  POST_PROPOSAL_SCHEDULE: postProposalSchedule
  CREATE_PROFORMA_SCHEDULE: createProformaSchedule
  RECONCILE_REVENUE_SCHEDULE: reconcileRevenueSchedule
  MEASURE_PENDING_SCHEDULE: measurePendingSchedule
  SWEEP_POISON_QUEUES_SCHEDULE: sweepPoisonQueuesSchedule
  RECONCILE_SCHEDULE: reconcileSchedule
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: {
    name: 'id-invoicing-${environmentName}'
    location: location
    tags: allTags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    environmentName: environmentName
    location: location
    tags: allTags
    retentionDays: logRetentionDays
    dailyQuotaGb: logDailyQuotaGb
    alertEmails: alertEmails
  }
}

module network 'modules/network.bicep' = {
  name: 'network'
  params: {
    environmentName: environmentName
    location: location
    tags: allTags
    networkMode: networkMode
    networkPrefix: networkPrefix
  }
}

module hostStorage 'modules/storage-account.bicep' = {
  name: 'host-storage'
  params: {
    name: hostStorageName
    location: location
    tags: allTags
    sku: hostStorageSku
    networkMode: networkMode
    allowedIpRanges: allowedIpRanges
    appSubnetId: network.outputs.appSubnetId
    workspaceId: monitoring.outputs.workspaceId
    auditStorage: auditStorage
  }
}

module rowsStorage 'modules/storage-account.bicep' = if (separateBusinessStorage) {
  name: 'rows-storage'
  params: {
    name: rowsStorageName
    location: location
    tags: allTags
    sku: businessStorageSku
    networkMode: networkMode
    allowedIpRanges: allowedIpRanges
    appSubnetId: network.outputs.appSubnetId
    workspaceId: monitoring.outputs.workspaceId
    auditStorage: auditStorage
  }
}

module hostData 'modules/host-data.bicep' = {
  name: 'host-data'
  params: {
    storageAccountName: hostStorageName
    deploymentContainerName: deploymentContainerName
  }
  dependsOn: [hostStorage]
}

module businessData 'modules/business-data.bicep' = {
  name: 'business-data'
  params: {
    storageAccountName: businessStorageName
    queues: queues
    lockAccount: lockBusinessStorage
  }
  dependsOn: [hostStorage, rowsStorage]
}

module hostEndpoints 'modules/private-endpoints.bicep' = if (networkMode == 'private') {
  name: 'host-endpoints'
  params: {
    storageAccountName: hostStorageName
    location: location
    tags: allTags
    subnetId: network.outputs.endpointSubnetId
  }
  dependsOn: [hostData]
}

module rowsEndpoints 'modules/private-endpoints.bicep' = if (networkMode == 'private' && separateBusinessStorage) {
  name: 'rows-endpoints'
  params: {
    storageAccountName: rowsStorageName
    location: location
    tags: allTags
    subnetId: network.outputs.endpointSubnetId
  }
  dependsOn: [businessData]
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  params: {
    hostStorageName: hostStorageName
    businessStorageName: businessStorageName
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    appPrincipalId: identity.outputs.principalId
    operatorGroupId: operatorGroupId
    auditorGroupId: auditorGroupId
  }
  dependsOn: [hostData, businessData]
}

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  params: {
    environmentName: environmentName
    name: 'func-invoicing-${environmentName}-${token}'
    location: location
    tags: allTags
    identityName: identity.outputs.name
    hostStorageName: hostStorageName
    businessStorageName: businessStorageName
    deploymentContainerName: deploymentContainerName
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    workspaceId: monitoring.outputs.workspaceId
    appSubnetId: network.outputs.appSubnetId
    zoneRedundant: zoneRedundant
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReady: alwaysReady
    siteUpdateStrategy: siteUpdateStrategy
    disabledFunctions: disabledFunctions
    pausedTableMaps: pausedTableMaps
    skipSyncPolicy: skipSyncPolicy
    queues: queues
    schedules: schedules
  }
  dependsOn: [roles, hostEndpoints, rowsEndpoints]
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    environmentName: environmentName
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    hostStorageName: hostStorageName
    businessStorageName: businessStorageName
    stuckWorkHours: stuckWorkHours
    unpostedHours: unpostedHours
    disabledFunctions: disabledFunctions
  }
  dependsOn: [hostStorage, rowsStorage, functionApp]
}

@description('Name of the function app: where the package goes.')
output functionAppName string = functionApp.outputs.name

@description('Name of the account that holds the rows and the queues.')
output businessStorageName string = businessStorageName

@description('Address of the tables, as INVOICING_STORAGE__tableServiceUri of an operator.')
output tableServiceUri string = businessData.outputs.tableServiceUri

@description('Address of the queues, as INVOICING_STORAGE__queueServiceUri of an operator.')
output queueServiceUri string = businessData.outputs.queueServiceUri

@description('Name of the Application Insights component.')
output applicationInsightsName string = monitoring.outputs.applicationInsightsName
