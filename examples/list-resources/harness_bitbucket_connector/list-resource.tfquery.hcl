# All Bitbucket connectors of an organization that the team "web" owns. `terraform query` (Terraform 1.14 or later) prints
# them; with -generate-config-out it also writes a resource and an import block for each.
list "harness_bitbucket_connector" "web" {
  provider         = harness
  include_resource = true

  config {
    org_id = "platform"
    tags   = { team = "web" }
  }
}

# Every connector of the account, its organizations and projects that still has API access by app password.
list "harness_bitbucket_connector" "app_passwords" {
  provider = harness

  config {
    recursive       = true
    deployment      = "Cloud"
    api_access_type = "username_token"
  }
}
