//go:build unix

package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A world is an emulator of both services in a process of its own, the company
// that it serves, and a directory for what ssosync keeps.
type world struct {
	t        *testing.T
	dir      string
	file     string // of the fixture
	emulator *process
	environ  []string // of everybody who talks to the emulator
	reloads  int
}

// newWorld starts the emulator on a company, or on the demo's if there is none.
func newWorld(t *testing.T, c *company, flags ...string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	w.file = filepath.Join(w.dir, "company.json")
	if c == nil {
		flags = append(flags, "--write-fixture")
	} else {
		w.write(c.fixture())
	}
	w.emulator = start(t, w.dir, []string{"HOME=" + w.dir}, append([]string{"emulator", "--fixture", w.file}, flags...)...)
	t.Cleanup(func() {
		_ = w.emulator.Process.Signal(syscall.SIGTERM) // it may be gone with the test's context
		_ = w.emulator.Wait()
	})
	// The last of the variables, with the end of its line.
	eventually(t, "the emulator says how to reach it", func() bool {
		_, last, found := strings.Cut(w.emulator.out.String(), "AWS_ENDPOINT_URL_SSO_ADMIN=")
		return found && strings.HasSuffix(last, "\n")
	})
	w.environ = append(variables(w.emulator.out.String()), "HOME="+w.dir, "XDG_STATE_HOME="+w.dir+"/xdg")
	return w
}

// variables reads `export NAME='value'` lines. No value of the emulator has an
// apostrophe.
func variables(script string) (environ []string) {
	for line := range strings.Lines(script) {
		if assignment, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			environ = append(environ, strings.ReplaceAll(assignment, "'", ""))
		}
	}
	return environ
}

// variable is the value of one of them.
func (w *world) variable(name string) string {
	for _, v := range w.environ {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	w.t.Fatalf("the emulator does not tell %s", name)
	return ""
}

// write puts a fixture in the place of the one before, in one step.
func (w *world) write(fixture any) {
	w.t.Helper()
	data, err := json.MarshalIndent(fixture, "", " ")
	must(w.t, err)
	must(w.t, os.WriteFile(w.file+".new", data, 0o600))
	must(w.t, os.Rename(w.file+".new", w.file))
}

// serve makes the emulator serve another fixture.
func (w *world) serve(fixture any) {
	w.t.Helper()
	w.write(fixture)
	w.reloads++
	eventually(w.t, "the emulator has read the fixture again", func() bool {
		return strings.Count(plain(w.emulator.err.String()), " is read again: ") >= w.reloads // its lines are wrapped
	})
	if strings.Contains(plain(w.emulator.err.String()), "stays as it was") {
		w.t.Fatal(w.emulator.err.String())
	}
}

// start runs ssosync against the emulator, with a state directory of its own.
func (w *world) start(args ...string) *process {
	w.t.Helper()
	return start(w.t, w.dir, w.environ, append(args, "--state", filepath.Join(w.dir, "state"), "--log-format", "json")...)
}

// verify checks the journal with the program's own command.
func (w *world) verify() {
	w.t.Helper()
	start(w.t, w.dir, w.environ, "journal", "verify", "--state", filepath.Join(w.dir, "state")).exits(w.t, 0)
}
