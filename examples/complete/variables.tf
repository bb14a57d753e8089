variable "workspace" {
  description = "The workspace on Bitbucket Cloud, as its address has it."
  type        = string
  default     = "example-works"
}

variable "repositories" {
  description = "The repositories of the workspace that have a connector of their own, by their names."
  type = map(object({
    org_id             = string
    project_id         = string
    token_ref          = string
    delegate_selectors = optional(set(string), [])
  }))
  default = {
    website = {
      org_id     = "platform"
      project_id = "website"
      token_ref  = "org.bitbucket_token"
    }
    payments = {
      org_id             = "platform"
      project_id         = "payments"
      token_ref          = "payments_token"
      delegate_selectors = ["linux", "pci"]
    }
  }
}
