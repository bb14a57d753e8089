# Tests a connector on demand. To run it:
#   terraform apply -invoke=action.harness_bitbucket_connector_test.cloud
action "harness_bitbucket_connector_test" "cloud" {
  config {
    identifier = "bitbucket_cloud"
  }
}

# Tests the connector of a project whenever its token in Harness has been replaced.
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
  description = "Raised whenever the token in Harness is replaced."
  type        = string
}
