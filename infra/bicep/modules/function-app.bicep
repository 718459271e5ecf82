// The function app on Flex Consumption. What that plan forbids is not set: no worker runtime, no extension version, no
// build flags, no package or content settings, no time zone, no slots, no health check.

@description('Name of the environment.')
param environmentName string

@description('Name of the app.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('User-assigned identity of the app.')
param identityName string

@description('Account of the Functions host.')
param hostStorageName string

@description('Account of the rows and queues.')
param businessStorageName string

@description('Container of the package.')
param deploymentContainerName string

@description('Application Insights component.')
param applicationInsightsName string

@description('Workspace that gets the logs of the platform.')
param workspaceId string

@description('Subnet of the app.')
param appSubnetId string

@description('Spread over availability zones.')
param zoneRedundant bool

@description('Memory of one instance in MB.')
param instanceMemoryMB int

@description('Most instances.')
param maximumInstanceCount int

@description('Instances that are kept warm.')
param alwaysReady array

@description('Recreate or RollingUpdate.')
param siteUpdateStrategy string

@description('Settings that switch functions off.')
param disabledFunctions object

@description('Table maps whose messages wait.')
param pausedTableMaps string

@description('Whether reversals of edited unbilled sales cross to finance.')
param skipSyncPolicy string

@description('Setting to queue name.')
param queues object

@description('Setting to schedule.')
param schedules object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
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

var identitySettings = {
  AzureWebJobsStorage__blobServiceUri: hostStorage.properties.primaryEndpoints.blob
  AzureWebJobsStorage__queueServiceUri: hostStorage.properties.primaryEndpoints.queue
  AzureWebJobsStorage__tableServiceUri: hostStorage.properties.primaryEndpoints.table
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  INVOICING_STORAGE__tableServiceUri: businessStorage.properties.primaryEndpoints.table
  INVOICING_STORAGE__queueServiceUri: businessStorage.properties.primaryEndpoints.queue
  INVOICING_STORAGE__credential: 'managedidentity'
  INVOICING_STORAGE__clientId: identity.properties.clientId
}
var telemetrySettings = {
  // an address, not a credential: the component takes telemetry from identities only
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
  // read by the host and by the exporter in the worker
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY: 'true'
  PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME: 'invoicing'
  OTEL_SERVICE_NAME: 'project-invoice-integration'
  OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: 'azure_sdk,django,fastapi,flask,psycopg2,requests,urllib,urllib3'
  OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage'
  OTEL_TRACES_SAMPLER_ARG: '1.0'
}
var limitSettings = {
  PYTHON_THREADPOOL_THREAD_COUNT: '4'
  MESSAGE_ATTEMPTS_MAX: '5'
  RETRY_FIRST_SECONDS: '10'
  RETRY_LONGEST_SECONDS: '900'
  RETRY_TRIES_MAX: '20'
  ROWS_PER_SYNC_MESSAGE_MAX: '1000'
  IMPORT_PROPOSALS_INLINE_MAX: '16'
  SETUP_SECONDS: '5'
  POSTINGS_PER_TICK_MAX: '500'
  PAUSED_TABLE_MAPS: pausedTableMaps
  SKIP_SYNC_POLICY: skipSyncPolicy
  TABLES_CLIENT: 'lean'
  WRITES_AT_ONCE: '8'
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'asp-invoicing-${environmentName}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // for the deployment from a hosted runner; the app itself answers no request
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: appSubnetId
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.properties.primaryEndpoints.blob}${deploymentContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
      }
      siteUpdateStrategy: {
        type: siteUpdateStrategy
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: site
  name: 'appsettings'
  properties: union(identitySettings, telemetrySettings, limitSettings, queues, schedules, disabledFunctions)
}

resource siteLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: site
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'FunctionAppLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

@description('Name of the app.')
output name string = site.name
