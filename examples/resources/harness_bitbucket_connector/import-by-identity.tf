# Terraform 1.12 or later. `org_id` and `project_id` say where the connector lives; without them, in the account.
import {
  to = harness_bitbucket_connector.project
  identity = {
    org_id     = "platform"
    project_id = "payments"
    identifier = "payments_code"
  }
}
