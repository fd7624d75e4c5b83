# The Google side of a login without a key: a service account, and whom it trusts. What Terraform cannot do is in
# docs/deploy.md: the delegation of the whole domain, or an admin role for the service account.

resource "google_project_service" "needed" {
  for_each = toset(["admin.googleapis.com", "iam.googleapis.com", "iamcredentials.googleapis.com", "sts.googleapis.com"])

  project            = var.project
  service            = each.value
  disable_on_destroy = false
}

resource "google_service_account" "this" {
  project      = var.project
  account_id   = var.name
  display_name = "ssosync"
  description  = "Reads the directory for AWS IAM Identity Center"

  depends_on = [google_project_service.needed]
}

resource "google_iam_workload_identity_pool" "this" {
  project                   = var.project
  workload_identity_pool_id = var.name
  display_name              = "ssosync"
  description               = "Who may be ssosync"

  depends_on = [google_project_service.needed]
}

# attribute.aws_role is the role without the name of the session, which is another one for each run.
# https://cloud.google.com/iam/docs/workload-identity-federation-with-other-clouds
resource "google_iam_workload_identity_pool_provider" "aws" {
  count = var.aws_role == "" ? 0 : 1

  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.this.workload_identity_pool_id
  workload_identity_pool_provider_id = "${var.name}-aws"
  display_name                       = "AWS"
  attribute_condition                = "attribute.aws_role == \"${var.aws_role}\""

  attribute_mapping = {
    "google.subject"     = "assertion.arn"
    "attribute.aws_role" = "assertion.arn.extract('{account}assumed-role/') + 'assumed-role/' + assertion.arn.extract('assumed-role/{role}/')"
  }

  aws {
    account_id = split(":", var.aws_role)[4]
  }
}

# https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments
resource "google_iam_workload_identity_pool_provider" "github" {
  count = var.github_repository == "" ? 0 : 1

  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.this.workload_identity_pool_id
  workload_identity_pool_provider_id = "${var.name}-github"
  display_name                       = "GitHub Actions"
  attribute_condition                = "assertion.repository == \"${var.github_repository}\" && assertion.ref == \"${var.github_ref}\""

  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

locals {
  pool = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.this.name}"

  trusted = merge(
    var.aws_role == "" ? {} : { aws = "${local.pool}/attribute.aws_role/${var.aws_role}" },
    var.github_repository == "" ? {} : { github = "${local.pool}/attribute.repository/${var.github_repository}" },
  )
}

# Token creator, not workload identity user: the delegation of the domain takes a signature, which the latter may not
# ask for.
resource "google_service_account_iam_member" "trusted" {
  for_each = local.trusted

  service_account_id = google_service_account.this.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = each.value
}
