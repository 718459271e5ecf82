// One storage account: no keys, no anonymous access, TLS 1.2, deleted blobs kept for a week, its logs in the workspace.

@description('Name of the account.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Redundancy, as Standard_ZRS.')
param sku string

@description('firewall or private.')
@allowed(['firewall', 'private'])
param networkMode string

@description('Public addresses that are admitted; without effect when private.')
param allowedIpRanges array

@description('Subnet of the app: admitted by its service endpoint.')
param appSubnetId string

@description('Workspace that gets the logs.')
param workspaceId string

@description('true: reads and writes are logged too.')
param auditStorage bool

var isPrivate = networkMode == 'private'
var everything = ['StorageRead', 'StorageWrite', 'StorageDelete']
// a message in a poison queue is a write; who deleted what is asked of every service
var queueLogs = auditStorage ? everything : ['StorageWrite', 'StorageDelete']
var otherLogs = auditStorage ? everything : ['StorageDelete']

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Deny'
      ipRules: [for range in isPrivate ? [] : allowedIpRanges: {
        value: range
        action: 'Allow'
      }]
      virtualNetworkRules: [for subnetId in isPrivate ? [] : [appSubnetId]: {
        id: subnetId
        action: 'Allow'
      }]
    }
    // tables and queues are encrypted with keys of their account, as blobs are; this can be said only when it is made
    encryption: {
      keySource: 'Microsoft.Storage'
      requireInfrastructureEncryption: true
      services: {
        blob: {
          enabled: true
          keyType: 'Account'
        }
        queue: {
          enabled: true
          keyType: 'Account'
        }
        table: {
          enabled: true
          keyType: 'Account'
        }
      }
    }
  }
}

resource blobServices 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: 7
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 7
    }
  }
}

resource queueServices 'Microsoft.Storage/storageAccounts/queueServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource tableServices 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource blobLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobServices
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [for category in otherLogs: {
      category: category
      enabled: true
    }]
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

resource queueServiceLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: queueServices
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [for category in queueLogs: {
      category: category
      enabled: true
    }]
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

resource tableLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: tableServices
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [for category in otherLogs: {
      category: category
      enabled: true
    }]
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}
