// What somebody is woken for. What each alert means and what to do: docs/deployment.md.

@description('Name of the environment.')
param environmentName string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Workspace of all logs.')
param workspaceId string

@description('Whom alerts reach.')
param actionGroupId string

@description('Account of the Functions host.')
param hostStorageName string

@description('Account of the rows and queues.')
param businessStorageName string

@description('Hours after which work that no person has to do counts as stuck.')
param stuckWorkHours int

@description('Hours after which a journal or proposal that waits to be posted counts as forgotten.')
param unpostedHours int

@description('Settings that switch functions off: a timer among them is not missed.')
param disabledFunctions object

var timerNames = ['create_scheduled_proformas', 'import_from_staging', 'measure_pending', 'post_pending_journals', 'post_pending_proposals', 'reconcile', 'reconcile_pending_revenue', 'sweep_poison_queues']
var expectedTimers = filter(timerNames, timerName => !contains(disabledFunctions, 'AzureWebJobs.${timerName}.Disabled'))
var workStuckQuery = replace(replace(loadTextContent('../queries/work-stuck.kql'), '<unpostedHours>', string(unpostedHours)), '<stuckWorkHours>', string(stuckWorkHours))
var timerMissedQuery = replace(loadTextContent('../queries/timer-missed.kql'), '<timers>', string(expectedTimers))

// severity: 1 somebody looks now, 2 today, 3 this week
var logAlerts = [
  {
    name: 'dead-letter-written'
    description: 'A message was given up and is kept in InvoicingDeadLetters.'
    query: loadTextContent('../queries/dead-letter-written.kql')
    dimension: 'Queue'
    frequency: 'PT5M'
    window: 'PT15M'
    severity: 2
  }
  {
    name: 'poison-message'
    description: 'The host put a message into a poison queue.'
    query: loadTextContent('../queries/poison-message.kql')
    dimension: 'Queue'
    frequency: 'PT5M'
    window: 'PT15M'
    severity: 2
  }
  {
    name: 'function-failures'
    description: 'A function failed ten times in fifteen minutes.'
    query: loadTextContent('../queries/function-failures.kql')
    dimension: 'Function'
    frequency: 'PT5M'
    window: 'PT15M'
    severity: 2
  }
  {
    name: 'work-stuck'
    description: 'The oldest pending work of a stage is older than it may be.'
    query: workStuckQuery
    dimension: 'Stage'
    frequency: 'PT15M'
    window: 'PT30M'
    severity: 2
  }
  {
    name: 'document-given-up'
    description: 'An open document stands still, and nothing that was sent again has moved it.'
    query: loadTextContent('../queries/document-given-up.kql')
    dimension: 'Kind'
    frequency: 'PT15M'
    window: 'PT1H'
    severity: 2
  }
  {
    name: 'timer-missed'
    description: 'A timer has not run for an hour.'
    query: timerMissedQuery
    dimension: 'Timer'
    frequency: 'PT15M'
    window: 'PT2H'
    severity: 1
  }
  {
    name: 'no-functions-found'
    description: 'The host found no function in the package.'
    query: loadTextContent('../queries/no-functions-found.kql')
    dimension: ''
    frequency: 'PT5M'
    window: 'PT15M'
    severity: 1
  }
]
var storageAlerts = [
  {
    name: 'storage-throttled'
    description: 'The storage account turns calls away because there are too many.'
    responses: ['ServerBusyError', 'ClientThrottlingError', 'ClientAccountRequestThrottlingError', 'ClientAccountBandwidthThrottlingError', 'SuccessWithThrottling']
    threshold: 100
    severity: 2
  }
  {
    name: 'storage-not-authorised'
    description: 'The storage account refuses somebody: a role is missing, or somebody tries.'
    responses: ['AuthorizationError', 'AuthenticationError']
    threshold: 5
    severity: 1
  }
]
var accountNames = union([hostStorageName], [businessStorageName])
var accountIds = [for accountName in accountNames: resourceId('Microsoft.Storage/storageAccounts', accountName)]

resource logAlert 'Microsoft.Insights/scheduledQueryRules@2025-01-01-preview' = [for alert in logAlerts: {
  name: 'invoicing-${environmentName}-${alert.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'invoicing ${environmentName}: ${alert.name}'
    description: alert.description
    severity: alert.severity
    enabled: true
    autoMitigate: true
    scopes: [workspaceId]
    evaluationFrequency: alert.frequency
    windowSize: alert.window
    // a new workspace does not have every table yet
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: alert.query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: empty(alert.dimension) ? [] : [{ name: alert.dimension, operator: 'Include', values: ['*'] }]
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [actionGroupId]
    }
  }
}]

resource storageAlert 'Microsoft.Insights/metricAlerts@2018-03-01' = [for alert in storageAlerts: {
  name: 'invoicing-${environmentName}-${alert.name}'
  location: 'global'
  tags: tags
  properties: {
    description: alert.description
    severity: alert.severity
    enabled: true
    autoMitigate: true
    scopes: accountIds
    targetResourceType: 'Microsoft.Storage/storageAccounts'
    targetResourceRegion: location
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'responses'
          metricNamespace: 'Microsoft.Storage/storageAccounts'
          metricName: 'Transactions'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: alert.threshold
          dimensions: [
            {
              name: 'ResponseType'
              operator: 'Include'
              values: alert.responses
            }
          ]
        }
      ]
    }
    actions: [
      {
        actionGroupId: actionGroupId
      }
    ]
  }
}]

resource storageUnavailable 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'invoicing-${environmentName}-storage-unavailable'
  location: 'global'
  tags: tags
  properties: {
    description: 'The storage account answers fewer than 99 of 100 calls.'
    severity: 1
    enabled: true
    autoMitigate: true
    scopes: accountIds
    targetResourceType: 'Microsoft.Storage/storageAccounts'
    targetResourceRegion: location
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'availability'
          metricNamespace: 'Microsoft.Storage/storageAccounts'
          metricName: 'Availability'
          timeAggregation: 'Average'
          operator: 'LessThan'
          threshold: 99
        }
      ]
    }
    actions: [
      {
        actionGroupId: actionGroupId
      }
    ]
  }
}

resource roleRemoved 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: 'invoicing-${environmentName}-role-removed'
  location: 'global'
  tags: tags
  properties: {
    description: 'A role assignment in this group was deleted: the app may have lost a right.'
    enabled: true
    scopes: [resourceGroup().id]
    condition: {
      allOf: [
        {
          field: 'category'
          equals: 'Administrative'
        }
        {
          field: 'operationName'
          equals: 'Microsoft.Authorization/roleAssignments/delete'
        }
      ]
    }
    actions: {
      actionGroups: [
        {
          actionGroupId: actionGroupId
        }
      ]
    }
  }
}

resource serviceHealth 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: 'invoicing-${environmentName}-service-health'
  location: 'global'
  tags: tags
  properties: {
    description: 'Azure reports a problem of its own in this subscription.'
    enabled: true
    scopes: [subscription().id]
    condition: {
      allOf: [
        {
          field: 'category'
          equals: 'ServiceHealth'
        }
      ]
    }
    actions: {
      actionGroups: [
        {
          actionGroupId: actionGroupId
        }
      ]
    }
  }
}
