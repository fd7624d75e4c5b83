package journal_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
)

func TestRunsAreFoundByTheirBeginning(t *testing.T) {
	var records []string
	for i, n := range []int{7, 11, 12, 13, 14, 15, 16, 110} {
		records = append(records, rec(2*i+1, n, "run", ""), rec(2*i+2, n, "end", `"outcome":"done"`))
	}
	data := forge(records...)
	const stem = "01KB0000000000000000000"
	for _, c := range []struct{ asked, found, err string }{
		{stem + "007", runID(7), ""},
		{stem + "00", runID(7), ""}, // nobody else's
		{"01kb0000000000000000000013", runID(13), ""},
		{stem + "11", runID(110), ""},
		{"latest", runID(110), ""},
		{stem + "01", "", `read a run: "` + stem + `01" is the beginning of 6: …, ` + strings.Join([]string{runID(12), runID(13), runID(14), runID(15), runID(16)}, ", ")},
		{stem + "12", "", `read a run: there is no "` + stem + `12"; near it are ` + runID(110)},
		{stem + "008", "", `read a run: there is no "` + stem + `008"; near it are ` + runID(7)},
		{"zz\x1b", "", `read a run: there is no "zz "; near it are …, ` + strings.Join([]string{runID(13), runID(14), runID(15), runID(16), runID(110)}, ", ")},
		{runID(7) + "0", "", `there is no`},
		{"", "", "which one? Give its id, or latest"},
	} {
		run, err := journal.Show(bytes.NewReader(data), c.asked)
		if run.ID != c.found || c.err == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: got %s, %v; want %q", c.asked, run.ID, err, c.err)
		}
	}
	if _, err := journal.Show(strings.NewReader(""), "latest"); err == nil || !strings.Contains(err.Error(), "none so far") {
		t.Errorf("got %v", err)
	}
}

