package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const target = "scim.us-east-1.amazonaws.com-1a2b3c4d5e6f"

func open(tb testing.TB) *Dir {
	tb.Helper()
	d, err := Open(filepath.Join(tb.TempDir(), "ssosync"), target)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// names returns all that is in a directory.
func names(tb testing.TB, dir string) []string {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	must(tb, err)
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestDefaultRoot(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"XDG", map[string]string{"XDG_STATE_HOME": "/var/xdg", "HOME": "/home/ada"}, "/var/xdg/ssosync"},
		{"XDG alone", map[string]string{"XDG_STATE_HOME": "/var/xdg"}, "/var/xdg/ssosync"},
		{"home", map[string]string{"HOME": "/home/ada"}, "/home/ada/.local/state/ssosync"},
		{"relative XDG", map[string]string{"XDG_STATE_HOME": "state", "HOME": "/home/ada"}, "/home/ada/.local/state/ssosync"},
		{"relative home", map[string]string{"HOME": "ada"}, ""},
		{"both relative", map[string]string{"XDG_STATE_HOME": "./x", "HOME": "~"}, ""},
		{"nothing", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, ok := DefaultRoot(func(k string) string { return tt.env[k] })
			if filepath.ToSlash(dir) != tt.want || ok != (tt.want != "") {
				t.Errorf("%q, %v; want %q", dir, ok, tt.want)
			}
		})
	}
}

func TestOpenMakesDirectoriesForThisUserOnly(t *testing.T) {
	root := filepath.Join(t.TempDir(), "a", "b", "ssosync")
	for range 2 { // there is nothing to make the second time
		d, err := Open(root, target)
		must(t, err)
		if want := filepath.Join(root, target); d.Path() != want {
			t.Errorf("path %s, want %s", d.Path(), want)
		}
		if left := names(t, d.Path()); len(left) > 0 {
			t.Errorf("Open leaves %q behind", left)
		}
	}
	for _, dir := range []string{filepath.Join(root, target), root, filepath.Dir(root), filepath.Dir(filepath.Dir(root))} {
		info, err := os.Stat(dir)
		must(t, err)
		if info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %v", dir, info.Mode())
		}
	}
}

func TestAPathIsKeptWhenTheProcessGoesElsewhere(t *testing.T) {
	t.Chdir(t.TempDir())
	d, err := Open("here", target)
	must(t, err)
	must(t, d.Write("ledger.json", []byte("x")))
	t.Chdir(t.TempDir())
	if _, err := d.Read("ledger.json"); err != nil {
		t.Error(err)
	}
}

// TestOpenSaysWhatToDo takes places where nobody, root included, can write.
func TestOpenSaysWhatToDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	inTheWay := t.TempDir()
	must(t, os.WriteFile(filepath.Join(inTheWay, target), nil, 0o600))
	for _, tt := range []struct{ name, root, target, want string }{
		{"below a file", filepath.Join(file, "ssosync"), target, "move that file away"},
		{"a file for a root", file, target, "move that file away"},
		{"a file in its place", inTheWay, target, "move that file away"},
		{"cannot be made", "/proc", target, "let this user write there"},
		{"cannot be written to", "/proc", "self", "let this user write there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(tt.root, tt.target)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range []string{filepath.Join(tt.root, tt.target), tt.want, "--state"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

// TestNames draws names of all kinds, and holds them to what the names of files
// are everywhere.
func TestNames(t *testing.T) {
	root := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.OneOf(
			rapid.StringMatching(`[a-zA-Z0-9._-]{0,130}`),
			rapid.StringMatching(`[a-z./\\:\x00 -]{0,6}`),
			rapid.String(),
			rapid.SampledFrom([]string{"", ".", "..", "a..b", "../a", "a/b", `a\b`, "/", "LOCK", "lock", "lock.json", "Lock.JSON", ".lock.json.guard", "locks"}),
		).Draw(rt, "name")
		ok := len(name) >= 1 && len(name) <= 128 && name[0] != '.' && !strings.Contains(name, "..") &&
			strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == ""
		d, err := OpenReadOnly(root, name)
		if (err == nil) != ok {
			rt.Fatalf("target %q: %v", name, err)
		}
		if ok && filepath.Dir(d.Path()) != root {
			rt.Fatalf("target %q is in %s", name, d.Path())
		}
		if _, err := Open(filepath.Join(root, "none"), name); !ok && err == nil {
			rt.Fatalf("target %q can be opened", name)
		}
		ok = ok && !strings.EqualFold(name, "lock") && !strings.EqualFold(name, "lock.json")
		d = &Dir{path: root}
		if _, err := d.Read(name); errors.Is(err, fs.ErrNotExist) != ok {
			rt.Fatalf("document %q: %v", name, err)
		}
		if ok {
			return
		}
		_, aside := d.SetAside(name, time.Now())
		_, log := d.OpenLog(name)
		_, read := d.ReadLog(name)
		for _, err := range []error{d.Write(name, nil), aside, log, read} {
			if err == nil || errors.Is(err, fs.ErrNotExist) || len(err.Error()) > 1000 {
				rt.Fatalf("document %q: %v", name, err)
			}
		}
	})
}

func TestNamesAreBounded(t *testing.T) {
	for n, ok := range map[int]bool{1: true, 127: true, 128: true, 129: false} {
		if _, err := OpenReadOnly("root", strings.Repeat("n", n)); (err == nil) != ok {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestOpenRefusesNoRoot(t *testing.T) {
	if _, err := Open("", target); err == nil {
		t.Error("no error")
	}
}

func TestReadOnlyMakesNothing(t *testing.T) {
	root := filepath.Join(t.TempDir(), "ssosync")
	d, err := OpenReadOnly(root, target)
	must(t, err)
	if _, err := d.Read("ledger.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read: %v", err)
	}
	if _, err := d.ReadLog("journal.jsonl"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadLog: %v", err)
	}
	writer, err := Open(root, target)
	must(t, err)
	must(t, writer.Write("ledger.json", []byte("kept")))
	before := names(t, writer.Path())
	_, aside := d.SetAside("ledger.json", time.Now())
	_, log := d.OpenLog("journal.jsonl")
	_, lock := d.Lock(t.Context(), Owner{})
	for _, err := range []error{d.Write("ledger.json", nil), aside, log, lock} {
		if err == nil || !strings.Contains(err.Error(), "read only") {
			t.Errorf("error %v", err)
		}
	}
	if data, err := d.Read("ledger.json"); string(data) != "kept" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	if after := names(t, writer.Path()); len(after) != len(before) {
		t.Errorf("there is %q now", after)
	}
}
