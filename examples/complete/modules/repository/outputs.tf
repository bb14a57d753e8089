output "ref" {
  description = "The value for `connectorRef` in a pipeline."
  value       = harness_bitbucket_connector.this.ref
}
