package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/plan"
	"ssosync/internal/report"
)

// A runJSON is a run of the journal, for programs. Times are RFC 3339 in UTC,
// and "" where there is none.
type runJSON struct {
	Run      string                     `json:"run"`
	Kind     journal.Kind               `json:"kind"`
	By       string                     `json:"by"`
	Version  string                     `json:"version"`
	Started  string                     `json:"started"`
	Ended    string                     `json:"ended"`
	Outcome  string                     `json:"outcome"`
	Error    string                     `json:"error"`
	Plan     string                     `json:"plan"`
	Approval *journal.Approval          `json:"approval,omitempty"`
	Accepted []string                   `json:"accepted"`
	Counts   map[apply.Op]journal.Count `json:"counts"`
	Changes  []runChangeJSON            `json:"changes,omitempty"`
}

// A runChangeJSON is one change of a run.
type runChangeJSON struct {
	Op       apply.Op        `json:"op"`
	Kind     identity.Kind   `json:"kind"`
	Name     string          `json:"name"`
	ID       string          `json:"id"`
	Group    string          `json:"group"`
	GroupID  string          `json:"groupId"`
	Cause    plan.Cause      `json:"cause"`
	Evidence string          `json:"evidence"`
	Before   json.RawMessage `json:"before,omitempty"`
	After    json.RawMessage `json:"after,omitempty"`
	Status   journal.Status  `json:"status"`
	Error    string          `json:"error"`
}

func runDocuments(runs []journal.RunSummary) []runJSON {
	all := make([]runJSON, len(runs))
	for i, r := range runs {
		all[i] = newRunJSON(r)
	}
	return all
}

func newRunJSON(r journal.RunSummary) runJSON {
	d := runJSON{
		Run: r.ID, Kind: r.Kind, By: r.By, Version: r.Version, Started: rfc3339(r.Started), Ended: rfc3339(r.Ended), Outcome: r.Outcome,
		Error: r.Err, Plan: r.Plan, Approval: r.Approval, Accepted: r.Accepted, Counts: r.Counts,
	}
	if d.Accepted == nil {
		d.Accepted = []string{}
	}
	return d
}

func runDocument(r journal.RunRecord) runJSON {
	d := newRunJSON(r.RunSummary)
	for _, c := range r.Changes {
		x := runChangeJSON{
			Op: c.Op, Kind: c.Kind, Name: c.Name, ID: c.ID, Group: c.GroupName, GroupID: c.GroupID,
			Cause: c.Cause, Evidence: c.Evidence.Text, Status: c.Status, Error: c.Err,
		}
		if c.GroupName == "" {
			x.Before, x.After = valueJSON(c.Kind, c.Before), valueJSON(c.Kind, c.After)
		}
		d.Changes = append(d.Changes, x)
	}
	return d
}

// valueJSON is a user or a group, nothing where there is none.
func valueJSON(kind identity.Kind, v journal.Values) json.RawMessage {
	if v == (journal.Values{}) {
		return nil
	}
	var text []byte
	if kind == identity.KindUser {
		text, _ = json.Marshal(v.User) // texts and a flag
	} else {
		text, _ = json.Marshal(v.Group) // texts
	}
	return text
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// A summaryJSON is what journal verify has found.
type summaryJSON struct {
	Records   int            `json:"records"`
	Runs      int            `json:"runs"`
	First     string         `json:"first"`
	Last      string         `json:"last"`
	Head      string         `json:"head"`
	Witnessed bool           `json:"witnessed"` // the ledger confirms the end
	Killed    []string       `json:"killed"`
	Recovered []recoveryJSON `json:"recovered"`
}

// A recoveryJSON is what an earlier process left behind: bytes that were cut
// off, or a file that was set aside, and why.
type recoveryJSON struct {
	At    string `json:"at"`
	Bytes int    `json:"bytes"`
	Aside string `json:"aside"`
	Why   string `json:"why"`
}

func newSummaryJSON(sum journal.Summary, witness journal.Head) summaryJSON {
	d := summaryJSON{
		Records: sum.Records, Runs: sum.Runs, First: rfc3339(sum.First), Last: rfc3339(sum.Last), Head: sum.Head.Hash,
		Witnessed: witness != (journal.Head{}), Killed: append([]string{}, sum.Killed...), Recovered: []recoveryJSON{},
	}
	for _, r := range sum.Recovered {
		d.Recovered = append(d.Recovered, recoveryJSON{rfc3339(r.At), r.Bytes, r.Aside, r.Why})
	}
	return d
}

// printJSON writes a value for programs.
func (a *app) printJSON(v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err := a.stdout.Write(report.Escape(b.Bytes()))
	return err
}
