variable "project" {
  description = "Google Cloud project. It may be one that has nothing else in it."
  type        = string
}

variable "name" {
  description = "Name of the service account, and of the pool and the provider."
  type        = string
  default     = "ssosync"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,26}[a-z0-9]$", var.name))
    error_message = "6 to 28 lower case letters, digits and hyphens."
  }
}

variable "aws_role" {
  description = "The role that may log in, arn:aws:sts::ACCOUNT:assumed-role/ROLE: assumed_role of the module for AWS. Empty for none."
  type        = string
  default     = ""

  validation {
    condition     = var.aws_role == "" || can(regex("^arn:aws[a-z-]*:sts::[0-9]{12}:assumed-role/[^/]+$", var.aws_role))
    error_message = "arn:aws:sts::ACCOUNT:assumed-role/ROLE, without a session."
  }
}

variable "github_repository" {
  description = "The repository whose workflows may log in, OWNER/NAME. Empty for none."
  type        = string
  default     = ""
}

variable "github_ref" {
  description = "The branch whose workflows may log in, such as refs/heads/main."
  type        = string
  default     = "refs/heads/main"
}
