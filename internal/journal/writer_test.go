package journal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/plan"
)

// somePlan deactivates ann, and lets her leave eng, while bob joins.
func somePlan() plan.Plan {
	ann, bob := identity.User{UserName: "ann", Active: true}, identity.User{UserName: "bob", Active: true}
	off := ann
	off.Active = false
	eng := identity.Group{Name: "eng"}
	have, want := identity.NewState(), identity.NewState()
	have.Users["a"], want.Users["a"], want.Users["b"] = ann, off, bob
	have.Groups["g"], want.Groups["g"] = eng, eng
	have.Members[identity.Membership{Group: "g", User: "a"}] = true
	want.Members[identity.Membership{Group: "g", User: "b"}] = true
	held := identity.Held{State: have, Records: identity.Records{
		Users: map[identity.Key]identity.Record{"a": {ID: "U1"}}, Groups: map[identity.Key]identity.Record{"g": {ID: "G1"}},
	}}
	p := plan.Build(want, held, map[identity.Key]plan.Cause{"a": plan.CauseSuspended})
	p.Evidence = map[identity.Key]plan.Evidence{"a": {Proof: plan.ProofFlag, Text: "users.get: suspended"}}
	p.Leave[0].Evidence = plan.Evidence{Proof: plan.ProofLeft, Text: "read twice"}
	return p
}

// The form is a promise to whoever reads a journal without this program.
func TestTheForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{torn: []byte(`{"ha`)}
		w := open(t, d)
		run := aRun(1, somePlan())
		run.Approval = &journal.Approval{By: "eve", At: time.Date(2026, 11, 26, 11, 0, 0, 0, time.FixedZone("", 3600)), Reason: "they\nleft", Guards: []string{"users"}}
		must(t, w.Begin(run), w.Intend(somePlan()))
		time.Sleep(1500 * time.Microsecond)
		must(t,
			w.Result(apply.Result{Op: apply.Create, User: "b", ID: "U2"}),
			w.Result(apply.Result{Op: apply.Deactivate, User: "a", ID: "U1"}),
			w.Result(apply.Result{Op: apply.Join, User: "b", Group: "g", ID: "U2", Err: fmt.Errorf("%w: too late", apply.ErrSkipped)}),
			w.End(journal.End{Outcome: "partial", Err: errors.New("1 change\x1b failed")}), w.Close())
		at := func(seq int, ms, kind string) string {
			run := fmt.Sprintf(`"run":%q,`, runID(1))
			if kind == "recovered" {
				run = ""
			}
			return fmt.Sprintf(`{"seq":%d,"time":"2000-01-01T00:00:00.00%sZ",%s"type":%q,`, seq, ms, run, kind)
		}
		want := forge(
			at(1, "0", "recovered")+`"bytes":4}`,
			at(2, "0", "run")+`"kind":"sync","version":"1.2.3","by":"ann@host","pid":7,"target":"d-123","config":"abc",`+
				`"approval":{"by":"eve","at":"2026-11-26T10:00:00Z","reason":"they; left","guards":["users"]},"accepted":["users"],"changes":4}`,
			at(3, "0", "intent")+`"n":1,"op":"deactivate","kind":"user","key":"a","id":"U1","name":"ann","cause":"suspended",`+
				`"evidence":{"proof":"flag","text":"users.get: suspended"},"before":{"userName":"ann","active":true},"after":{"userName":"ann","active":false}}`,
			at(4, "0", "intent")+`"n":2,"op":"create","kind":"user","key":"b","id":"","name":"bob","cause":"joined","after":{"userName":"bob","active":true}}`,
			at(5, "0", "intent")+`"n":3,"op":"join","kind":"user","key":"b","id":"","name":"bob","group":"g","groupId":"G1","groupName":"eng","cause":"joined"}`,
			at(6, "0", "intent")+`"n":4,"op":"leave","kind":"user","key":"a","id":"U1","name":"ann","group":"g","groupId":"G1","groupName":"eng","cause":"left",`+
				`"evidence":{"proof":"left","text":"read twice"}}`,
			at(7, "1", "result")+`"n":2,"status":"done","id":"U2"}`,
			at(8, "1", "result")+`"n":1,"status":"done"}`,
			at(9, "1", "result")+`"n":3,"status":"skipped","id":"U2","error":"skipped: too late"}`,
			at(10, "1", "end")+`"outcome":"partial","error":"1 change  failed","counts":{"done":2,"failed":0,"skipped":1,"unknown":1}}`,
		)
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(d.data), "\n")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestARunWithoutChangesIsTwoLines(t *testing.T) {
	d := &disk{}
	w := open(t, d)
	must(t, w.Begin(aRun(1, plan.Plan{})), w.Intend(plan.Plan{}), w.End(journal.End{Outcome: "in-sync"}))
	if all := lines(d.data); len(all) != 2 || !bytes.Contains(all[0], []byte(`"changes":0}`)) {
		t.Errorf("%s", d.data)
	}
	if w.Head().Seq != 2 || d.safe != len(d.data) {
		t.Errorf("%+v, %d bytes are safe", w.Head(), d.safe)
	}
}

