package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"

	"ssosync/internal/httpx"
)

// Libraries write to the standard logger, net/http what a server sends out of
// turn: that passes our filter and our level.
func TestTheStandardLogIsOurs(t *testing.T) {
	for _, c := range []struct {
		args []string
		seen bool
	}{
		{[]string{"plan"}, false},
		{[]string{"plan", "--debug"}, true},
		{[]string{"plan", "--log-format=json"}, false},
		{[]string{"plan", "--log-format=json", "--debug"}, true},
	} {
		var past strings.Builder
		log.SetOutput(&past)
		o := newOffice(t)
		next := o.wire
		o.wire = httpx.Func(func(req *http.Request) (*http.Response, error) {
			log.Printf("Unsolicited response: %s\n%q", req.Header.Get("Authorization"), scimToken)
			return next.RoundTrip(req)
		})
		_, stderr, code := o.run(t, nil, c.args...)
		log.Print("after the end")
		if code != 0 || past.Len() > 0 || strings.Contains(stderr, "Unsolicited response") != c.seen {
			t.Errorf("%v: exit code %d; %q went past us; stderr:\n%.2000s", c.args, code, past.String(), stderr)
		}
		if leak := leakIn(stderr, o.secrets(&wiretap{})); leak != "" || strings.Contains(stderr, "after the end") {
			t.Errorf("%v: %s", c.args, leak)
		}
	}
}

// The SDK finds session tokens that the configuration does not know.
func TestASessionTokenOfTheSDKIsHidden(t *testing.T) {
	forAWS(t)
	const session = "FwoGZXIvYXdzEJr//////////wEaDTOPSECRETSESSION+x/y=="
	t.Setenv("AWS_SESSION_TOKEN", session)
	o := newOffice(t)
	var sent atomic.Bool
	o.wire = split{"https://identitystore.", httpx.Func(func(req *http.Request) (*http.Response, error) {
		if req.Header.Get("X-Amz-Security-Token") == session {
			sent.Store(true)
		}
		return &http.Response{
			StatusCode: http.StatusBadRequest, Request: req, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
			Body: io.NopCloser(strings.NewReader(`{"__type":"ValidationException","message":"you sent ` + req.Header.Get("X-Amz-Security-Token") + ` to us"}`)),
		}, nil
	}), o.wire}
	o.env["AWS_ENDPOINT_URL"] = ""
	t.Setenv("AWS_ENDPOINT_URL", "")
	stdout, stderr, _ := o.run(t, nil, "plan", "--read=identitystore")
	if all := stdout + stderr; !sent.Load() || !strings.Contains(all, "you sent [redacted] to us") || strings.Contains(all, "TOPSECRETSESSION") {
		t.Errorf("sent: %v\n%s", sent.Load(), all)
	}
}

// No error moves the cursor, hides a line, or turns the text around.
func TestErrorsAreVisible(t *testing.T) {
	for _, args := range [][]string{
		{"-c", "\x1b[2J\u202e\x07.json"},
		{"-c", "\x1b[2J\u202e.json", "--log-format=json"},
		{"--group-name", "\u202e\x1b]0;x"},
		{"--guard", "\x1b[1A\u2066=1"},
		{"-g", "name:\x1b[2J\u202e\""},
	} {
		_, stderr, code := newOffice(t).run(t, nil, append([]string{"plan"}, args...)...)
		if code != 5 || strings.ContainsFunc(stderr, func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) }) {
			t.Errorf("%q: exit code %d: %q", args, code, stderr)
		}
	}
}

// A secret may look like a part of the output: that stays JSON.
func TestJSONStaysJSON(t *testing.T) {
	for _, token := range []string{`"option":`, `"access-token",`, `option\"x`, "aws-dev@", `"value":`, `[set]","`, `"default"`} {
		o := newOffice(t)
		o.env["SCIM_TOKEN"] = token
		stdout, stderr, code := o.run(t, nil, "config", "explain", "--output=json")
		var rows []struct{ Option, Value, From string }
		if err := json.Unmarshal([]byte(stdout), &rows); err != nil || len(rows) < 20 || code != 0 {
			t.Errorf("%s: exit code %d, %v\n%s%s", token, code, err, stdout, stderr)
		}
	}
	o := newOffice(t)
	if err := o.dir.RenameGroup("aws-dev@example.com", "a\"b\\"+scimToken+"\n<c>", ""); err != nil {
		t.Fatal(err)
	}
	stdout, _, _ := o.run(t, nil, "plan", "--output=json")
	if !json.Valid([]byte(stdout)) || !strings.Contains(stdout, `a\"b\\[redacted]`) || leakIn(stdout, o.secrets(&wiretap{})) != "" {
		t.Errorf("%s", stdout)
	}
}

// The id of an AWS key is what people look for when a key is refused.
func TestAKeyIDIsNoSecret(t *testing.T) {
	keys := "AWS_ACCESS_KEY_ID=" + accessKeyID + "\nAWS_SECRET_ACCESS_KEY=" + accessSecret + "\n"
	for _, files := range []map[string]string{nil, {".env": keys}} {
		o := newOffice(t)
		if files != nil {
			delete(o.env, "AWS_ACCESS_KEY_ID")
			delete(o.env, "AWS_SECRET_ACCESS_KEY")
		}
		if err := o.dir.RenameGroup("aws-dev@example.com", "Keepers of "+accessKeyID+" "+accessSecret, ""); err != nil {
			t.Fatal(err)
		}
		if stdout, stderr, _ := o.run(t, files, "plan"); !strings.Contains(stdout, "Keepers of "+accessKeyID+" [redacted]") {
			t.Errorf("%v: %s%s", files, stdout, stderr)
		}
	}
}

// What is wrong with a flag is said without its value.
func TestTheValueOfAFlagIsNotQuoted(t *testing.T) {
	const slip = "TOPSECRETSLIP"
	for _, args := range [][]string{
		{"emulator", "--google-port", slip},
		{"emulator", "--latency", slip},
		{"emulator", "--generate", slip},
		{"emulator", "--write-fixture=" + slip},
		{"plan", "--detailed-exitcode=" + slip},
		{"plan", "--full=" + slip},
		{"--version=" + slip},
		{"--dry-run=" + slip},
		{"plan", "--help=" + slip},
	} {
		stdout, stderr, code := newOffice(t).run(t, nil, args...)
		flag, _, _ := strings.Cut(args[max(0, min(1, len(args)-1))], "=")
		if all := stdout + stderr; code != 5 || strings.Contains(all, slip) || !strings.Contains(all, strings.TrimPrefix(flag, "--")) {
			t.Errorf("%v: exit code %d: %s", args, code, fmt.Sprint(all))
		}
	}
}
