# ssosync as a Lambda function. See docs/deploy.md, and google/ for the other side.

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

locals {
  keyless = var.google_workload_identity_provider != ""

  given = {
    LOG_LEVEL                                  = "warn"
    LOG_FORMAT                                 = "json"
    SSOSYNC_STATE                              = "s3://${aws_s3_bucket.state.id}/ssosync"
    SSOSYNC_GOOGLE_ADMIN                       = var.google_admin
    SSOSYNC_GOOGLE_CREDENTIALS                 = one(aws_secretsmanager_secret.google_credentials[*].arn)
    SSOSYNC_CUSTOMER_ID                        = var.google_customer_id
    SSOSYNC_GOOGLE_IMPERSONATE_SERVICE_ACCOUNT = var.google_service_account
    SSOSYNC_GOOGLE_WORKLOAD_IDENTITY_PROVIDER  = var.google_workload_identity_provider
    SSOSYNC_SCIM_ENDPOINT                      = var.scim_endpoint
    SSOSYNC_SCIM_ACCESS_TOKEN                  = aws_secretsmanager_secret.scim_access_token.arn
    SSOSYNC_SCIM_ACCESS_TOKEN_FALLBACK         = one(aws_secretsmanager_secret.scim_access_token_fallback[*].arn)
    SSOSYNC_SCIM_ACCESS_TOKEN_CREATED          = var.scim_access_token_created
    SSOSYNC_IDENTITY_STORE_ID                  = var.identity_store_id
    SSOSYNC_ASSUME_ROLE                        = var.assume_role
  }

  # An empty variable is an unset one, except in settings, where GROUP_MATCH may be empty on purpose.
  environment = merge({ for k, v in local.given : k => v if v != null && v != "" }, var.settings)
}

resource "aws_lambda_function" "this" {
  function_name                  = var.name
  description                    = "Keeps IAM Identity Center like a Google Workspace directory"
  role                           = aws_iam_role.function.arn
  filename                       = var.package
  source_code_hash               = filebase64sha256(var.package)
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.architecture]
  memory_size                    = var.memory
  timeout                        = var.timeout
  reserved_concurrent_executions = var.reserved_concurrency
  tags                           = var.tags

  environment {
    variables = local.environment
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  lifecycle {
    precondition {
      condition     = var.google_admin != "" || var.google_customer_id != "my_customer"
      error_message = "Without google_admin the service account reads as itself, and google_customer_id has to be the real one."
    }
  }
}

# The next run does what this one could not: nothing is tried twice.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 300

  destination_config {
    on_failure {
      destination = aws_sqs_queue.failed.arn
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name_prefix       = "/ssosync/${var.name}/"
  retention_in_days = var.log_retention
  tags              = var.tags
}

# Runs that did not start, and those that ended with an error: one message each.
resource "aws_sqs_queue" "failed" {
  name_prefix               = "${var.name}-failed-"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = var.tags
}
