package main_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

// bootstrap is the function, built as it is shipped but for CGO_ENABLED=0, which
// would have Go compile everything anew.
var bootstrap string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "bootstrap")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		bootstrap = filepath.Join(dir, "bootstrap")
		build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", bootstrap, ".")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// scimToken is as long as tokens are.
var scimToken = "TOPSECRET" + strings.Repeat("q8Zr/Lp3=w", 50)

// A world is what a function meets on the network.
type world struct {
	dir  *google.Directory
	aws  *iic.Server
	env  []string
	mu   sync.Mutex
	told []string // by the function, to CodePipeline
}

func newWorld(t *testing.T, dir *google.Directory, o iic.Options) *world {
	t.Helper()
	o.Tokens = []iic.Token{{Value: scimToken}}
	w := &world{dir: dir, aws: iic.New(o)}
	g, a, jobs := httptest.NewServer(google.New(dir, google.Options{})), httptest.NewServer(w.aws), httptest.NewServer(http.HandlerFunc(w.codePipeline))
	for _, s := range []*httptest.Server{g, a, jobs} {
		t.Cleanup(s.Close)
	}
	signing, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	const robot = "sync@project.iam.gserviceaccount.com"
	key, err := dir.AddKey(robot, g.URL, signing)
	if err != nil {
		t.Fatal(err)
	}
	dir.Delegate(robot, "admin.directory.user.readonly", "admin.directory.group.readonly")
	w.env = []string{
		"GOOGLE_CREDENTIALS=" + string(key), "GOOGLE_ADMIN=admin@example.com", "SSOSYNC_GOOGLE_ENDPOINT=" + g.URL,
		"SCIM_ENDPOINT=" + a.URL + w.aws.BasePath(), "SCIM_ACCESS_TOKEN=" + scimToken,
		"AWS_ENDPOINT_URL=" + a.URL, "AWS_ENDPOINT_URL_CODEPIPELINE=" + jobs.URL,
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=TOPSECRET-of-the-role", "AWS_SESSION_TOKEN=TOPSECRET-session",
		"AWS_LAMBDA_FUNCTION_NAME=sync", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128", "LAMBDA_TASK_ROOT=/var/task", "PATH=/usr/bin:/bin", "TZ=:UTC",
	}
	return w
}

func (w *world) codePipeline(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	w.told = append(w.told, op+" "+string(body))
	rw.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_, _ = io.WriteString(rw, "{}")
}

// A result is the answer of a run.
type result struct {
	Status, Run, Message string
	Code                 int
	Done                 bool
	ErrorType            string
	ErrorMessage         string
}

func (p *process) result(r reply) (out result) {
	p.Helper()
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		p.Fatalf("%v: %s", err, r.body)
	}
	if r.failed != (out.ErrorType != "") {
		p.Errorf("failed: %v, but %s", r.failed, r.body)
	}
	return out
}

// checkOutput checks that each line is JSON, and that nobody finds a secret.
func (p *process) checkOutput(events int) {
	p.Helper()
	metrics := 0
	text := p.out.String()
	for line := range strings.Lines(text) {
		var l map[string]any
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			p.Errorf("%v: %q", err, line)
		}
		if _, ok := l["_aws"]; ok {
			metrics++
		}
	}
	if metrics != events {
		p.Errorf("%d lines of metrics for %d events:\n%s", metrics, events, text)
	}
	if strings.Contains(text, "TOPSECRET") || strings.Contains(text, "PRIVATE KEY") {
		p.Errorf("a secret is shown:\n%s", text)
	}
}

func TestEvents(t *testing.T) {
	w := newWorld(t, google.Generate(google.Load{Users: 10, Groups: 2, MembersPerGroup: 5}), iic.Options{})
	p := start(t, w.env)
	const scheduled = `{"version":"0","detail-type":"Scheduled Event","source":"aws.events","detail":{}}`
	const job = `{"CodePipeline.job":{"id":"11111111-abcd-1111-abcd-111111abcdef","data":{}}}`
	if r := p.result(p.invoke(`{"dry_run":true}`, time.Minute)); r.Status != "success" || len(w.aws.State().Users) > 0 {
		t.Errorf("%+v", r)
	}
	if r := p.result(p.invoke(`{"dryrun":true}`, time.Minute)); r.ErrorType != "Configuration" || !strings.Contains(r.ErrorMessage, "do you mean dry_run?") {
		t.Errorf("%+v", r)
	}
	if r := p.result(p.invoke(scheduled, time.Minute)); r.Status != "success" || !r.Done || len(w.aws.State().Groups) != 2 {
		t.Errorf("%+v", r)
	}
	if r := p.result(p.invoke(job, time.Minute)); r.Status != "success" || len(w.told) != 1 || !strings.HasPrefix(w.told[0], "PutJobSuccessResult ") {
		t.Errorf("%+v %q", r, w.told)
	}
	w.aws.Update(func(o *iic.Options) { o.Tokens = []iic.Token{{Value: "another"}} })
	if r := p.result(p.invoke(job, time.Minute)); r.ErrorType != "Configuration" || len(w.told) != 2 || !strings.HasPrefix(w.told[1], "PutJobFailureResult ") {
		t.Errorf("%+v %q", r, w.told)
	}
	if r := p.result(p.invoke("", time.Minute)); r.ErrorType != "Configuration" {
		t.Errorf("%+v", r)
	}
	p.checkOutput(6)
	if strings.Contains(strings.Join(w.told, ""), "TOPSECRET") {
		t.Errorf("told %q", w.told)
	}
}

// A run that has no time left says so before Lambda ends it, and the next one
// goes on.
func TestDeadline(t *testing.T) {
	w := newWorld(t, google.Generate(google.Load{Users: 250, Groups: 2, MembersPerGroup: 5}), iic.Options{Throttle: true})
	p := start(t, append(w.env, "USER_MATCH=*"))
	const within = 8 * time.Second
	for run := 1; ; run++ {
		begun := time.Now()
		r := p.result(p.invoke("{}", within))
		if took := time.Since(begun); took > within || r.ErrorType != "" {
			t.Fatalf("%v: %+v", took, r)
		}
		if r.Done {
			if run == 1 || len(w.aws.State().Users) != 251 {
				t.Errorf("%d users after %d runs", len(w.aws.State().Users), run)
			}
			break
		}
		if r.Status != "partial" || run > 10 {
			t.Fatalf("%+v", r)
		}
	}
}

// Lambda sends SIGTERM to functions that ask for it: the run that is under way
// ends in order.
func TestSIGTERM(t *testing.T) {
	w := newWorld(t, google.Generate(google.Load{Users: 200, Groups: 2, MembersPerGroup: 5}), iic.Options{Throttle: true})
	p := start(t, append(w.env, "USER_MATCH=*"))
	p.runtime.mu.Lock()
	if !p.runtime.registered {
		t.Error("Lambda would send none")
	}
	p.runtime.mu.Unlock()
	p.send("{}", time.Minute)
	for len(w.aws.State().Users) == 0 {
		time.Sleep(time.Millisecond) // another process is at work
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	r := p.result(p.receive())
	if r.Status != "partial" || r.Done || r.Code != 130 || time.Since(begun) > 2*time.Second {
		t.Errorf("%v: %+v", time.Since(begun), r)
	}
	p.checkOutput(1)
}

// Without Lambda around it, the program says what it is for.
func TestOutsideOfLambda(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), bootstrap).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "AWS_LAMBDA_RUNTIME_API") {
		t.Errorf("%v: %s", err, out)
	}
}
