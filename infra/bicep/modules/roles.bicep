// Who may do what. Every assignment is to one resource, none to the group or the subscription.

@description('Account of the Functions host.')
param hostStorageName string

@description('Account of the rows and queues.')
param businessStorageName string

@description('Application Insights component.')
param applicationInsightsName string

@description('Service principal of the function app.')
param appPrincipalId string

@description('Entra group that uses the command line; empty for none.')
param operatorGroupId string

@description('Entra group that may read the rows; empty for none.')
param auditorGroupId string

var roleIds = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  storageTableDataReader: '76199698-9eea-4c19-bc75-cec21354c6b6'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: hostStorageName
}

resource businessStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: businessStorageName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

// -- the host on its account: leases, timer status and the package; its diagnostic events go into a table.
// No role for queues: the host uses them there for blob triggers only, and the app has none.

resource hostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: hostStorage
  name: guid(hostStorage.id, appPrincipalId, roleIds.storageBlobDataOwner)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageBlobDataOwner)
  }
}

// when both are one account, the app's own role below covers this one
resource hostTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hostStorageName != businessStorageName) {
  scope: hostStorage
  name: guid(hostStorage.id, appPrincipalId, roleIds.storageTableDataContributor)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataContributor)
  }
}

// -- the app on the rows and queues. A queue trigger renews and releases messages, which is an update, and copies to the
// poison queue: Message Processor is not enough for either.

resource appQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: businessStorage
  name: guid(businessStorage.id, appPrincipalId, roleIds.storageQueueDataContributor)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageQueueDataContributor)
  }
}

resource appTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: businessStorage
  name: guid(businessStorage.id, appPrincipalId, roleIds.storageTableDataContributor)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataContributor)
  }
}

resource appTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: applicationInsights
  name: guid(applicationInsights.id, appPrincipalId, roleIds.monitoringMetricsPublisher)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.monitoringMetricsPublisher)
  }
}

// -- people

resource operatorQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorGroupId)) {
  scope: businessStorage
  name: guid(businessStorage.id, operatorGroupId, roleIds.storageQueueDataContributor)
  properties: {
    principalId: operatorGroupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageQueueDataContributor)
  }
}

resource operatorTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorGroupId)) {
  scope: businessStorage
  name: guid(businessStorage.id, operatorGroupId, roleIds.storageTableDataContributor)
  properties: {
    principalId: operatorGroupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataContributor)
  }
}

resource auditorTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(auditorGroupId)) {
  scope: businessStorage
  name: guid(businessStorage.id, auditorGroupId, roleIds.storageTableDataReader)
  properties: {
    principalId: auditorGroupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataReader)
  }
}
