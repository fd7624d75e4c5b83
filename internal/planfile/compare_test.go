package planfile_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/planfile"
)

// A scene is a plan that was made and one that would be made now, of one user
// (u, "ann"), one group (g, "Dev"), and what is held now.
type scene struct {
	was, now plan.Plan
	have     identity.Held
}

func subjects() plan.Subjects {
	return plan.Subjects{
		Users:  map[identity.Key]plan.Subject{"u": {ID: "id-u", Name: "ann", Revision: "00a1"}, "boss": {ID: "id-boss", Name: "boss"}},
		Groups: map[identity.Key]plan.Subject{"g": {ID: "id-g", Name: "Dev", Revision: "00a1"}},
	}
}

var (
	ann      = identity.User{UserName: "ann", Active: true}
	inactive = identity.User{UserName: "ann"}
	boss     = identity.User{UserName: "ann", Active: true, Title: "Boss"}
	member   = identity.Membership{Group: "g", User: "u"}
)

func ofUser(op plan.Op, before, after identity.User) func() plan.Plan {
	return func() plan.Plan {
		return plan.Plan{
			Users: []plan.Change[identity.User]{{Op: op, Key: "u", Before: before, After: after}}, Subjects: subjects(),
			Evidence: map[identity.Key]plan.Evidence{"u": {Proof: plan.ProofGone}},
		}
	}
}

func rename() plan.Plan {
	return plan.Plan{
		Groups:   []plan.Change[identity.Group]{{Op: plan.Update, Key: "g", Before: identity.Group{Name: "Dev"}, After: identity.Group{Name: "Ops"}}},
		Subjects: subjects(),
	}
}

func join() plan.Plan {
	return plan.Plan{Join: []plan.Move{{Membership: member}}, Subjects: subjects()}
}

func leave() plan.Plan {
	return plan.Plan{Leave: []plan.Move{{Membership: member, Evidence: plan.Evidence{Proof: plan.ProofLeft}}}, Subjects: subjects()}
}

func emptied() plan.Plan {
	p := leave()
	p.Emptied, p.Evidence = []identity.Key{"g"}, map[identity.Key]plan.Evidence{"g": {Proof: plan.ProofGone}}
	return p
}

func TestHowAChangeIsDecidedOtherwise(t *testing.T) {
	for _, c := range []struct {
		was  func() plan.Plan
		how  string
		then func(s *scene)
	}{
		{rename, `group "Dev": revision 00a1 → 00a2`, func(s *scene) { s.now.Subjects.Groups["g"] = plan.Subject{ID: "id-g", Name: "Dev", Revision: "00a2"} }},
		{rename, `group "Dev": id id-g → ""; name Dev → "D v"; revision 00a1 → "\x1b"`, func(s *scene) { s.now.Subjects.Groups["g"] = plan.Subject{Name: "D v", Revision: "\x1b"} }},
		{rename, `group "Dev": has changed: displayName was "Dev", is "dev"`, func(s *scene) { s.now.Groups[0].Before.Name = "dev" }},
		{rename, `group "Dev": should become something else: displayName "Ops" then, "ops\u202e" now`, func(s *scene) { s.now.Groups[0].After.Name = "ops\u202e" }},
		{rename, `group "Dev": would be deleted now, not be updated`, func(s *scene) { s.now.Groups[0].Op = plan.Delete }},
		{rename, `group "Dev": is not shown as it would be done`, func(s *scene) { s.now.Groups[0].Fields = []plan.Field{{Attr: "x"}} }},
		{ofUser(plan.Update, ann, boss), `user "ann": has changed: active was "true", is "false"; should become something else: active "true" then, "false" now, nickName "" then, "A" now`, func(s *scene) {
			s.now.Users[0].Before, s.now.Users[0].After.Active, s.now.Users[0].After.NickName = inactive, false, "A"
		}},
		{ofUser(plan.Create, identity.User{}, identity.User{Manager: "boss"}), `user "ann": the manager is another object of the target now`, func(s *scene) { s.now.Subjects.Users["boss"] = plan.Subject{ID: "other"} }},
		{ofUser(plan.Update, identity.User{Manager: "boss"}, ann), `user "ann": the manager is another object of the target now`, func(s *scene) { s.now.Subjects.Users["boss"] = plan.Subject{ID: "other"} }},
		{ofUser(plan.Delete, ann, identity.User{}), `user "ann": removal is not proven any more`, func(s *scene) { s.now.Evidence = nil }},
		{ofUser(plan.Delete, ann, identity.User{}), `user "ann": proof gone → out-of-scope`, func(s *scene) { s.now.Evidence["u"] = plan.Evidence{Proof: plan.ProofScope} }},
		{ofUser(plan.Delete, ann, identity.User{}), `user "ann": would be created now, not be deleted`, func(s *scene) { s.now.Users[0].Op = plan.Create }},
		{join, `member "ann" of "Dev": would leave now, not join`, func(s *scene) { s.now.Join, s.now.Leave = nil, s.now.Join }},
		{join, `member "ann" of "Dev": the group's name Dev → Admins`, func(s *scene) {
			s.now.Subjects.Groups["g"] = plan.Subject{ID: "id-g", Name: "Admins", Revision: "00a1"}
		}},
		{join, `member "ann" of "Dev": the user's id id-u → x`, func(s *scene) { s.now.Subjects.Users["u"] = plan.Subject{ID: "x", Name: "ann", Revision: "00a1"} }},
		{leave, `member "ann" of "Dev": proof left → gone; the whole group is to be emptied now`, func(s *scene) {
			s.now.Emptied, s.now.Leave[0].Evidence.Proof = []identity.Key{"g"}, plan.ProofGone
		}},
		{emptied, `member "ann" of "Dev": the group is not to be emptied any more`, func(s *scene) { s.was.Evidence, s.now.Emptied = nil, nil }},
		{emptied, `member "ann" of "Dev": the group's proof gone → out-of-scope`, func(s *scene) { s.now.Evidence["g"] = plan.Evidence{Proof: plan.ProofScope} }},
	} {
		s := scene{was: c.was(), now: c.was()}
		c.then(&s)
		compare(t, s, c.how)
	}
}

