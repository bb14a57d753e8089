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
  # For accounts that are not on app.harness.io.
  endpoint = "https://harness.example.com/gateway"
}
