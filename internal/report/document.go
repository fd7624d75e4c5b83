package report

import (
	"strings"

	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
)

// A Document is what [JSON] writes: the stable schema for programs. A field may
// be added at any time; one that changes its meaning or goes makes Version
// grow. Lists are never null, texts are "" where there is nothing to say,
// durations are whole milliseconds, and errors are texts.
type Document struct {
	Version int     `json:"version"` // of this schema: 1
	Outcome Outcome `json:"outcome"` // in-sync, planned, done, partial, refused, interrupted or failed
	DryRun  bool    `json:"dryRun"`
	// Started is an RFC 3339 time in UTC.
	Started string `json:"started"`
	TookMS  int64  `json:"tookMs"`
	Summary string `json:"summary"` // one sentence, as on the last line for people
	Error   string `json:"error"`   // why the run did not end well, "" if it did

	Run   string        `json:"run"`  // its id in the journal, "" if there is none
	Host  string        `json:"host"` // what is written to
	Saved SavedDocument `json:"plan"` // the plan on disk that this is of

	Source  ReadDocument `json:"source"`  // what was read of Google
	Target  ReadDocument `json:"target"`  // what was read of Identity Center
	InScope plan.Size    `json:"inScope"` // of the source
	Managed plan.Size    `json:"managed"` // of the target, which limits are measured by

	Counts CountsDocument `json:"counts"`

	Refusals  []RefusalDocument  `json:"refusals"`
	Withheld  []ChangeDocument   `json:"withheld"` // removals that guards held back
	Unproven  []UnprovenDocument `json:"unproven"` // removals that were struck for lack of evidence
	Conflicts []ConflictDocument `json:"conflicts"`
	Warnings  []string           `json:"warnings"`
	Problems  []ProblemDocument  `json:"problems"`
	// Changes are all others, users first, then groups, joins and leaves.
	Changes []ChangeDocument  `json:"changes"`
	Impact  ImpactDocument    `json:"impact"`
	Waiting []WaitingDocument `json:"waiting"` // what left and is kept for now
	Failing []FailingDocument `json:"failing"` // what failed and has not passed yet
	Drift   []DriftDocument   `json:"drift"`   // what somebody else changed since the last run
	Notes   []string          `json:"notes"`
	Matches []policy.Match    `json:"matches"` // what each part of the queries found
	Calls   []CallDocument    `json:"calls"`   // per operation of the vendors
	// Mirror is what awslabs/ssosync would have deleted.
	Mirror plan.Size `json:"mirror"`
}

// A ReadDocument is what was read of one side, and how long it took.
type ReadDocument struct {
	plan.Size
	TookMS int64 `json:"tookMs"`
}

// A CountsDocument counts what is done, or would be on a dry run. Each change
// is counted once; a group that is emptied is its members' leaves besides.
type CountsDocument struct {
	Users       TallyDocument `json:"users"`
	Groups      TallyDocument `json:"groups"`
	Memberships TallyDocument `json:"memberships"`
}

// A TallyDocument counts the changes of one kind of object.
type TallyDocument struct {
	Create     int `json:"create"`
	Adopt      int `json:"adopt"`
	Update     int `json:"update"`
	Deactivate int `json:"deactivate"`
	Empty      int `json:"empty"`
	Delete     int `json:"delete"`
	Join       int `json:"join"`
	Leave      int `json:"leave"`
	Failed     int `json:"failed"`
	Skipped    int `json:"skipped"` // not tried
	Withheld   int `json:"withheld"`
	Unproven   int `json:"unproven"`
	// Kept counts what is in Identity Center, not managed, and left alone.
	Kept int `json:"kept"`
}

// A RefusalDocument is what a guard would not let pass.
type RefusalDocument struct {
	Guard      string `json:"guard"`
	Text       string `json:"text"`       // how much of how many, and over which limit
	Evidence   string `json:"evidence"`   // what the source said when it was asked again, "" if nothing
	Acceptable bool   `json:"acceptable"` // whether --accept lets it pass
	Next       string `json:"next"`       // what to do
}

// A ConflictDocument is something that only a person can settle.
type ConflictDocument struct {
	Kind   identity.Kind `json:"kind"` // user or group
	Reason match.Reason  `json:"reason"`
	Name   string        `json:"name"`
	// SourceID is Google's id of what cannot be as it should, "" if none.
	SourceID string `json:"sourceId"`
	// TargetID is AWS's id of what is in its way, and TargetExternalID the
	// source id that it carries, "" if none.
	TargetID         string `json:"targetId"`
	TargetExternalID string `json:"targetExternalId"`
	Means            string `json:"means"`  // for people
	Remedy           string `json:"remedy"` // for people
}

// A ProblemDocument is a record that Identity Center cannot take as it is.
type ProblemDocument struct {
	Kind identity.Kind `json:"kind"` // user or group
	Name string        `json:"name"`
	// Skipped says that the whole object was left out, and not only the
	// attributes below.
	Skipped bool           `json:"skipped"`
	Flaws   []FlawDocument `json:"flaws"`
}

// A FlawDocument is an attribute that Identity Center cannot take.
type FlawDocument struct {
	Attribute string `json:"attribute"`
	Value     string `json:"value"`
	Why       string `json:"why"`
	Remedy    string `json:"remedy"` // for people
}

