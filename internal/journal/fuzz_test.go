package journal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/plan"
)

// Whatever stands in a file, nothing panics, and all readers agree with Verify
// about the chain. What is drawn is read as a journal, and, since hashes are
// not guessed, as the records of one.
func FuzzVerify(f *testing.F) {
	d := &disk{torn: []byte("x")}
	w := open(f, d)
	must(f, w.Begin(aRun(1, somePlan())), w.Intend(somePlan()), w.Result(apply.Result{Op: apply.Leave, User: "a", Group: "g"}), w.End(journal.End{Outcome: "done"}))
	f.Add(d.data)
	f.Add(d.data[:len(d.data)-9])
	f.Add(tell([]event{{"delete", "group", "g", "eng", "", "", `"displayName":"eng"`, ""}}))
	var records []byte
	for _, line := range lines(d.data) {
		records = append(append(records, line[len(`{"hash":"","record":`)+64:len(line)-2]...), '\n')
	}
	f.Add(records)
	f.Fuzz(func(t *testing.T, data []byte) {
		var some []string
		for line := range bytes.SplitSeq(data, []byte("\n")) {
			if json.Valid(line) {
				some = append(some, string(line))
			}
		}
		for _, journalData := range [][]byte{data, forge(some...)} {
			s, err := journal.Verify(bytes.NewReader(journalData), journal.Head{})
			intact := err == nil || errors.Is(err, journal.ErrTorn)
			opened, oerr := journal.Open(spin(journalData), bytes.NewReader(journalData))
			switch {
			case intact && (oerr != nil || opened.Head().Seq < s.Records):
				t.Fatalf("verified, and not opened: %v", oerr)
			case err == nil && opened.Head() != s.Head:
				t.Fatalf("%+v and %+v", opened.Head(), s.Head)
			}
			for name, read := range readers() {
				if err := read(bytes.NewReader(journalData)); err == nil && oerr != nil {
					t.Fatalf("%s does not see that %v", name, oerr)
				}
			}
			if err == nil && s.Records > 0 {
				if _, err := journal.Verify(bytes.NewReader(journalData[:len(journalData)-1]), s.Head); err == nil {
					t.Fatal("the witness sees nothing")
				}
			}
		}
	})
}

const many = 20_000

func bigPlan() plan.Plan {
	p := plan.Plan{Subjects: plan.Subjects{Users: map[identity.Key]plan.Subject{}}}
	for i := range many {
		key := identity.Key(fmt.Sprintf("1%020d", i))
		before := identity.User{
			ExternalID: string(key), UserName: fmt.Sprintf("user.%d@example.com", i), Email: fmt.Sprintf("user.%d@example.com", i),
			GivenName: "Given", FamilyName: "Family", DisplayName: "Given Family", Active: true,
		}
		after := before
		after.Active = false
		p.Users = append(p.Users, plan.Change[identity.User]{Op: plan.Update, Key: key, Cause: plan.CauseGone, Before: before, After: after})
		p.Subjects.Users[key] = plan.Subject{ID: "0882ddcf-5c51-1c4d-c025-0d1fd5dcbd35", Name: before.UserName}
	}
	return p
}

// A sink is a log that keeps nothing.
type sink struct{ n int64 }

func (s *sink) Append(line []byte) error { s.n += int64(len(line)); return nil }
func (s *sink) Sync() error              { return nil }
func (s *sink) Close() error             { return nil }
func (s *sink) Torn() []byte             { return nil }

func BenchmarkIntend(b *testing.B) {
	p := bigPlan()
	b.ReportAllocs()
	for b.Loop() {
		var s sink
		w, err := journal.Open(&s, bytes.NewReader(nil))
		must(b, err, w.Begin(aRun(1, p)), w.Intend(p))
		b.SetBytes(s.n)
	}
}

func benchmarkRead(b *testing.B, read func(io.Reader) error) {
	d := &disk{}
	w := open(b, d)
	p := bigPlan()
	must(b, w.Begin(aRun(1, p)), w.Intend(p))
	b.SetBytes(int64(len(d.data)))
	b.ReportAllocs()
	for b.Loop() {
		must(b, read(bytes.NewReader(d.data)))
	}
}

func BenchmarkVerify(b *testing.B) {
	benchmarkRead(b, func(r io.Reader) error { _, err := journal.Verify(r, journal.Head{}); return err })
}

func BenchmarkHistory(b *testing.B) {
	benchmarkRead(b, func(r io.Reader) error { _, err := journal.History(r); return err })
}
