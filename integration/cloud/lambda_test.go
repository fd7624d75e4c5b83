//go:build unix

package cloud

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// inTheCloud has everything of a function where it would be: secrets in Secrets
// Manager and Parameter Store, state in S3.
func inTheCloud(w *world, s *store) []string {
	w.t.Helper()
	v := newVault(w.t)
	token, _ := v.keep(w.variable("SCIM_TOKEN"))
	key, _ := v.keep(w.key().text)
	return w.with(slices.Concat(amazon.environ(w.t), s.environ(), []string{
		"SCIM_TOKEN=secretsmanager:" + token, "GOOGLE_CREDENTIALS_JSON=secretsmanager:" + key,
	})...)
}

const scheduled = `{"version":"0","id":"53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa","detail-type":"Scheduled Event","source":"aws.events",
	"account":"123456789012","time":"2026-11-26T08:00:00Z","region":"us-east-1","resources":["arn:aws:events:us-east-1:123456789012:rule/ssosync"],"detail":{}}`

// A function on a schedule, warm from its second event on, and asked by hand.
func TestLambda(t *testing.T) {
	t.Parallel()
	s, c := newStore(t), newCompany(t, "ada", "grace", "edsger")
	w := newWorld(t, "--fixture", c.path)
	environ := inTheCloud(w, s)
	l := newLambda(t, w.dir, environ)

	if r := l.succeeds(`{"dry_run": true}`, "Nothing was changed (dry run)"); !r.DryRun || r.Summary["users"]["create"] != 3 {
		t.Errorf("a dry run: %+v", r)
	}
	if keys := s.keys(); len(keys) > 0 {
		t.Errorf("a dry run leaves %q", keys)
	}
	first := l.succeeds(scheduled, "3 users created")
	second := l.succeeds(scheduled, "Nothing to do")
	if first.Run == second.Run || first.Run == "" {
		t.Errorf("two runs are called %q and %q", first.Run, second.Run)
	}
	c.suspend(w, "grace")
	if r := l.succeeds(`{"only_groups": ["nobody@example.com"], "accept": ["shrink"], "dry_run": true}`, "Nothing"); r.Summary["users"]["deactivate"] > 0 {
		t.Errorf("a run about other groups: %+v", r)
	}
	l.succeeds(`{"settings": {"group-match": ["email:all@*"], "log-level": "warn"}}`, "1 user deactivated")
	if w.person("grace@example.com").Active {
		t.Error("who is suspended is active")
	}
	if p := w.run(w.with(s.environ()...), "history"); !p.out.has(first.Run) || !p.out.has(second.Run) {
		t.Errorf("the runs %s and %s are not in\n%s", first.Run, second.Run, &p.out)
	}
	w.run(w.with(s.environ()...), "journal", "verify")

	l.succeeds(scheduled, "Nothing to do")
	for _, name := range []string{"SCIM_TOKEN", "GOOGLE_CREDENTIALS_JSON"} {
		secret := strings.TrimPrefix(variable(environ, name), "secretsmanager:")
		if n := len(amazon.asked(t, `"SecretId":"`+secret+`"`)); n != 1 {
			t.Errorf("a warm function asks for %s %d times", name, n)
		}
	}
	if n := strings.Count(l.process.out.String()+l.process.err.String(), "Init Duration"); n != 1 {
		t.Errorf("the function was started %d times", n)
	}
}

// What the function cannot do is an error of a type that alarms and state
// machines can tell apart, with a remedy.
func TestLambdaSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := newLambda(t, w.dir, inTheCloud(w, newStore(t)))
	l.succeeds("", "created") // any event is a reason to, and none as well
	for _, test := range []struct{ event, kind, says string }{
		{`{"dry_runn": true}`, "Configuration", `unknown key "dry_runn"`},
		{`{"group-match": "*"}`, "Configuration", "do you mean group_match?"},
		{`{"settings": {"access-token": "` + secrets.give("literally-"+rand.Text()) + `"}}`, "Configuration", "write secretsmanager:NAME"},
		{`{"settings": {"access-token": "exec:cat /etc/passwd"}}`, "Configuration", "an event may refer to Secrets Manager and Parameter Store only"},
		{`{"settings": {"google-endpoint": "http://127.0.0.1:1"}}`, "Configuration", "cannot be set by an event"},
		{`{"settings": {"access-token": "secretsmanager:ssosync/nothing"}}`, "Configuration", "there is no secret ssosync/nothing"},
		{`{"group_match": "email:nobody@*"}`, "Refused", "no users"},
	} {
		r := l.result(test.event)
		if r.ErrorType != test.kind || !strings.Contains(r.ErrorMessage, test.says) {
			t.Errorf("%s: %s: %s, want %s with %q", test.event, r.ErrorType, r.ErrorMessage, test.kind, test.says)
		}
	}
	l.succeeds("null", "Nothing to do") // it goes on
}

