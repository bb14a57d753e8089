output "ref" {
  description = "What a pipeline writes as `connectorRef`."
  value       = harness_bitbucket_connector.this.ref
}
