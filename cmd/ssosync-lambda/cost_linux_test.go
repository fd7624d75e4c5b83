package main_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

// From the start of the process to its first request of the runtime API: the
// best of a few, since others use this machine as well.
func TestColdStart(t *testing.T) {
	w := newWorld(t, google.Company("example.com"), iic.Options{})
	best := time.Hour
	for range 5 {
		best = min(best, start(t, w.env).ready)
	}
	t.Logf("ready after %v", best)
	if best > 300*time.Millisecond {
		t.Errorf("a cold start takes %v", best)
	}
}

// A run without changes for 1,000 people fits into the smallest function.
func TestMemory(t *testing.T) {
	w := newWorld(t, google.Generate(google.Load{Users: 1000, Groups: 100, MembersPerGroup: 50}), iic.Options{})
	w.seed(t)
	environ := slices.Concat(w.env, []string{"USER_MATCH=*", "SSOSYNC_STATE=" + t.TempDir()})
	p := start(t, environ)
	for range 3 {
		if r := p.result(p.invoke("{}", time.Minute)); r.Status != "success" || !strings.HasPrefix(r.Message, "Nothing to do") {
			t.Fatalf("%+v", r)
		}
		t.Logf("without changes: %d MB", p.peak()>>20)
	}
	if peak := p.peak(); peak > 128<<20 {
		t.Errorf("%d MB", peak>>20)
	}
}

// seed puts into AWS what a run would have put there.
func (w *world) seed(t *testing.T) {
	t.Helper()
	var s iic.State
	f := w.dir.Fixture()
	names := map[string]string{}
	for _, u := range f.Users {
		names[u.ID] = u.PrimaryEmail
		s.Users = append(s.Users, iic.Person(u.PrimaryEmail, u.Name.GivenName, u.Name.FamilyName, u.ID))
	}
	for _, g := range f.Groups {
		group := iic.Group{DisplayName: g.Name, ExternalID: g.ID}
		for _, m := range g.Members {
			group.Members = append(group.Members, names[m.ID])
		}
		s.Groups = append(s.Groups, group)
	}
	if err := w.aws.Seed(s); err != nil {
		t.Fatal(err)
	}
}

// peak is the most memory that the process has had, in bytes (proc(5): VmHWM).
func (p *process) peak() int64 {
	p.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	var kB int64
	if _, err := fmt.Sscan(rest, &kB); err != nil {
		p.Fatal(err)
	}
	return kB << 10
}
