terraform {
  required_version = ">= 1.0"

  required_providers {
    harness = {
      source = "harness-rs/harness"
    }
  }
}

# Nothing to write here: endpoint, account and API key come from the environment
# (HARNESS_ENDPOINT, HARNESS_ACCOUNT_ID, HARNESS_PLATFORM_API_KEY), which run.sh
# points at the sandbox.
provider "harness" {}
