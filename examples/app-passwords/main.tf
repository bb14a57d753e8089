# All connectors to Bitbucket Cloud that still use an app password for API access, in
# the account and all of its organizations and projects. Atlassian has removed app
# passwords, so move each connector to an API token or access token.
data "harness_bitbucket_connectors" "app_passwords" {
  recursive       = true
  deployment      = "Cloud"
  api_access_type = "username_token"
}

output "connectors_with_app_passwords" {
  description = "The connectors to change, with the secrets of the app passwords."
  value = {
    for found in data.harness_bitbucket_connectors.app_passwords.connectors :
    found.id => {
      name             = found.name
      secret           = found.api_access.username_token.token_ref
      last_modified_at = found.last_modified_at
    }
  }
}
