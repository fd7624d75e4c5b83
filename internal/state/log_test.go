package state

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func readLog(tb testing.TB, d *Dir) string {
	tb.Helper()
	r, err := d.ReadLog("journal.jsonl")
	must(tb, err)
	data, err := io.ReadAll(r)
	must(tb, errors.Join(err, r.Close()))
	return string(data)
}

// TestALogIsCutWhereItIsTorn tears a log at every byte.
func TestALogIsCutWhereItIsTorn(t *testing.T) {
	d := open(t)
	file := filepath.Join(d.Path(), "journal.jsonl")
	for _, whole := range []string{"{\"n\":1}\n\n{\"n\":22}\nthird\n", "\n", "x", ""} {
		for at := range len(whole) + 1 {
			must(t, os.WriteFile(file, []byte(whole[:at]), 0o600))
			kept := ""
			for line := range strings.Lines(whole[:at]) {
				if strings.HasSuffix(line, "\n") {
					kept += line
				}
			}
			l, err := d.OpenLog("journal.jsonl")
			must(t, err)
			if got, want := string(l.Torn()), strings.TrimPrefix(whole[:at], kept); got != want || (want == "") != (l.Torn() == nil) {
				t.Errorf("%q: %q was torn, want %q", whole[:at], got, want)
			}
			if got := readLog(t, d); got != kept {
				t.Errorf("%q: %q is kept, want %q", whole[:at], got, kept)
			}
			must(t, l.Append([]byte("next")))
			must(t, errors.Join(l.Sync(), l.Close()))
			if got := readLog(t, d); got != kept+"next\n" {
				t.Errorf("%q: then %q", whole[:at], got)
			}
		}
	}
}

// TestLongTails takes tails that are longer than what is read at a time.
func TestLongTails(t *testing.T) {
	d := open(t)
	file := filepath.Join(d.Path(), "journal.jsonl")
	for _, n := range []int{tailStep - 2, tailStep - 1, tailStep, tailStep + 1, 2 * tailStep, 3*tailStep + 1, 7*tailStep - 3} {
		for _, head := range []string{"", "one\n", "one\ntwo\n", strings.Repeat("1234567\n", tailStep/8)} {
			tail := bytes.Repeat([]byte{'x'}, n)
			tail[0], tail[n-1] = 'a', 'z'
			must(t, os.WriteFile(file, append([]byte(head), tail...), 0o600))
			l, err := d.OpenLog("journal.jsonl")
			must(t, err)
			must(t, l.Close())
			if !bytes.Equal(l.Torn(), tail) || readLog(t, d) != head {
				t.Errorf("%d after %d: %d torn, %d kept", n, len(head), len(l.Torn()), len(readLog(t, d)))
			}
		}
	}
}

// TestWhatIsNoLogIsNotCut: what cannot be kept in memory is not thrown away.
func TestWhatIsNoLogIsNotCut(t *testing.T) {
	d := open(t)
	file := filepath.Join(d.Path(), "journal.jsonl")
	for _, head := range []string{"", "one\n"} {
		must(t, os.WriteFile(file, []byte(head), 0o600))
		must(t, os.Truncate(file, int64(len(head))+maxLine+1))
		if _, err := d.OpenLog("journal.jsonl"); err == nil || !strings.Contains(err.Error(), "none of ours") {
			t.Errorf("error %v", err)
		}
		info, err := os.Stat(file)
		must(t, err)
		if info.Size() != int64(len(head))+maxLine+1 {
			t.Errorf("%d bytes are left", info.Size())
		}
		must(t, os.Truncate(file, int64(len(head))+maxLine))
		l, err := d.OpenLog("journal.jsonl")
		must(t, err)
		must(t, l.Close())
		if len(l.Torn()) != maxLine || readLog(t, d) != head {
			t.Errorf("%d torn", len(l.Torn()))
		}
	}
}

