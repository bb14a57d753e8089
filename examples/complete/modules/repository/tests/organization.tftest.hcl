# The module for an organization, without a project. `override_resource` sets the values of one resource; `mock_resource` sets
# those of all resources of a type.
mock_provider "harness" {}

run "pipelines_refer_to_the_connector_of_their_organization_with_a_prefix" {
  variables {
    repository = "example-works/shop-front"
    org_id     = "platform"
    project_id = null
    token_ref  = "org.bitbucket_api_token"
  }

  override_resource {
    target = harness_bitbucket_connector.this
    values = {
      id         = "platform/shopfront"
      identifier = "shopfront"
      ref        = "org.shopfront"
    }
  }

  assert {
    condition     = output.ref == "org.shopfront"
    error_message = "The reference is ${output.ref}."
  }
}
