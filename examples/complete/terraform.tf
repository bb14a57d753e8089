terraform {
  # The first version with `optional` in the types of variables.
  required_version = ">= 1.3"

  required_providers {
    harness = {
      source = "harness-rs/harness"
    }
  }
}

# HARNESS_ACCOUNT_ID and HARNESS_PLATFORM_API_KEY provide the account and the key.
provider "harness" {
  # Harness tests the connection after each create and update. If the test fails, the change is undone and the apply fails, so
  # no broken connector stays behind.
  connection_test = "require"
}
