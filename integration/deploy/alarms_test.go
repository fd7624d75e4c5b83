//go:build unix

package deploy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/gocty"
)

// An alarm is when somebody is told.
type alarm struct {
	Metric, Statistic, Comparison, Missing string
	Periods                                int
	Threshold                              float64
}

// wanted are the alarms about runs, in both templates alike. That nothing is
// heard is the worst of news in the first; in the others it is none.
var wanted = map[string]alarm{
	"NoSuccess":    {"Success", "Sum", "LessThanThreshold", "breaching", 2, 1},
	"GuardRefused": {"Guards", "Maximum", "GreaterThanThreshold", "notBreaching", 1, 0},
	"ObjectsFail":  {"Failures", "Maximum", "GreaterThanThreshold", "notBreaching", 2, 0},
	"TokenExpires": {"TokenDaysLeft", "Minimum", "LessThanThreshold", "ignore", 1, 30},
}

// The metrics are those that the function writes, and no alarm hears of another
// stack's.
func TestAlarmsOfTheSAMTemplate(t *testing.T) {
	t.Parallel()
	s := newStack(t, map[string]string{"AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:a"})
	resources, _ := s.all()
	number := map[string]float64{"0": 0, "1": 1, "2": 2, "30": 30}
	written := read(t, "internal/lambda/emf.go")
	for id, want := range wanted {
		a, _ := resources[id].(map[string]any)
		if a == nil {
			t.Errorf("there is no %s", id)
			continue
		}
		text := func(key string) string { v, _ := a[key].(string); return v }
		got := alarm{text("MetricName"), text("Statistic"), text("ComparisonOperator"), text("TreatMissingData"), int(number[text("EvaluationPeriods")]), number[text("Threshold")]}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
		if diff := cmp.Diff([]any{"arn:aws:sns:eu-central-1:123456789012:a"}, a["AlarmActions"]); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
		filter := resources[want.Metric+"Metric"].(map[string]any)
		cut := filter["MetricTransformations"].([]any)[0].(map[string]any)
		if filter["LogGroupName"] != "<LogGroup>" || filter["FilterPattern"] != "{ $."+want.Metric+" = * }" ||
			cut["MetricName"] != want.Metric || cut["MetricValue"] != "$."+want.Metric || cut["MetricNamespace"] != a["Namespace"] || a["Namespace"] != "ssosync/one" {
			t.Errorf("%s: its metric is cut out by %v", id, filter)
		}
		if !strings.Contains(written, `{name: "`+want.Metric+`"`) {
			t.Errorf("%s: the function writes no metric %s", id, want.Metric)
		}
	}
	if a := resources["RunsFail"].(map[string]any); a["MetricName"] != "ApproximateNumberOfMessagesVisible" {
		t.Errorf("RunsFail hears of %v", a["MetricName"])
	}
}

func TestAlarmsOfTheTerraformModule(t *testing.T) {
	t.Parallel()
	scope := &hcl.EvalContext{Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{
		"alarm_periods": cty.NumberIntVal(2), "schedule": cty.StringVal("rate(15 minutes)"),
	})}}
	names := map[string]string{"no-success": "NoSuccess", "guard-refused": "GuardRefused", "objects-fail": "ObjectsFail", "token-expires": "TokenExpires"}
	for _, b := range blocks(t, modules[0]) {
		a, ok := b.Body.Attributes["alarms"]
		if b.Type != "locals" || !ok {
			continue
		}
		v, diags := a.Expr.Value(scope)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		got := map[string]alarm{}
		for name, one := range v.AsValueMap() {
			m := one.AsValueMap()
			var n alarm
			must(t, gocty.FromCtyValue(m["periods"], &n.Periods))
			must(t, gocty.FromCtyValue(m["threshold"], &n.Threshold))
			n.Metric, n.Statistic = m["metric"].AsString(), m["statistic"].AsString()
			n.Comparison, n.Missing = m["comparison"].AsString(), m["missing"].AsString()
			got[names[name]] = n
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Error(diff)
		}
		return
	}
	t.Error("there are no alarms")
}

// The next run is the retry: nobody starts the same one twice.
func TestNothingIsTriedTwice(t *testing.T) {
	t.Parallel()
	s := newStack(t, map[string]string{})
	resources, _ := s.all()
	target := resources["Schedule"].(map[string]any)["Target"].(map[string]any)
	function := resources["SSOSyncFunction"].(map[string]any)
	invoke := function["EventInvokeConfig"].(map[string]any)
	if target["RetryPolicy"].(map[string]any)["MaximumRetryAttempts"] != "0" || invoke["MaximumRetryAttempts"] != "0" {
		t.Errorf("a run is tried again: %v, %v", target, invoke)
	}
	if function["ReservedConcurrentExecutions"] != "1" {
		t.Errorf("%v runs at once", function["ReservedConcurrentExecutions"])
	}
	terraform := read(t, "deploy/terraform/main.tf") + read(t, "deploy/terraform/schedule.tf")
	if n := strings.Count(strings.Join(strings.Fields(terraform), " "), "maximum_retry_attempts = 0"); n != 2 {
		t.Errorf("the module says %d times that nothing is tried again", n)
	}
}
