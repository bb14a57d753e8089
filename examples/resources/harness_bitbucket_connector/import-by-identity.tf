# Terraform 1.12 or later. Omit `org_id` and `project_id` for a connector of the
# account.
import {
  to = harness_bitbucket_connector.project
  identity = {
    org_id     = "platform"
    project_id = "payments"
    identifier = "payments_code"
  }
}
