package bucket

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestDocuments(t *testing.T) {
	f := newFake()
	b := open(t, f)
	if _, err := b.Read("ledger.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a document that is not there: %v", err)
	}
	must(t, b.Write("ledger.json", []byte("one")))
	must(t, b.Write("ledger.json", []byte("two")))
	must(t, open(t, f).Write("ledger.json", []byte("three"))) // nobody has read it there
	if got := f.get(t, root+"ledger.json"); got != "three" {
		t.Errorf("there is %q", got)
	}
	err := b.Write("ledger.json", []byte("four"))
	if !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), "without the lock") || f.get(t, root+"ledger.json") != "three" {
		t.Errorf("written in between: %v", err)
	}
	if err := b.Write("ledger.json", []byte("five")); !errors.Is(err, ErrChanged) {
		t.Errorf("and once more: %v", err)
	}
	data, err := b.Read("ledger.json")
	if err != nil || string(data) != "three" {
		t.Errorf("read %q, %v", data, err)
	}
	must(t, b.Write("ledger.json", []byte("four")))
	f.del(root + "ledger.json")
	if err := b.Write("ledger.json", []byte("five")); !errors.Is(err, ErrChanged) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("deleted in between: %v", err)
	}
	if len(f.keys()) != 0 {
		t.Errorf("there is %v", f.keys())
	}
	fresh := open(t, f)
	if _, err := fresh.Read("ledger.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	f.set(root+"ledger.json", "somebody")
	if err := fresh.Write("ledger.json", []byte("mine")); !errors.Is(err, ErrChanged) {
		t.Errorf("made in between: %v", err)
	}
}

func TestNames(t *testing.T) {
	f := newFake()
	b := open(t, f)
	reader, err := Open(t.Context(), func() Options { o := options(f); o.ReadOnly = true; return o }())
	must(t, err)
	before := len(f.ops)
	for _, name := range []string{"", "lock.json", "LOCK.JSON", "lock", "../x", "a/b", ".x", "ü"} {
		_, read := b.Read(name)
		_, log := b.OpenLog(name)
		_, readLog := b.ReadLog(name)
		_, aside := b.SetAside(name, time.Now())
		for i, err := range []error{read, log, readLog, aside, b.Write(name, nil)} {
			if err == nil || !strings.Contains(err.Error(), "is no name of a document") {
				t.Errorf("%q (%d): %v", name, i, err)
			}
		}
	}
	_, log := reader.OpenLog("x")
	_, aside := reader.SetAside("x", time.Now())
	_, lock := reader.Lock(t.Context(), ada)
	for i, err := range []error{log, aside, lock, reader.Write("x", nil)} {
		if !errors.Is(err, errReadOnly) {
			t.Errorf("read only (%d): %v", i, err)
		}
	}
	if len(f.ops) != before {
		t.Errorf("requests were sent: %v", f.ops[before:])
	}
}

// TestLostAnswers: whatever answer is lost, a write says the truth about itself.
func TestLostAnswers(t *testing.T) {
	for _, bad := range []fault{
		{status: 500, code: "InternalError", done: true},
		{cut: true, done: true},
		{hang: true, done: true},
		{status: 500, code: "InternalError"},
		{cut: true},
		{hang: true},
		{status: 409, code: "ConditionalRequestConflict"},
	} {
		for times := 1; times <= 6; times++ {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				b := open(t, f)
				must(t, b.Write("ledger.json", []byte("one")))
				f.becomes(only("PutObject", times, bad))
				began := time.Now()
				err := b.Write("ledger.json", []byte("two"))
				if took := time.Since(began); took > 30*time.Second {
					t.Errorf("%+v %d times: it took %v", bad, times, took)
				}
				switch is := f.get(t, root+"ledger.json"); {
				case err == nil && is != "two", errors.Is(err, ErrChanged), err != nil && is == "two":
					t.Errorf("%+v %d times: %v, and there is %s", bad, times, err, is)
				case err != nil && !errors.Is(err, ErrUnavailable):
					t.Errorf("%+v %d times: %v", bad, times, err)
				case err != nil && times < 3:
					t.Errorf("%+v %d times: gave up", bad, times)
				}
				f.becomes(nil)
				if err == nil {
					must(t, b.Write("ledger.json", []byte("three")))
				}
			})
		}
	}
}

