package wire_test

// What awslabs/ssosync gets wrong, each as a test that fails on the old
// behaviour. The numbers are those of docs/defects.md, which says where the
// others are tested.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
	"ssosync/internal/emulator/fault"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/guard"
	"ssosync/internal/report"
)

// in runs a test in virtual time, against a small company.
func in(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newWorld(t, company(t), iic.Options{})) })
}

func TestD04PrecacheCostsNothing(t *testing.T) {
	for _, ous := range []string{"/", "/Eng,/Ops", ""} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, generated(1200, 3, 20), iic.Options{})
			w.mustSync("PRECACHE_ORG_UNITS", ous)
			if n := w.google.Calls()["users.list"]; n != 3 {
				t.Errorf("%q: users.list was called %d times for 1,201 users", ous, n)
			}
		})
	}
}

func TestD13ARenamedUserKeepsGroups(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		id := w.ids()["ann@example.com"]
		must(w, w.dir.RenameUser("ann@example.com", "anne@example.com"))
		w.aws.ResetCalls()
		w.mustSync()
		if diff := cmp.Diff(map[string]int{"PatchUser": 1}, w.writes()); diff != "" {
			w.Error(diff)
		}
		if w.ids()["anne@example.com"] != id {
			w.Error("the id changed")
		}
		w.mirrors(map[string][]string{"Dev": {"anne@example.com", "bo@example.com"}})
	})
}

func TestD14OthersAttributesSurvive(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		ann, _ := w.aws.State().User("ann@example.com")
		ann.Title, ann.NickName, ann.Enterprise.CostCenter = "Boss", "Annie", "4130"
		ann.PhoneNumbers = []iic.Phone{{Value: "555", Type: "work"}}
		must(w, w.aws.Seed(iic.State{Users: []iic.User{ann}}))
		must(w, w.dir.EditUser("ann@example.com", func(u *google.User) { u.Name.FamilyName, u.Name.FullName = "Oak", "" }))
		w.mustSync()
		got, _ := w.aws.State().User("ann@example.com")
		if got.Name.FamilyName != "Oak" || got.Title != "Boss" || got.NickName != "Annie" || got.Enterprise.CostCenter != "4130" || len(got.PhoneNumbers) != 1 {
			w.Errorf("got %+v", got)
		}
	})
}

func TestD15Renames(t *testing.T) {
	for _, c := range []struct{ from, to string }{{"AB", "BA"}, {"ABC", "BCD"}, {"ABC", "BCA"}} {
		in(t, func(w *world) {
			w.dir.Update(func(f *google.Fixture) {
				f.Groups = nil
				for i := range c.from {
					f.Groups = append(f.Groups, google.Group{Email: fmt.Sprintf("g%d@example.com", i), Name: "Group " + c.from[i:i+1], Members: members("ann@example.com")})
				}
			})
			w.mustSync()
			before := w.ids()
			for i := range c.to {
				must(w, w.dir.RenameGroup(fmt.Sprintf("g%d@example.com", i), "Group "+c.to[i:i+1], ""))
			}
			w.mustSync()
			for i := range c.to {
				if w.ids()["Group "+c.to[i:i+1]] != before["Group "+c.from[i:i+1]] {
					w.Errorf("%s to %s: an id was lost", c.from, c.to)
				}
				w.mirrors(map[string][]string{"Group " + c.to[i:i+1]: {"ann@example.com"}})
			}
			w.quiet()
		})
	}
}

func TestD15ANameThatIsTaken(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		must(w, w.aws.Seed(iic.State{Groups: []iic.Group{{DisplayName: "Ops"}}}))
		must(w, w.dir.RenameGroup("dev@example.com", "Ops", ""))
		must(w, w.dir.RemoveMember("dev@example.com", "bo@example.com"))
		rep, err := w.sync()
		partial, ok := errors.AsType[*report.PartialError](err)
		if !ok || partial.Conflicts != 1 || len(rep.Failed()) > 0 {
			w.Fatalf("%v: %+v", err, rep.Plan.Conflicts)
		}
		w.mirrors(map[string][]string{"Dev": {"ann@example.com"}, "Ops": nil})
	})
}

