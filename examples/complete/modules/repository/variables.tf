variable "repository" {
  description = "Workspace and repository, as in the address of its page: `example-works/website`."
  type        = string

  validation {
    condition     = length(split("/", var.repository)) == 2
    error_message = "Write workspace and repository, such as \"example-works/website\"."
  }
}

variable "org_id" {
  description = "The Id of the organization."
  type        = string
}

variable "project_id" {
  description = "The Id of the project whose pipelines use the connector; null for all projects of the organization."
  type        = string
}

variable "token_ref" {
  description = "The secret in Harness that holds the API token."
  type        = string
}

variable "email" {
  description = "The email address of the token's Atlassian account. Without it, the connector has no API access."
  type        = string
  default     = null
}

variable "delegate_selectors" {
  description = "Tags that a delegate has to have; with none, any delegate may serve."
  type        = set(string)
  default     = []
}