// All of a plan is on the disk before Intend returns, at the price of one sync.
func TestIntentsComeFirst(t *testing.T) {
	d := &disk{}
	w := open(t, d)
	must(t, w.Begin(aRun(1, somePlan())))
	if w.Head().Seq != 0 {
		t.Errorf("what is not synced may be lost, and is no witness: %+v", w.Head())
	}
	must(t, w.Intend(somePlan()))
	if got, want := strings.Join(d.calls, " "), "append append append append append sync"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if d.safe != len(d.data) || w.Head().Seq != 5 {
		t.Errorf("%d of %d bytes are safe; %+v", d.safe, len(d.data), w.Head())
	}
}

func TestResultsAreSyncedOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		w := open(t, d)
		p := plan.Plan{}
		for i := range 100 {
			p.Join = append(p.Join, plan.Move{Membership: identity.Membership{Group: "g", User: identity.Key(fmt.Sprint(i))}})
		}
		must(t, w.Begin(aRun(1, p)), w.Intend(p))
		d.calls = nil
		for _, m := range p.Join {
			time.Sleep(99 * time.Millisecond)
			must(t, w.Result(apply.Result{Op: apply.Join, User: m.User, Group: m.Group}))
		}
		syncs := strings.Count(strings.Join(d.calls, " "), "sync")
		if syncs != 9 { // in 9.9 seconds
			t.Errorf("%d syncs", syncs)
		}
		must(t, w.End(journal.End{}))
		if d.safe != len(d.data) || w.Head().Seq != 202 {
			t.Errorf("%d of %d bytes are safe; %+v", d.safe, len(d.data), w.Head())
		}
	})
}

func TestManyMayTellResultsAtOnce(t *testing.T) {
	d := &disk{}
	w := open(t, d)
	p := plan.Plan{}
	for i := range 200 {
		p.Join = append(p.Join, plan.Move{Membership: identity.Membership{Group: "g", User: identity.Key(fmt.Sprint(i))}})
	}
	must(t, w.Begin(aRun(1, p)), w.Intend(p))
	var all sync.WaitGroup
	for _, m := range p.Join {
		all.Go(func() {
			if err := w.Result(apply.Result{Op: apply.Join, User: m.User, Group: m.Group}); err != nil {
				t.Error(err)
			}
			w.Head()
		})
	}
	all.Wait()
	must(t, w.End(journal.End{}))
	if _, err := journal.Verify(bytes.NewReader(d.data), w.Head()); err != nil {
		t.Error(err)
	}
	runs, err := journal.History(bytes.NewReader(d.data))
	if err != nil || runs[0].Counts[apply.Join] != (journal.Count{Done: 200}) {
		t.Errorf("%+v, %v", runs, err)
	}
}