func TestD16TwoGroupsWithOneName(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		id := w.ids()["Dev"]
		_, err := w.dir.AddGroup(google.Group{Email: "dev2@example.com", Name: "dev", Members: members("cy@example.com")})
		must(w, err)
		_, err = w.sync()
		if _, ok := errors.AsType[*report.PartialError](err); !ok {
			w.Errorf("got %v", err)
		}
		w.mirrors(map[string][]string{"Dev": {"ann@example.com", "bo@example.com"}})
		if n := len(w.aws.State().Groups); n != 2 || w.ids()["Dev"] != id {
			w.Errorf("%d groups", n)
		}
		w.mustSync("NAME_CONFLICT", "suffix-email")
		w.mirrors(map[string][]string{"Dev": {"ann@example.com", "bo@example.com"}, "dev (dev2@example.com)": {"cy@example.com"}})
		w.quiet("NAME_CONFLICT", "suffix-email")
	})
}

func TestD17OneGroupMatchedTwiceIsCreatedOnce(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync("GROUP_MATCH", "email=dev@example.com,name:De*,dev@example.com")
		if n := w.writes()["CreateGroup"]; n != 1 {
			w.Errorf("created %d times", n)
		}
	})
}

func TestD18AnotherExternalID(t *testing.T) {
	in(t, func(w *world) {
		okta := iic.Person("ann@example.com", "Ann", "Ash", "00u1okta")
		reused := iic.Person("bo@example.com", "Bo", "Bell", "199999999999999999999")
		must(w, w.aws.Seed(iic.State{Users: []iic.User{okta, reused}}))
		before := w.ids()
		rep, err := w.sync()
		if _, ok := errors.AsType[*report.PartialError](err); !ok || len(rep.Plan.Conflicts) != 1 {
			w.Fatalf("%v, %+v", err, rep.Plan.Conflicts)
		}
		if after := w.ids(); after["ann@example.com"] != before["ann@example.com"] || after["bo@example.com"] != before["bo@example.com"] {
			w.Error("an id changed")
		}
		ann, _ := w.aws.State().User("ann@example.com")
		bo, _ := w.aws.State().User("bo@example.com")
		if ann.ExternalID != w.dir.UserID("ann@example.com") {
			w.Errorf("ann was not adopted: %+v", ann)
		}
		if diff := cmp.Diff(reused.ExternalID, bo.ExternalID); diff != "" || !bo.Active || bo.Revision != 1 {
			w.Errorf("bo was touched: %+v", bo)
		}
		if w.writes()["DeleteUser"] > 0 {
			w.Error("something was deleted")
		}
	})
}

func TestD19CaseOnly(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		must(w, w.dir.EditUser("ann@example.com", func(u *google.User) { u.PrimaryEmail = "Ann@Example.com" }))
		w.aws.ResetCalls()
		w.mustSync()
		if diff := cmp.Diff(map[string]int{"PatchUser": 1}, w.writes()); diff != "" {
			w.Error(diff)
		}
		w.quiet()
	})
}

func TestD20AMemberListedByAlias(t *testing.T) {
	in(t, func(w *world) {
		must(w, w.dir.EditUser("ann@example.com", func(u *google.User) { u.Aliases = []string{"annie@example.com"} }))
		must(w, w.dir.EditGroup("dev@example.com", func(g *google.Group) {
			g.Members = []google.Member{{Email: "ann@example.com", Alias: "annie@example.com"}, {Email: "bo@example.com"}}
		}))
		w.mustSync()
		w.mirrors(map[string][]string{"Dev": {"ann@example.com", "bo@example.com"}})
		for _, ignored := range []string{"annie@example.com", "ANN@example.com", "ann*"} {
			fresh := newWorld(w.T, w.dir, iic.Options{})
			fresh.mustSync("IGNORE_USERS", ignored)
			fresh.mirrors(map[string][]string{"Dev": {"bo@example.com"}})
		}
	})
}

func TestD25OneRunIsEnough(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		must(w, w.dir.RenameGroup("dev@example.com", "Developers", ""))
		must(w, w.dir.RemoveMember("dev@example.com", "ann@example.com"))
		must(w, w.dir.AddMember("dev@example.com", google.Member{Email: "cy@example.com"}))
		w.aws.ResetCalls()
		w.mustSync()
		w.mirrors(map[string][]string{"Developers": {"bo@example.com", "cy@example.com"}})
		// One PATCH renames, removes and adds; another takes ann, who is in no
		// group any more, out of All; and she is deactivated.
		if diff := cmp.Diff(map[string]int{"PatchGroup": 2, "PatchUser": 1}, w.writes()); diff != "" {
			w.Error(diff)
		}
		w.quiet()
	})
}

