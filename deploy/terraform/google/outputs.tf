output "service_account" {
  description = "For google_service_account, and --google-impersonate-service-account."
  value       = google_service_account.this.email
}

output "client_id" {
  description = "The number to paste as Client ID in the Admin console, where the domain is delegated."
  value       = google_service_account.this.unique_id
}

output "aws_provider" {
  description = "For google_workload_identity_provider."
  value       = one(google_iam_workload_identity_pool_provider.aws[*].name)
}

output "github_provider" {
  description = "For --google-workload-identity-provider in a workflow."
  value       = one(google_iam_workload_identity_pool_provider.github[*].name)
}
