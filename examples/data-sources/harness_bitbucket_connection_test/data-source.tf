# Runs Harness's connection test each time Terraform refreshes. A failed test is a
# result, not an error.
data "harness_bitbucket_connection_test" "cloud" {
  identifier = "bitbucket_cloud"
}

output "cloud_works" {
  value = data.harness_bitbucket_connection_test.cloud.success
}

output "what_to_do" {
  description = "Empty after a success."
  value       = data.harness_bitbucket_connection_test.cloud.hint
}
