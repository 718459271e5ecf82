// A small environment: for a trial, a test, or a company with some thousand invoice lines a month.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'test')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
// executions are billed by the second, so a timer of a minute costs half of one of 30 seconds
param importFromStagingSchedule = '0 * * * * *'
param maximumInstanceCount = 40
param logDailyQuotaGb = '1'
param alertEmails = empty(readEnvironmentVariable('ALERT_EMAIL', '')) ? [] : [readEnvironmentVariable('ALERT_EMAIL', '')]
param operatorGroupId = readEnvironmentVariable('OPERATOR_GROUP_ID', '')
param auditorGroupId = readEnvironmentVariable('AUDITOR_GROUP_ID', '')