// Wherever the disk gives out, everybody hears of it, nothing more is written,
// and what stands there is a journal.
func TestADiskThatGivesOut(t *testing.T) {
	full := errors.New("no space left on device")
	tell := func(w *journal.Writer) []error {
		return []error{
			w.Begin(aRun(1, somePlan())), w.Intend(somePlan()), w.Result(apply.Result{Op: apply.Create, User: "b"}),
			w.End(journal.End{}), w.Follow("old", nil),
		}
	}
	// The recovery makes two calls; those of the run are 1, 4+1, 1, 1+1, and 1+1.
	for at := 3; at <= 13; at++ {
		d := &disk{torn: []byte("x"), fail: func(_ string, n int) error {
			if n >= at {
				return full
			}
			return nil
		}}
		w := open(t, d)
		broken := false
		for i, err := range tell(w) {
			broken = broken || err != nil
			if broken != errors.Is(err, full) {
				t.Fatalf("call %d: step %d says %v", at, i, err)
			}
		}
		n := len(d.calls)
		for _, err := range append(tell(w), w.Close()) {
			if !errors.Is(err, full) {
				t.Fatalf("call %d: later: %v", at, err)
			}
		}
		if !broken || len(d.calls) != at+1 || n != at || !d.closed {
			t.Fatalf("call %d: %d calls, then %d; closed: %t", at, n, len(d.calls), d.closed)
		}
		again := spin(d.data)
		if len(again.data) < d.safe {
			t.Fatalf("call %d: what was safe is gone", at)
		}
		if _, err := journal.Verify(bytes.NewReader(again.data), w.Head()); err != nil {
			t.Fatalf("call %d: %v", at, err)
		}
	}
	for at := 1; at <= 2; at++ {
		d := &disk{torn: []byte("x"), fail: func(_ string, n int) error {
			if n == at {
				return full
			}
			return nil
		}}
		if w, err := journal.Open(d, strings.NewReader("")); w != nil || !errors.Is(err, full) {
			t.Errorf("the recovery cannot be written: %v", err)
		}
	}
}

func TestCloseKeepsAndCloses(t *testing.T) {
	d := &disk{}
	w := open(t, d)
	must(t, w.Begin(aRun(1, plan.Plan{})), w.Close(), w.Close())
	if got := strings.Join(d.calls, " "); got != "append sync close" {
		t.Error(got)
	}
	if err := w.End(journal.End{}); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("got %v", err)
	}
	d = &disk{fail: func(call string, _ int) error { return errors.New("cannot " + call) }}
	if err := open(t, d).Close(); err == nil || err.Error() != "close journal: cannot close" {
		t.Errorf("got %v", err)
	}
}

// What makes no sense is refused, and does no harm to what does.
func TestTheOrderOfARun(t *testing.T) {
	d := &disk{}
	w := open(t, d)
	p := somePlan()
	wrong := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	wrong(w.Intend(p), "no run has begun")
	wrong(w.Result(apply.Result{}), "no run has begun")
	wrong(w.End(journal.End{}), "no run has begun")
	wrong(w.Begin(journal.Run{ID: "one\n"}), `begin run "one"`)
	wrong(w.Begin(journal.Run{ID: strings.Replace(runID(1), "B", "!", 1)}), "begin run")
	must(t, w.Begin(aRun(1, p)))
	wrong(w.Begin(aRun(2, p)), "run "+runID(1)+" has not ended")
	wrong(w.Intend(plan.Plan{}), "began with 4 changes, and its plan has 0")
	must(t, w.Intend(p))
	wrong(w.Intend(p), "began with 4 changes, and its plan has 8")
	res := apply.Result{Op: apply.Leave, User: "a", Group: "g", Name: "ann"}
	for _, r := range []apply.Result{
		{Op: apply.Leave, User: "b", Group: "g", Name: "ann"},
		{Op: apply.Join, User: "a", Group: "g", Name: "ann"},
		{Op: apply.Leave, User: "a", Name: "ann"},
		{Op: apply.Update, User: "a", Name: "ann"},
		{Op: apply.Deactivate, Group: "a", Name: "ann"},
	} {
		wrong(w.Result(r), `did not intend to `+string(r.Op)+` "ann"`)
	}
	must(t, w.Result(res))
	wrong(w.Result(res), `did not intend to leave "ann", or has its result`)
	must(t, w.End(journal.End{}))
	wrong(w.End(journal.End{}), "no run has begun")
	must(t, w.Begin(aRun(2, plan.Plan{})), w.End(journal.End{}))
	if s, err := journal.Verify(bytes.NewReader(d.data), w.Head()); err != nil || s.Runs != 2 || s.Records != 9 {
		t.Errorf("%+v, %v", s, err)
	}
}

