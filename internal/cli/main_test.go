package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/cli"
	"ssosync/internal/config"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/guard"
)

func readFile(files map[string]string, name string) ([]byte, error) {
	if text, ok := files[name]; ok {
		return []byte(text), nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// A watched writer can be read while it is written to, and may be a terminal.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	cols int
	err  error // of every write
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return 0, w.err
	}
	return w.text.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// env is that of a program in the office, with two writers of the test.
func (o *office) program(out, err *watched) cli.Env {
	return cli.Env{
		Stdout: out, Stderr: err, Environ: o.environ(), Base: o.wire,
		ReadFile: func(name string) ([]byte, error) { return readFile(nil, name) },
		Columns:  func(w io.Writer) int { return w.(*watched).cols },
	}
}

func TestReference(t *testing.T) {
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("../../docs/reference.md", []byte(cli.Reference()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("../../docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), cli.Reference()); diff != "" {
		t.Errorf("docs/reference.md is out of date: make update rewrites it (UPDATE=1 go test ./internal/cli)\n%s", diff)
	}
}

// The guards' limits are written down twice, since package config knows no
// guard.
func TestLimitsOfTheConfigurationAreThoseOfTheGuards(t *testing.T) {
	cfg, _, _, err := config.Load(config.Input{ReadFile: func(name string) ([]byte, error) { return readFile(nil, name) }})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, g := range guard.All {
		if g.Limited() {
			want[g.Name] = g.Limit.String()
		}
	}
	if diff := cmp.Diff(guard.Names(), config.AcceptNames()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, cfg.Guards); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(slices.Values(config.GuardNames()))); diff != "" {
		t.Error(diff)
	}
}

// Of a first signal, what is under way comes to its end; nothing else begins.
func TestTheEndOfTheContext(t *testing.T) {
	for name, c := range map[string]struct {
		after          time.Duration // both sides are read within 2 s, people made within 3 s, groups within 4 s
		people, groups int
	}{
		"while reading":     {1500 * time.Millisecond, 0, 0},
		"while people come": {2500 * time.Millisecond, 2, 0},
		"while groups come": {3500 * time.Millisecond, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t)
				o.aws.Update(func(opts *iic.Options) { opts.Latency = time.Second })
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(c.after, func() { cancel(errors.New("it is late")) })
				var out, err watched
				began := time.Now()
				code := cli.Main(ctx, []string{"--log-level=error"}, o.program(&out, &err))
				if code != 130 && c.groups == 0 {
					t.Errorf("exit code %d", code)
				}
				if took := time.Since(began); took > c.after+time.Second {
					t.Errorf("it took %v", took)
				}
				if state := o.aws.State(); len(state.Users) != c.people || len(state.Groups) != c.groups {
					t.Errorf("%d people, %d groups", len(state.Users), len(state.Groups))
				}
				if c.groups == 0 && (!strings.Contains(out.String(), "Interrupted") || !strings.Contains(err.String(), "it is late")) {
					t.Errorf("%s%s", &out, &err)
				}
			})
		})
	}
}

// That something else was cancelled does not make it an interruption.
func TestOnlyOurOwnEndIsAnInterruption(t *testing.T) {
	o := newOffice(t)
	o.wire = split{awsURL, transport(func(*http.Request) (*http.Response, error) { return nil, context.Canceled }), o.wire}
	var out, err watched
	if code := cli.Main(t.Context(), []string{"plan"}, o.program(&out, &err)); code != 1 || strings.Contains(out.String(), "Interrupted") {
		t.Errorf("exit code %d: %s", code, &out)
	}
}

// A command that is no run can be stopped as well.
func TestStoppedDemo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, err watched
	if code := cli.Main(ctx, []string{"demo"}, cli.Env{Stdout: &out, Stderr: &err}); code != 130 || !strings.Contains(err.String(), "interrupted") {
		t.Errorf("exit code %d: %s", code, &err)
	}
}

// Whoever reads the output may go away: the sync goes on, and ends as it would.
func TestOutputThatNobodyTakes(t *testing.T) {
	for name, c := range map[string]struct {
		stdout, stderr error
		code           int
		want           string
	}{
		"both pipes are broken": {syscall.EPIPE, syscall.EPIPE, 0, ""},
		"the logs' is":          {nil, syscall.EPIPE, 0, ""},
		"the disk is full":      {syscall.ENOSPC, nil, 1, "ssosync: write the output: no space left on device"},
		"of the logs":           {nil, syscall.ENOSPC, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			out, err := watched{err: c.stdout}, watched{err: c.stderr}
			if code := cli.Main(t.Context(), []string{"--debug"}, o.program(&out, &err)); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if len(o.aws.State().Groups) != 2 || !strings.Contains(err.String(), c.want) {
				t.Errorf("%+v\n%s", o.aws.State(), &err)
			}
		})
	}
}

