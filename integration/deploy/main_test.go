//go:build unix

package deploy

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the repository, from here.
const root = "../.."

// program is the path of ssosync, built once for all tests.
var program string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ssosync-deploy-")
	if err == nil {
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "ssosync")
		err = build(program, "./cmd/ssosync")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build ssosync:", err)
		return 1
	}
	return m.Run()
}

// build makes a program as a release does: static, and without paths.
func build(path, pkg string, tags ...string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-tags="+strings.Join(tags, ","), "-o", path, pkg)
	cmd.Dir, cmd.Stderr, cmd.Env = root, os.Stderr, append(os.Environ(), "CGO_ENABLED=0")
	return cmd.Run()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, path))
	must(t, err)
	return string(data)
}

// How to install what the tests cannot do without, from the top of the repository.
const (
	pip = "python3 -m venv .tools/python && .tools/python/bin/pip install -r integration/deploy/requirements.txt"
	npm = "npm install --prefix .tools/npm asl-validator@4.0.0"
)

// tool returns the path of a program, from .tools or else from anywhere. It
// tells how to install it if it is not there.
func tool(t *testing.T, name, install string) string {
	t.Helper()
	for _, dir := range []string{".tools/python/bin", ".tools/npm/node_modules/.bin"} {
		path, err := filepath.Abs(filepath.Join(root, dir, name))
		must(t, err)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing (%v); install it: %s", name, err, install)
	}
	return path
}

// output runs a command that has to succeed.
func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return string(out)
}

// files lists those of a directory of the repository, all the way down.
func files(t *testing.T, dir string) (paths []string) {
	t.Helper()
	must(t, filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(root, path)
			paths = append(paths, rel)
		}
		return err
	}))
	return paths
}

// A file that names a setting which is not there would be found out by an
// operator, one day.
func TestEveryVariableThatADeploymentNamesIsASetting(t *testing.T) {
	manual := read(t, "docs/reference.md")
	names := regexp.MustCompile(`\bSSOSYNC_[A-Z0-9_]*[A-Z0-9]\b`)
	known := names.FindAllString(manual, -1)
	seen := 0
	for _, path := range slices.Concat(files(t, "deploy"), files(t, "examples"), []string{"docs/deploy.md"}) {
		for _, name := range names.FindAllString(read(t, path), -1) {
			if seen++; !slices.Contains(known, name) {
				t.Errorf("%s: %s is in no row of docs/reference.md", path, name)
			}
		}
	}
	if seen < 50 {
		t.Errorf("%d variables were looked at: where are the others?", seen)
	}
}

// docs/deploy.md is what one chooses by: nothing in deploy/ may be missing there.
func TestEveryFileIsInTheManual(t *testing.T) {
	manual := read(t, "docs/deploy.md")
	entries, err := os.ReadDir(filepath.Join(root, "deploy"))
	must(t, err)
	for _, e := range entries {
		if !strings.Contains(manual, "`deploy/"+e.Name()+"`") {
			t.Errorf("docs/deploy.md does not say what deploy/%s is for", e.Name())
		}
	}
	link := regexp.MustCompile(`\]\((\.\./[^)#]+|[a-z-]+\.md)`)
	for _, m := range link.FindAllStringSubmatch(manual, -1) {
		if _, err := os.Stat(filepath.Join(root, "docs", m[1])); err != nil {
			t.Errorf("docs/deploy.md leads nowhere: %v", err)
		}
	}
}
