package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ssosync/internal/cli"
)

// A memory is an office whose runs are remembered, in which bo has left AWS Dev.
func newMemory(t *testing.T) *office {
	t.Helper()
	o := newOffice(t)
	o.env["SSOSYNC_STATE"] = t.TempDir()
	for range 2 {
		if _, stderr, code := o.run(t, nil); code != 0 {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		_ = o.dir.RemoveMember("aws-dev@example.com", "bo@example.com") // the second time there is nothing to do
	}
	if _, stderr, code := o.run(t, nil); code != 0 || o.inDev(t) {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	return o
}

func (o *office) inDev(t *testing.T) bool {
	t.Helper()
	return strings.Contains(o.inAWS(), "group AWS Dev: ann@example.com bo@example.com\n")
}

// unlocked reports whether the next run gets the lock.
func (o *office) unlocked(t *testing.T) bool {
	t.Helper()
	_, _, code := o.run(t, nil, "restore", "group", "AWS Dev")
	return code != 7
}

// What is given back is shown, and done if somebody says yes.
func TestAsking(t *testing.T) {
	for name, c := range map[string]struct {
		answer   string
		terminal bool
		args     []string
		code     int
		done     bool
		asked    bool
		want     string // on stderr
	}{
		"y":                 {"y\n", true, nil, 0, true, true, ""},
		"YES":               {" YES \n", true, nil, 0, true, true, ""},
		"y, and no end":     {"y", true, nil, 0, true, true, ""},
		"n":                 {"n\n", true, nil, 1, false, true, "nothing was changed, as you said"},
		"an empty line":     {"\n", true, nil, 1, false, true, "nothing was changed, as you said"},
		"the end":           {"", true, nil, 1, false, true, "nothing was changed, as you said"},
		"yesterday":         {"yesterday\ny\n", true, nil, 1, false, true, "nothing was changed, as you said"},
		"no terminal":       {"y\n", false, nil, 5, false, false, "there is nobody to ask"},
		"--yes":             {"n\n", true, []string{"--yes"}, 0, true, false, ""},
		"-y, no terminal":   {"", false, []string{"-y"}, 0, true, false, ""},
		"--dry-run":         {"y\n", true, []string{"--dry-run"}, 0, false, false, ""},
		"JSON":              {"y\n", true, []string{"--output=json"}, 0, true, true, "Nothing was changed (dry run)"},
		"JSON, and no":      {"n\n", true, []string{"--output=json"}, 1, false, true, "Nothing was changed (dry run)"},
		"JSON, no-one":      {"y\n", false, []string{"--output=json"}, 5, false, false, "there is nobody to ask"},
		"JSON, and --yes":   {"", false, []string{"--output=json", "--yes"}, 0, true, false, ""},
		"a run by its name": {"y\n", true, []string{"--full"}, 0, true, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := newMemory(t)
			var out, err watched
			env := o.program(&out, &err)
			env.Stdin, env.Interactive = strings.NewReader(c.answer), func() bool { return c.terminal }
			code := cli.Main(t.Context(), append([]string{"restore", "user", "bo@example.com", "--log-level=error"}, c.args...), env)
			if code != c.code || o.inDev(t) != c.done {
				t.Errorf("exit code %d, in the group: %v\n%s%s", code, o.inDev(t), &out, &err)
			}
			if strings.Contains(err.String(), "Do it? [y/N] ") != c.asked || !strings.Contains(err.String(), c.want) {
				t.Errorf("stderr: %s", &err)
			}
			isJSON := len(c.args) > 0 && c.args[0] == "--output=json"
			if refused := c.asked && !c.done; isJSON && !refused && !json.Valid([]byte(out.String())) || isJSON && refused && out.String() != "" {
				t.Errorf("stdout: %s", &out)
			}
			if !isJSON && !strings.Contains(out.String(), "bo@example.com") {
				t.Errorf("nothing is shown: %s", &out)
			}
			if !o.unlocked(t) {
				t.Error("the lock is held still")
			}
		})
	}
}

// Ctrl-C while somebody is asked ends it, and frees the lock.
func TestStoppedWhileAsked(t *testing.T) {
	o := newMemory(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	var out, err watched
	env := o.program(&out, &err)
	asked := make(chan struct{})
	never, open := io.Pipe()
	defer open.Close()
	env.Interactive = func() bool { return true }
	env.Stdin = reader(func(p []byte) (int, error) {
		close(asked)
		return never.Read(p)
	})
	ended := make(chan int)
	go func() { ended <- cli.Main(ctx, []string{"relink", "user", "ann@example.com"}, env) }()
	if code := <-ended; code != 5 { // nothing to settle, nobody was asked
		t.Fatalf("exit code %d: %s", code, &err)
	}
	go func() {
		ended <- cli.Main(ctx, []string{"restore", "user", "bo@example.com", "--log-level=error"}, env)
	}()
	select {
	case <-asked:
	case code := <-ended:
		t.Fatalf("exit code %d: %s%s", code, &out, &err)
	}
	cancel(errors.New("interrupt signal received"))
	if code := <-ended; code != 130 || o.inDev(t) || !strings.Contains(err.String(), "interrupted before the end") {
		t.Errorf("exit code %d: %s", code, &err)
	}
	if !o.unlocked(t) {
		t.Error("the lock is held still")
	}
}

type reader func([]byte) (int, error)

func (f reader) Read(p []byte) (int, error) { return f(p) }

// An answer that cannot be read is no yes.
func TestUnreadableAnswer(t *testing.T) {
	o := newMemory(t)
	var out, err watched
	env := o.program(&out, &err)
	env.Interactive = func() bool { return true }
	env.Stdin = reader(func([]byte) (int, error) { return 0, errors.New("the line is dead") })
	if code := cli.Main(t.Context(), []string{"restore", "user", "bo@example.com"}, env); code != 1 || o.inDev(t) || !strings.Contains(err.String(), "read the answer: the line is dead") {
		t.Errorf("exit code %d: %s", code, &err)
	}
}

// Whoever reads the plan may take their time: it is not in the journal until
// they have said yes.
func TestNothingIsWrittenBeforeTheAnswer(t *testing.T) {
	o := newMemory(t)
	o.aws.ResetCalls()
	var out, err watched
	env := o.program(&out, &err)
	env.Interactive = func() bool { return true }
	env.Stdin = reader(func(p []byte) (int, error) {
		if n := len(o.aws.Journal()); n > 0 {
			t.Errorf("%d writes", n)
		}
		return copy(p, "y\n"), nil
	})
	if code := cli.Main(t.Context(), []string{"restore", "user", "bo@example.com"}, env); code != 0 || !o.inDev(t) {
		t.Errorf("exit code %d: %s", code, &err)
	}
}

// Files are whole or not there, and nobody else can read them.
func TestFilesAreOurs(t *testing.T) {
	o := newOffice(t)
	dir := t.TempDir()
	plan, page := filepath.Join(dir, "a.plan"), filepath.Join(dir, "a.html")
	if err := os.WriteFile(plan, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := o.run(t, nil, "plan", "--out", plan, "--html", page, "--expires", "2w"); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, name := range []string{plan, page} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o077 != 0 || info.Size() < 100 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	text, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Created, Expires time.Time }
	if err := json.Unmarshal(text, &f); err != nil || f.Expires.Sub(f.Created) != 14*24*time.Hour {
		t.Errorf("%v, %+v", err, f)
	}
	if names, err := filepath.Glob(filepath.Join(dir, ".*")); len(names) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", names, err)
	}
}
