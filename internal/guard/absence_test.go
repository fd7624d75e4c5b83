package guard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// crowd makes a plan of people by kind: s is suspended, g gone, o out of
// scope, d gone and to be deleted. Each leaves the group "club", which stays.
func crowd(kinds string) plan.Plan {
	p := plan.Plan{Base: roomy(50, 50, 50), Evidence: map[identity.Key]plan.Evidence{}}
	p.Base.Members = map[identity.Key]int{"club": 999}
	for i, kind := range kinds {
		c := plan.Change[identity.User]{Op: plan.Update, Key: identity.Key(fmt.Sprintf("%c%d", kind, i)), Before: identity.User{Active: true}, Cause: plan.CauseGone}
		e := plan.Evidence{Proof: plan.ProofGone}
		switch kind {
		case 's':
			c.Cause, e.Proof = plan.CauseSuspended, plan.ProofFlag
		case 'o':
			c.Cause, e.Proof = plan.CauseScope, plan.ProofScope
		case 'd':
			c.Op = plan.Delete
		}
		p.Users, p.Evidence[c.Key] = append(p.Users, c), e
		m := leave("club", c.Key)
		if m.Evidence = e; kind == 's' {
			m.Evidence.Proof = plan.ProofLeft
		}
		p.Leave = append(p.Leave, m)
	}
	return p
}

// add adds groups by kind: g is emptied and gone, o emptied and out of scope,
// d gone and to be deleted; each has some members.
func add(p plan.Plan, kinds string, members int) plan.Plan {
	for i, kind := range kinds {
		key, proof := identity.Key(fmt.Sprintf("%c-group%d", kind, i)), plan.ProofGone
		if kind == 'o' {
			proof = plan.ProofScope
		}
		if kind == 'd' {
			p.Groups = append(p.Groups, plan.Change[identity.Group]{Op: plan.Delete, Key: key})
		} else {
			p.Emptied = append(p.Emptied, key)
		}
		p.Base.Members[key], p.Evidence[key] = members, plan.Evidence{Proof: proof}
		for j := range members {
			p.Leave = append(p.Leave, proven(key, identity.Key(fmt.Sprint("m", j)), proof))
		}
	}
	return p
}

// withLeave lets the first one leave another group, of which nothing is known.
func withLeave(p plan.Plan, group identity.Key) plan.Plan {
	p.Leave = append(p.Leave, proven(group, p.Users[0].Key, plan.ProofScope))
	return p
}

func told(p plan.Plan) string {
	var words []string
	for _, c := range p.Users {
		words = append(words, string(c.Key))
	}
	for _, c := range p.Groups {
		words = append(words, "delete "+string(c.Key))
	}
	for _, m := range p.Leave {
		words = append(words, string(m.User)+"∈"+string(m.Group))
	}
	for _, key := range p.Emptied {
		words = append(words, "empty "+string(key))
	}
	return strings.Join(words, " ")
}