// Nothing stands for what is deleted.
func TestADeletionHasNoAfter(t *testing.T) {
	d := &disk{}
	w := open(t, d)
	p := plan.Plan{
		Users:  []plan.Change[identity.User]{{Op: plan.Delete, Key: "a", Before: identity.User{UserName: "ann", Active: true}}},
		Groups: []plan.Change[identity.Group]{{Op: plan.Delete, Key: "g", Before: identity.Group{Name: "eng"}}},
	}
	must(t, w.Begin(aRun(1, p)), w.Intend(p))
	if !bytes.Contains(d.data, []byte(`"op":"delete"`)) || bytes.Contains(d.data, []byte(`"after"`)) {
		t.Errorf("%s", d.data)
	}
}

// Wherever the program runs, times are those of Greenwich.
func TestTimesAreUTC(t *testing.T) {
	local := time.Local
	time.Local = time.FixedZone("elsewhere", 3*60*60)
	defer func() { time.Local = local }()
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		must(t, open(t, d).Begin(aRun(1, plan.Plan{})))
		if !bytes.Contains(d.data, []byte(`"time":"2000-01-01T00:00:00.000Z"`)) {
			t.Errorf("%s", d.data)
		}
	})
}

func TestALineThatIsTooLongIsNotWritten(t *testing.T) {
	d := &disk{}
	w := open(t, d)
	p := plan.Plan{Users: []plan.Change[identity.User]{{Op: plan.Create, Key: "a", After: identity.User{Title: strings.Repeat("x", 4<<20)}}}}
	must(t, w.Begin(aRun(1, p)))
	if err := w.Intend(p); err == nil || !strings.Contains(err.Error(), "more than 4194304") {
		t.Errorf("got %v", err)
	}
	if _, err := journal.Verify(bytes.NewReader(d.data), journal.Head{}); err != nil || len(lines(d.data)) != 1 {
		t.Error(err)
	}
}

// Errors come from servers: they are cut and made harmless before they are
// kept, at no place where a character ends up in halves.
func TestErrorsAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.RuneFrom([]rune("aé€😀\n\x1b\u202e\u2028\u2029")), 300, 600, -1)).Draw(t, "text")
		d := &disk{}
		w := open(t, d)
		must(t, w.Begin(aRun(1, somePlan())), w.Intend(somePlan()),
			w.Result(apply.Result{Op: apply.Create, User: "b", Err: errors.New(text)}), w.End(journal.End{Err: errors.New(text)}))
		run, err := journal.Show(bytes.NewReader(d.data), journal.Latest)
		must(t, err)
		flat := []rune(strings.ReplaceAll(strings.TrimSpace(text), "\n", "; "))
		for _, got := range []string{run.Changes[1].Err, run.Err} {
			whole := len(string(flat)) <= 500
			kept := []rune(got)
			if !whole {
				kept = kept[:len(kept)-1] // the dots
			}
			if len(got) > 500 || whole && len(kept) != len(flat) || !whole && len(got) < 490 {
				t.Fatalf("%d bytes became %d", len(string(flat)), len(got))
			}
			for i, r := range kept {
				if harmless := !unicode.In(flat[i], unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp); harmless && r != flat[i] || !harmless && r != ' ' {
					t.Fatalf("%q became %q", text, got)
				}
			}
		}
	})
}

func TestIDsOfRunsSortByAge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "at"))
		older, err := journal.NewID(at)
		must(t, err)
		newer, err := journal.NewID(at.Add(time.Millisecond))
		must(t, err)
		if older >= newer || len(older) != 26 {
			t.Fatalf("%s, %s", older, newer)
		}
		must(t, open(t, &disk{}).Begin(journal.Run{ID: older}))
	})
	if _, err := journal.NewID(time.UnixMilli(1 << 50)); err == nil {
		t.Error("a ULID has 48 bits of milliseconds")
	}
}

func TestAHeadIsKeptAsJSON(t *testing.T) {
	text, err := json.Marshal(journal.Head{Seq: 3, Hash: "ab"})
	if err != nil || string(text) != `{"seq":3,"hash":"ab"}` {
		t.Errorf("%s, %v", text, err)
	}
}
