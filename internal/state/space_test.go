//go:build unix

package state

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// cramped is what a child does that has 1000 bytes for each file.
func cramped(d *Dir) error {
	log, err := d.OpenLog("journal.jsonl")
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: 1000}); err != nil {
		return err
	}
	fmt.Println("write:", d.Write("ledger.json", make([]byte, 1001)))
	fmt.Println("write:", d.Write("fits.json", make([]byte, 1000)))
	for _, n := range []int{600, 600, 397, 1, 0, 0} { // and a line break each
		fmt.Println("append:", log.Append(bytes.Repeat([]byte("x"), n)))
	}
	_, err = Open(filepath.Dir(d.Path()), "other")
	fmt.Println("open:", err)
	return nil
}

// TestNoSpaceForAWhole has part of a document and part of a line written, and
// the rest refused.
func TestNoSpaceForAWhole(t *testing.T) {
	d := open(t)
	must(t, d.Write("ledger.json", []byte("old")))
	p := start(t, "cramped", filepath.Dir(d.Path()))
	const no = "file too large"
	for _, want := range []string{"locked", no, "write: <nil>", "append: <nil>", no, "append: <nil>", no, "append: <nil>", no, no} { // the last one opens
		if got := p.says(); !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	must(t, errors.Join(p.in.Close(), p.Wait()))
	if got, want := readLog(t, d), strings.Repeat("x", 600)+"\n"+strings.Repeat("x", 397)+"\n\n"; got != want {
		t.Errorf("the log has %d bytes", len(got))
	}
	if data, err := d.Read("ledger.json"); string(data) != "old" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	for _, dir := range []string{d.Path(), filepath.Join(filepath.Dir(d.Path()), "other")} {
		if got := strings.Join(names(t, dir), " "); strings.Contains(got, tempMark) {
			t.Errorf("left behind: %s", got)
		}
	}
}

// TestPipesAreNotWaitedFor puts pipes, which nobody writes to, in the place of
// everything.
func TestPipesAreNotWaitedFor(t *testing.T) {
	d := open(t)
	for _, name := range []string{"ledger.json", lockName, LeaseName, guardName} {
		must(t, syscall.Mkfifo(filepath.Join(d.Path(), name), 0o600))
	}
	_, read := d.Read("ledger.json")
	_, log := d.OpenLog("ledger.json")
	_, readLog := d.ReadLog("ledger.json")
	_, lock := d.Lock(t.Context(), ada)
	must(t, os.Remove(filepath.Join(d.Path(), lockName)))
	_, lease := d.Lock(t.Context(), ada)
	must(t, os.Remove(filepath.Join(d.Path(), LeaseName)))
	_, guard := d.Lock(t.Context(), ada)
	for _, err := range []error{read, log, readLog, lock, lease, guard} {
		if err == nil || !strings.Contains(err.Error(), "is not a file") {
			t.Errorf("error %v", err)
		}
	}
}
