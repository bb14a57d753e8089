terraform {
  # The first version with `check` blocks.
  required_version = ">= 1.5"

  required_providers {
    harness = {
      source = "harness-rs/harness"
    }
  }
}

# HARNESS_ACCOUNT_ID and HARNESS_PLATFORM_API_KEY provide the account and the key.
provider "harness" {}