// screen is what a terminal shows of a text in the end. It knows lines, going
// up, and erasing what is below.
func screen(text string) string {
	var lines []string
	upAndErase := regexp.MustCompile(`^\x1b\[(\d+)A\x1b\[J`)
	for text != "" {
		if m := upAndErase.FindStringSubmatch(text); m != nil {
			n, _ := strconv.Atoi(m[1])
			lines, text = lines[:max(0, len(lines)-n)], text[len(m[0]):]
			continue
		}
		line, rest, _ := strings.Cut(text, "\n")
		lines, text = append(lines, line), rest
	}
	return strings.Join(lines, "\n")
}

// On a terminal the run is one line that moves, above which logs appear, and
// which is gone in the end.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		for i := range 30 {
			if _, err := o.dir.AddUser(person(fmt.Sprintf("p%02d@example.com", i), "P", "Q")); err != nil {
				t.Fatal(err)
			}
		}
		next := o.wire
		o.wire = transport(func(req *http.Request) (*http.Response, error) {
			if req.GetBody != nil {
				if body, err := req.GetBody(); err == nil {
					if text, _ := io.ReadAll(body); bytes.Contains(text, []byte("p13@example.com")) {
						return &http.Response{StatusCode: http.StatusBadRequest, Request: req, Body: http.NoBody}, nil
					}
				}
			}
			return next.RoundTrip(req)
		})
		o.aws.Update(func(opts *iic.Options) { opts.Latency = time.Second })
		out, err := watched{cols: 70}, watched{cols: 70}
		if code := cli.Main(t.Context(), []string{"-m", "*", "-p", "x"}, o.program(&out, &err)); code != 3 {
			t.Fatalf("exit code %d: %s", code, &err)
		}
		for _, want := range []string{"Reading Google and Identity Center", "Changing Identity Center ", " of 39", "/s", " left"} {
			if !strings.Contains(err.String(), want) {
				t.Errorf("nothing of %q in %q", want, &err)
			}
		}
		left := screen(err.String())
		for _, want := range []string{"precache-queries has no effect", "WRN", "p13@example.com"} {
			if !strings.Contains(left, want) {
				t.Errorf("nothing of %q is left: %q", want, left)
			}
		}
		for _, no := range []string{"creating user\x1b", "user=ann", "Change Summary", "Identity Center …", "Changing"} {
			if strings.Contains(left, no) {
				t.Errorf("%q is left: %q", no, left)
			}
		}
		for line := range strings.Lines(err.String()) {
			if n := len([]rune(line)); n > 80 && strings.Contains(line, "Identity Center") {
				t.Errorf("%d columns: %q", n, line)
			}
		}
	})
	o, err := newOffice(t), watched{cols: 70}
	for _, args := range [][]string{{"plan", "--log-level=info"}, {"plan", "--log-format=json"}, {"config", "validate"}} {
		var out watched
		cli.Main(t.Context(), args, o.program(&out, &err))
	}
	if strings.Contains(err.String(), "\x1b[J") {
		t.Errorf("progress in spite of %q", &err)
	}
}

// What people have to paste is in one piece, and nothing else is wider than the
// terminal.
func TestErrorsFitTheTerminal(t *testing.T) {
	o := newOffice(t)
	o.dir.Delegate(robot)
	for _, cols := range []int{60, 100} {
		out, err := watched{}, watched{cols: cols}
		if code := cli.Main(t.Context(), []string{"plan", "--log-level=error"}, o.program(&out, &err)); code != 5 {
			t.Errorf("exit code %d", code)
		}
		scopes := "https://www.googleapis.com/auth/admin.directory.user.readonly,https://www.googleapis.com/auth/admin.directory.group.readonly"
		if !strings.Contains(err.String(), scopes) || !strings.Contains(err.String(), o.clientID(t)) {
			t.Errorf("%s", &err)
		}
		for line := range strings.Lines(err.String()) {
			if len(strings.TrimSpace(line)) > cols && !strings.Contains(line, scopes) {
				t.Errorf("wider than %d: %s", cols, line)
			}
		}
	}
}

// A fault at Google's end is not a matter of credentials.
func TestTokenEndpointInTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for status, want := range map[int]int{500: 1, 401: 5} {
			o := newOffice(t)
			o.google.Inject(google.Fault{Kind: google.OAuth, Op: "token", Status: status, Code: map[int]string{500: "internal_failure", 401: "invalid_client"}[status]})
			var out, err watched
			if code := cli.Main(t.Context(), []string{"plan"}, o.program(&out, &err)); code != want {
				t.Errorf("%d: exit code %d, want %d: %s", status, code, want, &err)
			}
		}
	})
}

// What a file or a variable holds cannot move the cursor of who looks at it.
func TestExplainShowsControlCharacters(t *testing.T) {
	o := newOffice(t)
	o.env["IGNORE_USERS"] = "a\x1b[31m\u202e|b*"
	for _, format := range []string{"text", "json", "markdown"} {
		stdout, _, code := o.run(t, nil, "config", "explain", "--output", format)
		if code != 0 || strings.ContainsAny(stdout, "\x1b\u202e") && format != "json" || strings.Contains(stdout, "\x1b") || !strings.Contains(stdout, "[31m") {
			t.Errorf("%s: %d %q", format, code, stdout)
		}
	}
}

