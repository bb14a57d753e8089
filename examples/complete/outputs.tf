output "connector_refs" {
  description = "The values for `connectorRef` in pipelines."
  value = merge(
    { workspace = harness_bitbucket_connector.workspace.ref },
    { for name, connector in harness_bitbucket_connector.server : name => connector.ref },
    { for name, repository in module.repository : name => repository.ref },
  )
}
