//go:build unix

package integration

import (
	"bytes"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A transcript is what a process has written so far.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *transcript) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// count is how often a text stands in it.
func (w *transcript) count(text string) int { return strings.Count(w.String(), text) }

// A process is a running ssosync.
type process struct {
	*exec.Cmd
	out, err transcript
}

// start runs ssosync with nothing in its environment but what is given. It does
// not outlive the test.
func start(t *testing.T, dir string, environ []string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.CommandContext(t.Context(), program, args...)}
	p.Dir, p.Env, p.Stdout, p.Stderr = dir, environ, &p.out, &p.err
	must(t, p.Start())
	return p
}

// end waits for the process, and returns its exit code, or -1 and the signal
// that ended it.
func (p *process) end(t *testing.T) (code int, by syscall.Signal) {
	t.Helper()
	if err := p.Wait(); err != nil && !isExit(err) {
		t.Fatal(err)
	}
	status, ok := p.ProcessState.Sys().(syscall.WaitStatus)
	if !ok {
		t.Fatalf("no status of a Unix process: %T", p.ProcessState.Sys())
	}
	if status.Signaled() {
		return -1, status.Signal()
	}
	return status.ExitStatus(), 0
}

func isExit(err error) bool {
	_, ok := errors.AsType[*exec.ExitError](err)
	return ok
}

// exits waits for the process, which must end with one of the codes.
func (p *process) exits(t *testing.T, want ...int) int {
	t.Helper()
	code, by := p.end(t)
	if !slices.Contains(want, code) {
		t.Fatalf("ssosync %s: exit code %d (signal %d), want %v\n%s%s", strings.Join(p.Args[1:], " "), code, by, want, &p.out, &p.err)
	}
	return code
}
