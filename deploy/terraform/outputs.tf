output "function_arn" {
  description = "To start the function from elsewhere."
  value       = aws_lambda_function.this.arn
}

output "role_arn" {
  description = "For policies of secrets and roles elsewhere."
  value       = aws_iam_role.function.arn
}

output "assumed_role" {
  description = "For aws_role of the module google."
  value       = "arn:${data.aws_partition.this.partition}:sts::${data.aws_caller_identity.this.account_id}:assumed-role/${var.name}"
}

output "state" {
  description = "For --state, to look at the journal from elsewhere."
  value       = "s3://${aws_s3_bucket.state.id}/ssosync"
}

output "log_group" {
  description = "Where the log is."
  value       = aws_cloudwatch_log_group.this.name
}
