# A connector, and a check that warns in every plan and apply while Harness cannot use the connector, for example because a
# token has expired or a repository has moved.
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

  # The check below already tests the connector, and more often.
  connection_test = "off"
}

check "website_connection" {
  # Inside a check, a test that could not run is also only a warning. But Terraform plans to read the data source again
  # during the apply, so `plan -detailed-exitcode` always exits with 2. If that matters, move the data block out of the check.
  data "harness_bitbucket_connection_test" "website" {
    identifier = harness_bitbucket_connector.website.identifier

    # Wait until the connector exists and its changes are applied.
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