func TestWhatPassesARefusal(t *testing.T) {
	shrunk := func(p plan.Plan) plan.Plan {
		p.Base.Source.Users = 0
		return p
	}
	sleepers := crowd("sgsgsg") // and 20 who were deactivated long ago
	for i := range 20 {
		sleepers.Users = append(sleepers.Users, plan.Change[identity.User]{Op: plan.Delete, Key: identity.Key(fmt.Sprint("z", i)), Cause: plan.CauseExpired})
	}
	joiners := crowd("gg") // who were in ten groups each, and another in one
	for i := range 20 {
		joiners.Leave = append(joiners.Leave, proven(identity.Key(fmt.Sprint("of", i)), []identity.Key{"g0", "g1"}[i%2], plan.ProofGone))
	}
	joiners.Leave = append(joiners.Leave, proven("of0", "a", plan.ProofLeft))
	for name, c := range map[string]struct {
		p       plan.Plan
		context guard.Context
		allowed string
	}{
		"each by itself":                {shrunk(crowd("sgod")), guard.Context{}, "s0 g1 g1∈club"},
		"five are confirmed":            {crowd("sgsgsood"), guard.Context{}, "s0 g1 s2 g3 s4 g1∈club g3∈club"},
		"six are too many":              {crowd("sgsgsgoo"), guard.Context{}, ""},
		"who is deleted does not count": {crowd("sgsgsdod"), guard.Context{}, "s0 g1 s2 g3 s4 g1∈club g3∈club"},
		"six, and users are accepted":   {shrunk(crowd("sgsgsgoo")), guard.Context{Accept: []string{"users"}}, "s0 g1 s2 g3 s4 g5 g1∈club g3∈club g5∈club"},
		"groups that are gone":          {shrunk(add(crowd(""), "god", 1)), guard.Context{}, "m0∈g-group0 m0∈d-group2 empty g-group0"},
		"too many groups":               {add(crowd("g"), "gggoggg", 1), guard.Context{}, "g0 g0∈club"},
		"two of too many groups":        {add(crowd(""), "ggoooo", 1), guard.Context{}, "m0∈g-group0 m0∈g-group1 empty g-group0 empty g-group1"},
		"groups are accepted":           {shrunk(add(crowd(""), "gggogg", 1)), guard.Context{Accept: []string{"groups"}}, "m0∈g-group0 m0∈g-group1 m0∈g-group2 m0∈g-group4 m0∈g-group5 empty g-group0 empty g-group1 empty g-group2 empty g-group4 empty g-group5"},
		"a group too big":               {add(crowd("g"), "g", 21), guard.Context{}, "g0"},
		"the deleted make no room":      {sleepers, guard.Context{}, ""},
		"of too many groups":            {joiners, guard.Context{}, "g0 g1"},
		"a doubt":                       {add(crowd("sgod"), "god", 1), guard.Context{Doubts: []string{"x"}}, "s0 g1 g1∈club"},
		"a doubt, and six":              {crowd("sgsgsgo"), guard.Context{Doubts: []string{"x"}, Accept: []string{"users"}}, "s0 g1 s2 g3 s4 g5 g1∈club g3∈club g5∈club"},
	} {
		t.Run(name, func(t *testing.T) {
			v := guard.Check(c.p, c.context)
			if diff := cmp.Diff(c.allowed, told(v.Allowed)); diff != "" || v.Err() == nil {
				t.Errorf("%s\n%v", diff, v.Err())
			}
		})
	}
}

// A doubt is worth a word only if it stops something.
func TestADoubtThatStopsNothing(t *testing.T) {
	p := crowd("sg")
	p.Leave = p.Leave[1:] // the suspended stay
	if v := guard.Check(p, guard.Context{Doubts: []string{"x"}}); v.Err() != nil || v.Withheld.Size() > 0 {
		t.Errorf("got %v, %+v", v.Err(), v.Withheld)
	}
	p = plan.Plan{Groups: []plan.Change[identity.Group]{{Op: plan.Delete, Key: "g"}}, Base: roomy(9, 9, 9)}
	if v := guard.Check(p, guard.Context{Doubts: []string{"x"}}); v.Err() == nil || len(v.Withheld.Groups) != 1 {
		t.Errorf("an empty group was deleted: %+v", v)
	}
	p = plan.Plan{Users: []plan.Change[identity.User]{{Op: plan.Delete, Key: "u"}}, Base: roomy(9, 9, 9)}
	if v := guard.Check(p, guard.Context{Doubts: []string{"x"}}); v.Err() == nil || len(v.Withheld.Users) != 1 {
		t.Errorf("a user was deleted: %+v", v)
	}
}

