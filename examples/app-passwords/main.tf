# Every connector to Bitbucket Cloud, in the account and in all of its organizations and projects, whose API access still
# is a username with an app password. Atlassian has removed app passwords, so each of them has to move to an API token or
# an access token.
data "harness_bitbucket_connectors" "app_passwords" {
  recursive       = true
  deployment      = "Cloud"
  api_access_type = "username_token"
}

output "connectors_with_app_passwords" {
  description = "What to change, by import id: the connector's name, and the secret that holds the app password."
  value = {
    for connector in data.harness_bitbucket_connectors.app_passwords.connectors : connector.id => {
      name             = connector.name
      secret           = connector.api_access.username_token.token_ref
      last_modified_at = connector.last_modified_at
    }
  }
}
