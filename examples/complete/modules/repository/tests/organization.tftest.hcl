# The module for an organization: no project. `override_resource` gives the values of one resource, where `mock_resource`
# gives those of all resources of a type.
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
    error_message = "A pipeline would write ${output.ref}."
  }
}
