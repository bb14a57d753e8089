# Every Bitbucket connector of the account that belongs to the platform team.
data "harness_bitbucket_connectors" "platform" {
  tags = {
    owner = "platform"
  }
}

# Those of a project in whose name, identifier, description or tags Harness finds "ssh".
data "harness_bitbucket_connectors" "payments" {
  org_id      = "platform"
  project_id  = "payments"
  search_term = "ssh"
}

# Everything on Bitbucket Data Center, in all organizations and projects of the account.
data "harness_bitbucket_connectors" "servers" {
  recursive  = true
  deployment = "DataCenter"
}

output "workspaces" {
  description = "Where the connectors of the platform team lead to, by identifier."
  value = {
    for connector in data.harness_bitbucket_connectors.platform.connectors :
    connector.identifier => provider::harness::parse_bitbucket_url(connector.url).workspace
  }
}

output "connectors_that_fail" {
  value = [
    for connector in data.harness_bitbucket_connectors.payments.connectors :
    connector.ref if connector.status.state == "FAILURE"
  ]
}

output "servers" {
  description = "The import ids of the connectors to Bitbucket Data Center."
  value       = data.harness_bitbucket_connectors.servers.connectors[*].id
}
