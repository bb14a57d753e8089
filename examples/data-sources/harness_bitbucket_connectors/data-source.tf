# All Bitbucket connectors of the account that have the tag `owner: platform`.
data "harness_bitbucket_connectors" "platform" {
  tags = {
    owner = "platform"
  }
}

# The connectors of a project with "ssh" in the name, identifier, description, or tags.
data "harness_bitbucket_connectors" "payments" {
  org_id      = "platform"
  project_id  = "payments"
  search_term = "ssh"
}

# All connectors to Bitbucket Data Center, in the account and all of its organizations
# and projects.
data "harness_bitbucket_connectors" "servers" {
  recursive  = true
  deployment = "DataCenter"
}

output "workspaces" {
  description = "The workspace of each connector of the platform team, by identifier."
  value = {
    for found in data.harness_bitbucket_connectors.platform.connectors :
    found.identifier => provider::harness::parse_bitbucket_url(found.url).workspace
  }
}

output "connectors_that_fail" {
  value = [
    for found in data.harness_bitbucket_connectors.payments.connectors :
    found.ref if found.status.state == "FAILURE"
  ]
}

output "servers" {
  description = "The import ids of the connectors to Bitbucket Data Center."
  value       = data.harness_bitbucket_connectors.servers.connectors[*].id
}
