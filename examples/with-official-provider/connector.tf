# The repository that the pipeline builds.
resource "harness_bitbucket_connector" "website" {
  name       = "Website repository"
  org_id     = "platform"
  project_id = "website"

  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/example-works/website.git"

  credentials {
    http {
      username     = "x-bitbucket-api-token-auth"
      password_ref = "account.bitbucket_api_token"
    }
  }

  # The trigger needs it: Harness creates the webhook with it.
  api_access {
    email_and_api_token {
      email     = "bot@example.com"
      token_ref = "account.bitbucket_api_token"
    }
  }

  connectivity_mode = "Platform"
}

locals {
  # `ref` is what YAML of that project writes: with the prefix `account.` or `org.` if the connector lives higher up.
  pipeline_yaml = templatefile("${path.module}/pipeline.yaml.tftpl", {
    connector_ref = harness_bitbucket_connector.website.ref
  })
  trigger_yaml = templatefile("${path.module}/trigger.yaml.tftpl", {
    connector_ref = harness_bitbucket_connector.website.ref
  })
}
