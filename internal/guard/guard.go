// Package guard stops what looks like a mistake before anything is touched.
// It never stops what gives access, and never changes a plan but by taking
// revocations out of it.
package guard

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A Limit is how much may go at once: what is over both is refused, since a
// percentage of a few is noise.
type Limit struct {
	Percent int
	Floor   int
}

func (l Limit) exceeded(n, of int) bool { return n > l.Floor && n*100 > of*l.Percent }

func (l Limit) String() string { return fmt.Sprintf("%d%%/%d", l.Percent, l.Floor) }

var limitRE = regexp.MustCompile(`^(\d{1,3})%/(\d{1,6})$`)

// ParseLimit parses a limit such as 10%/5: ten percent, and five at least.
func ParseLimit(s string) (Limit, error) {
	m := limitRE.FindStringSubmatch(s)
	if m == nil {
		return Limit{}, fmt.Errorf("limit %q: want PERCENT%%/FLOOR, such as 10%%/5", s)
	}
	percent, _ := strconv.Atoi(m[1])
	floor, _ := strconv.Atoi(m[2])
	if percent > 100 {
		return Limit{}, fmt.Errorf("limit %q: there are no more than 100%%", s)
	}
	return Limit{percent, floor}, nil
}

// A Guard reads a plan and says what must not be done.
type Guard struct {
	Name  string // what an operator types to accept the risk
	Limit Limit  // the default
	Doc   string // one line for the reference
	check func(*inspection, Limit)
}

// All are the guards, in the order in which they speak.
var All = []Guard{
	{"users", Limit{10, 5}, "users deactivated or deleted: more than 10 % of the active managed users and more than 5", (*inspection).users},
	{"groups", Limit{10, 2}, "groups emptied or deleted: more than 10 % of the managed groups that have members and more than 2", (*inspection).groups},
	{"leaves", Limit{20, 20}, "memberships removed in all: more than 20 % and more than 20", (*inspection).leaves},
	{"group-leaves", Limit{50, 9}, "more than half of a group of more than 9 leaves: holds that group only", (*inspection).groupLeaves},
	{"shrink", Limit{30, 5}, "what is in scope is 30 % smaller than what Identity Center holds, and by more than 5, or nothing is left", (*inspection).shrink},
}

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

// A Refusal is what one guard would not let pass.
type Refusal struct {
	Guard string `json:"guard"`
	Text  string `json:"text"` // what, how much of how many, and over which limit
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
}

// Err returns a *RefusedError if something was refused.
func (v Verdict) Err() error {
	if len(v.Refusals) == 0 {
		return nil
	}
	return &RefusedError{v.Refusals}
}

// Check asks every guard that is not accepted; all of them speak. Limits
// replace the defaults, by name. Doubts are reasons to trust no absence.
func Check(p plan.Plan, limits map[string]Limit, accepted, doubts []string) Verdict {
	in := &inspection{p: p, heldUsers: map[identity.Key]bool{}, heldGroups: map[identity.Key]bool{}, leave: map[identity.Membership]bool{}}
	for _, g := range All {
		if slices.Contains(accepted, g.Name) {
			continue
		}
		limit := g.Limit
		if l, ok := limits[g.Name]; ok {
			limit = l
		}
		in.guard = g.Name
		g.check(in, limit)
	}
	in.guard = Doubt
	in.doubt(doubts)
	return in.verdict()
}

// An inspection gathers what the guards refuse.
type inspection struct {
	p          plan.Plan
	guard      string
	refusals   []Refusal
	heldUsers  map[identity.Key]bool // changes of users that are withheld
	heldGroups map[identity.Key]bool // changes of groups
	leave      map[identity.Membership]bool
}

func (in *inspection) refuse(format string, args ...any) {
	in.refusals = append(in.refusals, Refusal{Guard: in.guard, Text: fmt.Sprintf(format, args...), Acceptable: in.guard != Doubt})
}

func (in *inspection) users(l Limit) {
	// Who is inactive already takes no part: else the leavers of years would
	// make room for those of today.
	n, proven, of := 0, 0, in.p.Base.Active
	for _, c := range in.p.Users {
		if plan.Revokes(c) {
			n++
			if !c.Before.Active {
				of++
			}
			if c.Cause.Proven() {
				proven++
			}
		}
	}
	if !l.exceeded(n, of) {
		return
	}
	in.refuse("%d of %d users would be deactivated or deleted, over %s", n, of, l.words())
	in.withholdAbsent()
	if l.exceeded(proven, of) {
		in.withholdUsers(func(plan.Change[identity.User]) bool { return true })
	}
}

func (in *inspection) groups(l Limit) {
	n, of := len(in.p.Emptied), in.p.Base.Filled
	for _, c := range plan.Only(in.p.Groups, plan.Delete) {
		n++
		if in.p.Base.Members[c.Key] == 0 {
			of++
		}
	}
	if l.exceeded(n, of) {
		in.refuse("%d of %d groups would be emptied or deleted, over %s", n, of, l.words())
		in.withholdAbsent()
	}
}

