# "Payments_code": the identifier that Harness, and `harness_bitbucket_connector`, derive from this name.
output "identifier" {
  value = provider::harness::identifier_from_name("Payments code")
}
