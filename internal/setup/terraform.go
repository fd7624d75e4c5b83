package setup

import (
	"fmt"
	"strconv"
	"strings"
)

// Terraform returns wif.tf: what Google Cloud has to have for a login without a
// key (Terraform Registry: hashicorp/google). The Admin console is not Google
// Cloud, so its step remains.
func Terraform(a Answers) string {
	services := make([]string, 0, 4)
	for _, s := range a.services() {
		services = append(services, "    "+hcl(s)+",")
	}
	_, pool, provider := a.federation()
	return fmt.Sprintf(terraformText,
		hcl(a.project()), strings.Join(services, "\n"), hcl(a.account()), hcl(pool), hcl(provider), hcl(a.condition()), a.mapping(),
		`"`+inner(a.trusted("POOL"), "POOL", "${google_iam_workload_identity_pool.ssosync.name}")+`"`)
}

// mapping is what the provider knows of whoever comes. That of AWS is Google's
// default, written out because the binding rests on it.
func (a Answers) mapping() string {
	if a.Place == GitHub {
		return `  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }`
	}
	_, account, _ := a.role()
	return `  attribute_mapping = {
    "google.subject"     = "assertion.arn"
    "attribute.aws_role" = "assertion.arn.contains('assumed-role') ? assertion.arn.extract('{account_arn}assumed-role/') + 'assumed-role/' + assertion.arn.extract('assumed-role/{role_name}/') : assertion.arn"
  }

  aws {
    account_id = ` + hcl(account) + `
  }`
}

// hcl returns a text between quotes, with nothing in it that is evaluated (HCL
// native syntax: template expressions).
func hcl(s string) string { return `"` + inner(s, "", "") + `"` }

// inner is hcl without the quotes. What is to be evaluated stands in place of a
// word.
func inner(s, word, expression string) string {
	s = strconv.Quote(s)
	s = s[1 : len(s)-1]
	s = strings.NewReplacer("${", "$${", "%{", "%%{").Replace(s)
	if word != "" {
		s = strings.Replace(s, word, expression, 1)
	}
	return s
}

const terraformText = `# Google Cloud for ssosync without a key: who may act as its service account.
# terraform init && terraform apply. Then comes the step in the Admin console: see ` + GoogleFile + `.

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
  project = %s
}

resource "google_project_service" "ssosync" {
  for_each = toset([
%s
  ])

  service            = each.value
  disable_on_destroy = false
}

resource "google_service_account" "ssosync" {
  account_id   = %s
  display_name = "ssosync"
  depends_on   = [google_project_service.ssosync]
}

resource "google_iam_workload_identity_pool" "ssosync" {
  workload_identity_pool_id = %s
  depends_on                = [google_project_service.ssosync]
}

resource "google_iam_workload_identity_pool_provider" "ssosync" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.ssosync.workload_identity_pool_id
  workload_identity_pool_provider_id = %s
  attribute_condition                = %s

%s
}

# It may sign as the service account, and get its tokens. It needs no other role.
resource "google_service_account_iam_member" "ssosync" {
  service_account_id = google_service_account.ssosync.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = %s
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
`
