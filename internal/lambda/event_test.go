package lambda_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ssosync/internal/emulator/iic"
	"ssosync/internal/httpx"
)

// Whatever calls, a run is made; and what is in an envelope is not about us.
func TestAnyEventRuns(t *testing.T) {
	for name, event := range map[string]string{
		"nothing":     "",
		"null":        "null",
		"an object":   "{}",
		"a text":      `"go"`,
		"a list":      `[{"dry_run":true}]`,
		"no JSON":     `{"dry_run"`,
		"a schedule":  `{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012","time":"2026-11-26T10:00:00Z","region":"us-east-1","resources":[],"detail":{"dry_run":true}}`,
		"a Scheduler": `{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.scheduler","account":"123456789012","time":"2026-11-26T10:00:00Z","region":"us-east-1","resources":["arn:aws:scheduler:us-east-1:123456789012:schedule/default/sync"],"detail":"{}"}`,
		"a queue":     `{"Records":[{"messageId":"1","body":"{\"dry_run\":true}"}]}`,
		"the console": `{"key1":"value1","key2":"value2","key3":"value3"}`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, company(t), iic.Options{})
			a := w.mustSync(event)
			w.holds(everything)
			if a.DryRun || a.Summary["users"]["create"] != 3 || a.Summary["groups"]["create"] != 2 || a.Summary["memberships"]["join"] != 3 {
				t.Errorf("%+v", a)
			}
			if a.Target != scimHost || !strings.HasPrefix(a.Message, "Done in ") {
				t.Errorf("%+v", a)
			}
			if len(w.jobs.told) > 0 {
				t.Errorf("CodePipeline was told %q", w.jobs.told)
			}
			w.aws.ResetCalls()
			if a := w.mustSync(event); len(w.aws.Journal()) > 0 || !strings.HasPrefix(a.Message, "Nothing to do") {
				t.Errorf("again: %+v", a)
			}
		})
	}
}

func TestOverrides(t *testing.T) {
	for _, tt := range []struct{ name, event, want string }{
		{"dry run", `{"dry_run":true}`, nothing},
		{"dry run as a text", `{"dry_run":"yes"}`, nothing},
		{"not given", `{"dry_run":null}`, everything},
		{"live, whatever the function says", `{"dry_run":false}`, everything},
		{"a query", `{"group_match":"name:Dev*"}`, "Dev:ann,bo ann bo"},
		{"queries", `{"group_match":["name:Dev*","email:ops*"]}`, everything},
		{"no groups, but users", `{"group_match":"","user_match":"email:cy*"}`, "cy"},
		{"no groups at all", `{"group_match":[],"user_match":["email:cy*","email:bo*"]}`, "bo cy"},
		{"some groups", `{"only_groups":["ops@example.com"]}`, "Ops:cy cy"},
		{"some groups, whatever is said of the others", `{"only_groups":["ops@example.com"],"settings":{"retain-unmatched":false}}`, "Ops:cy cy"},
		{"a setting", `{"settings":{"group-name":"{name}-aws"}}`, "Dev-aws:ann,bo Ops-aws:cy ann bo cy"},
		{"settings", `{"settings":{"ignore-users":["bo@example.com"],"guards":{"users":"50%/3"},"suspended":true}}`, "Dev:ann Ops:cy ann cy"},
		{"a file of the package", `{"config":"tenants/a.yaml"}`, "Ops:cy cy"},
		{"both", `{"config":"tenants/a.yaml","settings":{"group-match":"name:Dev*"}}`, "Dev:ann,bo ann bo"},
		{"by a pipeline", `{"CodePipeline.job":{"id":"j-1","data":{"actionConfiguration":{"configuration":{"FunctionName":"sync","UserParameters":" {\"group_match\":\"name:Dev*\"}"}}}}}`, "Dev:ann,bo ann bo"},
		{"a pipeline's words", `{"CodePipeline.job":{"id":"j-1","data":{"actionConfiguration":{"configuration":{"UserParameters":"stage=prod"}}}}}`, everything},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, company(t), iic.Options{})
			w.files = map[string]string{"tenants/a.yaml": "group-match: name:Ops*\n"}
			if strings.HasPrefix(tt.name, "live") {
				w.with("DRY_RUN", "True")
			}
			a := w.mustSync(tt.event)
			w.holds(tt.want)
			if a.DryRun != (tt.want == nothing) {
				t.Errorf("%+v", a)
			}
			if a.DryRun && (len(w.aws.Journal()) > 0 || a.Summary["users"]["create"] != 3) {
				t.Errorf("%+v", a)
			}
			if m := w.metrics(); a.DryRun && m["Creates{Target="+scimHost+"}"] != 0 {
				t.Errorf("%v", m)
			}
		})
	}
}

