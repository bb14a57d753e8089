# `terraform test` in the directory of the module (Terraform 1.7 or later, OpenTofu 1.8 or later). The provider is mocked:
# nothing asks Harness, and no key is needed. Its schema and its rules are the real ones.
mock_provider "harness" {}

variables {
  repository = "example-works/shop-front"
  org_id     = "platform"
  project_id = "website"
  token_ref  = "org.bitbucket_token"
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
    error_message = "No selectors are to be given."
  }
}

run "all_tags_are_asked_for" {
  variables {
    delegate_selectors = ["linux", "pci"]
  }

  assert {
    condition     = length(harness_bitbucket_connector.this.delegate_selectors) == 2
    error_message = "Both tags are to be given."
  }

  # What Harness would answer is made up by the mock, but it is there.
  assert {
    condition     = output.ref != null
    error_message = "A pipeline needs the reference."
  }
}

run "an_address_is_no_repository" {
  command = plan

  variables {
    repository = "https://bitbucket.org/example-works/shop-front"
  }

  expect_failures = [var.repository]
}
