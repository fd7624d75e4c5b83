data "aws_iam_policy_document" "lambda" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

# The name is a fixed one: Google's workload identity pool trusts the role by it.
resource "aws_iam_role" "function" {
  name               = var.name
  description        = "What ssosync may do"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
  tags               = var.tags
}

data "aws_iam_policy_document" "function" {
  statement {
    sid = "ReadTheIdentityStore"
    actions = [
      "identitystore:ListUsers",
      "identitystore:ListGroups",
      "identitystore:ListGroupMemberships",
    ]
    resources = [
      "arn:${data.aws_partition.this.partition}:identitystore::*:identitystore/${coalesce(var.identity_store_id, "*")}",
      "arn:${data.aws_partition.this.partition}:identitystore:::user/*",
      "arn:${data.aws_partition.this.partition}:identitystore:::group/*",
      "arn:${data.aws_partition.this.partition}:identitystore:::membership/*",
    ]
  }

  # The last four only show what stands behind who loses access: they may be taken away.
  statement {
    sid = "FindTheIdentityStore"
    actions = [
      "sso:ListInstances",
      "sso:ListAccountAssignmentsForPrincipal",
      "sso:ListApplicationAssignmentsForPrincipal",
      "sso:DescribePermissionSet",
      "sso:DescribeApplication",
    ]
    resources = ["*"]
  }

  statement {
    sid     = "ReadTheSecrets"
    actions = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    resources = concat(
      [aws_secretsmanager_secret.scim_access_token.arn],
      aws_secretsmanager_secret.scim_access_token_fallback[*].arn,
      aws_secretsmanager_secret.google_credentials[*].arn,
    )
  }

  statement {
    sid       = "KeepTheState"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${aws_s3_bucket.state.arn}/ssosync/*"]
  }

  statement {
    sid       = "ListTheState"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.state.arn]
  }

  statement {
    sid       = "TellCodePipeline"
    actions   = ["codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult"]
    resources = ["*"]
  }

  statement {
    sid       = "WriteTheLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }

  statement {
    sid       = "TellOfFailures"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.failed.arn]
  }

  dynamic "statement" {
    for_each = var.assume_role == "" ? [] : [var.assume_role]

    content {
      sid       = "AskAsAnother"
      actions   = ["sts:AssumeRole"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role_policy" "function" {
  name   = "ssosync"
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.function.json
}
