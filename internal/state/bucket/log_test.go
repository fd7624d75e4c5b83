package bucket

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

const journalName = "journal.jsonl"

func segment(n int) string { return root + journalName + "/" + fmt.Sprintf("%020d", n) }

func readAll(b *Bucket) (string, error) {
	r, err := b.ReadLog(journalName)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(r)
	return string(data), errors.Join(err, r.Close())
}

// fill makes a log of so many full segments and a small one.
func fill(tb testing.TB, b *Bucket, segments int) string {
	tb.Helper()
	l, err := b.OpenLog(journalName)
	must(tb, err)
	var all strings.Builder
	for n := range segments + 1 {
		line := strings.Repeat(string(rune('a'+n%26)), full)
		if n == segments {
			line = "the end"
		}
		must(tb, l.Append([]byte(line)))
		must(tb, l.Sync())
		all.WriteString(line + "\n")
	}
	must(tb, l.Close())
	return all.String()
}

func TestALog(t *testing.T) {
	f := newFake()
	b := open(t, f)
	if _, err := b.ReadLog(journalName); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a log that is not there: %v", err)
	}
	l, err := b.OpenLog(journalName)
	must(t, err)
	if got, err := readAll(b); got != "" || err != nil {
		t.Errorf("a new log has %q, %v", got, err)
	}
	for _, bad := range []string{"a\nb", "\n", strings.Repeat("x", maxLine+1)} {
		if l.Append([]byte(bad)) == nil {
			t.Error("it took a line that is none")
		}
	}
	must(t, l.Append([]byte("one")))
	must(t, l.Append(nil))
	if got, _ := readAll(b); got != "" {
		t.Errorf("before Sync there is %q", got)
	}
	puts := f.written()
	must(t, l.Sync())
	must(t, l.Sync()) // there is nothing to do
	if got, err := readAll(b); got != "one\n\n" || err != nil || f.written() != puts+1 {
		t.Errorf("there is %q, %v, after %d writes", got, err, f.written()-puts)
	}
	must(t, l.Append([]byte("gone")))
	must(t, l.Close())
	if l.Append(nil) == nil || l.Sync() == nil || l.Close() == nil || l.Torn() != nil {
		t.Error("a closed log works")
	}
	l, err = b.OpenLog(journalName)
	must(t, err)
	must(t, l.Append([]byte("two")))
	must(t, l.Sync())
	if got := f.get(t, segment(1)); got != "one\n\ntwo\n" || len(f.keys()) != 1 {
		t.Errorf("there is %q in %v", got, f.keys())
	}
	r, err := b.ReadLog(journalName)
	must(t, err)
	must(t, iotest.TestReader(r, []byte("one\n\ntwo\n")))
	must(t, r.Close())
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, errReaderClosed) {
		t.Errorf("read after Close: %v", err)
	}
}

// TestALogIsBounded: what waits for a Sync does not grow without end.
func TestALogIsBounded(t *testing.T) {
	f := newFake()
	l, err := open(t, f).OpenLog(journalName)
	must(t, err)
	line := bytes.Repeat([]byte("x"), maxPending/4)
	for range 41 {
		must(t, l.Append(line))
		if n := len(l.pending); n > maxPending+maxLine {
			t.Fatalf("%d bytes are pending", n)
		}
	}
	if n := len(f.keys()); n < 10 || n > 14 {
		t.Errorf("ten mebibytes are in %d segments", n)
	}
	must(t, l.Close())
}

