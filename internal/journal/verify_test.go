package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"ssosync/internal/journal"
)

func TestVerifyAcceptsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data, head := aJournal(t, 0)
		for _, witness := range []journal.Head{{}, head} {
			s, err := journal.Verify(bytes.NewReader(data), witness)
			if err != nil {
				t.Fatal(err)
			}
			if s.Head != head || s.Records != head.Seq || s.Records != len(lines(data)) {
				t.Fatalf("%+v, of %d lines up to %+v", s, len(lines(data)), head)
			}
			if n := bytes.Count(data, []byte(`"type":"run"`)); s.Runs != n {
				t.Fatalf("%d runs of %d", s.Runs, n)
			}
			if n := s.Runs - bytes.Count(data, []byte(`"type":"end"`)); len(s.Killed) != n {
				t.Fatalf("%q were killed, of %d", s.Killed, n)
			}
			if s.Records > 0 && (s.First.IsZero() || s.Last.Before(s.First)) {
				t.Fatalf("from %s to %s", s.First, s.Last)
			}
		}
		if again, err := journal.Open(&disk{data: data}, iotest.OneByteReader(bytes.NewReader(data))); err != nil || again.Head() != head {
			t.Fatalf("opened again: %v", err)
		}
	})
}

// Whoever changes, takes away, doubles, swaps or adds a line is found out, and
// at which line, if it is not the end that is missing. With a witness, that is
// found too.
func TestTamperingIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data, head := aJournal(t, 1)
		all := lines(data)
		i := rapid.IntRange(0, len(all)-1).Draw(t, "line")
		j := rapid.IntRange(0, len(all)-1).Draw(t, "other line")
		wrong, tail := i+1, false
		what := rapid.SampledFrom([]string{"flip", "remove", "cut", "double", "swap", "insert", "replace"}).Draw(t, "what")
		changed := slices.Clone(all)
		switch what {
		case "flip":
			line := bytes.Clone(all[i])
			line[rapid.IntRange(0, len(line)-1).Draw(t, "byte")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
			changed[i] = line
		case "remove":
			changed, tail = slices.Delete(changed, i, i+1), i == len(all)-1
		case "cut":
			changed, tail = changed[:i], true
		case "double":
			changed, wrong = slices.Insert(changed, i+1, all[i]), i+2
		case "swap":
			changed[i], changed[j], wrong = all[j], all[i], min(i, j)+1
			if i == j {
				return
			}
		case "insert":
			changed = slices.Insert(changed, i, rapid.SampledFrom([][]byte{[]byte("\n"), []byte("{}\n"), all[j], []byte(" " + string(all[i]))}).Draw(t, "inserted"))
			if bytes.Equal(changed[i], all[i]) {
				wrong++
			}
		case "replace":
			forged := forge(rec(i+1, 1, "result", `"n":1,"status":"done"`))
			changed[i] = forged
			if i == 0 {
				wrong = 2 // as good a beginning as any, but for what follows
				tail = len(all) == 1
			}
		}
		bad := bytes.Join(changed, nil)
		_, err := journal.Verify(bytes.NewReader(bad), head)
		if err == nil {
			t.Fatalf("%s of line %d is not found with a witness", what, i+1)
		}
		_, err = journal.Verify(bytes.NewReader(bad), journal.Head{})
		switch d, damaged := errors.AsType[*journal.DamagedError](err); {
		case tail && err != nil:
			t.Fatalf("a journal may end anywhere: %v", err)
		case tail:
		case errors.Is(err, journal.ErrTorn) && !bytes.HasSuffix(bad, []byte("\n")):
		case !damaged:
			t.Fatalf("%s of line %d is not found: %v", what, i+1, err)
		case d.Line != wrong || d.Good.Seq != wrong-1:
			t.Fatalf("%s: line %d is wrong, not %d after %d: %v", what, wrong, d.Line, d.Good.Seq, err)
		}
	})
}

// No byte is without meaning.
func TestEveryByteCounts(t *testing.T) {
	d := &disk{}
	w := open(t, d)
	must(t, w.Begin(aRun(1, somePlan())), w.Intend(somePlan()), w.End(journal.End{Outcome: "done"}))
	for i := range d.data {
		for _, bits := range []byte{1, 0x20, 0x80} { // another letter, another case, no letter at all
			d.data[i] ^= bits
			if _, err := journal.Verify(bytes.NewReader(d.data), journal.Head{}); err == nil {
				t.Errorf("byte %d is %q, and nobody minds", i, d.data[i])
			}
			d.data[i] ^= bits
		}
	}
}