func (in *inspection) leaves(l Limit) {
	if n, of := len(in.p.Leave), in.p.Base.Managed.Members; l.exceeded(n, of) {
		in.refuse("%d of %d memberships would be removed, over %s", n, of, l.words())
		in.withholdAbsent()
	}
}

// withholdAbsent takes out all that rests on something being absent: once one
// count is implausible, no absence in the same reading is to be believed.
func (in *inspection) withholdAbsent() {
	in.withholdUsers(func(c plan.Change[identity.User]) bool { return !c.Cause.Proven() || c.Op == plan.Delete })
	for _, c := range plan.Only(in.p.Groups, plan.Delete) {
		in.heldGroups[c.Key] = true
	}
	in.withholdLeaves(func(plan.Move) bool { return true })
}

func (in *inspection) withholdUsers(which func(plan.Change[identity.User]) bool) {
	for _, c := range in.p.Users {
		if plan.Revokes(c) && which(c) {
			in.heldUsers[c.Key] = true
		}
	}
}

// groupLeaves looks at each group that stays; one that goes as a whole counts
// for the guard of groups.
func (in *inspection) groupLeaves(l Limit) {
	n := map[identity.Key]int{}
	for _, m := range in.p.Leave {
		n[m.Group]++
	}
	for _, c := range plan.Only(in.p.Groups, plan.Delete) {
		delete(n, c.Key)
	}
	for _, key := range in.p.Emptied {
		delete(n, key)
	}
	over := map[identity.Key]bool{}
	for _, m := range in.p.Leave {
		of := in.p.Base.Members[m.Group]
		if over[m.Group] || of <= l.Floor || n[m.Group]*100 <= of*l.Percent {
			continue
		}
		over[m.Group] = true
		in.refuse("%d of the %d members of %q would be removed, over %d%%", n[m.Group], of, in.p.Subjects.Groups[m.Group].Name, l.Percent)
	}
	in.withholdLeaves(func(m plan.Move) bool { return over[m.Group] })
}

func (in *inspection) withholdLeaves(which func(plan.Move) bool) {
	for _, m := range in.p.Leave {
		if which(m) {
			in.leave[m.Membership] = true
		}
	}
}

func (in *inspection) shrink(l Limit) {
	b := in.p.Base
	refused := false
	for _, k := range []struct {
		kind       string
		source, of int
		mustExist  bool
	}{
		{"users", b.Source.Users, b.Active, true},
		{"groups", b.Source.Groups, b.Filled, true},
		{"memberships", b.Source.Members, b.Managed.Members, false},
	} {
		switch {
		case k.of > 0 && k.source == 0 && k.mustExist:
			in.refuse("there are no %s in scope, where Identity Center holds %d", k.kind, k.of)
		case l.exceeded(k.of-k.source, k.of):
			in.refuse("there are %d %s in scope, where Identity Center holds %d: over %d%% fewer", k.source, k.kind, k.of, l.Percent)
		default:
			continue
		}
		refused = true
	}
	if refused {
		in.withholdAbsent()
	}
}

// doubt refuses to conclude anything from an absence, if there is a doubt and
// something would be concluded.
func (in *inspection) doubt(doubts []string) {
	if len(doubts) == 0 {
		return
	}
	in.withholdAbsent()
	if len(in.heldUsers)+len(in.heldGroups)+len(in.leave) > 0 {
		in.refuse("the reading of the source contradicts itself (%s), so nothing that is absent from it counts as gone", strings.Join(doubts, "; "))
	}
}

// verdict splits the plan. Users who keep memberships for now are not deleted
// either, for that would remove them all the same. (Of a group that is deleted,
// memberships are withheld only with the group.)
func (in *inspection) verdict() Verdict {
	keepUser, keepGroup := map[identity.Key]bool{}, map[identity.Key]bool{}
	for m := range in.leave {
		keepUser[m.User], keepGroup[m.Group] = true, true
	}
	v := Verdict{Allowed: in.p, Refusals: in.refusals}
	v.Withheld = plan.Plan{Subjects: in.p.Subjects, Base: in.p.Base}
	v.Allowed.Users, v.Withheld.Users = split(in.p.Users, func(c plan.Change[identity.User]) bool {
		return in.heldUsers[c.Key] || c.Op == plan.Delete && keepUser[c.Key]
	})
	v.Allowed.Groups, v.Withheld.Groups = split(in.p.Groups, func(c plan.Change[identity.Group]) bool { return in.heldGroups[c.Key] })
	v.Allowed.Leave, v.Withheld.Leave = split(in.p.Leave, func(m plan.Move) bool { return in.leave[m.Membership] })
	v.Allowed.Emptied, v.Withheld.Emptied = split(in.p.Emptied, func(k identity.Key) bool { return keepGroup[k] })
	return v
}

func split[T any](all []T, withhold func(T) bool) (allowed, withheld []T) {
	for _, x := range all {
		if withhold(x) {
			withheld = append(withheld, x)
		} else {
			allowed = append(allowed, x)
		}
	}
	return allowed, withheld
}

func (l Limit) words() string { return fmt.Sprintf("%d%% and %d", l.Percent, l.Floor) }