// TestAppendLaw opens a log again and again, kills its writers, and compares it
// with a slice of lines.
func TestAppendLaw(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := open(t)
		var want []string
		for range rapid.IntRange(1, 4).Draw(rt, "runs") {
			l, err := d.OpenLog("journal.jsonl")
			must(t, err)
			for _, line := range rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 40), 0, 5).Draw(rt, "lines") {
				err := l.Append(line)
				if bytes.Contains(line, []byte("\n")) {
					if err == nil {
						rt.Fatalf("%q is a line", line)
					}
					continue
				}
				must(t, err)
				want = append(want, string(line)+"\n")
			}
			must(t, l.Close())
			if half := rapid.StringMatching(`[a-z]{0,9}`).Draw(rt, "half"); half != "" {
				f, err := os.OpenFile(filepath.Join(d.Path(), "journal.jsonl"), os.O_APPEND|os.O_WRONLY, 0o600)
				must(t, err)
				_, err = f.WriteString(half)
				must(t, errors.Join(err, f.Close()))
				l, err := d.OpenLog("journal.jsonl")
				must(t, errors.Join(err, l.Close()))
				if string(l.Torn()) != half {
					rt.Fatalf("%q was torn, want %q", l.Torn(), half)
				}
			}
			if got := readLog(t, d); got != strings.Join(want, "") {
				rt.Fatalf("%q, want %q", got, want)
			}
		}
	})
}

func TestManyAppendAtOnce(t *testing.T) {
	d := open(t)
	l, err := d.OpenLog("journal.jsonl")
	must(t, err)
	var all sync.WaitGroup
	var want []string
	for w := range 8 {
		for n := range 50 {
			want = append(want, strings.Repeat(fmt.Sprintf("%d-%02d ", w, n), 40)+"\n")
		}
		all.Go(func() {
			for n := range 50 {
				if err := l.Append([]byte(strings.Repeat(fmt.Sprintf("%d-%02d ", w, n), 40))); err != nil {
					t.Error(err)
				}
			}
			if err := l.Sync(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	must(t, l.Close())
	got := slices.Sorted(strings.Lines(readLog(t, d)))
	if !slices.Equal(got, want) {
		t.Errorf("%d lines, and not those that were appended", len(got))
	}
}

func TestTornIsACopy(t *testing.T) {
	d := open(t)
	must(t, os.WriteFile(filepath.Join(d.Path(), "journal.jsonl"), []byte("torn"), 0o600))
	l, err := d.OpenLog("journal.jsonl")
	must(t, errors.Join(err, l.Close()))
	l.Torn()[0] = 'X'
	if string(l.Torn()) != "torn" {
		t.Errorf("%q", l.Torn())
	}
}

func TestLinesAreBounded(t *testing.T) {
	d := open(t)
	l, err := d.OpenLog("journal.jsonl")
	must(t, err)
	must(t, l.Append(bytes.Repeat([]byte("x"), maxLine)))
	if err := l.Append(bytes.Repeat([]byte("x"), maxLine+1)); err == nil {
		t.Error("no error")
	}
	must(t, l.Close())
	if n := len(readLog(t, d)); n != maxLine+1 {
		t.Errorf("%d bytes", n)
	}
}

func TestAClosedLogSaysSo(t *testing.T) {
	d := open(t)
	if _, err := d.ReadLog("journal.jsonl"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadLog of none: %v", err)
	}
	l, err := d.OpenLog("journal.jsonl")
	must(t, errors.Join(err, l.Close()))
	for _, err := range []error{l.Append([]byte("x")), l.Sync(), l.Close()} {
		if !errors.Is(err, os.ErrClosed) || !strings.Contains(err.Error(), "log") && !strings.Contains(err.Error(), "journal.jsonl") {
			t.Errorf("error %v", err)
		}
	}
}

// TestHalfALineOfSomebodyElse: where the file is not what we left, nothing is
// cut, and nothing is added to what may be half a line.
func TestHalfALineOfSomebodyElse(t *testing.T) {
	d := open(t)
	l, err := d.OpenLog("journal.jsonl")
	must(t, err)
	defer l.Close()
	must(t, l.Append([]byte("ours")))
	_, err = l.f.WriteString("other\nhal")
	must(t, err)
	full := errors.New("disk full")
	if err := l.cut(3, full); !errors.Is(err, full) || !strings.Contains(err.Error(), "half a line") {
		t.Errorf("error %v", err)
	}
	if err := l.Append([]byte("more")); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
	if got := readLog(t, d); got != "ours\nother\nhal" {
		t.Errorf("%q", got)
	}
}
