package wire

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ssosync/internal/config"
	"ssosync/internal/state"
)

// A doctor looks at the state and makes nothing there.
func TestADoctorLooksAtTheState(t *testing.T) {
	root := t.TempDir()
	m := dirMemory{root: filepath.Join(root, "a", "b"), target: "t"}
	where, held, err := m.Look(t.Context())
	where, proven := strings.CutSuffix(where, ", writable")
	if err != nil || held != "" || !proven || where != filepath.Join(root, "a", "b", "t") {
		t.Errorf("%q %q %v", where, held, err)
	}
	if left, err := os.ReadDir(root); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	dir, err := state.Open(m.root, "t")
	if err != nil {
		t.Fatal(err)
	}
	lock, err := dir.Lock(t.Context(), state.Owner{Command: "ssosync sync", User: "ada", Host: "host"})
	if err != nil {
		t.Fatal(err)
	}
	if _, held, err = m.Look(t.Context()); err != nil || !strings.Contains(held, "ada@host") {
		t.Errorf("held by %q, %v", held, err)
	}
	path := filepath.Join(where, state.LeaseName)
	if got := leaseAt(path, time.Now().Add(time.Hour)); got != "" {
		t.Errorf("a lease that has ended holds nobody up: %q", got)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if _, held, err = m.Look(t.Context()); err != nil || held != "" {
		t.Errorf("held by %q, %v", held, err)
	}
	file := filepath.Join(root, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{file, filepath.Join(file, "below")} {
		if _, _, err := (dirMemory{root: bad, target: "t"}).Look(t.Context()); err == nil || !strings.Contains(err.Error(), "file is a file") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if err := os.WriteFile(filepath.Join(where, "ledger.json"), nil, 0o000); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		if _, _, err := m.Look(t.Context()); err == nil {
			t.Error("a ledger that cannot be read")
		}
	}
}

// What cannot be built names the settings whose lines say why.
func TestADoctorNamesTheSettings(t *testing.T) {
	o := DoctorOptions{Problems: []error{
		&config.Error{Option: "endpoint", Text: "the SCIM endpoint is missing"}, &config.Error{Option: "access-token", Text: "x"},
		&config.Error{Option: "endpoint", Text: "twice"}, errors.New("google-credentials: parse service-account key: it is empty"), errors.New("of nothing"),
	}}
	in := Doctor(config.Config{}, o)
	if in.AWS.Err == nil || in.AWS.Missing != "endpoint, access-token" || in.Google.Err == nil || in.Google.Missing != "google-credentials" || !in.Unruly {
		t.Errorf("%+v", in)
	}
	if len(in.Problems) != 5 || in.Problems[4].Option != "" || in.Problems[3].Option != "google-credentials" || in.Local.Memory != nil {
		t.Errorf("%+v", in.Problems)
	}
}
