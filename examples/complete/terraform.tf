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
  # A connector that will not work is to stop the pipeline that applies this, not the one that needs the connector.
  strict = true
}
