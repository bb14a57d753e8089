# Gives the pipelines of a project access to a repository on Bitbucket Cloud.
resource "harness_bitbucket_connector" "website" {
  name        = "Website"
  description = "The repository of example.com"
  tags = {
    team = "web"
  }

  # The scope of the connector: the account, an organization, or (here) a project.
  org_id     = "platform"
  project_id = "website"

  # One repository, cloned over HTTPS.
  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/example-works/website.git"

  # Secrets stay in Harness. The configuration only refers to them.
  credentials {
    http {
      username     = "x-bitbucket-api-token-auth"
      password_ref = "account.bitbucket_api_token"
    }
  }

  # Required for Git triggers, webhooks, and build statuses.
  api_access {
    email_and_api_token {
      email     = "bot@example.com"
      token_ref = "account.bitbucket_api_token"
    }
  }

  # Connect through a delegate that has both tags.
  connectivity_mode  = "Delegate"
  delegate_selectors = ["linux", "amd64"]
}

output "connector_ref" {
  description = "What a pipeline writes as `connectorRef`."
  value       = harness_bitbucket_connector.website.ref
}
