// Package guard stops what looks like a mistake before anything is touched.
// It never stops what gives access, and never changes a plan but by taking
// revocations out of it.
package guard

import (
	"slices"
	"strings"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A Guard reads a plan and says what must not be done.
type Guard struct {
	Name  string // what an operator types to accept the risk
	Limit Limit  // the default; zero: see Limited
	Doc   string // one line for the reference
	check func(*inspection, Limit)
}

// Limited reports whether the guard measures, so that its limit can be set.
func (g Guard) Limited() bool { return g.Limit != Limit{} }

// All are the guards, in the order in which they speak.
var All = []Guard{
	{"users", Limit{10, 5}, "users deactivated or deleted: more than 10 % of the active managed users and more than 5", (*inspection).users},
	{"groups", Limit{10, 2}, "groups emptied or deleted: more than 10 % of the managed groups that have members and more than 2", (*inspection).groups},
	{"leaves", Limit{20, 20}, "memberships removed in all: more than 20 % and more than 20", (*inspection).leaves},
	{"group-leaves", Limit{50, 9}, "more than half of a group of more than 9 leaves, or all of a group without proof for each: holds that group only", (*inspection).groupLeaves},
	{"shrink", Limit{30, 5}, "what is in scope is 30 % smaller than at the last good run (or than what Identity Center holds, if none is known), and by more than 5, or nothing is left", (*inspection).shrink},
	{"query", Limit{}, "a part of a query matched something at the last good run, and matches nothing now", (*inspection).query},
	{Protected, Limit{}, "a user or a group that must stay would not, or would have too few active members: holds what touches it only", (*inspection).protected},
}

// Protected is the name of the guard of what must stay.
const Protected = "protected"

// Doubt is the name of the refusal to revoke anything because the reading of
// the source contradicts itself. It cannot be accepted.
const Doubt = "doubt"

// Names returns the names of all guards that can be accepted.
func Names() []string {
	names := make([]string, len(All))
	for i, g := range All {
		names[i] = g.Name
	}
	return names
}

// A Context is what guards know beside the plan. The zero value is that of a
// first run with the default limits.
type Context struct {
	Limits  map[string]Limit // in place of the defaults, by name
	Accept  []string         // names of guards that are overridden
	Doubts  []string         // reasons to trust no absence
	Matches []Found          // what each part of the queries found now
	Last    *Last            // the last good run with the same scope; nil: none is known
	Have    identity.State   // what the target holds, under the plan's keys
	Protect []Invariant      // what must stay as it is
}

// A Found is how many users or groups one part of the queries matched.
type Found struct {
	Kind  identity.Kind
	Query string
	Found int
}

// A Last is what the last good run saw in the source.
type Last struct {
	Source  plan.Size // what was in scope
	Matches []Found
}

// A Refusal is what one guard would not let pass.
type Refusal struct {
	Guard string `json:"guard"`
	Text  string `json:"text"` // what, how much of how many, and over which limit
	// Evidence says in words how much of it the source confirmed, such as "0 of
	// 6 groups are confirmed to be gone in Google"; "" where that says nothing.
	Evidence string `json:"evidence,omitempty"`
	// Acceptable says whether --accept=Guard lets it pass for one run.
	Acceptable bool `json:"acceptable"`
}

// A RefusedError is a plan that could not be carried out whole.
type RefusedError struct{ Refusals []Refusal }

func (e *RefusedError) Error() string {
	texts := make([]string, len(e.Refusals))
	for i, r := range e.Refusals {
		texts[i] = r.Guard + ": " + r.Text
	}
	return "refused: " + strings.Join(texts, "; ")
}

// A Verdict is a plan in two parts.
type Verdict struct {
	Allowed  plan.Plan
	Withheld plan.Plan // revocations only
	Refusals []Refusal
	// Warnings are about what should be protected, and is not there to begin
	// with.
	Warnings []string
}

// Err returns a *RefusedError if something was refused.
func (v Verdict) Err() error {
	if len(v.Refusals) == 0 {
		return nil
	}
	return &RefusedError{v.Refusals}
}

// Check asks every guard that is not accepted; all of them speak. What each of
// them withholds depends on the plan and not on the others, so that to accept
// one more never withholds more.
func Check(p plan.Plan, c Context) Verdict {
	in := inspect(p, c)
	for _, g := range All {
		if slices.Contains(c.Accept, g.Name) {
			continue
		}
		limit := g.Limit
		if l, ok := c.Limits[g.Name]; ok {
			limit = l
		}
		in.guard = g.Name
		g.check(in, limit)
	}
	in.guard = Doubt
	in.doubt()
	return in.verdict()
}