// A ChangeDocument is one change of a user, a group or a membership.
type ChangeDocument struct {
	// Action is create, adopt, update, deactivate, empty, delete, join or leave.
	Action string `json:"action"`
	// Kind is user, group or membership.
	Kind string `json:"kind"`
	Name string `json:"name"` // of the user or group; of the user for a membership
	// Group is the name of the group that a user joins or leaves, else "".
	Group string `json:"group"`
	// TargetID is AWS's id of what Name names, "" if it was not there.
	TargetID string `json:"targetId"`
	// Cause is why: joined, changed, adopted, suspended, archived, returned,
	// gone, out-of-scope, left, unmanaged, restored, relinked or expired.
	Cause string `json:"cause"`
	// Evidence is how it is known, of what takes access away: the proof (flag,
	// gone, out-of-scope, left, unknown-name, "" if there is none) and a text.
	Evidence plan.Evidence `json:"evidence"`
	// Fields are the attributes that an update changes.
	Fields []plan.Field `json:"fields"`
	// Status is planned, done, failed, skipped or withheld.
	Status string `json:"status"`
	Error  string `json:"error"`
}

// A CallDocument counts the requests of one operation.
type CallDocument struct {
	Operation string `json:"operation"`
	Calls     int    `json:"calls"` // attempts, the first one of each request included
	Retries   int    `json:"retries"`
	Throttles int    `json:"throttles"`
	WaitedMS  int64  `json:"waitedMs"` // on limits and back-off, summed over requests
}

// NewDocument puts a report into the schema.
func NewDocument(r Report) Document {
	d := newDigest(r)
	users, groups, members := d.tallies()
	doc := Document{
		Version: Version, Outcome: r.Outcome, DryRun: r.DryRun, TookMS: r.Took.Milliseconds(),
		Summary: headline(d).String(), Error: errorText(r.Err),
		Run: valid(r.Run), Host: valid(r.Host), Saved: SavedDocument{valid(r.Saved.ID), valid(r.Saved.File), rfc3339(r.Saved.Expires)},
		Source:  ReadDocument{r.Source.Size, r.Source.Took.Milliseconds()},
		Target:  ReadDocument{r.Target.Size, r.Target.Took.Milliseconds()},
		InScope: r.Plan.Base.Source, Managed: r.Plan.Base.Managed, Mirror: r.Mirror,
		Counts:   CountsDocument{users.document(), groups.document(), members.document()},
		Withheld: changeDocuments(d.withheld), Changes: changeDocuments(d.entries), Unproven: each(r.Plan.Unproven, unprovenDocument),
		Impact:  ImpactDocument{each(r.Impact.Lost, lossDocument), valid(r.Impact.Unknown)},
		Waiting: each(r.Waiting, waitingDocument), Failing: each(r.Failing, failingDocument), Drift: each(r.Drift, driftDocument),
		Warnings: each(r.Warnings, valid), Notes: each(r.Notes, valid),
		Refusals: []RefusalDocument{}, Conflicts: []ConflictDocument{},
		Problems: each(r.Problems, problemDocument),
		Matches: each(r.Matches, func(m policy.Match) policy.Match {
			return policy.Match{Kind: m.Kind, Query: valid(m.Query), Found: m.Found}
		}),
		Calls: each(r.Calls, func(c Call) CallDocument {
			return CallDocument{valid(c.Op), c.Calls, c.Retries, c.Throttles, c.Waited.Milliseconds()}
		}),
	}
	doc.Started = rfc3339(r.Started)
	for _, f := range r.Refusals {
		doc.Refusals = append(doc.Refusals, RefusalDocument{valid(f.Guard), valid(f.Text), valid(f.Evidence), f.Acceptable, d.next(f)})
	}
	for _, c := range r.Plan.Conflicts {
		means, remedy := explain(c)
		doc.Conflicts = append(doc.Conflicts, ConflictDocument{
			c.Kind, c.Reason, valid(c.Name), valid(string(c.Want)), valid(c.HaveID), valid(c.HaveExternalID), means.String(), remedy.String(),
		})
	}
	return doc
}

func (t tally) document() TallyDocument {
	return TallyDocument{
		Create: t.by[doCreate], Adopt: t.by[doAdopt], Update: t.by[doUpdate], Deactivate: t.by[doDeactivate], Empty: t.by[doEmpty],
		Delete: t.by[doDelete], Join: t.by[doJoin], Leave: t.by[doLeave],
		Failed: t.failed, Skipped: t.skipped, Withheld: t.withheld, Unproven: t.unproven, Kept: t.kept,
	}
}

func problemDocument(p policy.Problem) ProblemDocument {
	return ProblemDocument{p.Kind, valid(p.Name), p.Skipped, each(p.Flaws, func(f identity.Flaw) FlawDocument {
		return FlawDocument{valid(f.Attr), valid(f.Value), valid(f.Why), remedy(p, f.Attr).String()}
	})}
}

func changeDocuments(entries []entry) []ChangeDocument {
	return each(entries, func(e entry) ChangeDocument {
		kind := string(e.kind)
		if kind == "" {
			kind = "membership"
		}
		return ChangeDocument{
			Action: string(e.action), Kind: kind, Name: valid(e.name), Group: valid(e.in), TargetID: valid(e.id), Cause: string(e.cause),
			Evidence: plan.Evidence{Proof: e.evidence.Proof, Text: valid(e.evidence.Text)},
			Fields: each(e.fields, func(f plan.Field) plan.Field {
				return plan.Field{Attr: valid(f.Attr), Before: valid(f.Before), After: valid(f.After)}
			}),
			Status: string(e.status), Error: errorText(e.err),
		}
	})
}

// each makes a list that is not null.
func each[A, B any](of []A, f func(A) B) []B {
	out := make([]B, len(of))
	for i, x := range of {
		out[i] = f(x)
	}
	return out
}

// valid replaces what is not UTF-8, which JSON cannot hold (RFC 8259 §8.1).
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return valid(err.Error())
}
