package lambda_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"ssosync/internal/emulator/iic"
)

// Our own settings say how to log, or else Lambda's do, or else it is JSON, from
// info on.
func TestLogStyle(t *testing.T) {
	for _, tt := range []struct {
		env  []string
		json bool
		want string // the levels that are there
	}{
		{nil, true, "info warning"},
		{[]string{"LOG_FORMAT", "text"}, false, "info warning"},
		{[]string{"LOG_FORMAT", "json", "AWS_LAMBDA_LOG_FORMAT", "Text"}, true, "info warning"},
		{[]string{"AWS_LAMBDA_LOG_FORMAT", "Text"}, false, "info warning"},
		{[]string{"AWS_LAMBDA_LOG_FORMAT", "JSON"}, true, "info warn"},
		{[]string{"LOG_LEVEL", "warn"}, true, "warning"},
		{[]string{"AWS_LAMBDA_LOG_LEVEL", "WARN"}, true, "warning"},
		{[]string{"AWS_LAMBDA_LOG_LEVEL", "FATAL"}, true, ""},
		{[]string{"AWS_LAMBDA_LOG_LEVEL", "ERROR", "LOG_LEVEL", "debug"}, true, "debug info warning"},
		{[]string{"AWS_LAMBDA_LOG_FORMAT", "JSON", "AWS_LAMBDA_LOG_LEVEL", "TRACE"}, true, "debug info warn"},
	} {
		w := newWorld(t, company(t), iic.Options{})
		delete(w.env, "SSOSYNC_STATE") // a warning
		w.with(tt.env...).mustSync("")
		found := map[string]bool{}
		var metrics int
		for one := range strings.Lines(w.out.String()) {
			if strings.Contains(one, `"_aws"`) {
				metrics++
				continue
			}
			var l line
			if err := json.Unmarshal([]byte(one), &l); (err == nil) != tt.json {
				t.Fatalf("%q: %s", tt.env, one)
			}
			if !tt.json {
				_, rest, _ := strings.Cut(one, "level=")
				level, _, _ := strings.Cut(rest, " ")
				found[level] = true
				if !strings.HasPrefix(one, "time=") || !strings.Contains(one, "requestId="+request) {
					t.Errorf("%q: %s", tt.env, one)
				}
				continue
			}
			found[l["level"].(string)] = true
			_, stamped := l["timestamp"]
			if _, err := time.Parse(time.RFC3339, l["time"].(string)); err != nil || stamped != strings.Contains(strings.Join(tt.env, " "), "AWS_LAMBDA_LOG_FORMAT JSON") || stamped && l["timestamp"] != l["time"] {
				t.Errorf("%q: %s", tt.env, one)
			}
		}
		var got []string
		for _, level := range []string{"debug", "info", "warn", "warning", "error"} {
			if found[level] {
				got = append(got, level)
			}
		}
		if strings.Join(got, " ") != tt.want || metrics != 1 {
			t.Errorf("%q: levels %q, %d lines of metrics", tt.env, got, metrics)
		}
	}
}

// How long the token lives is known from when it was made, or from its secret.
func TestTokenDaysLeft(t *testing.T) {
	made := time.Now().AddDate(0, 0, -360)
	w := newWorld(t, company(t), iic.Options{})
	w.with("SSOSYNC_SCIM_ACCESS_TOKEN_CREATED", made.Format(time.RFC3339)).mustSync("")
	if days := w.metrics()["TokenDaysLeft"]; days != 4 && days != 5 {
		t.Errorf("%v days", days)
	}
	warned := func() bool {
		logged, _ := w.lines()
		for _, l := range logged {
			if strings.HasPrefix(l["msg"].(string), "the SCIM access token ends soon") {
				return true
			}
		}
		return false
	}
	if !warned() {
		t.Error("no warning")
	}
	w.with("SSOSYNC_SCIM_ACCESS_TOKEN_CREATED", time.Now().AddDate(0, 0, -100).Format(time.DateOnly)).mustSync("")
	if days := w.metrics()["TokenDaysLeft{Target="+scimHost+"}"]; days != 264 && days != 265 || warned() {
		t.Errorf("%v days", days)
	}
	w.with("SSOSYNC_SCIM_ACCESS_TOKEN_CREATED", "").mustSync("")
	if days, ok := w.metrics()["TokenDaysLeft"]; ok {
		t.Errorf("%v days", days)
	}
	w.vault.set("scim", scimToken)
	w.with("SCIM_ACCESS_TOKEN", "secretsmanager:scim").mustSync("")
	if days := w.metrics()["TokenDaysLeft"]; days > -700 || days < -1500 { // it was stored in November 2023
		t.Errorf("%v days", days)
	}
}
