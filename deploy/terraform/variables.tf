variable "name" {
  description = "Begins the names of what is made. Several instances in one account take several names."
  type        = string
  default     = "ssosync"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,29}$", var.name))
    error_message = "A lower case letter, then at most 29 lower case letters, digits and hyphens."
  }
}

variable "package" {
  description = "Path of a zip that holds bootstrap: a release's ssosync-lambda_VERSION_linux_ARCH.zip, or your own."
  type        = string
}

variable "architecture" {
  description = "What bootstrap was built for: arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "arm64 or x86_64."
  }
}

variable "google_admin" {
  description = "The administrator to read the directory as. Empty when the service account has an admin role itself."
  type        = string
  default     = ""
}

variable "google_customer_id" {
  description = "Google customer id. Without google_admin it has to be the real one, C and eight characters."
  type        = string
  default     = "my_customer"
}

variable "google_service_account" {
  description = "Login without a key: address of the service account, service_account of the module google."
  type        = string
  default     = ""
}

variable "google_workload_identity_provider" {
  description = "Login without a key: provider of the module google. Empty is a login with google_credentials."
  type        = string
  default     = ""
}

variable "google_credentials" {
  description = "Key of the service account, JSON or base64 of it. It is written into a secret, and into no state or plan."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "scim_endpoint" {
  description = "SCIM endpoint of IAM Identity Center."
  type        = string
}

variable "scim_access_token" {
  description = "Access token of that endpoint. It is written into a secret, and into no state or plan."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "scim_access_token_created" {
  description = "Day on which the access token was made, such as 2026-11-26; there is an alarm 30 days before its end."
  type        = string
  default     = ""
}

variable "fallback" {
  description = "Whether there is a second access token, taken when the first is refused."
  type        = bool
  default     = false
}

variable "scim_access_token_fallback" {
  description = "The second access token."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "secrets_version" {
  description = "Add one to write the secrets again: what is in no state cannot be compared."
  type        = number
  default     = 1
}

variable "identity_store_id" {
  description = "Id of the identity store. It is found out when not given; when given, the role may read no other."
  type        = string
  default     = ""
}

variable "assume_role" {
  description = "ARN of a role to read the identity store as, when it is another account's."
  type        = string
  default     = ""
}

variable "settings" {
  description = "Other settings, by variable (docs/reference.md), such as SSOSYNC_GROUP_MATCH. They win over those of this module."
  type        = map(string)
  default     = {}
}

variable "schedule" {
  description = "When to run, as EventBridge Scheduler writes it. Empty for no schedule."
  type        = string
  default     = "rate(15 minutes)"
}

variable "memory" {
  description = "In MB. The processor's share grows with it."
  type        = number
  default     = 128
}

variable "timeout" {
  description = "In seconds. A run stops by itself before it, and the next one goes on."
  type        = number
  default     = 300
}

variable "reserved_concurrency" {
  description = "1 keeps a second run from starting; -1 reserves nothing. The lock in the state keeps two runs apart in any case."
  type        = number
  default     = 1
}

variable "log_retention" {
  description = "In days; 0 is for ever."
  type        = number
  default     = 0
}

variable "alarm_topic" {
  description = "ARN of an SNS topic that hears of alarms. Empty: they can only be looked at."
  type        = string
  default     = ""
}

variable "alarm_period" {
  description = "In seconds. At least as long as from one run to the next."
  type        = number
  default     = 3600
}

variable "alarm_periods" {
  description = "So many periods without a successful run, or each with failures, are an alarm. Together a day at most."
  type        = number
  default     = 2
}

variable "tags" {
  description = "Tags of all that is made."
  type        = map(string)
  default     = {}
}
