package cli_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ssosync/internal/emulator/google"
	"ssosync/internal/httpx"
)

// What is kept between runs, and the files that are asked for, hold no secret,
// even if a server sends ours back in an error.
func TestNoSecretIsKept(t *testing.T) {
	forAWS(t)
	for _, echo := range []string{"plain", "url", "json", "html"} {
		o := newOffice(t)
		dir := t.TempDir()
		o.env["SSOSYNC_STATE"] = filepath.Join(dir, "state")
		tap := &wiretap{next: o.wire}
		var proxy http.RoundTripper = parrot{echo}
		o.wire = httpx.Func(func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/Users") {
				_, _ = tap.RoundTrip(req.Clone(req.Context())) // to learn the token
				return proxy.RoundTrip(req)
			}
			return tap.RoundTrip(req)
		})
		var said strings.Builder
		do := func(want int, args ...string) {
			t.Helper()
			stdout, stderr, code := o.run(t, nil, args...)
			said.WriteString(stdout + stderr)
			if code != want {
				t.Errorf("%v: exit code %d, want %d\n%s%s", args, code, want, stdout, stderr)
			}
		}
		file := func(name string) string { return filepath.Join(dir, name) }
		do(3, "--debug", "--html", file("failed.html"))
		o.wire = tap
		do(0, "plan", "--log-level=trace", "--out", file("a.plan"), "--html", file("plan.html"))
		do(0, "apply", file("a.plan"), "--log-level=trace", "--html", file("done.html"))
		do(6, "apply", file("a.plan"), "--debug", "--log-format=json")
		_ = o.dir.EditUser("bo@example.com", func(u *google.User) { u.Suspended = true })
		do(0, "--debug")
		do(0, "restore", "user", "bo@example.com", "--yes", "--debug")
		for _, args := range [][]string{{"history"}, {"history", "--output=json"}, {"history", "show", "latest"}, {"history", "show", "latest", "--output=json"}, {"journal", "verify"}} {
			do(0, append(args, "--log-level=trace")...)
		}
		if leak := leakIn(said.String(), o.secrets(tap)); leak != "" {
			t.Errorf("%s: %s", echo, leak)
		}
		files := 0
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if leak := leakIn(string(text), o.secrets(tap)); leak != "" {
				t.Errorf("%s: %s: %s", echo, path, leak)
			}
			if len(text) > 0 {
				files++
			}
			return err
		})
		if err != nil || files < 6 || len(tap.tokens) < 2 {
			t.Errorf("%d files, %d tokens, %v: is this test alive?", files, len(tap.tokens), err)
		}
	}
}
