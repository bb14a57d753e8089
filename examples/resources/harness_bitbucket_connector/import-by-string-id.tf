# A connector of a project: <org_id>/<project_id>/<identifier>
import {
  to = harness_bitbucket_connector.project
  id = "platform/payments/payments_code"
}
