package journal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"ssosync/internal/apply"
	"ssosync/internal/journal"
)

// Killed at whatever byte: it is told apart from damage, the next run cuts the
// unfinished line off and says so, and all else is there.
func TestKilledAtEveryByte(t *testing.T) {
	whole := &disk{}
	w := open(t, whole)
	must(t, w.Begin(aRun(1, somePlan())), w.Intend(somePlan()), w.Result(apply.Result{Op: apply.Create, User: "b", ID: "U2"}), w.End(journal.End{}))
	for cut := range len(whole.data) + 1 {
		data := whole.data[:cut]
		torn := len(data) - bytes.LastIndexByte(data, '\n') - 1
		if _, err := journal.Verify(bytes.NewReader(data), journal.Head{}); errors.Is(err, journal.ErrTorn) != (torn > 0) || errors.Is(err, journal.ErrDamaged) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if _, err := journal.Verify(bytes.NewReader(data), w.Head()); errors.Is(err, journal.ErrDamaged) != (cut < len(whole.data)) {
			t.Fatalf("cut at %d, with a witness: %v", cut, err)
		}
		if _, err := journal.History(bytes.NewReader(data)); err != nil {
			t.Fatalf("cut at %d: a run may be under way: %v", cut, err)
		}
		d := spin(data)
		kept := len(lines(d.data))
		again, err := journal.Open(d, bytes.NewReader(data)) // read before it was cut, or after: it is the same
		must(t, err, again.Begin(aRun(2, somePlan())), again.Intend(somePlan()), again.End(journal.End{}))
		s, err := journal.Verify(bytes.NewReader(d.data), again.Head())
		must(t, err)
		recovered := 0
		if torn > 0 {
			recovered = 1
			if len(s.Recovered) != 1 || s.Recovered[0].Bytes != torn || s.Recovered[0].At.IsZero() {
				t.Fatalf("cut at %d: %d bytes were torn: %+v", cut, torn, s.Recovered)
			}
		}
		if len(s.Recovered) != recovered || s.Records != kept+recovered+6 {
			t.Fatalf("cut at %d: %+v", cut, s)
		}
		if killed := cut < len(whole.data) && kept > 0; killed != (len(s.Killed) == 1) || killed && s.Killed[0] != runID(1) {
			t.Fatalf("cut at %d: %q were killed", cut, s.Killed)
		}
	}
}

func TestWhatNobodyCutOffIsDamage(t *testing.T) {
	good := forge(rec(1, 1, "run", ""))
	for _, torn := range []string{"", "other"} {
		_, err := journal.Open(&disk{torn: []byte(torn)}, strings.NewReader(string(good)+"half"))
		if d, ok := errors.AsType[*journal.DamagedError](err); !ok || d.Line != 2 || d.Good.Seq != 1 {
			t.Errorf("got %v", err)
		}
	}
}

// A journal that follows a damaged one says so.
func TestAJournalFollowsADamagedOne(t *testing.T) {
	_, damaged := journal.Open(&disk{}, strings.NewReader("garbage\n"))
	d := &disk{}
	w := open(t, d)
	must(t, w.Follow("journal-2026-11-26.jsonl", damaged))
	s, err := journal.Verify(bytes.NewReader(d.data), w.Head())
	must(t, err)
	if len(s.Recovered) != 1 || s.Recovered[0].Aside != "journal-2026-11-26.jsonl" || s.Recovered[0].Why != damaged.Error() || w.Head().Seq != 1 {
		t.Errorf("%+v", s)
	}
}
