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
