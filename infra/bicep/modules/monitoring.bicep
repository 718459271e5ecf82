// Where logs, traces and metrics go, and whom alerts reach.

@description('Name of the environment.')
param environmentName string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Days that logs are kept.')
param retentionDays int

@description('Most gigabytes a day, as text; -1 for no limit.')
param dailyQuotaGb string

@description('E-mail addresses that get the alerts.')
param alertEmails array

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: 'log-invoicing-${environmentName}'
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    workspaceCapping: {
      dailyQuotaGb: json(dailyQuotaGb)
    }
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-invoicing-${environmentName}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

resource actionGroup 'Microsoft.Insights/actionGroups@2024-10-01-preview' = {
  name: 'ag-invoicing-${environmentName}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'invoicing'
    enabled: true
    emailReceivers: [for email in alertEmails: {
      name: email
      emailAddress: email
      useCommonAlertSchema: true
    }]
  }
}

@description('Workspace of all logs.')
output workspaceId string = workspace.id

@description('Name of the Application Insights component.')
output applicationInsightsName string = applicationInsights.name

@description('Whom alerts reach.')
output actionGroupId string = actionGroup.id
