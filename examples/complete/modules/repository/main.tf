# The connector of one repository on Bitbucket Cloud, over HTTPS with the API token of a bot user. (An access token of the
# repository alone could clone it too, but fails Harness's connection test.)
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

  # For triggers, webhooks and build statuses.
  dynamic "api_access" {
    for_each = var.email[*]
    content {
      email_and_api_token {
        email     = api_access.value
        token_ref = var.token_ref
      }
    }
  }

  # Nothing at all where no tags are given: then any delegate may serve.
  delegate_selectors = length(var.delegate_selectors) > 0 ? var.delegate_selectors : null
}

locals {
  # "example-works/shop-front" is called "shop-front"; Harness makes the identifier "shopfront" of it.
  name = basename(var.repository)
}
