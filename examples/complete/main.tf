# Connectors that a platform team provides to the teams of an organization: one for the workspace on Bitbucket Cloud, some
# for repositories on Bitbucket Data Center, and one for each repository that a team builds.
#
# Create these secrets in Harness first:
#   account.bitbucket_api_token   an API token of the bot user, for Git and for the API
#   org.platform_ssh              an SSH key for Bitbucket Data Center, in the organization "platform"
#   org.bitbucket_http_access_token      an HTTP access token of the bot user on Bitbucket Data Center, in the same organization
#
# To destroy everything, set `prevent_destroy` below to false and run `terraform apply`, then `terraform destroy`. The plan
# lists the pipelines and triggers that use each connector. Harness does not delete a connector that is in use.

# The whole workspace, for everyone, directly from Harness.
resource "harness_bitbucket_connector" "workspace" {
  name        = "Bitbucket workspace"
  description = "Every repository of ${var.workspace}; for pipelines that may read all of them"
  tags        = { owner = "platform" }

  url_type        = "Account"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/${var.workspace}/"
  test_repository = "website.git"

  credentials {
    http {
      username     = "x-bitbucket-api-token-auth"
      password_ref = "account.bitbucket_api_token"
    }
  }

  api_access {
    email_and_api_token {
      email     = var.bot_email
      token_ref = "account.bitbucket_api_token"
    }
  }

  connectivity_mode = "Platform"

  lifecycle {
    # The pipelines of all teams refer to this connector.
    prevent_destroy = true
  }
}

# The platform team's repositories on the company's own server, which only its delegates can reach: some over SSH, some over
# HTTPS, with API access for those that have triggers.
resource "harness_bitbucket_connector" "server" {
  for_each = var.server_repositories

  name   = each.key
  org_id = "platform"
  tags   = { owner = "platform" }

  url_type        = "Repository"
  connection_type = each.value.ssh_key_ref != null ? "SSH" : "HTTP"
  url             = each.value.url

  credentials {
    dynamic "ssh" {
      for_each = each.value.ssh_key_ref[*]
      content {
        ssh_key_ref = ssh.value
      }
    }

    dynamic "http" {
      for_each = each.value.ssh_key_ref == null ? each.value.token_ref[*] : []
      content {
        username     = var.bot_username
        password_ref = http.value
      }
    }
  }

  dynamic "api_access" {
    for_each = each.value.has_triggers ? each.value.token_ref[*] : []
    content {
      username_token {
        username  = var.bot_username
        token_ref = api_access.value
      }
    }
  }

  delegate_selectors = ["platform"]
}

# A connector for each repository, in the project of the team that builds it.
module "repository" {
  source   = "./modules/repository"
  for_each = var.repositories

  repository         = "${var.workspace}/${each.key}"
  org_id             = each.value.org_id
  project_id         = each.value.project_id
  token_ref          = "account.bitbucket_api_token"
  email              = each.value.has_triggers ? var.bot_email : null
  delegate_selectors = each.value.delegate_selectors
}