// A run about some groups takes nothing from anybody else; with another query
// they are out of scope.
func TestOnlyGroupsLeavesOthers(t *testing.T) {
	w := newWorld(t, company(t), iic.Options{})
	w.mustSync("")
	w.mustSync(`{"only_groups":["ops@example.com"]}`)
	w.holds(everything)
	w.mustSync(`{"group_match":"name:Ops*"}`)
	w.holds("Dev: Ops:cy cy")
}

// What an event may not say is named, and nothing is sent anywhere.
func TestBadEvents(t *testing.T) {
	const withToken = `"access-token":"secretsmanager:tenant"`
	for _, tt := range []struct {
		event string
		want  []string
	}{
		{`{"dryrun":true}`, []string{`unknown key "dryrun" (from the event)`, "do you mean dry_run?"}},
		{`{"DRY_RUN":true,"accpet":["users"]}`, []string{`"DRY_RUN"`, "dry_run?", `"accpet"`}},
		{`{"dry-run":true}`, []string{`"dry-run"`, "do you mean dry_run?"}},
		{`{"delete-after":"1d"}`, []string{`"delete-after"`, `write {"settings": {"delete-after": …}}`}},
		{`{"a key with TOPSECRET":1}`, []string{"a key of it is not known"}},
		{`{"detail":{"dry_run":true}}`, []string{`"detail"`}},
		{`{"settings":{"dryrun":true}}`, []string{`"settings.dryrun"`, "do you mean dry-run?"}},
		{`{"settings":{"accept":["users"]}}`, []string{`"settings.accept"`}},
		{`{"settings":{"":1}}`, []string{"unknown key"}},
		{`{"settings":[1]}`, []string{"settings is not an object"}},
		{`{"dry_run":1}`, []string{"dry-run is not true or false"}},
		{`{"dry_run":"perhaps"}`, []string{"dry-run is neither true nor false (from the event: dry-run)"}},
		{`{"dry_run":{}}`, []string{"dry-run is not true or false"}},
		{`{"group_match":{"a":"b"}}`, []string{"group-match is not a text, or a list of texts"}},
		{`{"group_match":[["a"]]}`, []string{"group-match is not a text"}},
		{`{"group_match":"name:'open"}`, []string{"group query"}},
		{`{"dry_run":true,"settings":{"dry-run":false}}`, []string{"dry-run is set twice"}},
		{`{"accept":["everything"]}`, []string{"accept is none of"}},
		{`{"settings":{"guards":"5"}}`, []string{"guard: each limit is written"}},
		{`{"settings":{"guards":["users=5%/1"]}}`, []string{"guard is not an object"}},
		{`{"settings":{"guards":{"users":["5"]}}}`, []string{"guard is not an object"}},
		{`{"settings":{"mapping":{"title":"x"}}}`, []string{"mapping can be set in ssosync.yaml only"}},
		{`{"settings":{"log-level":["debug"]}}`, []string{"log-level is not a text"}},
		{`{"settings":{"log-level":"loud"}}`, []string{"log-level is none of", "(from the event: log-level)"}},
		{`{"settings":{"google-endpoint":"https://evil.example"}}`, []string{"google-endpoint cannot be set by an event"}},
		{`{"settings":{"state":"s3://evil/x"}}`, []string{"state cannot be set by an event", "SSOSYNC_STATE"}},
		{`{"settings":{"access-token":"` + scimToken + `"}}`, []string{"access-token is a secret, which events may refer to, but not hold"}},
		{`{"settings":{"access-token":""}}`, []string{"access-token is a secret"}},
		{`{"settings":{"access-token":"env:AWS_SECRET_ACCESS_KEY"}}`, []string{"Secrets Manager and Parameter Store only"}},
		{`{"settings":{"google-admin":"x@evil.example","google-credentials":"secretsmanager:x","google-login":"adc","customer-id":"C1","google-access-token":"ssm:/x","google-impersonate-service-account":"x@p","google-workload-identity-provider":"p","google-workload-identity-from":"aws"}}`, []string{
			"google-admin cannot be set", "google-credentials cannot be set", "google-login cannot be set", "customer-id cannot be set", "google-access-token cannot be set",
			"google-impersonate-service-account cannot be set", "google-workload-identity-provider cannot be set", "google-workload-identity-from cannot be set",
		}},
		{`{"settings":{"assume-role":"arn:aws:iam::1:role/x"}}`, []string{"assume-role cannot be set"}},
		{`{"settings":{"access-token":"exec:cat /etc/passwd"}}`, []string{"access-token: an event may refer to"}},
		{`{"settings":{"access-token":"file:/etc/passwd"}}`, []string{"access-token: an event may refer to"}},
		{`{"settings":{"access-token":"plain"}}`, []string{"access-token is a secret"}},
		{`{"settings":{"region":"secretsmanager:prod/db#password"}}`, []string{"region is no secret"}},
		{`{"only_groups":[]}`, []string{"only_groups names no group"}},
		{`{"settings":{"access-token":"secretsmanager:a b"}}`, []string{"access-token: the reference has a space"}},
		{`{"endpoint":"https://scim.eu-west-1.amazonaws.com/t/scim/v2"}`, []string{"endpoint is set without access-token"}},
		{`{"endpoint":"https://scim.eu-west-1.amazonaws.com.evil.example/t/scim/v2","settings":{` + withToken + `}}`, []string{"endpoint is not one of AWS"}},
		{`{"endpoint":"secretsmanager:evil","settings":{` + withToken + `}}`, []string{"endpoint is not one of AWS"}},
		{`{"config":"/proc/self/environ"}`, []string{"config is no path within the function's package"}},
		{`{"config":"../x.yaml"}`, []string{"config is no path within"}},
		{`{"config":"tenants/none.yaml"}`, []string{"read tenants/none.yaml"}},
		{`{"CodePipeline.job":7}`, []string{"CodePipeline.job that is not one"}},
		{`{"CodePipeline.job":{"id":""}}`, []string{"CodePipeline.job that is not one"}},
	} {
		w := newWorld(t, company(t), iic.Options{})
		w.vault.set("tenant", scimToken)
		w.vault.set("evil", "https://evil.example/t/scim/v2")
		a := w.invoke(tt.event)
		for _, part := range tt.want {
			if a.errorType != "Configuration" || !strings.Contains(a.errorMessage, part) {
				t.Errorf("%s: %s %q is not in %s", tt.event, a.errorType, part, a.errorMessage)
			}
		}
		if strings.Contains(a.errorMessage+w.out.String(), "TOPSECRET") || strings.Contains(a.errorMessage, "--") {
			t.Errorf("%s: shown: %s", tt.event, a.errorMessage)
		}
		if n := w.calls(); n > 0 {
			t.Errorf("%s: %d calls", tt.event, n)
		}
		if m := w.metrics(); m["Success"] != 0 || m["Success{Target="+scimHost+"}"] != 0 && !strings.Contains(tt.event, "endpoint") {
			t.Errorf("%s: %v", tt.event, m)
		}
		logged, _ := w.lines()
		if last := logged[len(logged)-1]; last["level"] != "error" {
			t.Errorf("%s: the last line is %v", tt.event, last)
		}
	}
}

