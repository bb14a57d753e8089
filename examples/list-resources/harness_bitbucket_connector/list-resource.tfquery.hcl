# All Bitbucket connectors of an organization that have the tag `team: web`.
# `terraform query` prints them. With `-generate-config-out=FILE`, it also writes a
# resource and an import block for each.
list "harness_bitbucket_connector" "web" {
  provider         = harness
  include_resource = true

  config {
    org_id = "platform"
    tags   = { team = "web" }
  }
}

# All connectors to Bitbucket Cloud that still use an app password for API access, in
# the account and all of its organizations and projects.
list "harness_bitbucket_connector" "app_passwords" {
  provider = harness

  config {
    recursive       = true
    deployment      = "Cloud"
    api_access_type = "username_token"
  }
}
