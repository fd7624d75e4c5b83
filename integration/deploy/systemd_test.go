//go:build linux

package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestSystemdTakesTheUnits(t *testing.T) {
	t.Parallel()
	analyze := tool(t, "systemd-analyze", "apt-get install systemd")
	dir := t.TempDir()
	var units []string
	for _, name := range []string{"ssosync.service", "ssosync.timer"} {
		text := read(t, "deploy/systemd/"+name)
		text = strings.ReplaceAll(text, "/usr/local/bin/ssosync", program) // it has to be there
		units = append(units, filepath.Join(dir, name))
		must(t, os.WriteFile(units[len(units)-1], []byte(text), 0o600))
	}
	cmd := exec.CommandContext(t.Context(), analyze, append([]string{"verify", "--man=no"}, units...)...)
	if out := output(t, cmd); out != "" {
		t.Error(out)
	}
	// The score is from 0, which is tight, to 10.
	out := output(t, exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold=14", units[0]))
	if !strings.Contains(out, "Overall exposure level") {
		t.Error(out)
	}
}

// The lines of a crontab(5) that belong to /etc/cron.d: variables, and five
// times, a user and a command. The command is carried out as cron would.
func TestCronLineRuns(t *testing.T) {
	t.Parallel()
	w := startEmulator(t)
	variable := regexp.MustCompile(`^([A-Z_]+)=(.*)$`)
	schedule := regexp.MustCompile(`^(\S+ \S+ \S+ \S+ \S+) (ssosync) (\S.*)$`)
	state := t.TempDir()
	environ, command := w.environ, ""
	for line := range strings.Lines(read(t, "deploy/cron/ssosync.cron")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if m := variable.FindStringSubmatch(line); m != nil {
			switch m[1] {
			case "PATH":
				environ = append(environ, "PATH="+filepath.Dir(program)+":"+m[2])
			case "SSOSYNC_STATE":
				environ = append(environ, "SSOSYNC_STATE="+state)
			case "SSOSYNC_CONFIG", "SSOSYNC_GOOGLE_CREDENTIALS", "SSOSYNC_SCIM_ACCESS_TOKEN": // the emulator's
			default:
				environ = append(environ, line)
			}
			continue
		}
		m := schedule.FindStringSubmatch(line)
		if m == nil || command != "" {
			t.Fatalf("cron would not read: %s", line)
		}
		command = m[3]
	}
	for range 2 {
		cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", command)
		cmd.Dir, cmd.Env = t.TempDir(), environ
		if out := output(t, cmd); out != "" {
			t.Errorf("cron would send mail:\n%s", out)
		}
	}
	if entries, err := os.ReadDir(state); err != nil || len(entries) == 0 {
		t.Errorf("there is no state: %v", err)
	}
}
