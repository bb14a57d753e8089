# The connector of one repository on Bitbucket Cloud: cloned over HTTPS, with an access token of the repository.
resource "harness_bitbucket_connector" "this" {
  name       = local.name
  org_id     = var.org_id
  project_id = var.project_id

  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/${var.repository}.git"

  credentials {
    http {
      username     = "x-token-auth"
      password_ref = var.token_ref
    }
  }

  # Nothing at all where no tags are given: then any delegate may serve.
  delegate_selectors = length(var.delegate_selectors) > 0 ? var.delegate_selectors : null
}

locals {
  # "example-works/shop-front" is called "shop-front"; Harness makes the identifier "shopfront" of it.
  name = basename(var.repository)
}
