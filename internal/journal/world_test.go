package journal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ssosync/internal/apply"
	"ssosync/internal/gen"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/plan"
	"ssosync/internal/target/memory"
)

// A disk is a log in memory.
type disk struct {
	data   []byte
	torn   []byte
	safe   int      // how much of data survives a loss of power
	calls  []string // in their order
	closed bool
	// fail is asked before each call, and may refuse it; half of the line is
	// written then.
	fail func(call string, n int) error
}

// spin opens what is left of a log: what stands behind the last line is cut off.
func spin(data []byte) *disk {
	whole := bytes.LastIndexByte(data, '\n') + 1
	return &disk{data: bytes.Clone(data[:whole]), torn: bytes.Clone(data[whole:])}
}

func (d *disk) call(name string) error {
	d.calls = append(d.calls, name)
	if d.fail != nil {
		return d.fail(name, len(d.calls))
	}
	return nil
}

func (d *disk) Append(line []byte) error {
	if bytes.IndexByte(line, '\n') >= 0 {
		return errors.New("a line has a line break in it")
	}
	if err := d.call("append"); err != nil {
		d.data = append(d.data, line[:len(line)/2]...)
		return err
	}
	d.data = append(append(d.data, line...), '\n')
	return nil
}

func (d *disk) Sync() error {
	if err := d.call("sync"); err != nil {
		return err
	}
	d.safe = len(d.data)
	return nil
}

func (d *disk) Close() error {
	d.closed = true
	return d.call("close")
}

func (d *disk) Torn() []byte { return d.torn }

// A tester is what tests, laws and benchmarks have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func open(t tester, d *disk) *journal.Writer {
	t.Helper()
	w, err := journal.Open(d, bytes.NewReader(d.data))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func must(t tester, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// runID returns the n-th of ids that have all but their end in common.
func runID(n int) string { return fmt.Sprintf("01KB0000000000000000000%03d", n) }

func aRun(n int, p plan.Plan) journal.Run {
	return journal.Run{
		ID: runID(n), Kind: journal.Sync, Version: "1.2.3", By: "ann@host", PID: 7, Target: "d-123", Config: "abc",
		Accepted: []string{"users"}, Changes: p.Size(),
	}
}

// fill puts a state into a target, and returns it as the target holds it, but
// under the state's keys.
func fill(t tester, tg *memory.Target, s identity.State) identity.Held {
	t.Helper()
	results := apply.Run(context.Background(), tg, plan.Build(s, identity.NewHeld(), nil), apply.Options{})
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	return held(t, tg)
}

// held returns what a target holds, under the external ids.
func held(t tester, tg *memory.Target) identity.Held {
	t.Helper()
	raw, err := tg.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	h := identity.NewHeld()
	for id, u := range raw.Users {
		key := identity.Key(u.ExternalID)
		if u.Manager != "" {
			u.Manager = raw.Users[identity.Key(u.Manager)].ExternalID
		}
		h.Users[key], h.Records.Users[key] = u, raw.Records.Users[id]
	}
	for id, g := range raw.Groups {
		key := identity.Key(g.ExternalID)
		h.Groups[key], h.Records.Groups[key] = g, raw.Records.Groups[id]
	}
	for m := range raw.Members {
		h.Members[identity.Membership{Group: identity.Key(raw.Groups[m.Group].ExternalID), User: identity.Key(raw.Users[m.User].ExternalID)}] = true
	}
	return h
}

// states draws what is wanted and what there was before. What leaves gives up
// no name that others take: policy sees to that.
func states(t *rapid.T) (want, before identity.State) {
	want, before = gen.State(t), gen.State(t)
	for k, u := range before.Users {
		if _, ok := want.Users[k]; !ok {
			u.UserName, u.Email = "leaving-"+u.UserName, "leaving-"+u.UserName
			before.Users[k] = u
		}
	}
	for k, g := range before.Groups {
		if _, ok := want.Groups[k]; !ok {
			g.Name = "leaving " + g.Name
			before.Groups[k] = g
		}
	}
	return want, before
}

// aPlan draws a plan, and what may come of each of its changes.
func aPlan(t *rapid.T) (plan.Plan, []apply.Result) {
	want, before := states(t)
	p := plan.Build(want, gen.Held(before), nil)
	p.Evidence = map[identity.Key]plan.Evidence{}
	for _, c := range p.Users {
		if plan.Revokes(c) {
			p.Evidence[c.Key] = plan.Evidence{Proof: plan.ProofGone, Text: "users.get: 404 notFound"}
		}
	}
	for i := range p.Leave {
		p.Leave[i].Evidence = plan.Evidence{Proof: plan.ProofLeft, Text: "read twice"}
	}
	fates := rapid.SliceOfN(rapid.IntRange(0, 5), 50, 50).Draw(t, "fates")
	tg := &memory.Target{Fail: func(string, string) error {
		fate := fates[0]
		fates = append(fates[1:], fate)
		switch fate {
		case 0:
			return errors.New("out of order")
		case 1:
			return fmt.Errorf("%w: too late", apply.ErrSkipped)
		}
		return nil
	}}
	return p, apply.Run(context.Background(), tg, p, apply.Options{Width: 1})
}

// aJournal draws a journal of some runs, some of which were killed.
func aJournal(t *rapid.T, least int) ([]byte, journal.Head) {
	d := &disk{}
	w := open(t, d)
	for n := range rapid.IntRange(least, 3).Draw(t, "runs") {
		p, results := aPlan(t)
		must(t, w.Begin(aRun(n, p)), w.Intend(p))
		for _, r := range results[:rapid.IntRange(0, len(results)).Draw(t, "results")] {
			must(t, w.Result(r))
		}
		if rapid.IntRange(0, 3).Draw(t, "killed") == 0 {
			must(t, w.Close())
			d = spin(d.data)
			w = open(t, d)
			continue
		}
		must(t, w.End(journal.End{Outcome: "done"}))
	}
	must(t, w.Close())
	return d.data, w.Head()
}

// lines splits a journal, keeping the line ends.
func lines(data []byte) [][]byte {
	all := bytes.SplitAfter(data, []byte("\n"))
	return all[:len(all)-1]
}

// forge makes a journal of records, with hashes of its own reckoning.
func forge(records ...string) []byte {
	var b strings.Builder
	hash := strings.Repeat("0", 64)
	for _, r := range records {
		hash = fmt.Sprintf("%x", sha256.Sum256([]byte(hash+"\n"+r)))
		b.WriteString(`{"hash":"` + hash + `","record":` + r + "}\n")
	}
	return []byte(b.String())
}

// rec is the text of a record with some more fields.
func rec(seq int, run int, kind, more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"seq":%d,"time":"2026-11-26T10:00:%02d.000Z","run":%q,"type":%q%s}`, seq, seq%60, runID(run), kind, more)
}

var start = time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)

func TestTheDiskOfTheTests(t *testing.T) {
	d := spin([]byte("whole\nhal"))
	if string(d.data) != "whole\n" || string(d.Torn()) != "hal" {
		t.Errorf("%q, %q", d.data, d.torn)
	}
	if err := d.Append([]byte("a\nb")); err == nil {
		t.Error("a line has one line")
	}
}
