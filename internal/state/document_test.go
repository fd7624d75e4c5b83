package state

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestReadersSeeOldOrNew kills writers at all points that leave something
// behind, and reads what a reader sees.
func TestReadersSeeOldOrNew(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := open(t)
		doc := rapid.SliceOfN(rapid.Byte(), 0, 2000)
		var want []byte // nil: no document
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			next := doc.Draw(rt, "document")
			switch rapid.SampledFrom([]string{"write", "write", "killed while writing", "killed before the rename", "open", "lock"}).Draw(rt, "step") {
			case "write":
				must(t, d.Write("ledger.json", next))
				want = append([]byte{}, next...)
			case "killed while writing":
				tmp, err := d.temp("ledger.json", next)
				must(t, err)
				must(t, os.Truncate(tmp, int64(rapid.IntRange(0, len(next)).Draw(rt, "written"))))
			case "killed before the rename":
				_, err := d.temp("ledger.json", next)
				must(t, err)
			case "open":
				again, err := Open(filepath.Dir(d.Path()), filepath.Base(d.Path()))
				must(t, err)
				d = again
			case "lock":
				for _, name := range names(t, d.Path()) {
					if old := time.Now().Add(-tempAge); strings.Contains(name, ".tmp-") {
						must(t, os.Chtimes(filepath.Join(d.Path(), name), old, old))
					}
				}
				l, err := d.Lock(t.Context(), Owner{})
				must(t, err)
				if left := names(t, d.Path()); strings.Contains(strings.Join(left, " "), ".tmp-") {
					rt.Fatalf("the dead left %q", left)
				}
				must(t, l.Release())
			}
			got, err := d.Read("ledger.json")
			if want == nil && !errors.Is(err, fs.ErrNotExist) || want != nil && (err != nil || !bytes.Equal(got, want)) {
				rt.Fatalf("read %q, %v; want %q", got, err, want)
			}
		}
	})
}

// TestManyReadersAndWriters has several of both at once.
func TestManyReadersAndWriters(t *testing.T) {
	d := open(t)
	text := func(n int) string { return strings.Repeat(fmt.Sprintf("%03d ", n), 5000) }
	must(t, d.Write("ledger.json", []byte(text(0))))
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for w := range 3 {
		writers.Go(func() {
			for n := range 20 {
				if err := d.Write("ledger.json", []byte(text(w*100+n))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 3 {
		readers.Go(func() {
			for {
				data, err := d.Read("ledger.json")
				if err != nil || len(data) != 20000 || strings.Count(string(data), string(data[:4])) != 5000 {
					t.Errorf("a mixture of %d bytes: %.8q, %v", len(data), data, err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	if got := names(t, d.Path()); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

func TestAFailedWriteLeavesNothing(t *testing.T) {
	d := open(t)
	must(t, os.Mkdir(filepath.Join(d.Path(), "ledger.json"), 0o700)) // cannot be replaced by a file
	must(t, os.WriteFile(filepath.Join(d.Path(), "ledger.json", "x"), nil, 0o600))
	if err := d.Write("ledger.json", []byte("x")); err == nil || !strings.Contains(err.Error(), "write state: ") {
		t.Errorf("error %v", err)
	}
	if got := names(t, d.Path()); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
	if _, err := d.Read("ledger.json"); err == nil {
		t.Error("a directory was read")
	}
}

func TestFilesAreForThisUserOnly(t *testing.T) {
	d := open(t)
	must(t, os.WriteFile(filepath.Join(d.Path(), "ledger.json"), nil, 0o666))
	must(t, d.Write("ledger.json", nil))
	l, err := d.OpenLog("journal.jsonl")
	must(t, err)
	defer l.Close()
	lock, err := d.Lock(t.Context(), Owner{})
	must(t, err)
	defer lock.Release()
	for _, name := range names(t, d.Path()) {
		info, err := os.Stat(filepath.Join(d.Path(), name))
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

func TestDocumentsAreBounded(t *testing.T) {
	d := open(t)
	file := filepath.Join(d.Path(), "ledger.json")
	must(t, d.Write("ledger.json", nil))
	must(t, os.Truncate(file, maxDocument+1))
	if _, err := d.Read("ledger.json"); err == nil || !strings.Contains(err.Error(), "268435457") || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v", err)
	}
	if err := d.Write("ledger.json", make([]byte, maxDocument+1)); err == nil || !strings.Contains(err.Error(), "268435457") {
		t.Errorf("error %v", err)
	}
	must(t, os.Truncate(file, 100))
	for most, ok := range map[int64]bool{99: false, 100: true, 101: true} {
		if data, err := readFile(file, most); (err == nil) != ok || ok && len(data) != 100 {
			t.Errorf("at most %d: %d bytes, %v", most, len(data), err)
		}
	}
}

func TestSetAside(t *testing.T) {
	d := open(t)
	at := time.Date(2026, 11, 26, 11, 15, 0, 5, time.FixedZone("CET", 3600))
	for _, want := range []string{"ledger.json.damaged-20261126T101500Z", "ledger.json.damaged-20261126T101500Z-2", "ledger.json.damaged-20261126T101500Z-3"} {
		must(t, d.Write("ledger.json", []byte(want)))
		got, err := d.SetAside("ledger.json", at)
		if got != want || err != nil {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
		if data, err := d.Read(want); string(data) != want || err != nil {
			t.Errorf("%q, %v", data, err)
		}
		if _, err := d.Read("ledger.json"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it is still there: %v", err)
		}
	}
	if _, err := d.SetAside("ledger.json", at); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing was set aside: %v", err)
	}
	if got := names(t, d.Path()); len(got) != 3 {
		t.Errorf("there is %q", got)
	}
}

func TestDamagedDocumentsDoNotPileUpForEver(t *testing.T) {
	d := open(t)
	for range maxAside {
		_, err := d.reserve("x")
		must(t, err)
	}
	if _, err := d.reserve("x"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v", err)
	}
}

// TestTheLockHolderSweeps: what may be in use, or is none of ours, stays.
func TestTheLockHolderSweeps(t *testing.T) {
	d := open(t)
	for name, age := range map[string]time.Duration{
		".ledger.json.tmp-1": time.Hour, ".probe.tmp-2": tempAge + time.Second, ".lock.json.tmp-3": -time.Hour,
		".ledger.json.tmp-new": 0, ".lock.json.tmp-younger": tempAge - 30*time.Second,
		"a.tmp-document": time.Hour, ".hidden": time.Hour, "journal.jsonl": time.Hour,
	} {
		file := filepath.Join(d.Path(), name)
		must(t, os.WriteFile(file, nil, 0o600))
		must(t, os.Chtimes(file, time.Now(), time.Now().Add(-age)))
	}
	l, err := d.Lock(t.Context(), Owner{})
	must(t, err)
	must(t, l.Release())
	want := ".hidden .ledger.json.tmp-new .lock.json.tmp-younger a.tmp-document journal.jsonl lock"
	if got := strings.Join(names(t, d.Path()), " "); got != want {
		t.Errorf("there is %s, want %s", got, want)
	}
}