// TestWhatCannotBeReadIsNotWrittenOver: a ledger is not lost because S3 was away
// for a moment.
func TestWhatCannotBeReadIsNotWrittenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		must(t, open(t, f).Write("ledger.json", []byte("old")))
		b := open(t, f)
		f.becomes(only("GetObject", 5, fault{status: 503, code: "SlowDown"}))
		_, err := b.Read("ledger.json")
		if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrSetup) {
			t.Errorf("read: %v", err)
		}
		if err := b.Write("ledger.json", []byte("new")); err == nil || errors.Is(err, ErrChanged) || f.get(t, root+"ledger.json") != "old" {
			t.Errorf("written over: %v", err)
		}
		_, err = b.Read("ledger.json")
		must(t, err)
		must(t, b.Write("ledger.json", []byte("new")))
	})
}

// TestDocumentLaw has two write and read in any weather. What a writer was told
// is true: nil means that it is there, ErrChanged that it never was.
func TestDocumentLaw(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		percent := rapid.IntRange(0, 60).Draw(rt, "percent")
		steps := rapid.SliceOfN(rapid.IntRange(0, 3), 1, 30).Draw(rt, "steps")
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			two := []*Bucket{open(t, f), open(t, f)}
			f.becomes(weather(percent, seed))
			var is string // what is there; "?" if nobody knows
			for i, step := range steps {
				b := two[step%2]
				mine := fmt.Sprintf("document %d of %d", i, step%2)
				if step < 2 {
					data, err := b.Read("ledger.json")
					if err == nil && is != "?" && string(data) != is || errors.Is(err, fs.ErrNotExist) && is != "" && is != "?" {
						rt.Errorf("step %d: read %q, %v, want %q", i, data, err, is)
						return
					}
					continue
				}
				switch err := b.Write("ledger.json", []byte(mine)); {
				case err == nil:
					is = mine
				case errors.Is(err, ErrUnavailable):
					is = "?"
				case errors.Is(err, ErrChanged) && is != "?" && is != "" && f.get(t, root+"ledger.json") == mine:
					rt.Errorf("step %d: it was written after all", i)
					return
				}
			}
		})
	})
}

func TestSetAside(t *testing.T) {
	f := newFake()
	b := open(t, f)
	now := time.Date(2026, 11, 26, 10, 15, 0, 0, time.FixedZone("", 3600))
	if _, err := b.SetAside("ledger.json", now); err == nil || !strings.Contains(err.Error(), "there is no") {
		t.Errorf("nothing to set aside: %v", err)
	}
	for i, want := range []string{"ledger.json.damaged-20261126T091500Z", "ledger.json.damaged-20261126T091500Z-2", "ledger.json.damaged-20261126T091500Z-3"} {
		must(t, b.Write("ledger.json", fmt.Append(nil, i)))
		got, err := b.SetAside("ledger.json", now)
		must(t, err)
		data, err := b.Read(got)
		if got != want || err != nil || string(data) != fmt.Sprint(i) {
			t.Errorf("it is %s, and has %q, %v", got, data, err)
		}
	}
	if _, err := b.Read("ledger.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	must(t, b.Write("ledger.json", []byte("seen")))
	f.becomes(func(_ *http.Request, op string, _ int) *fault {
		if op == "DeleteObject" {
			f.set(root+"ledger.json", "somebody's")
		}
		return nil
	})
	if _, err := b.SetAside("ledger.json", now); !errors.Is(err, ErrChanged) || f.get(t, root+"ledger.json") != "somebody's" {
		t.Errorf("deleted what it had not copied: %v", err)
	}
}

func TestALargeDocument(t *testing.T) {
	f := newFake()
	b := open(t, f)
	large := []byte(strings.Repeat("x", 5<<20))
	must(t, b.Write("ledger.json", large))
	if data, err := b.Read("ledger.json"); err != nil || !bytes.Equal(data, large) {
		t.Errorf("read %d bytes, %v", len(data), err)
	}
	f.set(root+"lock.json", strings.Repeat("x", 70<<10))
	seen, err := b.find()
	if err != nil || seen.readable {
		t.Errorf("a lease of any size: %v", err)
	}
}
