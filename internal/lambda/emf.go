package lambda

import (
	"encoding/json"
	"math"
	"time"

	"ssosync/internal/config"
	"ssosync/internal/report"
)

// namespace is where the metrics are.
const namespace = "ssosync"

// A metric is one number about a run.
type metric struct {
	name, unit string
	value      float64
	// total says that there is one without the dimension as well: an alarm that
	// knows of no target, such as a template's. Each costs as much as another
	// metric (CloudWatch pricing: custom metrics), so that only those are.
	total bool
}

// tokenLife is how long a SCIM access token lives (IAM Identity Center user
// guide: automatic provisioning): a year.
const tokenLife = 365 * 24 * time.Hour

// measure writes the metrics of a run: one line in the embedded metric format,
// which CloudWatch reads out of the log (CloudWatch user guide: embedded metric
// format specification). A number that is not known is left out.
func (i *invocation) measure(o outcome, r Result) {
	line, err := json.Marshal(embedded(i.metrics(o, r), r.Target, time.Now()))
	if err != nil {
		i.log.Error("no metrics are written", "err", err)
		return
	}
	_, _ = i.out.Write(append(line, '\n')) // a sink keeps its error
}

func (i *invocation) metrics(o outcome, r Result) []metric {
	calls, throttles := 0, 0
	for _, c := range o.rep.Calls {
		calls, throttles = calls+c.Calls, throttles+c.Throttles
	}
	s := r.Summary
	failures := s.Users.Failed + s.Groups.Failed + s.Memberships.Failed
	if r.DryRun {
		s = report.CountsDocument{} // nothing was changed
	}
	success := 0.0
	if r.errorType == "" && r.Done {
		success = 1
	}
	all := []metric{
		{name: "Creates", unit: "Count", value: float64(s.Users.Create + s.Groups.Create)},
		{name: "Updates", unit: "Count", value: float64(s.Users.Update + s.Users.Adopt + s.Groups.Update + s.Groups.Adopt)},
		{name: "Deactivates", unit: "Count", value: float64(s.Users.Deactivate)},
		{name: "Deletes", unit: "Count", value: float64(s.Users.Delete + s.Groups.Delete)},
		{name: "MembersAdded", unit: "Count", value: float64(s.Memberships.Join)},
		{name: "MembersRemoved", unit: "Count", value: float64(s.Memberships.Leave)},
		{name: "Failures", unit: "Count", value: float64(failures), total: true},
		{name: "Conflicts", unit: "Count", value: float64(len(o.rep.Plan.Conflicts))},
		{name: "Guards", unit: "Count", value: float64(len(o.rep.Refusals)), total: true},
		{name: "Throttles", unit: "Count", value: float64(throttles)},
		{name: "Calls", unit: "Count", value: float64(calls)},
		{name: "Duration", unit: "Milliseconds", value: float64(time.Since(i.started).Milliseconds())},
		{name: "Success", unit: "Count", value: success, total: true},
	}
	if at := o.good; !at.IsZero() {
		all = append(all, metric{name: "SecondsSinceSuccess", unit: "Seconds", value: math.Max(0, math.Floor(time.Since(at).Seconds())), total: true})
	} else if success == 1 && !r.DryRun {
		all = append(all, metric{name: "SecondsSinceSuccess", unit: "Seconds", total: true})
	}
	if days, ok := tokenDays(o.cfg, time.Now()); ok {
		all = append(all, metric{name: "TokenDaysLeft", unit: "Count", value: float64(days), total: true})
	}
	return all
}

// tokenDays is how many whole days the SCIM access token has left, negative when
// it has ended. If nobody said when it was made, it is as old as its secret at
// least, so that there may be fewer.
func tokenDays(cfg config.Config, now time.Time) (days int, ok bool) {
	made, err := config.ParseDate(cfg.TokenCreated)
	if err != nil {
		made = cfg.TokenStored
	}
	if made.IsZero() {
		return 0, false
	}
	return int(math.Floor(made.Add(tokenLife).Sub(now).Hours() / 24)), true
}

// embedded puts metrics into the format: what they are under _aws, and their
// values beside it.
func embedded(metrics []metric, target string, now time.Time) map[string]any {
	type definition struct {
		Name string `json:"Name"`
		Unit string `json:"Unit"`
	}
	type directive struct {
		Namespace  string       `json:"Namespace"`
		Dimensions [][]string   `json:"Dimensions"`
		Metrics    []definition `json:"Metrics"`
	}
	byTarget := directive{Namespace: namespace, Dimensions: [][]string{{"Target"}}}
	total := directive{Namespace: namespace, Dimensions: [][]string{{}}}
	line := map[string]any{"Target": target}
	for _, m := range metrics {
		d := definition{m.name, m.unit}
		byTarget.Metrics = append(byTarget.Metrics, d)
		if m.total {
			total.Metrics = append(total.Metrics, d)
		}
		line[m.name] = m.value
	}
	line["_aws"] = map[string]any{"Timestamp": now.UnixMilli(), "CloudWatchMetrics": []directive{byTarget, total}}
	return line
}
