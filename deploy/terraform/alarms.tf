locals {
  alarms = {
    no-success = {
      about      = "ssosync has not completed a run. Leavers keep their access. Look at the log, or run ssosync doctor."
      metric     = "Success"
      statistic  = "Sum"
      periods    = var.alarm_periods
      comparison = "LessThanThreshold"
      threshold  = 1
      missing    = var.schedule == "" ? "ignore" : "breaching"
    }
    guard-refused = {
      about      = "A guard of ssosync refused removals. Look at them with ssosync plan, then approve or repair."
      metric     = "Guards"
      statistic  = "Maximum"
      periods    = 1
      comparison = "GreaterThanThreshold"
      threshold  = 0
      missing    = "notBreaching"
    }
    objects-fail = {
      about      = "Some users or groups fail again and again. The log names them."
      metric     = "Failures"
      statistic  = "Maximum"
      periods    = var.alarm_periods
      comparison = "GreaterThanThreshold"
      threshold  = 0
      missing    = "notBreaching"
    }
    token-expires = {
      about      = "The SCIM access token expires within 30 days. Replace it, as ssosync token rotate says."
      metric     = "TokenDaysLeft"
      statistic  = "Minimum"
      periods    = 1
      comparison = "LessThanThreshold"
      threshold  = 30
      missing    = "ignore"
    }
  }

  tell = var.alarm_topic == "" ? [] : [var.alarm_topic]
}

# The metrics of namespace ssosync are those of all functions of the account and Region, and their Target is the host of
# the endpoint, which all tenants of a Region share. Alarms are about this function alone: these are cut out of the same
# lines of its own log.
resource "aws_cloudwatch_log_metric_filter" "run" {
  for_each = local.alarms

  name           = "${var.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = "{ $.${each.value.metric} = * }"

  metric_transformation {
    namespace = "ssosync/${var.name}"
    name      = each.value.metric
    value     = "$.${each.value.metric}"
  }
}

resource "aws_cloudwatch_metric_alarm" "run" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.about
  namespace           = "ssosync/${var.name}"
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  period              = var.alarm_period
  evaluation_periods  = each.value.periods
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing
  alarm_actions       = local.tell
  ok_actions          = local.tell
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "failed" {
  alarm_name          = "${var.name}-runs-fail"
  alarm_description   = "Runs of ssosync did not start, or ended with an error. The messages in the queue say why."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.failed.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.tell
  ok_actions          = local.tell
  tags                = var.tags
}
