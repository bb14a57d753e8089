variable "repository" {
  description = "Workspace and repository, as in the repository's URL: `example-works/website`."
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
  description = "The Id of the project with the pipelines that use the connector; null for all projects of the organization."
  type        = string
}

variable "token_ref" {
  description = "The Harness secret that contains the API token."
  type        = string
}

variable "email" {
  description = "The email address of the token's Atlassian account. Without it, the connector has no API access."
  type        = string
  default     = null
}

variable "delegate_selectors" {
  description = "Tags that a delegate must have. Without tags, Harness may use any delegate."
  type        = set(string)
  default     = []
}
