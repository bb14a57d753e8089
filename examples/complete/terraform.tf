terraform {
  # `optional` in the types of variables is as old as this.
  required_version = ">= 1.3"

  required_providers {
    harness = {
      source = "harness-rs/harness"
    }
  }
}

# Account and key come from the environment: HARNESS_ACCOUNT_ID and HARNESS_PLATFORM_API_KEY.
provider "harness" {
  # After each create and update, Harness tests the connection. If the test fails, the change is undone and the apply fails:
  # no connector that cannot work stays behind.
  connection_test = "require"
}
