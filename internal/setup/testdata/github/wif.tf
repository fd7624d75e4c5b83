# Google Cloud for ssosync without a key: who may act as its service account.
# terraform init && terraform apply. Then comes the step in the Admin console: see google-setup.md.

terraform {
  required_version = ">= 1.5"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 5.0"
    }
  }
}

provider "google" {
  project = "acme-sync"
}

resource "google_project_service" "ssosync" {
  for_each = toset([
    "admin.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "sts.googleapis.com",
  ])

  service            = each.value
  disable_on_destroy = false
}

resource "google_service_account" "ssosync" {
  account_id   = "ssosync"
  display_name = "ssosync"
  depends_on   = [google_project_service.ssosync]
}

resource "google_iam_workload_identity_pool" "ssosync" {
  workload_identity_pool_id = "ssosync"
  depends_on                = [google_project_service.ssosync]
}

resource "google_iam_workload_identity_pool_provider" "ssosync" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.ssosync.workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  attribute_condition                = "assertion.repository == 'acme/identity'"

  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

# It may sign as the service account, and get its tokens. It needs no other role.
resource "google_service_account_iam_member" "ssosync" {
  service_account_id = google_service_account.ssosync.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.ssosync.name}/attribute.repository/acme/identity"
}

output "google_impersonate_service_account" {
  value = google_service_account.ssosync.email
}

output "google_workload_identity_provider" {
  value = google_iam_workload_identity_pool_provider.ssosync.name
}

# The numeric id, which the Admin console asks for.
output "client_id" {
  value = google_service_account.ssosync.unique_id
}