func TestWhyAChangeIsNotDecidedAnyMore(t *testing.T) {
	remove := ofUser(plan.Delete, ann, identity.User{})
	for _, c := range []struct {
		was  func() plan.Plan
		how  string
		then func(s *scene)
	}{
		{rename, `group "Dev": is done already`, func(s *scene) { s.have.Groups["g"] = identity.Group{Name: "Ops"} }},
		{rename, `group "Dev": is not wanted any more`, func(s *scene) {}},
		{rename, `group "Dev": is not there any more`, func(s *scene) { delete(s.have.Groups, "g"); delete(s.have.Records.Groups, "g") }},
		{rename, `group "Dev": has changed: displayName was "Dev", is "Prod"`, func(s *scene) { s.have.Groups["g"] = identity.Group{Name: "Prod"} }},
		{rename, `group "Dev": is a conflict now: taken-name`, func(s *scene) {
			s.now.Conflicts = []match.Conflict{{Kind: identity.KindGroup, Reason: match.TakenName, Want: "g"}}
		}},
		{rename, `group "Dev": is a conflict now: ambiguous-name`, func(s *scene) {
			s.now.Conflicts = []match.Conflict{{Kind: identity.KindGroup, Reason: match.AmbiguousName, Have: "g"}}
		}},
		{rename, `group "Dev": is not wanted any more`, func(s *scene) { // a user of the same key is no group
			s.now.Conflicts = []match.Conflict{{Kind: identity.KindUser, Reason: match.TakenName, Want: "g"}}
		}},
		{rename, `group "Dev": is not wanted any more`, func(s *scene) { // it was one before, and did not matter
			s.now.Conflicts = []match.Conflict{{Kind: identity.KindGroup, Reason: match.TakenName, Have: "g"}}
			s.was.Conflicts = s.now.Conflicts
		}},
		{ofUser(plan.Create, identity.User{}, ann), `user "ann": is done already`, func(s *scene) {}},
		{ofUser(plan.Create, identity.User{}, ann), `user "ann": is not wanted any more`, func(s *scene) { s.have = identity.NewHeld() }},
		{ofUser(plan.Update, ann, boss), `user "ann": is not wanted any more`, func(s *scene) {}},
		{remove, `user "ann": is done already`, func(s *scene) { s.have = identity.NewHeld() }},
		{remove, `user "ann": is not wanted any more`, func(s *scene) { back(s, "113") }},
		{remove, `user "ann": is not proven any more: "users.get\x1b"`, func(s *scene) {
			s.now.Unproven = []plan.Unproven{{Kind: identity.KindUser, Name: "Ann", ID: "id-u", Why: "users.get\x1b"}}
		}},
		{remove, `user "ann": is not wanted any more`, func(s *scene) { // it is about a membership
			s.now.Unproven = []plan.Unproven{{Kind: identity.KindUser, Name: "ann", ID: "id-u", Group: "Dev", Why: "no"}}
		}},
		{join, `member "ann" of "Dev": is done already`, func(s *scene) { s.have.Members[member] = true }},
		{join, `member "ann" of "Dev": is not wanted any more`, func(s *scene) {}},
		{join, `member "ann" of "Dev": the group is a conflict now: taken-name`, func(s *scene) {
			s.now.Conflicts = []match.Conflict{{Kind: identity.KindGroup, Reason: match.TakenName, Want: "g"}}
		}},
		{join, `member "ann" of "Dev": is a conflict now: reused-name`, func(s *scene) {
			s.now.Conflicts = []match.Conflict{{Kind: identity.KindUser, Reason: match.ReusedName, Want: "u"}}
		}},
		{leave, `member "ann" of "Dev": is done already`, func(s *scene) {}},
		{leave, `member "ann" of "Dev": is not wanted any more`, func(s *scene) { s.have.Members[member] = true }},
		{leave, `member "ann" of "Dev": is not wanted any more`, func(s *scene) {
			back(s, "113")
			s.have.Members[identity.Membership{Group: "g", User: "113"}] = true
		}},
		{leave, `member "ann" of "Dev": is not proven any more: "members.list"`, func(s *scene) {
			s.now.Unproven = []plan.Unproven{{Kind: identity.KindUser, Name: "ann", ID: "id-u", Group: "Dev", Why: "members.list"}}
		}},
		{leave, `member "ann" of "Dev": is not proven any more: "groups.get"`, func(s *scene) {
			s.now.Unproven = []plan.Unproven{{Kind: identity.KindGroup, Name: "Dev", ID: "id-g", Why: "groups.get"}}
		}},
		{leave, `member "ann" of "Dev": is not proven any more: "users.get"`, func(s *scene) {
			s.now.Unproven = []plan.Unproven{{Kind: identity.KindUser, Name: "ann", ID: "id-u", Why: "users.get"}}
		}},
		{leave, `member "ann" of "Dev": is done already`, func(s *scene) { // it is about another group
			s.now.Unproven = []plan.Unproven{{Kind: identity.KindUser, Name: "ann", ID: "id-u", Group: "Ops", Why: "members.list"}}
		}},
	} {
		s := scene{was: c.was(), have: identity.NewHeld()}
		s.have.Users["u"], s.have.Records.Users["u"] = ann, identity.Record{ID: "id-u"}
		s.have.Groups["g"], s.have.Records.Groups["g"] = identity.Group{Name: "Dev"}, identity.Record{ID: "id-g"}
		c.then(&s)
		compare(t, s, c.how)
	}
}

