terraform {
  required_providers {
    harness = {
      source = "harness-rs/harness"
    }
  }
}

# HARNESS_ACCOUNT_ID and HARNESS_PLATFORM_API_KEY provide the account and the key.
provider "harness" {}
