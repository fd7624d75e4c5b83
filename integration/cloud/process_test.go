//go:build unix

package cloud

import (
	"bytes"
	"context"
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

func (w *transcript) has(text string) bool { return strings.Contains(w.String(), text) }

// A process is a running program.
type process struct {
	*exec.Cmd
	out, err transcript
	stop     context.CancelFunc // kills it
}

// command is a program to be run with nothing in its environment but what is
// given; of two values of a variable the later one counts.
func command(dir string, environ []string, path string, args ...string) *process {
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{Cmd: exec.CommandContext(ctx, path, args...), stop: cancel}
	p.Dir, p.Env, p.Stdout, p.Stderr = dir, environ, &p.out, &p.err
	return p
}

// launch runs a program, which does not outlive the test.
func launch(t *testing.T, dir string, environ []string, path string, args ...string) *process {
	t.Helper()
	p := command(dir, environ, path, args...)
	p.launch(t)
	return p
}

func (p *process) launch(t *testing.T) {
	t.Helper()
	must(t, p.Start())
	t.Cleanup(p.kill)
}

// start runs ssosync. What it says is searched for secrets.
func start(t *testing.T, dir string, environ []string, args ...string) *process {
	t.Helper()
	p := launch(t, dir, environ, program, args...)
	secrets.watch(strings.Join(args, " "), &p.out, &p.err)
	return p
}

// kill ends a process at once; it may have ended before.
func (p *process) kill() {
	p.stop()
	_ = p.Wait()
}

// end waits for the process, and returns its exit code, or -1 if a signal has
// ended it.
func (p *process) end(t *testing.T) int {
	t.Helper()
	err := p.Wait()
	if _, exit := errors.AsType[*exec.ExitError](err); err != nil && !exit {
		t.Fatal(err)
	}
	if status, ok := p.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return -1
	}
	return p.ProcessState.ExitCode()
}

// exits waits for the process, which must end with one of the codes.
func (p *process) exits(t *testing.T, want ...int) int {
	t.Helper()
	code := p.end(t)
	if !slices.Contains(want, code) {
		t.Fatalf("ssosync %s: exit code %d, want %v\n%s%s", strings.Join(p.Args[1:], " "), code, want, &p.out, &p.err)
	}
	return code
}

// says checks that the process has said each of the texts, wherever its lines
// are broken.
func (p *process) says(t *testing.T, texts ...string) {
	t.Helper()
	all := plain(p.out.String() + " " + p.err.String())
	for _, text := range texts {
		if !strings.Contains(all, text) {
			t.Errorf("ssosync %s does not say %q:\n%s%s", strings.Join(p.Args[1:], " "), text, &p.out, &p.err)
		}
	}
}

// plain is a text without its line breaks and indents.
func plain(text string) string { return strings.Join(strings.Fields(text), " ") }