func TestD26UsersGroups(t *testing.T) {
	in(t, func(w *world) {
		stranger := iic.Person("local@example.net", "Lo", "Cal", "")
		must(w, w.aws.Seed(iic.State{Users: []iic.User{stranger}}))
		w.mustSync("SYNC_METHOD", "users_groups", "USER_MATCH", "*")
		w.mirrors(map[string][]string{"dev@example.com": {"ann@example.com", "bo@example.com"}}) // no include list, filled in one run
		dev, _ := w.aws.State().Group("dev@example.com")
		local, _ := w.aws.State().User("local@example.net")
		dev.Members = append(dev.Members, local.ID)
		must(w, w.aws.Seed(iic.State{Groups: []iic.Group{dev}}))

		must(w, w.dir.Suspend("bo@example.com", true))
		must(w, w.dir.EditUser("ann@example.com", func(u *google.User) { u.Name.GivenName, u.Name.FullName = "Anna", "" }))
		must(w, w.dir.DeleteGroup("all@example.com"))
		w.mustSync("SYNC_METHOD", "users_groups", "USER_MATCH", "*")
		st := w.aws.State()
		if bo, _ := st.User("bo@example.com"); bo.Active {
			w.Error("bo is suspended, and active")
		}
		if ann, _ := st.User("ann@example.com"); ann.Name.GivenName != "Anna" {
			w.Error("a changed name was ignored")
		}
		w.mirrors(map[string][]string{
			"dev@example.com": {"ann@example.com", "bo@example.com", "local@example.net"}, // others' memberships stay
			"all@example.com": {"ann@example.com", "bo@example.com", "cy@example.com"},    // groups are never deleted
		})
		w.quiet("SYNC_METHOD", "users_groups", "USER_MATCH", "*")
	})
}

func TestD27NamesWithQuotes(t *testing.T) {
	in(t, func(w *world) {
		names := []string{`a "b" c`, `back\slash`, `o'brien`, `this and that`, `x) or (y eq "z`}
		w.dir.Update(func(f *google.Fixture) {
			for i, n := range names {
				f.Groups = append(f.Groups, google.Group{Email: fmt.Sprintf("q%d@example.com", i), Name: n, Members: members("ann@example.com")})
			}
		})
		// Every create is done, but answered as if it had not been: what was
		// made is found again by its name or id.
		w.toAWS.Add(&fault.Rule{Op: "Create*", Do: fault.LostAnswer(fault.Reset()), Every: 2})
		w.mustSync()
		for _, n := range names {
			w.mirrors(map[string][]string{n: {"ann@example.com"}})
		}
		w.toAWS.Clear()
		w.quiet()
	})
}

func TestD28WhatOthersMadeStays(t *testing.T) {
	in(t, func(w *world) {
		var seed iic.State
		seed.Users = []iic.User{iic.Person("breakglass@example.net", "Break", "Glass", "")}
		for _, n := range []string{"AWSAccountFactory", "AWSControlTowerAdmins", "AWSAuditAccountAdmins", "AWSSecurityAuditors", "AWSServiceCatalogAdmins"} {
			seed.Groups = append(seed.Groups, iic.Group{DisplayName: n, Members: []string{"breakglass@example.net"}})
		}
		must(w, w.aws.Seed(seed))
		before := w.aws.State()
		rep := w.mustSync()
		for _, g := range before.Groups {
			if got, _ := w.aws.State().Group(g.DisplayName); !cmp.Equal(g, got) {
				w.Error(cmp.Diff(g, got))
			}
		}
		if u, _ := w.aws.State().User("breakglass@example.net"); !cmp.Equal(before.Users[0], u) {
			w.Error(cmp.Diff(before.Users[0], u))
		}
		if rep.Mirror.Users != 1 || rep.Mirror.Groups != 5 {
			w.Errorf("awslabs/ssosync would have deleted 1 user and 5 groups, not %+v", rep.Mirror)
		}
	})
}

// bigger is a company in which limits mean something.
func bigger(t *testing.T) *world {
	t.Helper()
	return newWorld(t, generated(60, 12, 12), iic.Options{})
}

