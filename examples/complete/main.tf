# How a platform team hands Bitbucket to the teams of an organization: one connector for the workspace on Bitbucket Cloud,
# one for the tools on Bitbucket Data Center, and one for each repository that a team builds.

# The whole workspace, for everybody, straight from Harness.
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
      password_ref = "account.bitbucket_token"
    }
  }

  api_access {
    email_and_api_token {
      email     = "bot@example.com"
      token_ref = "account.bitbucket_token"
    }
  }

  connectivity_mode = "Platform"

  lifecycle {
    # Pipelines of all teams refer to it.
    prevent_destroy = true
  }
}

# The tools of the platform team, on the company's own server, which only its delegates can reach.
resource "harness_bitbucket_connector" "tools" {
  name   = "Tools"
  org_id = "platform"
  tags   = { owner = "platform" }

  url_type        = "Repository"
  connection_type = "SSH"
  url             = "ssh://git@bitbucket.example.com:7999/plat/tools.git"

  credentials {
    ssh {
      ssh_key_ref = "org.platform_ssh"
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
  token_ref          = each.value.token_ref
  delegate_selectors = each.value.delegate_selectors
}
