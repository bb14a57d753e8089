locals {
  cloud = provider::harness::parse_bitbucket_url(
    "https://bitbucket.org/example-works/website.git"
  )
  server = provider::harness::parse_bitbucket_url(
    "ssh://git@bitbucket.example.com:7999/PAY/payments.git"
  )
}

# "example-works/website"
output "on_cloud" {
  value = "${local.cloud.workspace}/${local.cloud.repository}"
}

# "bitbucket.example.com, port 7999"
output "server" {
  value = "${local.server.host}, port ${local.server.port}"
}
