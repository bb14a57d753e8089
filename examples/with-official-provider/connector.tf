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

  # Required for the trigger: Harness uses it to create the webhook.
  api_access {
    email_and_api_token {
      email     = "bot@example.com"
      token_ref = "account.bitbucket_api_token"
    }
  }

  connectivity_mode = "Platform"
}

locals {
  # `ref` is how YAML in this project refers to the connector: with `account.` or `org.` if it belongs to a wider scope.
  pipeline_yaml = templatefile("${path.module}/pipeline.yaml.tftpl", {
    connector_ref = harness_bitbucket_connector.website.ref
  })
  trigger_yaml = templatefile("${path.module}/trigger.yaml.tftpl", {
    connector_ref = harness_bitbucket_connector.website.ref
  })
}
