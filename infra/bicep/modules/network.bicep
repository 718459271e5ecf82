// The network of the app: its subnet in both modes; with private endpoints their subnet too.

@description('Name of the environment.')
param environmentName string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('firewall: the subnet of the app reaches the storage by a service endpoint. private: by private endpoints.')
@allowed(['firewall', 'private'])
param networkMode string

@description('First 16 bits of the addresses, as 10.61.')
param networkPrefix string

var storageEndpoints = [
  {
    service: 'Microsoft.Storage'
  }
]

resource appSecurityGroup 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: 'nsg-invoicing-app-${environmentName}'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'no-inbound-from-the-internet'
        properties: {
          access: 'Deny'
          direction: 'Inbound'
          priority: 4000
          protocol: '*'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource endpointSecurityGroup 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: 'nsg-invoicing-endpoints-${environmentName}'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'https-from-the-app'
        properties: {
          access: 'Allow'
          direction: 'Inbound'
          priority: 100
          protocol: 'Tcp'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '443'
        }
      }
      {
        name: 'nothing-else'
        properties: {
          access: 'Deny'
          direction: 'Inbound'
          priority: 4000
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource virtualNetwork 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: 'vnet-invoicing-${environmentName}'
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: ['${networkPrefix}.0.0/16']
    }
    // inside, because a network that is written again without its subnets may lose them
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '${networkPrefix}.0.0/24'
          networkSecurityGroup: {
            id: appSecurityGroup.id
          }
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
          serviceEndpoints: networkMode == 'firewall' ? storageEndpoints : []
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: '${networkPrefix}.1.0/24'
          networkSecurityGroup: {
            id: endpointSecurityGroup.id
          }
          privateEndpointNetworkPolicies: 'NetworkSecurityGroupEnabled'
        }
      }
    ]
  }
}

var zoneNames = networkMode == 'private' ? ['privatelink.blob.${environment().suffixes.storage}', 'privatelink.queue.${environment().suffixes.storage}', 'privatelink.table.${environment().suffixes.storage}'] : []

resource zones 'Microsoft.Network/privateDnsZones@2020-06-01' = [for zoneName in zoneNames: {
  name: zoneName
  location: 'global'
  tags: tags
}]

resource zoneLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (zoneName, index) in zoneNames: {
  parent: zones[index]
  name: 'invoicing-${environmentName}'
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: virtualNetwork.id
    }
  }
}]

@description('Subnet of the app.')
output appSubnetId string = '${virtualNetwork.id}/subnets/app'

@description('Subnet of the private endpoints.')
output endpointSubnetId string = '${virtualNetwork.id}/subnets/endpoints'
