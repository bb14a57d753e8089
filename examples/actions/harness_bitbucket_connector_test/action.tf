# Tests a connector on demand. To run it:
#   terraform apply -invoke=action.harness_bitbucket_connector_test.cloud
action "harness_bitbucket_connector_test" "cloud" {
  config {
    identifier = "bitbucket_cloud"
  }
}

# Tests the connector of a project whenever you replace its token in Harness.
action "harness_bitbucket_connector_test" "payments" {
  config {
    identifier = "payments_repo"
    org_id     = "platform"
    project_id = "payments"
  }
}

resource "terraform_data" "token_version" {
  input = var.token_version

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.harness_bitbucket_connector_test.payments]
    }
  }
}

variable "token_version" {
  description = "Increase this whenever you replace the token in Harness."
  type        = string
}