// Somebody who knows how to reckon hashes can write all of it anew. The witness
// knows better.
func TestAForgeryNeedsTheWitnessToAgree(t *testing.T) {
	data := forge(rec(1, 1, "run", ""), rec(2, 1, "end", `"outcome":"done"`))
	s, err := journal.Verify(bytes.NewReader(data), journal.Head{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Verify(bytes.NewReader(data), s.Head); err != nil {
		t.Fatal(err)
	}
	longer := forge(rec(1, 1, "run", ""), rec(2, 1, "end", `"outcome":"failed"`), rec(3, 2, "run", ""))
	_, err = journal.Verify(bytes.NewReader(longer), s.Head)
	if d, ok := errors.AsType[*journal.DamagedError](err); !ok || d.Line != 2 || d.Good.Seq != 1 || !strings.Contains(d.Why, "written anew") {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	good := forge(rec(1, 1, "run", ""), rec(2, 1, "end", ""))
	two := lines(good)
	for _, c := range []struct{ name, data, want string }{
		{"no line", "hello\n", "line 1: it is not a line of a journal"},
		{"no record", string(forge(`7`)), "line 1: its record cannot be read"},
		{"null", string(forge(`null`)), "line 1: record 0 stands where record 1 should"},
		{"no JSON", string(forge(`{"seq":1,}`)), "line 1: its record cannot be read"},
		{"time", string(forge(`{"seq":1,"time":"today` + strings.Repeat("!", 9999) + `"}`)), "line 1: its record cannot be read"},
		{"gap", string(forge(rec(1, 1, "run", ""), rec(3, 1, "end", ""))), "line 2: record 3 stands where record 2 should"},
		{"removed", string(two[1]), "line 1: record 2 stands where record 1 should"},
		{"changed", strings.Replace(string(good), `"end"`, `"eno"`, 1), "line 2: its hash does not fit"},
		{"capitals", strings.Replace(string(good), `{"hash"`, `{"HASH"`, 1), "line 1: it is not a line"},
		{"recovered", string(forge(rec(1, 1, "recovered", `"bytes":"\u001b[31m"`))), "line 1: its recovered cannot be read"},
		{"end", string(good) + `{"hash":"`, "line 3: the last line is unfinished: a process was killed while writing; the next run cuts it off"},
		{"short", string(two[0]), "line 2: records are missing at the end: it ends with record 1, and 2 was written"},
		{"short and torn", string(two[0]) + "{", "line 2: records are missing at the end"},
		{"nothing", "", "line 1: records are missing at the end: it ends with record 0"},
	} {
		witness := journal.Head{}
		if strings.HasPrefix(c.want, "line 2: records") || c.data == "" {
			s, err := journal.Verify(bytes.NewReader(good), witness)
			must(t, err)
			witness = s.Head
		}
		s, err := journal.Verify(strings.NewReader(c.data), witness)
		if err == nil || !strings.HasPrefix(err.Error(), "verify journal: "+c.want) || len(err.Error()) > 700 || strings.ContainsRune(err.Error(), '\x1b') {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if torn := c.name == "end"; errors.Is(err, journal.ErrTorn) != torn || errors.Is(err, journal.ErrDamaged) == torn {
			t.Errorf("%s: the wrong sort of error: %v", c.name, err)
		}
		if d, ok := errors.AsType[*journal.DamagedError](err); ok && (d.Good.Seq != d.Line-1 || s.Head != d.Good) {
			t.Errorf("%s: %+v is good, %+v is the head", c.name, d.Good, s.Head)
		}
	}
}

func TestLinesHaveALimit(t *testing.T) {
	const limit = 4 << 20
	line := func(n int) []byte {
		empty := len(forge(rec(1, 1, "novel", `"text":""`))) - 1
		return forge(rec(1, 1, "novel", fmt.Sprintf(`"text":%q`, strings.Repeat("x", n-empty))))
	}
	if got := len(line(limit)); got != limit+1 {
		t.Fatalf("the line has %d bytes", got)
	}
	if _, err := journal.Verify(bytes.NewReader(line(limit)), journal.Head{}); err != nil {
		t.Errorf("as long as allowed: %v", err)
	}
	for _, data := range [][]byte{line(limit + 1), line(limit + 1)[:limit+1], bytes.Repeat([]byte("x"), 2*limit)} {
		if _, err := journal.Verify(bytes.NewReader(data), journal.Head{}); !errors.Is(err, journal.ErrDamaged) || !strings.Contains(err.Error(), "longer than 4194304 bytes") {
			t.Errorf("got %v", err)
		}
	}
	if _, err := journal.Verify(bytes.NewReader(line(limit + 1)[:limit]), journal.Head{}); !errors.Is(err, journal.ErrTorn) {
		t.Errorf("unfinished, and not too long yet: %v", err)
	}
}

// A disk that cannot be read is no proof of anything.
func TestAReaderThatFailsIsNoDamage(t *testing.T) {
	broken := errors.New("bad sector")
	for name, read := range readers() {
		err := read(iotest.ErrReader(broken))
		if !errors.Is(err, broken) || errors.Is(err, journal.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryReaderNoticesDamage(t *testing.T) {
	data := forge(rec(1, 1, "run", ""), rec(3, 1, "end", ""))
	for name, read := range readers() {
		err := read(bytes.NewReader(data))
		if d, ok := errors.AsType[*journal.DamagedError](err); !ok || d.Line != 2 || !errors.Is(err, journal.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
