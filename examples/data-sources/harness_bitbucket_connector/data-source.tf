# A connector of the account, by its identifier.
data "harness_bitbucket_connector" "cloud" {
  identifier = "bitbucket_cloud"
}

# A connector of a project, by its exact name.
data "harness_bitbucket_connector" "payments" {
  name       = "Payments"
  org_id     = "platform"
  project_id = "payments"
}

# Use this as `connectorRef` in pipelines.
output "connector_refs" {
  value = [
    data.harness_bitbucket_connector.cloud.ref,
    data.harness_bitbucket_connector.payments.ref,
  ]
}

# Harness tests each connector regularly. This is the result of the last test.
output "cloud_status" {
  value = data.harness_bitbucket_connector.cloud.status.state
}
