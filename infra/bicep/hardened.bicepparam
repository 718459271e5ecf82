// Production: private endpoints, zones and a second region for the rows, warm instances where a person waits.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param networkMode = 'private'
param businessStorageSku = 'Standard_GZRS'
param lockBusinessStorage = true
param zoneRedundant = true
param alwaysReady = [
  {
    name: 'function:confirm_invoice'
    instanceCount: 2
  }
  {
    name: 'function:import_proposal'
    instanceCount: 2
  }
  {
    name: 'function:post_proposal'
    instanceCount: 2
  }
]
param maximumInstanceCount = 100
param importFromStagingSchedule = '0 * * * * *'
param logRetentionDays = 90
param alertEmails = [
  readEnvironmentVariable('ALERT_EMAIL')
]
param operatorGroupId = readEnvironmentVariable('OPERATOR_GROUP_ID', '')
param auditorGroupId = readEnvironmentVariable('AUDITOR_GROUP_ID', '')
param tags = {
  'resource-usage': 'project-invoice-integration'
}
