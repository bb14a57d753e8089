# A connector, and a check that warns in every plan and apply as long as Harness cannot use it: because a token has
# expired, for example, or a repository has moved.
resource "harness_bitbucket_connector" "website" {
  name            = "Website repository"
  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/example-works/website.git"

  credentials {
    http {
      username     = "x-bitbucket-api-token-auth"
      password_ref = "account.bitbucket_api_token"
    }
  }

  # The check below tests more often than this would.
  connection_test = "off"
}

check "website_connection" {
  # In here, also a test that could not be run is a warning. But Terraform plans to read what is inside a check once more
  # during apply, so that `plan -detailed-exitcode` says 2 each time: where that matters, write the data block outside.
  data "harness_bitbucket_connection_test" "website" {
    identifier = harness_bitbucket_connector.website.identifier

    # Not before the connector is there, and its changes are applied.
    depends_on = [harness_bitbucket_connector.website]
  }

  assert {
    condition     = data.harness_bitbucket_connection_test.website.success
    error_message = <<-EOT
      Harness cannot use ${harness_bitbucket_connector.website.ref}.
      ${data.harness_bitbucket_connection_test.website.error_summary}
      ${data.harness_bitbucket_connection_test.website.hint}
    EOT
  }
}
