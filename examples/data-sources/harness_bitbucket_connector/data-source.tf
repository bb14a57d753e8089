# A connector of the account, by its identifier.
data "harness_bitbucket_connector" "cloud" {
  identifier = "bitbucket_cloud"
}

# A connector of a project, by its name, exactly as Harness shows it.
data "harness_bitbucket_connector" "payments" {
  name       = "Payments"
  org_id     = "platform"
  project_id = "payments"
}

# What a pipeline writes as `connectorRef`.
output "connector_refs" {
  value = [
    data.harness_bitbucket_connector.cloud.ref,
    data.harness_bitbucket_connector.payments.ref,
  ]
}

# Harness tests connectors by itself; this is how the last test ended.
output "cloud_status" {
  value = data.harness_bitbucket_connector.cloud.status.state
}
