variable "workspace" {
  description = "The workspace on Bitbucket Cloud, as in its URL."
  type        = string
  default     = "example-works"
}

variable "bot_email" {
  description = "The email address of the bot user's Atlassian account, whose API token is in `account.bitbucket_api_token`."
  type        = string
  default     = "bot@example.com"
}

variable "bot_username" {
  description = "The bot user on Bitbucket Data Center."
  type        = string
  default     = "harness-bot"
}

variable "repositories" {
  description = "The repositories of the workspace that have their own connector, by name."
  type = map(object({
    org_id             = string
    project_id         = string
    has_triggers       = optional(bool, true)
    delegate_selectors = optional(set(string), [])
  }))
  default = {
    website = {
      org_id             = "platform"
      project_id         = "website"
      delegate_selectors = ["linux", "amd64"]
    }
    payments = {
      org_id             = "platform"
      project_id         = "payments"
      has_triggers       = false
      delegate_selectors = ["linux", "pci"]
    }
  }
}

variable "server_repositories" {
  description = "The repositories on Bitbucket Data Center, by connector name. Set `ssh_key_ref` to use SSH, or `token_ref` to use HTTPS."
  type = map(object({
    url          = string
    ssh_key_ref  = optional(string)
    token_ref    = optional(string)
    has_triggers = optional(bool, false)
  }))
  default = {
    Tools = {
      url          = "https://bitbucket.example.com/scm/plat/tools.git"
      token_ref    = "org.bitbucket_http_access_token"
      has_triggers = true
    }
    Images = {
      url       = "https://bitbucket.example.com/scm/plat/images.git"
      token_ref = "org.bitbucket_http_access_token"
    }
    Mirror = {
      url         = "ssh://git@bitbucket.example.com:7999/plat/mirror.git"
      ssh_key_ref = "org.platform_ssh"
    }
  }
}
