# Connectors by this provider, pipelines and triggers by Harness's own. Both call their resources `harness_…`, and Terraform
# takes the first word of a type for the provider's name: one of the two needs another name, and its resources name it.
terraform {
  required_providers {
    harness = {
      source = "harness-rs/harness"
    }
    official = {
      source = "harness/harness"
    }
  }
}

# Each reads account and key from the environment: HARNESS_ACCOUNT_ID and HARNESS_PLATFORM_API_KEY.
provider "harness" {}

provider "official" {}