// back puts ann under the key of somebody who is in scope again.
func back(s *scene, k identity.Key) {
	delete(s.have.Users, "u")
	delete(s.have.Records.Users, "u")
	s.have.Users[k], s.have.Records.Users[k] = ann, identity.Record{ID: "id-u"}
}

func compare(t *testing.T, s scene, how string) {
	t.Helper()
	got := planfile.Compare(s.was, s.now, s.have)
	if len(got) != 1 {
		t.Errorf("%d differences: %v, want %s", len(got), got, how)
		return
	}
	if diff := cmp.Diff(how, got[0].String()); diff != "" {
		t.Error(diff)
	}
}

func TestRecheckSaysWhatIsStale(t *testing.T) {
	p := plan.Plan{Subjects: plan.Subjects{Users: map[identity.Key]plan.Subject{}}}
	for i := range 5 {
		k := identity.Key(fmt.Sprint(i))
		p.Users = append(p.Users, plan.Change[identity.User]{Op: plan.Create, Key: k})
		p.Subjects.Users[k] = plan.Subject{Name: "u" + string(k)}
	}
	f, err := planfile.New(p, nil, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Recheck(f.Plan, p, identity.NewHeld()); err != nil {
		t.Error(err)
	}
	for left, want := range map[int]string{
		0: `5 of 5 changes are not what would be decided now: user "u0": is not wanted any more; user "u1": is not wanted any more; user "u2": is not wanted any more; and 2 more`,
		1: `4 of 5 changes are not what would be decided now: user "u1": is not wanted any more; user "u2": is not wanted any more; user "u3": is not wanted any more; and 1 more`,
		2: `3 of 5 changes are not what would be decided now: user "u2": is not wanted any more; user "u3": is not wanted any more; user "u4": is not wanted any more`,
		3: `2 of 5 changes are not what would be decided now: user "u3": is not wanted any more; user "u4": is not wanted any more`,
		4: `1 of 5 changes is not what would be decided now: user "u4": is not wanted any more`,
	} {
		fresh := p
		fresh.Users = p.Users[:left]
		err := f.Recheck(f.Plan, fresh, identity.NewHeld())
		stale, ok := errors.AsType[*planfile.StaleError](err)
		if !ok || len(stale.Differences) != 5-left || stale.Of != 5 || stale.ID != f.ID || err.Error() != "plan "+f.ID+" is stale: "+want+"; make a new one" {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestLongValuesAreCut(t *testing.T) {
	o := planfile.Object{Kind: identity.KindGroup, Name: strings.Repeat("ä", 81)}
	if got, want := o.String(), `group "`+strings.Repeat("ä", 80)+`"…`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	o.Name = strings.Repeat("ä", 80)
	if got, want := o.String(), `group "`+o.Name+`"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
