output "ref" {
  description = "What a pipeline of the project writes as `connectorRef`."
  value       = harness_bitbucket_connector.this.ref
}
