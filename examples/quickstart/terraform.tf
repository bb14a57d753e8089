terraform {
  required_version = ">= 1.0"

  required_providers {
    harness = {
      source = "harness-rs/harness"
    }
  }
}

# The endpoint, account, and API key come from the environment (HARNESS_ENDPOINT,
# HARNESS_ACCOUNT_ID, HARNESS_PLATFORM_API_KEY). run.sh points these variables at
# the sandbox.
provider "harness" {}