// One function serves many tenants: each event says where, and names the secrets.
func TestTenants(t *testing.T) {
	w := newWorld(t, company(t), iic.Options{})
	other := iic.New(iic.Options{Tokens: []iic.Token{{Value: "other" + scimToken}}, Tenant: "other-tenant"})
	w.base = byPath{w.net, other}
	w.vault.set("tenants", `{"token":"other`+scimToken+`","url":"https://`+scimHost+other.BasePath()+`"}`)
	for _, endpoint := range []string{"https://" + scimHost + other.BasePath(), "secretsmanager:tenants#url"} {
		a := w.mustSync(`{"endpoint":"` + endpoint + `","settings":{"access-token":"secretsmanager:tenants#token"}}`)
		if len(other.State().Users) != 3 || len(w.aws.State().Users) != 0 || a.Target != scimHost {
			t.Errorf("%d users there, %d here", len(other.State().Users), len(w.aws.State().Users))
		}
	}
	w.mustSync("")
	w.holds(everything)
}

// What belongs to the function's own endpoint is not taken to the event's: not
// its second token, when the first is refused there, and not its store.
func TestAnEndpointBringsNothingOfTheFunctions(t *testing.T) {
	own := strings.Repeat("TOPSECRET-second-token-", 6)
	w := newWorld(t, company(t), iic.Options{}).with("SCIM_ACCESS_TOKEN_FALLBACK", own, "IDENTITY_STORE_ID", "d-1234567890", "SSOSYNC_READ", "identitystore")
	w.vault.set("tenant", "refused-there")
	next, tokens, stores := w.net, []string{}, 0
	w.base = httpx.Func(func(req *http.Request) (*http.Response, error) {
		if strings.HasPrefix(req.URL.Path, "/other-tenant") {
			tokens = append(tokens, req.Header.Get("Authorization"))
		}
		if strings.HasPrefix(req.URL.Host, "identitystore.") && req.Body != nil {
			body, _ := io.ReadAll(req.Body)
			if strings.Contains(string(body), "d-1234567890") {
				stores++
			}
			return nil, errors.New("not here")
		}
		return next.RoundTrip(req)
	})
	for _, read := range []string{"scim", "identitystore"} {
		a := w.invoke(`{"endpoint":"https://`+scimHost+`/other-tenant/scim/v2","settings":{"access-token":"secretsmanager:tenant","read":"`+read+`"}}`, time.Minute)
		if a.errorType == "" {
			t.Errorf("%s: %+v", read, a)
		}
	}
	if len(tokens) == 0 || slices.ContainsFunc(tokens, func(s string) bool { return strings.Contains(s, own) }) {
		t.Errorf("%d requests, one of them with the function's token", len(tokens))
	}
	if stores > 0 {
		t.Error("the function's store was read for another endpoint")
	}
}