func TestD29EmptyAnswers(t *testing.T) {
	for name, fault := range map[string]google.Fault{
		"all members missing": {Kind: google.MissingKey, Op: "members.list"},
		"half of the groups":  {Kind: google.HalfRows, Op: "groups.list"},
		"half of the members": {Kind: google.HalfRows, Op: "members.list"},
		"no groups":           {Kind: google.MissingKey, Op: "groups.list"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := bigger(t)
				w.mustSync()
				before := w.aws.State()
				w.google.Inject(fault)
				w.aws.ResetCalls()
				_, err := w.sync()
				_, refused := errors.AsType[*guard.RefusedError](err)
				if !refused && !errors.Is(err, directory.ErrEmpty) {
					t.Errorf("got %v, want a refusal", err)
				}
				if n := w.writes(); len(n) > 0 || !cmp.Equal(before, w.aws.State()) {
					t.Errorf("%v was written", n)
				}
			})
		})
	}
}

func TestD29AQueryThatMatchesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bigger(t)
		w.mustSync()
		w.aws.ResetCalls()
		_, err := w.sync("GROUP_MATCH", "email:nobody-*")
		if _, refused := errors.AsType[*guard.RefusedError](err); !refused || len(w.writes()) > 0 {
			t.Errorf("%v, %v", err, w.writes())
		}
	})
}

func TestD30OnlyNotFoundIsAbsence(t *testing.T) {
	for _, kind := range []google.FaultKind{google.BackendError, google.HTMLUnavailable, google.Forbidden, google.InternalError, google.TextQuota} {
		for _, op := range []string{"users.list", "groups.list", "members.list"} {
			synctest.Test(t, func(t *testing.T) {
				w := bigger(t)
				w.mustSync()
				w.google.Inject(google.Fault{Kind: kind, Op: op})
				w.aws.ResetCalls()
				if _, err := w.sync(); err == nil {
					t.Errorf("%s on %s was taken for an answer", kind, op)
				}
				if n := w.writes(); len(n) > 0 {
					t.Errorf("%s on %s: %v was written", kind, op, n)
				}
			})
		}
	}
}

func TestD31IgnoredIsUntouched(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		must(w, w.dir.Suspend("bo@example.com", true))
		must(w, w.dir.RemoveMember("dev@example.com", "bo@example.com"))
		must(w, w.dir.RenameGroup("all@example.com", "Everybody", ""))
		w.aws.ResetCalls()
		w.mustSync("IGNORE_USERS", "bo@*", "IGNORE_GROUPS", "all@example.com")
		if n := w.writes(); len(n) > 0 {
			w.Errorf("%v was written", n)
		}
	})
}

func TestD32LeaversKeepTheirIDs(t *testing.T) {
	in(t, func(w *world) {
		_, err := w.dir.AddGroup(google.Group{Email: "ops@example.com", Name: "Ops", Members: members("ann@example.com", "bo@example.com")})
		must(w, err)
		w.mustSync()
		ids := w.ids()
		must(w, w.dir.DeleteUser("cy@example.com"))
		must(w, w.dir.DeleteGroup("dev@example.com"))
		w.mustSync()
		w.mirrors(map[string][]string{"Dev": nil, "All": nil})
		cy, _ := w.aws.State().User("cy@example.com")
		if cy.Active || cy.ID != ids["cy@example.com"] || w.ids()["Dev"] != ids["Dev"] {
			w.Errorf("got %+v", cy)
		}
		if w.writes()["DeleteUser"]+w.writes()["DeleteGroup"] > 0 {
			w.Error("something was deleted")
		}
		must(w, w.dir.UndeleteUser("cy@example.com"))
		must(w, w.dir.AddMember("all@example.com", google.Member{Email: "cy@example.com"}))
		w.mustSync()
		if cy, _ := w.aws.State().User("cy@example.com"); !cy.Active || cy.ID != ids["cy@example.com"] {
			w.Errorf("cy came back as %+v", cy)
		}
	})
}

func TestD33OneRejectedObject(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		must(w, w.dir.Suspend("bo@example.com", true))
		_, err := w.dir.AddUser(google.User{PrimaryEmail: strings.Repeat("x", 120) + "@example.com", Name: google.Name{GivenName: "Long", FamilyName: "Name"}})
		must(w, err)
		_, err = w.dir.AddUser(person("di@example.com", "Di", "Dale"))
		must(w, err)
		must(w, w.dir.AddMember("dev@example.com", google.Member{Email: strings.Repeat("x", 120) + "@example.com"}))
		must(w, w.dir.AddMember("dev@example.com", google.Member{Email: "di@example.com"}))
		rep, err := w.sync()
		if _, ok := errors.AsType[*report.PartialError](err); !ok || len(rep.Problems) != 1 || rep.Problems[0].Flaws[0].Attr != "userName" {
			w.Fatalf("%v: %+v", err, rep.Problems)
		}
		w.mirrors(map[string][]string{"Dev": {"ann@example.com", "bo@example.com", "di@example.com"}})
		if bo, _ := w.aws.State().User("bo@example.com"); bo.Active {
			w.Error("a bad record kept a leaver active")
		}
	})
}

