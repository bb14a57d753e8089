# A connector of the account, for every project to use. It connects over HTTPS with an
# API token.
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

  # Connect directly from Harness, without a delegate, as Harness Cloud builds require.
  connectivity_mode = "Platform"
}

# A connector of an organization, for its projects to use. It connects over SSH.
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

# A connector of a project, through a delegate that has both tags. If the connection
# test fails, the connector is not kept.
resource "harness_bitbucket_connector" "project" {
  name       = "Payments"
  identifier = "payments_code"
  org_id     = "platform"
  project_id = "payments"

  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.example.com/scm/PAY/payments.git"

  # Secrets of the connector's own project have no prefix.
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

# Use this as `connectorRef` in pipelines of the project.
output "payments_connector" {
  value = harness_bitbucket_connector.project.ref
}
