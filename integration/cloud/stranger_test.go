//go:build unix

package cloud

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A stranger has what the usual guides have people prepare: a key, the address of
// an administrator, a SCIM endpoint and its token. They read what is on the
// screen, and press Enter where they have no answer.
type stranger struct {
	t       *testing.T
	dir     string
	environ []string
	answers map[string]string // by what is asked for
}

func newStranger(t *testing.T, w *world) *stranger {
	t.Helper()
	s := &stranger{t: t, dir: directory(t)}
	s.environ = []string{"HOME=" + s.dir, "SSOSYNC_GOOGLE_ENDPOINT=" + w.variable("SSOSYNC_GOOGLE_ENDPOINT")} // this machine is Google
	s.answers = map[string]string{
		"Google administrator": w.variable("GOOGLE_USER"), "SCIM endpoint": w.variable("SCIM_ENDPOINT"), "SCIM access token": w.variable("SCIM_TOKEN"),
	}
	must(t, os.WriteFile(s.path("key.json"), []byte(w.key().text), 0o600))
	secrets.spare(s.path("key.json"))
	secrets.spare(s.path(".env")) // init says that the token goes there
	return s
}

func (s *stranger) path(name string) string { return filepath.Join(s.dir, name) }

// run runs ssosync without a terminal, and answers what it asks on stderr.
func (s *stranger) run(code int, args ...string) *process {
	s.t.Helper()
	in, keyboard, err := os.Pipe()
	must(s.t, err)
	defer keyboard.Close()
	p := command(s.dir, s.environ, program, args...)
	p.Stdin = in
	p.launch(s.t)
	must(s.t, in.Close())
	secrets.watch(strings.Join(args, " "), &p.out, &p.err)
	ended := make(chan struct{})
	go func() {
		_ = p.Wait() // its code is looked at below
		close(ended)
	}()
	for seen := 0; s.asks(p, seen, ended); {
		question := p.err.String()[seen:]
		seen += len(question)
		if strings.HasPrefix(plain(question), "this needs an answer") {
			s.t.Fatalf("a stranger has no answer:\n%s", &p.err)
		}
		_, _ = fmt.Fprintln(keyboard, s.answer(question)) // it may have ended
	}
	if got := p.ProcessState.ExitCode(); got != code {
		s.t.Fatalf("ssosync %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, &p.out, &p.err)
	}
	return p
}

// asks waits until ssosync asks something, or has ended.
func (s *stranger) asks(p *process, seen int, ended <-chan struct{}) (asks bool) {
	s.t.Helper()
	eventually(s.t, "ssosync asks something, or ends", func() bool {
		select {
		case <-ended:
			return true
		default:
			asks = strings.HasSuffix(p.err.String()[seen:], ": ")
			return asks
		}
	})
	return asks
}

// answer is what a stranger says to a question, whose first line says what it is
// about.
func (s *stranger) answer(question string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(question), "\n")
	return s.answers[first]
}

// From nothing to a first plan with init, doctor and plan, in an empty directory.
func TestAStranger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newStranger(t, w)
	s.run(0, "init").says(t, "ssosync.yaml", "google-setup.md", "ssosync doctor", "ssosync plan")
	for _, name := range []string{"aws-policy.json", "ssosync.schema.json"} {
		data, err := os.ReadFile(s.path(name))
		must(t, err)
		if !json.Valid(data) {
			t.Errorf("%s is no JSON", name)
		}
	}
	info, err := os.Stat(s.path(".env"))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the token: %v", info.Mode())
	}
	s.run(0, "doctor").says(t, "0 errors")
	s.run(0, "plan").says(t, "Nothing was changed (dry run)", "users to create", "groups to create")
}

// Who has left out a step of the guides is told which, and what to do.
func TestAStrangerIsTold(t *testing.T) {
	t.Parallel()
	c := newCompany(t, "ada", "grace")
	c.fixture["project"] = map[string]any{"number": "104711", "adminApiOff": true}
	c.write(t)
	w := newWorld(t, "--fixture", c.path)
	s := newStranger(t, w)
	s.answers["SCIM access token"] = secrets.give("a-token-of-another-tenant")
	s.run(0, "init")
	s.run(5, "doctor").says(t, "admin.googleapis.com", "gcloud services enable", "401 UnauthorizedException", "generate a new access token")
	s.run(5, "plan")
}
