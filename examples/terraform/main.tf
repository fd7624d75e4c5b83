# Lambda in one AWS account, and a login to Google without a key. Twice terraform apply is not needed: the name of the
# role is known before the role is there.
#
#   export TF_VAR_scim_access_token=…
#   terraform init && terraform apply

variable "scim_access_token" {
  description = "Access token of the SCIM endpoint."
  type        = string
  sensitive   = true
  ephemeral   = true
}

data "aws_caller_identity" "this" {}

module "google" {
  source = "../../deploy/terraform/google"

  project  = "example-identity"
  aws_role = "arn:aws:sts::${data.aws_caller_identity.this.account_id}:assumed-role/ssosync"
}

module "ssosync" {
  source = "../../deploy/terraform"

  package                           = "ssosync-lambda_3.0.0_linux_arm64.zip"
  google_admin                      = "admin@example.com"
  google_service_account            = module.google.service_account
  google_workload_identity_provider = module.google.aws_provider
  scim_endpoint                     = "https://scim.eu-central-1.amazonaws.com/11111111-2222-3333-4444-555555555555/scim/v2"
  scim_access_token                 = var.scim_access_token
  scim_access_token_created         = "2026-11-26"

  settings = {
    SSOSYNC_GROUP_MATCH = "email:aws-*"
  }
}

output "client_id" {
  description = "Paste this number in the Admin console: API controls, domain-wide delegation."
  value       = module.google.client_id
}