// Each run leaves one line of metrics on stdout, in the embedded metric format
// (CloudWatch user guide: specification), from which CloudWatch makes them.
func TestLambdaMetrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := newLambda(t, w.dir, inTheCloud(w, newStore(t)))
	l.succeeds(scheduled, "created")
	l.succeeds(scheduled, "Nothing to do")
	var lines []map[string]any
	for _, line := range l.lines() {
		if _, ok := line["_aws"]; ok {
			lines = append(lines, line)
			continue
		}
		for _, key := range []string{"time", "level", "msg", "requestId"} {
			if text, _ := line[key].(string); text == "" {
				t.Errorf("a log line has no %s: %v", key, line)
			}
		}
	}
	if len(lines) != 2 {
		t.Fatalf("two runs have left %d lines of metrics", len(lines))
	}
	for i, creates := range []bool{true, false} {
		n, _ := lines[i]["Creates"].(float64)
		if (n > 0) != creates || lines[i]["Success"] != 1.0 {
			t.Errorf("run %d: Creates %v, Success %v", i+1, lines[i]["Creates"], lines[i]["Success"])
		}
		embedded(t, lines[i])
	}
}

// embedded checks a line against the specification of the format.
func embedded(t *testing.T, line map[string]any) {
	t.Helper()
	data, err := json.Marshal(line["_aws"])
	must(t, err)
	var meta struct {
		Timestamp         int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	}
	must(t, json.Unmarshal(data, &meta))
	if age := time.Since(time.UnixMilli(meta.Timestamp)); age < 0 || age > patience {
		t.Errorf("the metrics are %v old", age)
	}
	if len(meta.CloudWatchMetrics) == 0 {
		t.Error("there are no metrics")
	}
	for _, d := range meta.CloudWatchMetrics {
		if d.Namespace == "" || strings.HasPrefix(d.Namespace, "AWS/") || len(d.Dimensions) == 0 || len(d.Metrics) == 0 || len(d.Metrics) > 100 {
			t.Errorf("a directive is %+v", d)
		}
		for _, name := range slices.Concat(d.Dimensions...) {
			if text, _ := line[name].(string); text == "" || len(text) > 1024 {
				t.Errorf("the dimension %s is %v", name, line[name])
			}
		}
		for _, m := range d.Metrics {
			if _, ok := line[m.Name].(float64); !ok || !slices.Contains([]string{"Count", "Milliseconds", "Seconds"}, m.Unit) {
				t.Errorf("the metric %s in %s is %v", m.Name, m.Unit, line[m.Name])
			}
		}
	}
}

// A first load that takes longer than the function has: it stops by itself before
// Lambda stops it, says how to go on, and the next ones complete it.
func TestLambdaStopsInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "--generate", "500,20,20", "--latency", "150ms")
	s := newStore(t)
	l := newLambda(t, w.dir, append(inTheCloud(w, s), "USER_MATCH=*", "AWS_LAMBDA_FUNCTION_TIMEOUT=20"))
	stops := 0
	for {
		r := l.result(scheduled)
		if r.ErrorType != "" || r.Status == "" {
			t.Fatalf("%+v\n%s", r, l.end())
		}
		if r.Done {
			break
		}
		if stops++; r.Status != "partial" || r.Code != 3 || !strings.Contains(r.Resume, "invoke the function again") {
			t.Errorf("it stopped, and answers %+v", r)
		}
		if stops > 20 {
			t.Fatal("it is never done")
		}
	}
	if stops == 0 {
		t.Error("it was never stopped")
	}
	if text := l.process.out.String() + l.answers.String(); strings.Contains(text, "timed out") {
		t.Errorf("Lambda has stopped it:\n%s", l.end())
	}
	l.succeeds(scheduled, "Nothing to do (501 users")
	w.run(w.with(s.environ()...), "journal", "verify")
	t.Logf("stopped %d times", stops)
}
