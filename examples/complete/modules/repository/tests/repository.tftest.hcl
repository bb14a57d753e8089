# Run `terraform test` in the module's directory (Terraform 1.7 or later, OpenTofu 1.8 or later). The provider is mocked, so it
# needs neither Harness nor a key. Its schema and its rules are real.
mock_provider "harness" {
  # What Harness would return. Without this, the mock generates random strings, which no pipeline accepts.
  mock_resource "harness_bitbucket_connector" {
    defaults = {
      id         = "platform/website/shopfront"
      identifier = "shopfront"
      ref        = "shopfront"
    }
  }
}

variables {
  repository = "example-works/shop-front"
  org_id     = "platform"
  project_id = "website"
  token_ref  = "account.bitbucket_api_token"
}

run "the_url_is_that_of_a_clone" {
  command = plan

  assert {
    condition     = harness_bitbucket_connector.this.url == "https://bitbucket.org/example-works/shop-front.git"
    error_message = "The URL is ${harness_bitbucket_connector.this.url}."
  }

  assert {
    condition     = harness_bitbucket_connector.this.name == "shop-front"
    error_message = "The name is ${harness_bitbucket_connector.this.name}."
  }
}

run "without_tags_any_delegate_may_serve" {
  command = plan

  assert {
    condition     = harness_bitbucket_connector.this.delegate_selectors == null
    error_message = "Expected no selectors."
  }
}

run "all_tags_are_required" {
  variables {
    delegate_selectors = ["linux", "pci"]
  }

  assert {
    condition     = length(harness_bitbucket_connector.this.delegate_selectors) == 2
    error_message = "Expected both tags."
  }
}

run "a_project_refers_to_its_connector_without_a_prefix" {
  assert {
    condition     = output.ref == "shopfront"
    error_message = "The reference is ${output.ref}."
  }
}

run "api_access_comes_with_an_email_address" {
  command = plan

  variables {
    email = "bot@example.com"
  }

  assert {
    condition     = harness_bitbucket_connector.this.api_access.email_and_api_token.email == "bot@example.com"
    error_message = "API access is missing."
  }
}

run "an_address_is_not_a_repository" {
  command = plan

  variables {
    repository = "https://bitbucket.org/example-works/shop-front"
  }

  expect_failures = [var.repository]
}
