//go:build unix

package deploy

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v3"
)

const actionFile = "deploy/github-action/action.yml"

// An action is what action.yml says, as far as these tests carry it out.
type action struct {
	Inputs map[string]struct {
		Description string
		Default     string
	}
	Runs struct {
		Steps []struct {
			ID, Name, Uses, Run, Shell string
			Env                        map[string]string
		}
	}
}

func readAction(t *testing.T) (a action) {
	t.Helper()
	must(t, yaml.Unmarshal([]byte(read(t, actionFile)), &a))
	return a
}

// The example is linted as if the action were in its own repository, so that
// its inputs are compared with those of the action.
func TestWorkflowsLint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.CopyFS(dir+"/deploy/github-action", os.DirFS(root+"/deploy/github-action")))
	must(t, os.MkdirAll(dir+"/.github/workflows", 0o755))
	must(t, os.MkdirAll(dir+"/.git", 0o755)) // a repository ends here
	var paths []string
	for _, path := range append(files(t, ".github/workflows"), files(t, "examples/github-actions")...) {
		text := regexp.MustCompile(`example/ssosync/deploy/github-action@\S+`).ReplaceAllString(read(t, path), "./deploy/github-action")
		to := dir + "/.github/workflows/" + filepath.Base(path)
		must(t, os.WriteFile(to, []byte(text), 0o600))
		paths = append(paths, to)
	}
	if len(paths) != 3 {
		t.Errorf("there are %d workflows", len(paths))
	}
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{WorkingDir: dir})
	must(t, err)
	project, err := actionlint.NewProject(dir)
	must(t, err)
	problems, err := linter.LintFiles(paths, project)
	must(t, err)
	for _, p := range problems {
		t.Error(p)
	}
}

// The scripts of the action are carried out as a runner would, with the built
// program in place of an installed one.
func TestActionRuns(t *testing.T) {
	t.Parallel()
	a, w := readAction(t), startEmulator(t)
	script := a.Runs.Steps[len(a.Runs.Steps)-1]
	if script.ID != "run" || script.Shell != "bash" {
		t.Fatalf("the last step is %+v", script)
	}
	state := t.TempDir()
	run := func(inputs map[string]string) (code int, output, summary string) {
		dir := t.TempDir()
		environ := slices.Concat(w.environ, []string{
			"PATH=" + filepath.Dir(program) + ":" + os.Getenv("PATH"),
			"RUNNER_TEMP=" + dir, "GITHUB_OUTPUT=" + dir + "/output", "GITHUB_STEP_SUMMARY=" + dir + "/summary",
		})
		for name, value := range script.Env {
			if m := regexp.MustCompile(`^\$\{\{ inputs\.([a-z-]+) \}\}$`).FindStringSubmatch(value); m != nil {
				in, ok := a.Inputs[m[1]]
				if !ok {
					t.Errorf("%s: there is no input %s", name, m[1])
				}
				if value, ok = inputs[m[1]]; !ok {
					value = in.Default
				}
			}
			if value != "" || name == "ARGUMENTS" || name == "SSOSYNC_STATE" {
				environ = append(environ, name+"="+value)
			}
		}
		cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script.Run)
		cmd.Dir, cmd.Env = dir, environ
		out, _ := cmd.CombinedOutput()
		t.Logf("%v:\n%s", inputs, out)
		o, _ := os.ReadFile(dir + "/output")
		s, _ := os.ReadFile(dir + "/summary")
		return cmd.ProcessState.ExitCode(), strings.ReplaceAll(string(o), "\n", " "), string(s)
	}
	for _, tt := range []struct {
		name    string
		inputs  map[string]string
		code    int
		output  string
		summary string
	}{
		{"a plan with changes", map[string]string{"state": state}, 0, "exit-code=2 changes=true ", "| "},
		{"sync, arguments", map[string]string{"command": "sync", "state": state, "arguments": "--group-match\n*\n\n"}, 0, "exit-code=0 ", "| "},
		{"a plan without", map[string]string{"state": state, "summary": "false"}, 0, "exit-code=0 changes=false ", ""},
		{"not configured", map[string]string{"state": state, "arguments": "--read=nothing"}, 5, "exit-code=5 ", ""},
	} {
		code, got, summary := run(tt.inputs)
		if code != tt.code || got != tt.output {
			t.Errorf("%s: code %d, outputs %q", tt.name, code, got)
		}
		if (tt.summary == "") != (summary == "") || !strings.Contains(summary, tt.summary) {
			t.Errorf("%s: the summary is\n%s", tt.name, summary)
		}
	}
}

// An input that no step reads does nothing.
func TestInputsAreRead(t *testing.T) {
	t.Parallel()
	text := read(t, actionFile)
	for name, in := range readAction(t).Inputs {
		if !strings.Contains(text, "inputs."+name) || in.Description == "" {
			t.Errorf("input %s is not read, or not described", name)
		}
	}
}