func TestVersion(t *testing.T) {
	for name, c := range map[string]struct {
		info *debug.BuildInfo
		want string
	}{
		"a release": {&debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "ssosync v1.2.3, go"},
		"a commit": {&debug.BuildInfo{Main: debug.Module{Version: "v0.0.0-20261123160000-0123456789ab+dirty"}, Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}, {Key: "vcs.time", Value: "2026-11-23T16:00:00Z"}, {Key: "vcs.modified", Value: "true"},
		}}, "ssosync v0.0.0-20261123160000-0123456789ab+dirty (commit 0123456789ab of 2026-11-23, modified), go"},
		"a commit of an old Go": {&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"},
		}}, "ssosync 0123456789abcdef0123456789abcdef01234567 (commit 0123456789ab), go"},
		"no repository": {&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "ssosync unversioned, go"},
		"nothing":       {nil, "ssosync unversioned, go"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, args := range [][]string{{"version"}, {"--version"}, {"-v"}} {
				var out, err watched
				env := cli.Env{Stdout: &out, Stderr: &err, BuildInfo: func() (*debug.BuildInfo, bool) { return c.info, c.info != nil }}
				if code := cli.Main(t.Context(), args, env); code != 0 || !strings.HasPrefix(out.String(), c.want) || err.String() != "" {
					t.Errorf("%d %q, want %q", code, &out, c.want)
				}
			}
		})
	}
}

// The version is what the servers see, too.
func TestUserAgent(t *testing.T) {
	o := newOffice(t)
	agents := map[string]bool{}
	var mu sync.Mutex
	wire := o.wire
	env := o.program(&watched{}, &watched{})
	env.BuildInfo = func() (*debug.BuildInfo, bool) { return &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, true }
	env.Base = transport(func(req *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		agents[req.UserAgent()] = true
		return wire.RoundTrip(req)
	})
	if code := cli.Main(t.Context(), []string{"plan"}, env); code != 0 {
		t.Fatal(code)
	}
	if diff := cmp.Diff(map[string]bool{"ssosync/v1.2.3": true, "ssosync/v1.2.3 (gzip)": true}, agents); diff != "" {
		t.Error(diff)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// The emulator prints variables with which the program finds it.
func TestEmulator(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, words watched
	ended := make(chan int)
	go func() {
		ended <- cli.Main(ctx, []string{"emulator"}, cli.Env{
			Stdout: &out, Stderr: &words, Executable: "/tmp/go-build42/b001/exe/ssosync", Columns: func(io.Writer) int { return 0 },
		})
	}()
	for !strings.Contains(out.String(), "AWS_ENDPOINT_URL_SSO_ADMIN") {
		select {
		case code := <-ended:
			t.Fatalf("it ended with %d: %s", code, &words)
		case <-time.After(5 * time.Millisecond):
		}
	}
	var environ []string
	for line := range strings.Lines(out.String()) {
		if kv, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			environ = append(environ, strings.ReplaceAll(kv, "'", ""))
		}
	}
	var plan, log watched
	env := cli.Env{Stdout: &plan, Stderr: &log, Environ: environ, ReadFile: func(name string) ([]byte, error) { return readFile(nil, name) }}
	if code := cli.Main(t.Context(), []string{"plan", "--detailed-exitcode"}, env); code != 2 {
		t.Errorf("exit code %d: %s", code, &log)
	}
	// Called from where these variables are set, it shows its own token still.
	again, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var out2 watched
	if cli.Main(again, []string{"emulator"}, cli.Env{Stdout: &out2, Stderr: &words, Environ: environ}); strings.Contains(out2.String(), "redacted") {
		t.Errorf("%s", &out2)
	}
	stop()
	if code := <-ended; code != 0 || !strings.Contains(words.String(), "go run ./cmd/ssosync") {
		t.Errorf("it ended with %d: %s", code, &words)
	}
}

// Each line of the logs is one JSON object with the keys of logrus first,
// whatever happens.
func TestJSONLogs(t *testing.T) {
	forAWS(t)
	for _, args := range [][]string{
		{"--debug"}, {"-p", "x", "-r"}, {"-e", "nowhere", "-u", "nobody"}, {"--output=json"}, {"--read=identitystore", "--output=markdown"},
	} {
		o := newOffice(t)
		_, stderr, _ := o.run(t, nil, append(args, "--log-format=json")...)
		for line := range strings.Lines(stderr) {
			var entry struct {
				Time  time.Time `json:"time"`
				Level string    `json:"level"`
				Msg   string    `json:"msg"`
			}
			if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Msg == "" || entry.Time.IsZero() {
				t.Errorf("%v: %v of %s", args, err, line)
			}
			if !slices.Contains([]string{"debug", "info", "warning", "error"}, entry.Level) || !strings.HasPrefix(line, `{"time":"`) {
				t.Errorf("%v: %s", args, line)
			}
		}
		if stderr == "" {
			t.Errorf("%v: nothing is logged", args)
		}
	}
}
