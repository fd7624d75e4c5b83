//go:build unix

package deploy

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// An emulator is both services, in a process of their own.
type emulator struct {
	environ []string // of everybody who talks to it
}

func startEmulator(t *testing.T) emulator {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "emulator")
	dir := t.TempDir()
	cmd.Dir, cmd.Env = dir, []string{"HOME=" + dir}
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
	w := emulator{environ: []string{"HOME=" + dir}}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		assignment, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "export ")
		if ok {
			w.environ = append(w.environ, strings.ReplaceAll(assignment, "'", ""))
		}
		if strings.HasPrefix(assignment, "AWS_ENDPOINT_URL_SSO_ADMIN=") {
			break // it is the last
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return w
}

// variable is the value of one of those that it prints.
func (w emulator) variable(t *testing.T, name string) string {
	t.Helper()
	for _, v := range w.environ {
		if n, value, _ := strings.Cut(v, "="); n == name || n == "SSOSYNC_"+name {
			return value
		}
	}
	t.Fatalf("the emulator does not tell %s: %v", name, w.environ)
	return ""
}
