# A whole workspace on Bitbucket Cloud, over HTTPS with an API token, for every project of the account.
resource "harness_bitbucket_connector" "cloud" {
  name        = "Bitbucket Cloud"
  description = "The workspace, for everybody"
  tags        = { owner = "platform" }

  url_type        = "Account"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/example-works/"
  test_repository = "website.git"

  credentials {
    http {
      username     = "x-bitbucket-api-token-auth"
      password_ref = "account.bitbucket_api_token"
    }
  }

  api_access {
    email_and_api_token {
      email     = "bot@example.com"
      token_ref = "account.bitbucket_api_token"
    }
  }

  # Straight from Harness, without a delegate, as Harness Cloud builds need it.
  connectivity_mode = "Platform"
}

# One repository on Bitbucket Data Center, over SSH, for an organization.
resource "harness_bitbucket_connector" "data_center" {
  name       = "Tools"
  identifier = "tools_repository"
  org_id     = "platform"

  url_type        = "Repository"
  connection_type = "SSH"
  url             = "ssh://git@bitbucket.example.com:7999/plat/tools.git"

  credentials {
    ssh {
      ssh_key_ref = "org.platform_ssh"
    }
  }
}

# A connector of one project, through a delegate that has all of the given tags. If its connection test fails, the
# connector is not kept.
resource "harness_bitbucket_connector" "project" {
  name       = "Payments"
  identifier = "payments_code"
  org_id     = "platform"
  project_id = "payments"

  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.example.com/scm/PAY/payments.git"

  # User name and token are secrets of the project, and are written without a prefix.
  credentials {
    http {
      username_ref = "payments_username"
      password_ref = "payments_token"
    }
  }

  api_access {
    username_token {
      username_ref = "payments_username"
      token_ref    = "payments_token"
    }
  }

  delegate_selectors = ["linux", "pci"]
  connection_test    = "require"

  timeouts {
    create = "5m"
  }
}

# What a pipeline of that project writes as `connectorRef`.
output "payments_connector" {
  value = harness_bitbucket_connector.project.ref
}
