# A connector of the account
terraform import harness_bitbucket_connector.cloud Bitbucket_Cloud

# A connector of an organization: <org_id>/<identifier>
terraform import harness_bitbucket_connector.data_center platform/tools_repository

# A connector of a project: <org_id>/<project_id>/<identifier>
terraform import harness_bitbucket_connector.project platform/payments/payments_code
