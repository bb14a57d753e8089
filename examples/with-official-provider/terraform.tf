# This provider manages the connectors, Harness's own provider the pipelines and triggers. Both use the prefix `harness_`
# for their resources, so one of them needs another local name, and its resources must set `provider`.
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

# Both read the account and key from HARNESS_ACCOUNT_ID and HARNESS_PLATFORM_API_KEY.
provider "harness" {}

provider "official" {}
