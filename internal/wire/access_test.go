package wire_test

import (
	"fmt"
	"slices"
	"testing"

	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

// groups-only: users are somebody else's, so they are "adopted" at every run and never leave a group.
func TestAccessGroupsOnlyLeave(t *testing.T) {
	in(t, func(w *world) {
		must(w, w.aws.Seed(iic.State{Users: []iic.User{iic.Person("ann@example.com", "A.", "A.", "google-app-1"), iic.Person("bo@example.com", "B.", "B.", "")}}))
		w.mustSync("MANAGE", "groups")
		w.mirrors(map[string][]string{"Dev": {"ann@example.com", "bo@example.com"}})
		must(w, w.dir.RemoveMember("dev@example.com", "ann@example.com"))
		must(w, w.dir.RemoveMember("dev@example.com", "bo@example.com"))
		must(w, w.dir.AddMember("all@example.com", google.Member{Email: "ann@example.com"})) // still in scope by another group
		must(w, w.dir.AddMember("all@example.com", google.Member{Email: "bo@example.com"}))
		must(w, w.dir.AddMember("dev@example.com", google.Member{Email: "cy@example.com"}))
		w.mustSync("MANAGE", "groups")
		w.mustSync("MANAGE", "groups")
		w.mirrors(map[string][]string{"Dev": nil})
	})
}

// a server-evaluated user query keeps a group that left the (locally evaluated) scope.
func TestAccessUserQueryLagFreezesGroups(t *testing.T) {
	in(t, func(w *world) {
		args := []string{"USER_MATCH", "manager=ann@example.com", "GROUP_MATCH", "name:D*"}
		w.mustSync(args...)
		must(w, w.dir.RenameGroup("dev@example.com", "Xev", ""))
		_, err := w.dir.AddGroup(google.Group{Email: "d2@example.com", Name: "D2", Members: members("ann@example.com")})
		must(w, err)
		w.mustSync(args...)
		must(w, w.dir.RemoveMember("dev@example.com", "bo@example.com"))
		w.mustSync(args...)
		w.mirrors(map[string][]string{"Dev": nil})
	})
}

// suspended + index lag + delete.
func TestAccessSuspendedLagDeleted(t *testing.T) {
	in(t, func(w *world) {
		must(w, w.dir.EditUser("bo@example.com", func(u *google.User) { u.Relations = []map[string]any{{"type": "manager", "value": "ann@example.com"}} }))
		args := []string{"USER_MATCH", "manager=ann@example.com", "GROUP_MATCH", "name:All*", "DEPROVISION_USERS", "delete"}
		must(w, w.dir.RemoveMember("dev@example.com", "bo@example.com"))
		w.mustSync(args...)
		id := w.ids()["bo@example.com"]
		if id == "" {
			t.Fatal("not in scope", w.ids())
		}
		must(w, w.dir.Suspend("bo@example.com", true))
		// the index has lost bo
		must(w, w.dir.EditUser("bo@example.com", func(u *google.User) { u.Relations = nil }))
		w.mustSync(args...)
		if w.ids()["bo@example.com"] != id {
			t.Error("bo's id is lost although a miss is no evidence")
		}
	})
}

// suspended, only in an ignored group, with delete.
func TestAccessSuspendedInIgnoredGroupDeleted(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		id := w.ids()["cy@example.com"]
		args := []string{"IGNORE_GROUPS", "all@example.com", "DEPROVISION_USERS", "delete"}
		w.mustSync(args...)
		if w.ids()["cy@example.com"] != id {
			t.Error("active cy lost")
		}
		must(w, w.dir.Suspend("cy@example.com", true))
		w.mustSync(args...)
		if w.ids()["cy@example.com"] != id {
			t.Error("suspended cy, only in an ignored group, is deleted for good")
		}
		w.mirrors(map[string][]string{"All": {"ann@example.com", "bo@example.com", "cy@example.com"}})
	})
}

// leaver renamed out of scope, address given to a newcomer.
func TestAccessAddressPassesFromOutOfScope(t *testing.T) {
	for _, how := range []string{"suspended", "out"} {
		t.Run(how, func(t *testing.T) {
			in(t, func(w *world) {
				w.mustSync()
				must(w, w.dir.RenameUser("cy@example.com", "cy.left@example.com"))
				must(w, w.dir.EditUser("cy.left@example.com", func(u *google.User) { u.Aliases = nil }))
				must(w, w.dir.RemoveMember("all@example.com", "cy.left@example.com"))
				if how == "suspended" {
					must(w, w.dir.Suspend("cy.left@example.com", true))
				}
				_, err := w.dir.AddUser(person("cy@example.com", "Cyril", "New"))
				must(w, err)
				must(w, w.dir.AddMember("dev@example.com", google.Member{Email: "cy@example.com"}))
				rep, err := w.sync()
				t.Log(err, rep.Plan.Conflicts)
				rep, err = w.sync()
				t.Log(err, rep.Plan.Conflicts)
				st := w.aws.State()
				for _, u := range st.Users {
					all, _ := st.Group("All")
					if u.ExternalID == w.dir.UserID("cy.left@example.com") && (u.Active || slices.Contains(all.Members, u.ID)) {
						t.Errorf("%s left, and is active (%v), in All: %v", u.UserName, u.Active, st.Members("All"))
					}
				}
			})
		})
	}
}

