# One connector for each repository in a map: some over HTTP with a workspace access
# token, one over SSH, one with API access.
locals {
  repositories = {
    website = {
      url   = "https://bitbucket.org/example-works/website.git"
      token = "account.bitbucket_access_token"
      api   = true
    }
    billing = {
      url   = "https://bitbucket.org/example-works/billing.git"
      token = "account.bitbucket_access_token"
      api   = false
    }
    mirror = {
      url     = "ssh://git@bitbucket.example.com:7999/plat/mirror.git"
      ssh_key = "account.bitbucket_ssh"
      api     = false
    }
  }
}

resource "harness_bitbucket_connector" "repository" {
  for_each = local.repositories

  name            = "${each.key} repository"
  url_type        = "Repository"
  connection_type = can(each.value.ssh_key) ? "SSH" : "HTTP"
  url             = each.value.url

  credentials {
    dynamic "http" {
      for_each = can(each.value.token) ? [each.value.token] : []
      content {
        username     = "x-token-auth"
        password_ref = http.value
      }
    }
    dynamic "ssh" {
      for_each = can(each.value.ssh_key) ? [each.value.ssh_key] : []
      content {
        ssh_key_ref = ssh.value
      }
    }
  }

  dynamic "api_access" {
    for_each = each.value.api ? [each.value.token] : []
    content {
      access_token {
        token_ref = api_access.value
      }
    }
  }
}
