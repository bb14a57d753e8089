terraform {
  required_providers {
    harness = {
      source = "harness-rs/harness"
    }
  }
}