// A guard is accepted for one event, and the log says so.
func TestAccept(t *testing.T) {
	w := newWorld(t, crowd(t, 20), iic.Options{})
	w.mustSync("")
	event := `{"group_match":"","user_match":"email:user0000*"}`
	a := w.invoke(event)
	if a.errorType != "Refused" || !strings.Contains(a.errorMessage, `invoke the function once with {"accept":[`) {
		t.Fatalf("%+v", a)
	}
	if m := w.metrics(); m["Guards"] == 0 || m["Success"] != 0 || m["Deactivates{Target="+scimHost+"}"] != 0 {
		t.Errorf("%v", m)
	}
	if len(w.said("refused")) == 0 {
		t.Error("no guard is in the log")
	}
	a = w.invoke(`{"accept":["users","leaves","shrink","groups","query"],` + event[1:])
	if a.errorType != "" || a.Summary["users"]["deactivate"] < 8 {
		t.Fatalf("%+v\n%s", a, w.out.String())
	}
	if said := w.said("the event accepts guards, for this run"); len(said) != 1 || said[0]["guards"] != "users,leaves,shrink,groups,query" {
		t.Errorf("%v", said)
	}
	if m := w.metrics(); m["Deactivates{Target="+scimHost+"}"] != float64(a.Summary["users"]["deactivate"]) || m["Success"] != 1 {
		t.Errorf("%v", m)
	}
	if i := slices.IndexFunc(w.aws.State().Users, func(u iic.User) bool { return u.UserName == "user00010@example.com" }); w.aws.State().Users[i].Active {
		t.Error("still there")
	}
}