// A later version may write more than this one knows. What it adds is covered
// by the hashes, and passed over.
func TestWhatALaterVersionAdds(t *testing.T) {
	data := forge(
		rec(1, 1, "prologue", `"changes":"many"`),
		rec(2, 1, "run", `"kind":"sync","changes":1,"weather":{"run":"x"}`),
		rec(3, 1, "weather", `"n":1,"status":7`),
		rec(4, 1, "intent", `"n":1,"op":"deactivate","kind":"user","key":"a","name":"ann","before":{"userName":"ann","active":true,"shoeSize":{"eu":40}},"after":{"userName":"ann","active":false,"shoeSize":null},"mood":"fine"`),
		rec(5, 1, "result", `"n":1,"status":"done","took":3`),
		rec(6, 1, "result", `"n":99,"status":"done"`),
		rec(7, 2, "result", `"n":1,"status":"failed"`),
		rec(8, 1, "end", `"outcome":"done","counts":{"done":1,"postponed":3}`),
	)
	if s, err := journal.Verify(bytes.NewReader(data), journal.Head{}); err != nil || s.Records != 8 || s.Runs != 1 || len(s.Killed) != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	got, err := journal.Show(bytes.NewReader(data), "latest")
	must(t, err)
	want := journal.RunRecord{
		RunSummary: journal.RunSummary{
			Run: journal.Run{ID: runID(1), Kind: journal.Sync, Changes: 1}, Started: start.Add(2 * time.Second), Ended: start.Add(8 * time.Second),
			Outcome: "done", Counts: map[apply.Op]journal.Count{apply.Deactivate: {Done: 1}},
		},
		Changes: []journal.Change{{
			Run: runID(1), At: start.Add(5 * time.Second), N: 1, Op: apply.Deactivate, Kind: identity.KindUser, Key: "a", Name: "ann", Status: journal.Done,
			Before: journal.Values{User: identity.User{UserName: "ann", Active: true}}, After: journal.Values{User: identity.User{UserName: "ann"}},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What cannot be understood is an error with its line, not a guess.
func TestWhatCannotBeRead(t *testing.T) {
	run := rec(1, 1, "run", "")
	for bad, want := range map[string]string{
		rec(2, 2, "run", `"changes":"many"`):                                             "line 2: its run cannot be read",
		rec(2, 1, "intent", `"n":"one"`):                                                 "line 2: its intent cannot be read",
		rec(2, 1, "intent", `"n":1,"kind":"user","before":{"userName":"ann"}`):           "line 2: its values cannot be read: active",
		rec(2, 1, "intent", `"n":1,"kind":"user","after":{"active":true,"userName":{}}`): "line 2: its values cannot be read: userName",
		rec(2, 1, "intent", `"n":1,"kind":"user","after":[]`):                            "line 2: its values cannot be read",
		rec(2, 1, "intent", `"n":1,"kind":"group","before":7`):                           "line 2: its values cannot be read",
		rec(2, 1, "result", `"n":[]`):                                                    "line 2: its result cannot be read",
		rec(2, 1, "end", `"outcome":7`):                                                  "line 2: its end cannot be read",
	} {
		for _, name := range []string{"history", "show", "lost of a run", "lost of a user", "since"} {
			if (name == "history" || name == "since") && strings.Contains(want, "values") {
				must(t, readers()[name](bytes.NewReader(forge(run, bad)))) // it does without
				continue
			}
			if err := readers()[name](bytes.NewReader(forge(run, bad))); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s, %s: got %v, want %q", bad, name, err, want)
			}
		}
	}
}

// A run is ended by its own end.
func TestAnEndOfAnotherRun(t *testing.T) {
	data := forge(rec(1, 1, "run", ""), rec(2, 2, "end", `"outcome":"done"`))
	s, err := journal.Verify(bytes.NewReader(data), journal.Head{})
	must(t, err)
	runs, err := journal.Since(bytes.NewReader(data), "")
	must(t, err)
	if len(s.Killed) != 1 || len(runs) != 1 || !runs[0].Ended.IsZero() {
		t.Errorf("%q, %+v", s.Killed, runs)
	}
}

// The history before the line that is wrong is worth having.
func TestHistoryOfADamagedJournal(t *testing.T) {
	data := append(forge(rec(1, 1, "run", ""), rec(2, 1, "end", ""), rec(3, 2, "run", "")), "garbage\n"...)
	runs, err := journal.History(bytes.NewReader(data))
	if err == nil || len(runs) != 1 || runs[0].ID != runID(1) {
		t.Errorf("%+v, %v", runs, err)
	}
}

// Changes without a result are unknown, and those of runs without an end are
// what a killed process may have done.
func TestKilledRuns(t *testing.T) {
	d := &disk{}
	p := somePlan()
	for n := range 3 {
		w := open(t, d)
		must(t, w.Begin(aRun(n, p)), w.Intend(p), w.Result(apply.Result{Op: apply.Create, User: "b", ID: "U2"}))
		if n == 1 {
			must(t, w.End(journal.End{Outcome: "interrupted"}))
		}
	}
	since, err := journal.Since(bytes.NewReader(d.data), runID(0))
	must(t, err)
	if len(since) != 2 || since[0].ID != runID(1) || since[1].ID != runID(2) || len(since[1].Changes) != 4 {
		t.Fatalf("%+v", since)
	}
	if s, err := journal.Verify(bytes.NewReader(d.data), journal.Head{}); err != nil || len(s.Killed) != 2 || s.Killed[0] != runID(0) || s.Killed[1] != runID(2) {
		t.Errorf("%+v, %v", s, err)
	}
	var got []string
	for _, c := range since[1].Changes {
		got = append(got, string(c.Status)+" "+string(c.Op)+" "+c.Name)
	}
	want := []string{"unknown deactivate ann", "done create bob", "unknown join bob", "unknown leave ann"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if all, err := journal.Since(bytes.NewReader(d.data), ""); err != nil || len(all) != 3 {
		t.Errorf("%v: %+v", err, all)
	}
	runs, err := journal.History(bytes.NewReader(d.data))
	must(t, err)
	if len(runs) != 3 || !runs[0].Ended.IsZero() || runs[1].Ended.IsZero() || runs[1].Counts[apply.Leave].Unknown != 1 || runs[1].Counts[apply.Create].Done != 1 {
		t.Errorf("%+v", runs)
	}
}

func TestAnEmptyJournal(t *testing.T) {
	for name, read := range readers() {
		err := read(strings.NewReader(""))
		if needsOne := name == "show" || name == "lost of a run"; needsOne != (err != nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s, err := journal.Verify(strings.NewReader(""), journal.Head{}); err != nil || s.Head != open(t, &disk{}).Head() {
		t.Errorf("%+v, %v", s, err)
	}
}
