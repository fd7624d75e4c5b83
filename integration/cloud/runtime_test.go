//go:build unix

package cloud

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// A lambda is our function behind AWS's own Runtime Interface Emulator, which
// starts it at the first event, and again after one that has taken too long.
type lambda struct {
	t       *testing.T
	process *process
	url     string
	answers *transcript // all that it has answered
}

// newLambda starts the emulator with these variables for the function.
func newLambda(t *testing.T, dir string, environ []string) *lambda {
	t.Helper()
	at := address(t)
	l := &lambda{t: t, url: "http://" + at + "/2015-03-31/functions/function/invocations", answers: &transcript{}}
	environ = append(slices.Clip(environ), "AWS_LAMBDA_FUNCTION_NAME=ssosync")
	l.process = runtime.launch(t, dir, environ, "--log-level", "error", "--runtime-interface-emulator-address", at, "--runtime-api-address", address(t), function)
	secrets.watch("the function", &l.process.out, &l.process.err, l.answers)
	answers(t, l.process, at)
	return l
}

// invoke sends an event, and returns the answer.
func (l *lambda) invoke(event string) []byte {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, l.url, strings.NewReader(event))
	must(l.t, err)
	res, err := http.DefaultClient.Do(req)
	must(l.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(l.t, err)
	_, _ = l.answers.Write(append(body, '\n')) // a buffer takes it
	return body
}

// A result is what the function answers (docs/deploy.md), or the error that it
// ends with (Lambda developer guide: function errors).
type result struct {
	Status, Message, Resume, Run string
	Code                         int
	Done, DryRun                 bool
	Summary                      map[string]map[string]int

	ErrorType, ErrorMessage string
}

func (l *lambda) result(event string) (r result) {
	l.t.Helper()
	body := l.invoke(event)
	if err := json.Unmarshal(body, &r); err != nil {
		l.t.Fatalf("the answer to %s is %q: %v\n%s", event, body, err, l.end())
	}
	return r
}

// succeeds sends an event after which all is done.
func (l *lambda) succeeds(event, message string) result {
	l.t.Helper()
	r := l.result(event)
	if r.Status != "success" || !r.Done || r.ErrorType != "" || !strings.Contains(r.Message, message) {
		l.t.Fatalf("%s: %+v, want success, and %q\n%s", event, r, message, l.end())
	}
	return r
}

// lines are the JSON lines that the function has written, log lines and metrics.
// What the emulator writes of its own is none.
func (l *lambda) lines() (all []map[string]any) {
	l.t.Helper()
	for line := range bytes.Lines([]byte(l.process.out.String() + l.process.err.String())) {
		var object map[string]any
		if json.Unmarshal(line, &object) == nil {
			all = append(all, object)
		}
	}
	return all
}

// end is the last that was written, for people to read.
func (l *lambda) end() string {
	const enough = 4000
	text := l.process.err.String() + l.process.out.String()
	return text[max(0, len(text)-enough):]
}