// TestLogLaw: what was synced is read back, in order and once, over any number of
// processes, sizes and pages, in any weather. No segment outgrows its bounds.
func TestLogLaw(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 100, 5000, 100_000, full - 2, full - 1, full, full + 1, maxPending + 10}), 1, 8).Draw(rt, "sizes")
		acts := rapid.SliceOfN(rapid.IntRange(0, 3), len(sizes), len(sizes)).Draw(rt, "acts")
		percent := rapid.SampledFrom([]int{0, 0, 20}).Draw(rt, "percent")
		seed := rapid.Uint64().Draw(rt, "seed")
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			f.pageSize = 2
			b := open(t, f)
			f.becomes(weather(percent, seed))
			var want strings.Builder
			var safe int
			l, err := b.OpenLog(journalName)
			for i := 0; i < len(sizes) && err == nil; i++ {
				line := strings.Repeat(string(rune('a'+i)), sizes[i])
				if err = l.Append([]byte(line)); err != nil {
					break
				}
				want.WriteString(line + "\n")
				if acts[i] == 0 {
					continue
				}
				if err = l.Sync(); err != nil {
					break
				}
				safe = want.Len()
				if acts[i] == 3 {
					must(t, l.Close())
					l, err = b.OpenLog(journalName)
				}
			}
			if err != nil && (percent == 0 || !errors.Is(err, ErrUnavailable)) {
				rt.Error(err)
				return
			}
			f.becomes(nil)
			got, err := readAll(b)
			if errors.Is(err, fs.ErrNotExist) && safe == 0 && percent > 0 {
				return
			}
			if err != nil || len(got) < safe || !strings.HasPrefix(want.String(), got) {
				rt.Errorf("%d bytes are there, %d were safe: %v", len(got), safe, err)
				return
			}
			for _, key := range f.keys() {
				if n := len(f.get(t, key)); n > maxSegment {
					rt.Errorf("%s has %d bytes", key, n)
					return
				}
			}
		})
	})
}

// TestTwoWriters: of two who have the same log open, at whatever size, one goes
// on, and what the other adds is nowhere.
func TestTwoWriters(t *testing.T) {
	for _, before := range []int{0, 10, full - 1, full, full + 1} {
		for _, firsts := range []int{10, full, maxPending + 10} {
			for _, seconds := range []int{10, full, maxPending + 10} {
				f := newFake()
				b := open(t, f)
				l, err := b.OpenLog(journalName)
				must(t, err)
				if before > 0 {
					must(t, errors.Join(l.Append(bytes.Repeat([]byte("0"), before-1)), l.Sync()))
				}
				a, err := open(t, f).OpenLog(journalName)
				must(t, err)
				c, err := open(t, f).OpenLog(journalName)
				must(t, err)
				add := func(l *Log, what string, size int) error {
					return errors.Join(l.Append(bytes.Repeat([]byte(what), size)), l.Append([]byte(what)), l.Sync())
				}
				var errA, errC error
				var both sync.WaitGroup
				both.Go(func() { errA = add(a, "a", firsts) })
				both.Go(func() { errC = add(c, "c", seconds) })
				both.Wait()
				if (errA == nil) == (errC == nil) || !errors.Is(errors.Join(errA, errC), ErrChanged) {
					t.Fatalf("%d, %d, %d: %v and %v", before, firsts, seconds, errA, errC)
				}
				loser, other := c, "c"
				if errA != nil {
					loser, other = a, "a"
				}
				got, err := readAll(b)
				if err != nil || strings.Contains(got, other) {
					t.Fatalf("%d, %d, %d: %v, or both are there", before, firsts, seconds, err)
				}
				if loser.Append(nil) == nil || loser.Sync() == nil {
					t.Fatal("the loser goes on")
				}
			}
		}
	}
}

