terraform {
  required_providers {
    harness = {
      source  = "harness-rs/harness"
      version = "~> 0.1"
    }
  }
}

# HARNESS_ACCOUNT_ID and HARNESS_PLATFORM_API_KEY provide the account and the key.
provider "harness" {
  # Fail the plan if a connector will almost certainly not work.
  strict = true
}

# One repository on Bitbucket Cloud. `password_ref` refers to a text secret in Harness
# that contains a workspace access token.
resource "harness_bitbucket_connector" "website" {
  name            = "Website"
  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/example-works/website.git"

  credentials {
    http {
      username     = "x-token-auth"
      password_ref = "account.bitbucket_access_token"
    }
  }
}

# Use this as `connectorRef` in pipelines.
output "connector_ref" {
  value = harness_bitbucket_connector.website.ref
}
