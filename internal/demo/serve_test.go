package demo_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ssosync/internal/config"
	"ssosync/internal/demo"
	"ssosync/internal/report"
	"ssosync/internal/wire"
)

// A service is a Serve that is running.
type service struct {
	*testing.T
	stop  func() error // ends it, and returns its error
	env   map[string]string
	unset []string
	said  *lines // on Err
	out   string
}

// lines hands over what is written, line by line.
type lines struct {
	all  chan string
	part string
}

func (l *lines) Write(p []byte) (int, error) {
	l.part += string(p)
	for {
		line, rest, ok := strings.Cut(l.part, "\n")
		if !ok {
			return len(p), nil
		}
		l.part = rest
		l.all <- line
	}
}

// until waits for a text, wherever its lines are broken.
func (l *lines) until(t *testing.T, text string) {
	t.Helper()
	before := ""
	timeout := time.After(20 * time.Second)
	for {
		select {
		case line := <-l.all:
			before = strings.Join(strings.Fields(before+" "+line), " ")
			if strings.Contains(before, text) {
				return
			}
		case <-timeout:
			t.Fatalf("there is no %q in %q", text, before)
		}
	}
}

func serve(t *testing.T, o demo.Options) *service {
	t.Helper()
	s := &service{T: t, said: &lines{all: make(chan string, 1000)}, env: map[string]string{}}
	var out bytes.Buffer
	o.Out, o.Err, o.Version = &out, s.said, "test"
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- demo.Serve(ctx, o)
		s.said.all <- "Serve has ended"
	}()
	stopped := false
	s.stop = func() error {
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() {
		if !stopped {
			if err := s.stop(); err != nil {
				t.Error(err)
			}
		}
	})
	s.said.until(t, "Ctrl-C")
	s.out = out.String()
	for line := range strings.Lines(s.out) {
		if assignment, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "export "); ok {
			name, value, _ := strings.Cut(assignment, "=")
			if len(value) < 2 || value[0] != '\'' || value[len(value)-1] != '\'' {
				t.Fatalf("not quoted: %s", line)
			}
			s.env[name] = strings.ReplaceAll(value[1:len(value)-1], `'\''`, `'`)
			continue
		}
		names, ok := strings.CutPrefix(line, "unset ")
		if !ok {
			t.Errorf("a shell does not understand %q", line)
		}
		s.unset = append(s.unset, strings.Fields(names)...)
	}
	return s
}

// sync runs the product with what was printed, and nothing else.
func (s *service) sync(more ...string) report.Report {
	s.Helper()
	environ := more
	for name, value := range s.env {
		environ = append(environ, name+"="+value)
	}
	cfg, _, warnings, err := config.Load(config.Input{Environ: environ, ReadFile: func(string) ([]byte, error) { return nil, fs.ErrNotExist }})
	if err = errors.Join(err, cfg.Validate(wire.Check)); err != nil || len(warnings) > 0 {
		s.Fatal(err, warnings)
	}
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	r, err := wire.Reconciler(cfg, wire.Options{Version: "test", Log: slog.New(slog.DiscardHandler), Base: base})
	if err != nil {
		s.Fatal(err)
	}
	rep, err := r.Run(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return rep
}

// small is a company of two.
const small = `{
	"users": [
		{"primaryEmail": "z@example.com", "name": {"givenName": "Z", "familyName": "Zed"}},
		{"primaryEmail": "o'neil@example.com", "isAdmin": true, "name": {"givenName": "O", "familyName": "Neil"}}
	],
	"groups": [{"email": "g@example.com", "name": "G", "members": [{"email": "z@example.com"}]}]
}`

func fixture(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fixture.json")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What is printed is enough, for both ways to read AWS. An apostrophe in a
// value is no end of it.
func TestServe(t *testing.T) {
	s := serve(t, demo.Options{Fixture: fixture(t, small), Executable: "go run ./cmd/ssosync"})
	if s.env["GOOGLE_USER"] != "o'neil@example.com" {
		t.Errorf("to be: %q", s.env["GOOGLE_USER"])
	}
	if rep := s.sync(); rep.Outcome != report.Done || len(rep.Plan.Users) != 1 || rep.Plan.Users[0].After.UserName != "z@example.com" {
		t.Errorf("%s with %+v", rep.Outcome, rep.Plan.Users)
	}
	for name, value := range s.env {
		if strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value) // the AWS SDK reads the process's own
		}
	}
	t.Setenv("AWS_PROFILE", "one-that-is-not-there")
	for _, name := range s.unset {
		os.Unsetenv(name)
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	s.env["AWS_IDENTITY_STORE_ID"] = "" // it is found out
	if rep := s.sync("SSOSYNC_READ=identitystore"); rep.Outcome != report.InSync || rep.Target.Users != 3 || rep.Target.Groups != 10 {
		t.Errorf("the second run: %s with %+v", rep.Outcome, rep.Target)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	s.said.until(t, "Stopped")
	silent(t, s.out)
}

// A file stands for Google, and is read again when it changes.
func TestServeFixture(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "company.json")
	s := serve(t, demo.Options{Fixture: path, WriteFixture: true})
	plan := func() string {
		rep := s.sync("SSOSYNC_DRY_RUN=true")
		var names []string
		for _, c := range rep.Plan.Users {
			names = append(names, c.After.UserName)
		}
		return strings.Join(names, " ")
	}
	edit := func(old, replacement string) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(data), old, replacement)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if names := plan(); !strings.Contains(names, "teodor.balan@example.com") {
		t.Errorf("teodor is not in %q", names)
	}
	if data, err := os.ReadFile(path); err != nil || strings.Count(string(data), `"finlay.drummore@example.com"`) != 2 {
		t.Errorf("nobody can read who is in a group, %v", err)
	}
	edit(`"primaryEmail": "teodor.balan@example.com"`, `"primaryEmail": "teo@example.com"`)
	s.said.until(t, "57 people, 14 groups")
	if names := plan(); !strings.Contains(names, "teo@example.com") || strings.Contains(names, "teodor.balan@example.com") {
		t.Errorf("teo is not in %q", names)
	}
	edit("primaryEmail", "primaryMail")
	s.said.until(t, "stays as it was")
	if names := plan(); !strings.Contains(names, "teo@example.com") {
		t.Errorf("teo is no longer in %q", names)
	}
}

func TestServeRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	taken := ln.Addr().(*net.TCPAddr).Port
	full := write("full.json", `{"users":[{"primaryEmail":"a@example.com","isAdmin":true,"name":{}}]}`)
	for name, tt := range map[string]struct {
		o    demo.Options
		want string
	}{
		"no file":               {demo.Options{Fixture: filepath.Join(dir, "none.json")}, "none.json"},
		"no JSON":               {demo.Options{Fixture: write("bad.json", "{")}, "bad.json"},
		"unknown key":           {demo.Options{Fixture: write("key.json", `{"userz":[]}`)}, "userz"},
		"nobody to be":          {demo.Options{Fixture: write("empty.json", `{"users":[{"primaryEmail":"a@example.com","isAdmin":true,"suspended":true,"name":{}}]}`)}, "isAdmin"},
		"nowhere to write":      {demo.Options{WriteFixture: true}, "name of a file"},
		"written already":       {demo.Options{Fixture: full, WriteFixture: true}, "exists"},
		"Google's port is gone": {demo.Options{GooglePort: taken}, "Google"},
		"AWS's port is gone":    {demo.Options{AWSPort: taken}, "AWS"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			tt.o.Out, tt.o.Err = &out, io.Discard
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := demo.Serve(ctx, tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.want) || out.Len() > 0 {
				t.Errorf("%v, and %q was printed", err, out.String())
			}
		})
	}
	if data, err := os.ReadFile(full); err != nil || !strings.Contains(string(data), `"name":{}`) {
		t.Errorf("a file was overwritten: %s %v", data, err)
	}
	if err := demo.Serve(t.Context(), demo.Options{Out: fullDisk{}, Err: io.Discard}); !errors.Is(err, errFull) {
		t.Errorf("%v", err)
	}
}

// Somebody who has begun to ask, and does not go on, does not keep it.
func TestServeEndsWithoutManners(t *testing.T) {
	t.Parallel()
	s := serve(t, demo.Options{Fixture: fixture(t, small)})
	var clients []net.Conn
	for _, at := range address.FindAllString(s.out, 2) {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		clients = append(clients, c)
		if _, err := io.WriteString(c, "POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na="); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	if err := s.stop(); err != nil || time.Since(start) > 4*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
	for _, c := range clients {
		if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("somebody is still connected")
		}
	}
}

// The ports are those that were asked for.
func TestServePorts(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := ln.Addr().(*net.TCPAddr)
	ln.Close()
	s := serve(t, demo.Options{AWSPort: free.Port})
	if !strings.HasPrefix(s.env["SCIM_ENDPOINT"], "http://"+free.String()+"/") {
		t.Errorf("%q", s.env["SCIM_ENDPOINT"])
	}
	s.stop()
	if s = serve(t, demo.Options{GooglePort: free.Port}); s.env["SSOSYNC_GOOGLE_ENDPOINT"] != "http://"+free.String() {
		t.Errorf("%q", s.env["SSOSYNC_GOOGLE_ENDPOINT"])
	}
}
