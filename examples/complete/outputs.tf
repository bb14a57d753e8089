output "connector_refs" {
  description = "What the pipelines write as `connectorRef`."
  value = merge(
    {
      workspace = harness_bitbucket_connector.workspace.ref
      tools     = harness_bitbucket_connector.tools.ref
    },
    { for name, repository in module.repository : name => repository.ref },
  )
}
