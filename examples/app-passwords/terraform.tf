terraform {
  required_providers {
    harness = {
      source = "harness-rs/harness"
    }
  }
}

# Account and key come from the environment: HARNESS_ACCOUNT_ID and HARNESS_PLATFORM_API_KEY.
provider "harness" {}
