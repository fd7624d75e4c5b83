# The values are write-only: they are in the secrets, and neither in a plan nor in the state.

resource "aws_secretsmanager_secret" "google_credentials" {
  count = local.keyless ? 0 : 1

  name_prefix = "${var.name}-google-credentials-"
  description = "Key of the Google service account"
  tags        = var.tags
}

resource "aws_secretsmanager_secret_version" "google_credentials" {
  count = local.keyless ? 0 : 1

  secret_id                = aws_secretsmanager_secret.google_credentials[0].id
  secret_string_wo         = var.google_credentials
  secret_string_wo_version = var.secrets_version
}

resource "aws_secretsmanager_secret" "scim_access_token" {
  name_prefix = "${var.name}-scim-access-token-"
  description = "SCIM access token of IAM Identity Center"
  tags        = var.tags
}

resource "aws_secretsmanager_secret_version" "scim_access_token" {
  secret_id                = aws_secretsmanager_secret.scim_access_token.id
  secret_string_wo         = var.scim_access_token
  secret_string_wo_version = var.secrets_version
}

resource "aws_secretsmanager_secret" "scim_access_token_fallback" {
  count = var.fallback ? 1 : 0

  name_prefix = "${var.name}-scim-access-token-fallback-"
  description = "Second SCIM access token of IAM Identity Center"
  tags        = var.tags
}

resource "aws_secretsmanager_secret_version" "scim_access_token_fallback" {
  count = var.fallback ? 1 : 0

  secret_id                = aws_secretsmanager_secret.scim_access_token_fallback[0].id
  secret_string_wo         = var.scim_access_token_fallback
  secret_string_wo_version = var.secrets_version
}
