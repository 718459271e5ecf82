// The identity of the function app. It is made before the app, so its roles can be in force when the app starts.

@description('Name of the identity.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Name of the identity.')
output name string = identity.name

@description('Object id of its service principal: what roles are assigned to.')
output principalId string = identity.properties.principalId