// Each refusal says how much of it the source confirmed.
func TestEvidenceIsPutIntoWords(t *testing.T) {
	for name, c := range map[string]struct {
		p       plan.Plan
		context guard.Context
		want    string
	}{
		"no users":     {crowd("oooooo"), guard.Context{}, "0 of 6 users are confirmed suspended or deleted"},
		"some users":   {crowd("osgdoo"), guard.Context{}, "3 of 6 users are confirmed suspended or deleted"},
		"all users":    {crowd("sgdsgd"), guard.Context{}, "all 6 users are confirmed suspended or deleted"},
		"no groups":    {add(crowd(""), "oooooo", 1), guard.Context{}, "0 of 6 groups are confirmed to be gone in Google"},
		"some groups":  {add(crowd(""), "ogodoo", 1), guard.Context{}, "2 of 6 groups are confirmed to be gone in Google"},
		"leaves":       {add(crowd("sgo"), "o", 20), guard.Context{}, "2 of 23 memberships are confirmed to have ended"},
		"gone members": {add(withLeave(crowd("g"), "o-group0"), "o", 20), guard.Context{}, "2 of 22 memberships are confirmed to have ended"},
		"dead group":   {add(crowd("o"), "g", 24), guard.Context{}, "24 of 25 memberships are confirmed to have ended"},
		"doubt":        {add(crowd("so"), "g", 1), guard.Context{Doubts: []string{"x"}}, "1 of 2 users are confirmed suspended or deleted; the group is confirmed to be gone in Google; 2 of 3 memberships are confirmed to have ended"},
		"little doubt": {add(crowd(""), "g", 1), guard.Context{Doubts: []string{"x"}}, "the group is confirmed to be gone in Google; the membership is confirmed to have ended"},
	} {
		t.Run(name, func(t *testing.T) {
			v := guard.Check(c.p, c.context)
			if len(v.Refusals) != 1 || v.Refusals[0].Evidence != c.want {
				t.Errorf("got %q, want %q", texts(v), c.want)
			}
		})
	}
}

// A group that stays is not emptied by people who vanish one by one, unless
// that is known of each.
func TestWhoLeavesLast(t *testing.T) {
	for name, c := range map[string]struct {
		moves  []plan.Move
		of     int
		joins  bool
		kinds  string // of users that change
		refuse string
		leave  int
	}{
		"all left":              {[]plan.Move{proven("G", "a", plan.ProofLeft), proven("G", "b", plan.ProofLeft)}, 2, false, "", "", 2},
		"all left or are gone":  {[]plan.Move{proven("G", "a", plan.ProofLeft), proven("G", "b", plan.ProofGone)}, 2, false, "", "", 2},
		"one is out of scope":   {[]plan.Move{proven("G", "a", plan.ProofLeft), proven("G", "b", plan.ProofScope)}, 2, false, "", "group-leaves", 0},
		"one is suspended, too": {[]plan.Move{proven("G", "a", plan.ProofLeft), proven("G", "s0", plan.ProofScope)}, 2, false, "s", "", 2},
		"somebody stays":        {[]plan.Move{proven("G", "a", ""), proven("G", "b", "")}, 3, false, "", "", 2},
		"somebody comes":        {[]plan.Move{proven("G", "a", ""), proven("G", "b", "")}, 2, true, "", "", 2},
		"who is gone may leave": {[]plan.Move{proven("G", "a", ""), proven("G", "g0", "")}, 2, false, "g", "group-leaves", 1},
		"4 of 10 are gone":      {append(crew10("a", 6), crew10("g", 4)...), 10, false, "gggg", "group-leaves", 4},
		"6 of 11 are gone":      {append(crew10("a", 5), crew10("g", 6)...), 11, false, "gggggg", "group-leaves", 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := crowd(c.kinds)
			p.Leave, p.Base = c.moves, roomy(999, 999, 999)
			p.Base.Members = map[identity.Key]int{"G": c.of}
			if c.joins {
				p.Join = []plan.Move{leave("G", "z")}
			}
			v := guard.Check(p, guard.Context{})
			if got := strings.Join(spoke(v), " "); got != c.refuse || len(v.Allowed.Leave) != c.leave {
				t.Errorf("%q spoke, and %d leave: %v", got, len(v.Allowed.Leave), texts(v))
			}
		})
	}
}

func crew10(kind string, n int) []plan.Move {
	var moves []plan.Move
	for i := range n {
		moves = append(moves, leave("G", identity.Key(fmt.Sprintf("%s%d", kind, i))))
	}
	return moves
}

func spoke(v guard.Verdict) []string {
	var names []string
	for _, r := range v.Refusals {
		names = append(names, r.Guard)
	}
	return names
}