// the guard's base is diluted by those who left long ago.
func TestAccessGuardDiluted(t *testing.T) {
	in(t, func(w *world) {
		var ms []google.Member
		w.dir.Update(func(f *google.Fixture) {
			for i := range 100 {
				e := fmt.Sprintf("p%03d@example.com", i)
				f.Users = append(f.Users, person(e, "P", fmt.Sprint(i)))
				ms = append(ms, google.Member{Email: e})
			}
			f.Groups = append(f.Groups, google.Group{Email: "big@example.com", Name: "Big", Members: ms})
		})
		var seed iic.State
		for i := range 300 {
			u := iic.Person(fmt.Sprintf("gone%d@example.com", i), "G", "One", fmt.Sprintf("1%020d", i))
			u.Active = false
			seed.Users = append(seed.Users, u)
		}
		must(w, w.aws.Seed(seed))
		w.mustSync()
		w.dir.Update(func(f *google.Fixture) {
			for i := range f.Groups {
				if f.Groups[i].Email == "big@example.com" {
					f.Groups[i].Members = f.Groups[i].Members[:75]
				}
			}
		})
		rep, err := w.sync()
		t.Log(err, len(rep.Plan.Users))
		if err == nil {
			t.Errorf("25 of 103 active users were deactivated, over 10%% and 5, and no guard spoke")
		}
	})
}

// half a page of users, all of them listed as members.
func TestAccessMembersUnseen(t *testing.T) {
	in(t, func(w *world) {
		w.mustSync()
		// one row of users.list is lost
		end := w.google.Inject(google.Fault{Kind: google.HalfRows, Op: "users.list"})
		rep, err := w.sync()
		end()
		t.Log(err, len(rep.Plan.Users), rep.Plan.Leave)
		for _, u := range w.aws.State().Users {
			if !u.Active {
				t.Error(u.UserName, "is deactivated though members.list has them")
			}
		}
	})
}

// Unicode in protect.
func TestAccessProtectNFD(t *testing.T) {
	in(t, func(w *world) {
		g := google.Group{Email: "zoe@example.com", Name: "Zoe\u0308 admins", Members: members("ann@example.com")}
		_, err := w.dir.AddGroup(g)
		must(w, err)
		w.mustSync()
		must(w, w.dir.RemoveMember("zoe@example.com", "ann@example.com"))
		_, _ = w.sync("PROTECT_GROUPS", "Zoe\u0308 admins") // a conflict: Google wants a group that is protected
		w.mirrors(map[string][]string{"Zo\u00eb admins": {"ann@example.com"}})
	})
}

func TestAccessProtectSharpS(t *testing.T) {
	in(t, func(w *world) {
		_, err := w.dir.AddGroup(google.Group{Email: "zoe@example.com", Name: "Stra\u00dfe", Members: members("ann@example.com")})
		must(w, err)
		w.mustSync()
		must(w, w.dir.RemoveMember("zoe@example.com", "ann@example.com"))
		_, _ = w.sync("PROTECT_GROUPS", "STRASSE")
		w.mirrors(map[string][]string{"Stra\u00dfe": {"ann@example.com"}})
	})
}

// as S5, people out of scope are suspended... by user-match only, so that no memberships are involved.
func TestAccessGuardDilutedNoMemberships(t *testing.T) {
	in(t, func(w *world) {
		w.dir.Update(func(f *google.Fixture) {
			f.OrgUnits = append(f.OrgUnits, google.OrgUnit{Path: "/Eng"})
			for i := range 100 {
				u := person(fmt.Sprintf("p%03d@example.com", i), "P", fmt.Sprint(i))
				u.OrgUnitPath = "/Eng"
				f.Users = append(f.Users, u)
			}
		})
		var seed iic.State
		for i := range 300 {
			u := iic.Person(fmt.Sprintf("gone%d@example.com", i), "G", "One", fmt.Sprintf("1%020d", i))
			u.Active = false
			seed.Users = append(seed.Users, u)
		}
		must(w, w.aws.Seed(seed))
		w.mustSync("USER_MATCH", "orgUnitPath=/Eng")
		w.dir.Update(func(f *google.Fixture) {
			n := 0
			for i := range f.Users {
				if f.Users[i].OrgUnitPath == "/Eng" && n < 30 {
					n++
					f.Users[i].OrgUnitPath = "/"
				}
			}
		})
		rep, err := w.sync("USER_MATCH", "orgUnitPath=/Eng")
		if err == nil {
			t.Errorf("%d of 103 active users were deactivated, over 10%% and 5, and no guard spoke", len(rep.Plan.Users))
		}
	})
}

// a group of the same name recreated under a new id; somebody leaves.
func TestAccessGroupMovedOutAndNameReused(t *testing.T) {
	in(t, func(w *world) {
		args := []string{"GROUP_MATCH", "email:aws-*"}
		_, err := w.dir.AddGroup(google.Group{Email: "aws-a@example.com", Name: "Admins", Members: members("ann@example.com", "bo@example.com")})
		must(w, err)
		_, err = w.dir.AddGroup(google.Group{Email: "aws-b@example.com", Name: "B", Members: members("ann@example.com", "bo@example.com", "cy@example.com")})
		must(w, err)
		w.mustSync(args...)
		must(w, w.dir.RenameGroup("aws-a@example.com", "Old admins", "old-a@example.com"))
		must(w, w.dir.EditGroup("old-a@example.com", func(g *google.Group) { g.Aliases = nil }))
		_, err = w.dir.AddGroup(google.Group{Email: "aws-a@example.com", Name: "Admins", Members: members("cy@example.com")})
		must(w, err)
		rep, err := w.sync(args...)
		t.Log(err, rep.Plan.Conflicts)
		rep, err = w.sync(args...)
		t.Log(err, rep.Plan.Conflicts, w.aws.State().Members("Admins"))
		if len(w.aws.State().Members("Admins")) == 2 {
			t.Error("a group that Google still has, renamed and out of scope, keeps its members in AWS")
		}
	})
}
