# "Payments_code", the identifier that a connector with this name gets.
output "identifier" {
  value = provider::harness::identifier_from_name("Payments code")
}