func TestDamagedLogs(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func(f *fake)
		opens  bool // what OpenLog cannot see, readers do
	}{
		{"the first is missing", func(f *fake) { f.del(segment(1)) }, false},
		{"one is missing", func(f *fake) { f.del(segment(3)) }, false},
		{"one was cut", func(f *fake) { f.set(segment(3), "aaa\n") }, true},
		{"one has no end", func(f *fake) { f.set(segment(3), strings.Repeat("x", full+1)) }, true},
		{"one is empty", func(f *fake) { f.set(segment(3), "") }, true},
		{"the last has no end", func(f *fake) { f.set(segment(6), "the e") }, false},
		{"the last is empty", func(f *fake) { f.set(segment(6), "") }, false},
	} {
		for _, pages := range []int{1, 3, 1000} {
			f := newFake()
			f.pageSize = pages
			b := open(t, f)
			good := fill(t, b, 5)
			if got, err := readAll(b); err != nil || got != good {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
			f.set(root+journalName+"/", "") // a folder of the console's
			f.set(root+journalName+"/notes.txt", "by hand")
			if got, err := readAll(b); err != nil || got != good {
				t.Fatalf("with strangers: %d bytes, %v", len(got), err)
			}
			tt.damage(f)
			got, err := readAll(b)
			if !errors.Is(err, ErrDamaged) || !strings.HasPrefix(good, got) {
				t.Errorf("%s, %d a page: %d bytes, %v", tt.name, pages, len(got), err)
			}
			l, err := b.OpenLog(journalName)
			if tt.opens != (err == nil) || err != nil && !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: open: %v", tt.name, err)
			}
			if err == nil {
				must(t, l.Close())
			}
			before := len(f.keys())
			aside, err := b.SetAside(journalName, time.Unix(0, 0))
			if err != nil || aside != journalName+".damaged-19700101T000000Z" {
				t.Fatalf("%s: set aside as %s: %v", tt.name, aside, err)
			}
			for _, key := range f.keys() {
				if !strings.HasPrefix(key, root+aside+"/") {
					t.Errorf("%s is left", key)
				}
			}
			if len(f.keys()) != before {
				t.Errorf("%s: of %d there is %v", tt.name, before, f.keys())
			}
			if l, err = b.OpenLog(journalName); err != nil || len(f.keys()) != before+1 {
				t.Fatalf("begin anew: %v", err)
			}
			must(t, l.Close())
		}
	}
}

// TestSetAsideHalfway: what is left when moving a log breaks off is never a log
// that reads as whole and is not.
func TestSetAsideHalfway(t *testing.T) {
	for n := 1; ; n++ {
		f := newFake()
		b := open(t, f)
		good := fill(t, b, 3)
		seen := 0
		f.becomes(func(_ *http.Request, _ string, _ int) *fault {
			f.mu.Lock()
			defer f.mu.Unlock()
			if seen++; seen >= n {
				return &fault{status: 400, code: "InvalidRequest"}
			}
			return nil
		})
		_, err := b.SetAside(journalName, time.Unix(0, 0))
		f.becomes(nil)
		if err == nil {
			break
		}
		got, err := readAll(b)
		if err == nil && got != good {
			t.Errorf("after %d requests %d bytes are left, and look good", n, len(got))
		}
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("after %d requests: %v", n, err)
		}
		if err != nil { // then the copy is whole
			r, err := b.ReadLog(journalName + ".damaged-19700101T000000Z")
			must(t, err)
			data, err := io.ReadAll(r)
			if err != nil || string(data) != good {
				t.Errorf("after %d requests the copy has %d bytes, %v", n, len(data), err)
			}
			must(t, r.Close())
		}
	}
}

// TestReadersAreBounded: no more is fetched than is soon asked for, and Close ends
// what is under way.
func TestReadersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		b := open(t, f)
		fill(t, b, 30)
		gets := f.count("GetObject")
		r, err := b.ReadLog(journalName)
		must(t, err)
		synctest.Wait()
		if n := f.count("GetObject") - gets; n > readAhead+1 {
			t.Errorf("%d were fetched", n)
		}
		_, err = io.ReadFull(r, make([]byte, 3*full))
		must(t, err)
		f.becomes(func(*http.Request, string, int) *fault { return &fault{hang: true} })
		must(t, r.Close())
		r, err = func() (io.ReadCloser, error) { f.becomes(nil); return b.ReadLog(journalName) }()
		must(t, err)
		f.becomes(func(*http.Request, string, int) *fault { return &fault{status: 503, code: "SlowDown"} })
		if _, err := io.ReadAll(r); !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrDamaged) {
			t.Errorf("S3 went away: %v", err)
		}
		must(t, r.Close())
	})
}
