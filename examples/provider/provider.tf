terraform {
  required_providers {
    harness = {
      source  = "harness-rs/harness"
      version = "~> 0.1"
    }
  }
}

# Account and key come from the environment: HARNESS_ACCOUNT_ID and HARNESS_PLATFORM_API_KEY.
provider "harness" {
  # A connector that will almost certainly not work is to stop the plan.
  strict = true
}

# One repository on Bitbucket Cloud. The access token is a text secret in Harness; here is its Id.
resource "harness_bitbucket_connector" "website" {
  name            = "Website"
  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/example-works/website.git"

  credentials {
    http {
      username     = "x-token-auth"
      password_ref = "account.bitbucket_api_token"
    }
  }
}

# What a pipeline writes as `connectorRef`.
output "connector_ref" {
  value = harness_bitbucket_connector.website.ref
}
