# The connector of one repository on Bitbucket Cloud, over HTTPS with the API token of a bot user. (A repository's access
# token could also clone it, but fails Harness's connection test.)
resource "harness_bitbucket_connector" "this" {
  name       = local.name
  org_id     = var.org_id
  project_id = var.project_id

  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/${var.repository}.git"

  credentials {
    http {
      username     = "x-bitbucket-api-token-auth"
      password_ref = var.token_ref
    }
  }

  # For triggers, webhooks, and build statuses.
  dynamic "api_access" {
    for_each = var.email[*]
    content {
      email_and_api_token {
        email     = api_access.value
        token_ref = var.token_ref
      }
    }
  }

  # Without tags, omit the argument: Harness may then use any delegate.
  delegate_selectors = length(var.delegate_selectors) > 0 ? var.delegate_selectors : null
}

locals {
  # For "example-works/shop-front", the name is "shop-front", and Harness derives the identifier "shopfront".
  name = basename(var.repository)
}