// The one who is refused by AWS, though nothing is wrong with them here.
func TestD33OneRefusedByAWS(t *testing.T) {
	in(t, func(w *world) {
		w.toAWS.Add(&fault.Rule{Op: "CreateUser", Nth: 2, Do: fault.Status(fault.Answer{Code: 400, Body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"Request is unparsable, syntactically incorrect, or violates schema.","status":"400","exceptionRequestId":"81abca44-4ee3-47fa-b4d9-729908ef1dd9"}`})})
		rep, err := w.sync()
		partial, ok := errors.AsType[*report.PartialError](err)
		if !ok || len(w.aws.State().Users) != 2 {
			w.Fatalf("%v: %+v", err, partial)
		}
		var texts []string
		for _, f := range rep.Failed() {
			texts = append(texts, f.Name+": "+f.Err.Error())
		}
		said := strings.Join(texts, "\n")
		for _, part := range []string{"400", "unparsable", "81abca44-4ee3-47fa-b4d9-729908ef1dd9", "@example.com"} { // D43
			if !strings.Contains(said, part) {
				w.Errorf("%q does not say %q", said, part)
			}
		}
		w.mustSync()
		w.quiet()
	})
}

func TestD33RevocationsGoFirst(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		must(w, w.dir.Suspend("bo@example.com", true))
		must(w, w.dir.RemoveMember("dev@example.com", "ann@example.com"))
		for i := range 20 {
			_, err := w.dir.AddUser(person(fmt.Sprintf("n%d@example.com", i), "New", "Comer"))
			must(w, err)
			must(w, w.dir.AddMember("all@example.com", google.Member{Email: fmt.Sprintf("n%d@example.com", i)}))
		}
		w.aws.ResetCalls()
		w.mustSync()
		var ops []string
		for _, e := range w.aws.Journal() {
			ops = append(ops, e.Operation)
		}
		first := slices.Index(ops, "CreateUser")
		if !slices.Contains(ops[:first], "PatchUser") || !slices.Contains(ops[:first], "PatchGroup") || slices.Contains(ops[first:], "PatchUser") {
			w.Errorf("got %v", ops)
		}
	})
}

func TestD36FaultsAreRetriedByPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, generated(1200, 30, 20), iic.Options{})
		w.toGoogle.Add(&fault.Rule{Op: "*.list", Probability: 0.3, Seed: 7, Do: fault.Status(fault.Answer{Code: 503})})
		w.mustSync()
		if n := w.google.Calls()["users.list"]; n > 3 { // the emulator behind the fault sees each page once
			t.Errorf("a page was read more than once: %d", n)
		}
	})
	for _, kind := range []google.FaultKind{google.InvalidInput, google.Forbidden, google.APIOff} {
		in(t, func(w *world) {
			w.google.Inject(google.Fault{Kind: kind, Op: "users.list"})
			_, err := w.sync()
			if n := w.google.Calls()["users.list"]; err == nil || n != 1 {
				w.Errorf("%s: %v after %d calls", kind, err, n)
			}
		})
	}
}

func TestD41EverybodyIsAMember(t *testing.T) {
	in(t, func(w *world) {
		must(w, w.dir.AddMember("all@example.com", google.Member{ID: w.dir.Fixture().Customer.ID, Type: google.TypeCustomer}))
		_, err := w.dir.AddUser(person("di@example.com", "Di", "Dale"))
		must(w, err)
		w.mustSync()
		w.mirrors(map[string][]string{"All": {"admin@example.com", "ann@example.com", "bo@example.com", "cy@example.com", "di@example.com"}})
	})
}

func TestD42NoUsers(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		w.google.Inject(google.Fault{Kind: google.MissingKey, Op: "users.list"})
		w.aws.ResetCalls()
		if _, err := w.sync(); !errors.Is(err, directory.ErrEmpty) || len(w.writes()) > 0 {
			w.Errorf("%v, %v", err, w.writes())
		}
	})
}

func TestD46ThePlanIsWhatIsDone(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		must(w, w.dir.Suspend("bo@example.com", true))
		_, err := w.dir.AddUser(person("di@example.com", "Di", "Dale"))
		must(w, err)
		must(w, w.dir.AddMember("dev@example.com", google.Member{Email: "di@example.com"}))
		w.aws.ResetCalls()
		shown := w.mustSync("DRY_RUN", "true")
		if n := w.writes(); len(n) > 0 || shown.Outcome != report.Planned {
			w.Errorf("a dry run wrote %v: %s", n, shown.Outcome)
		}
		done := w.mustSync()
		if diff := cmp.Diff(shown.Plan, done.Plan); diff != "" {
			w.Error(diff)
		}
	})
}

func TestD47NoDumpsInTheLog(t *testing.T) {
	in(t, func(w *world) {
		var log bytes.Buffer
		w.log = slog.New(slog.NewTextHandler(&log, nil))
		w.mustSync()
		for line := range strings.Lines(log.String()) {
			if len(line) > 400 {
				w.Errorf("a line of %d bytes: %s", len(line), line)
			}
		}
		for _, msg := range []string{"Change Summary: users", "Change Summary: Groups", "Change Summary: Group Members", "creating user", "creating group", "adding user to group", "sync completed"} {
			if !strings.Contains(log.String(), msg) {
				w.Errorf("the log does not say %q", msg)
			}
		}
	})
}

func TestD48CancellingStopsWithinASecond(t *testing.T) {
	for _, op := range []string{"users.list", "members.list", "ListUsers", "ListGroups", "CreateUser", "CreateGroup", "token"} {
		in(t, func(w *world) {
			stuck := &fault.Rule{Op: op, Do: fault.Delay(time.Hour)}
			w.toGoogle.Add(stuck)
			w.toAWS.Add(stuck)
			ctx, cancel := context.WithTimeout(w.Context(), 5*time.Second)
			defer cancel()
			start := time.Now()
			_, err := w.reconciler().Run(ctx)
			if took := time.Since(start); err == nil || took > 6*time.Second {
				w.Errorf("%s: %v after %v", op, err, took)
			}
			w.net.Wait()
		})
	}
}

// Every request has a deadline of its own, so that one that hangs is tried again.
func TestD48ARequestThatHangsIsTriedAgain(t *testing.T) {
	in(t, func(w *world) {
		for _, op := range []string{"groups.list", "ListGroups", "CreateGroup"} {
			w.toGoogle.Add(&fault.Rule{Op: op, Nth: 1, Do: fault.Delay(24 * time.Hour)})
			w.toAWS.Add(&fault.Rule{Op: op, Nth: 1, Do: fault.Delay(24 * time.Hour)})
		}
		start := time.Now()
		w.mustSync()
		if took := time.Since(start); took > 10*time.Minute {
			w.Errorf("it took %v", took)
		}
	})
}

// Removals of what was adopted by name wait for the next run.
func TestFirstRunAdoptsWithoutRemoving(t *testing.T) {
	in(t, func(w *world) {
		must(w, w.aws.Seed(iic.State{
			Users:  []iic.User{iic.Person("ANN@example.com", "Ann", "Ash", ""), iic.Person("old@example.net", "O", "Ld", "")},
			Groups: []iic.Group{{DisplayName: "DEV", Members: []string{"ANN@example.com", "old@example.net"}}},
		}))
		w.mustSync()
		w.mirrors(map[string][]string{"Dev": {"ann@example.com", "bo@example.com", "old@example.net"}})
		w.mustSync()
		w.mirrors(map[string][]string{"Dev": {"ann@example.com", "bo@example.com"}})
		w.quiet()
	})
}

// Users are somebody else's: matched, never written.
func TestGroupsOnly(t *testing.T) {
	in(t, func(w *world) {
		must(w, w.aws.Seed(iic.State{Users: []iic.User{iic.Person("ann@example.com", "A.", "A.", "google-app-1"), iic.Person("bo@example.com", "B.", "B.", "")}}))
		before := w.aws.State().Users
		w.mustSync("MANAGE", "groups")
		w.mirrors(map[string][]string{"Dev": {"ann@example.com", "bo@example.com"}, "All": {"ann@example.com", "bo@example.com"}})
		if diff := cmp.Diff(before, w.aws.State().Users); diff != "" {
			w.Error(diff)
		}
		if n := w.writes(); n["CreateUser"]+n["PatchUser"]+n["DeleteUser"] > 0 {
			w.Errorf("users were written: %v", n)
		}
		w.quiet("MANAGE", "groups")
	})
}

// Every attribute, custom schemas and the manager included, and clearing them.
func TestAttributes(t *testing.T) {
	in(t, func(w *world) {
		w.dir.Update(func(f *google.Fixture) {
			f.Schemas = append(f.Schemas, google.Schema{Name: "AWS", Fields: []google.SchemaField{{Name: "role", Type: "STRING"}}})
		})
		must(w, w.dir.EditUser("ann@example.com", func(u *google.User) {
			u.Organizations = []map[string]any{{"primary": true, "title": "Boss", "department": "R&D", "costCenter": "4130", "name": "Example"}}
			u.Relations = []map[string]any{{"type": "manager", "value": "bo@example.com"}}
			u.Phones = []map[string]any{{"type": "work", "value": "555-1"}}
			u.Addresses = []map[string]any{{"type": "work", "formatted": "1 High St", "locality": "London", "countryCode": "GB"}}
			u.CustomSchemas = map[string]map[string]any{"AWS": {"role": "Lead"}}
		}))
		w.mustSync("ATTRIBUTES", "all")
		ann, _ := w.aws.State().User("ann@example.com")
		bo, _ := w.aws.State().User("bo@example.com")
		if ann.Title != "Boss" || ann.Enterprise != (iic.Enterprise{CostCenter: "4130", Organization: "Example", Department: "R&D", Manager: bo.ID}) || ann.PhoneNumbers[0].Value != "555-1" || ann.Addresses[0].Locality != "London" {
			w.Errorf("got %+v", ann)
		}
		w.quiet("ATTRIBUTES", "all")
		must(w, w.dir.EditUser("ann@example.com", func(u *google.User) { u.Organizations, u.Relations, u.Phones, u.Addresses = nil, nil, nil, nil }))
		w.mustSync("ATTRIBUTES", "all")
		ann, _ = w.aws.State().User("ann@example.com")
		if ann.Title != "" || ann.Enterprise != (iic.Enterprise{}) || len(ann.PhoneNumbers) > 0 && ann.PhoneNumbers[0].Value != "" {
			w.Errorf("not cleared: %+v", ann)
		}
		w.quiet("ATTRIBUTES", "all")
	})
}

// An attribute may come from anywhere in Google's record, a custom schema
// included, and may be left out.
func TestMapping(t *testing.T) {
	in(t, func(w *world) {
		w.files = map[string]string{"ssosync.yaml": "attributes: [core, title, costCenter, nickName]\nmapping:\n  title: customSchemas.AWS.role\n  costCenter: externalIds[type=organization].value\n  displayName: name.givenName\n"}
		w.dir.Update(func(f *google.Fixture) {
			f.Schemas = append(f.Schemas, google.Schema{Name: "AWS", Fields: []google.SchemaField{{Name: "role", Type: "STRING"}}})
		})
		must(w, w.dir.EditUser("ann@example.com", func(u *google.User) {
			u.CustomSchemas = map[string]map[string]any{"AWS": {"role": "Lead"}}
			u.ExternalIDs = []map[string]any{{"type": "account", "value": "1"}, {"type": "organization", "value": "701"}}
		}))
		w.mustSync()
		ann, _ := w.aws.State().User("ann@example.com")
		if ann.Title != "Lead" || ann.Enterprise.CostCenter != "701" || ann.DisplayName != "Ann" {
			w.Errorf("got %+v", ann)
		}
		w.quiet()
	})
}

// The guards that the configuration knows are those that there are, with the
// same defaults.
func TestGuardsAreConfigured(t *testing.T) {
	in(t, func(w *world) {
		r := w.reconciler()
		limited := slices.DeleteFunc(slices.Clone(guard.All), func(g guard.Guard) bool { return !g.Limited() })
		for _, g := range limited {
			if r.Limits[g.Name] != g.Limit {
				w.Errorf("guard %s: the configuration says %s, the guard %s", g.Name, r.Limits[g.Name], g.Limit)
			}
		}
		if len(r.Limits) != len(limited) {
			w.Errorf("got %v", r.Limits)
		}
	})
}
