package wire_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ssosync/internal/config"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
	"ssosync/internal/wire"
)

const day = 24 * time.Hour

// remembering is a reconciler with a state directory of its own below root.
func (w *world) remembering(root string, settings ...string) *reconcile.Reconciler {
	w.Helper()
	r := w.reconciler(settings...)
	store, err := wire.Store(w.Context(), config.Config{Endpoint: w.env["SCIM_ENDPOINT"]}, root, false, wire.Options{})
	must(w, err)
	r.Store = store
	return r
}

// remember runs with what the state directory knows, and all must go well.
func (w *world) remember(root string, settings ...string) report.Report {
	w.Helper()
	rep, err := w.remembering(root, settings...).Run(context.Background())
	if err != nil || len(rep.Warnings) > 0 {
		w.Fatalf("%v, warned of %q: %+v, %+v", err, rep.Warnings, rep.Failed(), rep.Plan.Conflicts)
	}
	return rep
}

const admins, readers = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-aaaaaaaaaaaaaaaa", "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-bbbbbbbbbbbbbbbb"

// assign gives a group two accounts and a person one.
func (w *world) assign(group, user string) {
	ids := w.ids()
	must(w, w.aws.Seed(iic.State{
		PermissionSets: []iic.PermissionSet{{Arn: admins, Name: "Admins"}, {Arn: readers, Name: "Readers"}},
		Assignments: []iic.Assignment{
			{PrincipalType: "GROUP", PrincipalID: ids[group], AccountID: "111111111111", PermissionSetArn: admins},
			{PrincipalType: "GROUP", PrincipalID: ids[group], AccountID: "222222222222", PermissionSetArn: admins},
			{PrincipalType: "USER", PrincipalID: ids[user], AccountID: "222222222222", PermissionSetArn: readers},
		},
	}))
}

// Who left has no access at once, keeps everything for thirty days, and has it
// back on return: ids, and what was assigned. After thirty days it is gone.
func TestGraceOverHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, root := newWorld(t, mid(t), iic.Options{}), t.TempDir()
		w.remember(root)
		w.assign("Dev", "cy@example.com")
		before := w.aws.State()
		whole := w.dir.Fixture()
		leave := func() {
			must(w, w.dir.DeleteUser("cy@example.com"))
			must(w, w.dir.DeleteGroup("dev@example.com"))
		}
		leave()
		start := time.Now()
		rep := w.remember(root)
		want := []report.Waiting{
			{Kind: identity.KindUser, Name: "cy@example.com", ID: w.ids()["cy@example.com"], Cause: plan.CauseGone, Since: start, Delete: start.Add(30 * day)},
			{Kind: identity.KindGroup, Name: "Dev", ID: w.ids()["Dev"], Cause: plan.CauseGone, Since: start, Delete: start.Add(30 * day)},
		}
		waits := func(rep report.Report, want ...report.Waiting) {
			t.Helper()
			rep.Waiting = slices.DeleteFunc(rep.Waiting, func(x report.Waiting) bool { return x.Name != "Dev" && x.Name != "cy@example.com" })
			if diff := cmp.Diff(want, rep.Waiting, cmpopts.EquateEmpty(), cmpopts.SortSlices(func(a, b report.Waiting) bool { return a.Kind > b.Kind })); diff != "" {
				t.Errorf("waiting: %s", diff)
			}
		}
		waits(rep, want...)
		if cy, there := w.aws.State().User("cy@example.com"); cy.Active || !there {
			t.Errorf("cy left: %+v", cy)
		}
		w.mirrors(map[string][]string{"Dev": nil, "All": nil})

		time.Sleep(30*day - time.Second)
		w.aws.ResetCalls()
		waits(w.remember(root), want...)
		if n := w.writes(); len(n) > 0 {
			t.Errorf("a second before the last day: %v", n)
		}
		w.dir.Update(func(f *google.Fixture) { f.Users, f.Groups, f.DeletedUsers = whole.Users, whole.Groups, nil })
		waits(w.remember(root))
		ignore := cmpopts.IgnoreFields(iic.User{}, "UpdatedAt", "Revision")
		ignoreToo := cmpopts.IgnoreFields(iic.Group{}, "UpdatedAt", "Revision")
		if diff := cmp.Diff(before, w.aws.State(), ignore, ignoreToo); diff != "" {
			t.Errorf("who came back does not have what they had: %s", diff)
		}
		w.quiet()

		leave()
		w.remember(root)
		time.Sleep(30 * day)
		w.aws.ResetCalls()
		w.remember(root)
		for _, name := range []string{"cy@example.com", "Dev"} {
			if id := w.ids()[name]; id != "" {
				t.Errorf("%s is there after thirty days", name)
			}
		}
		if diff := cmp.Diff(map[string]int{"DeleteUser": 1, "DeleteGroup": 1}, w.writes()); diff != "" {
			t.Error(diff)
		}
		w.quiet()
	})
}

// What somebody changed in the console is told, with who did it where the
// Identity Store shows that, and set right, or kept if that is what is asked for.
func TestDriftOverHTTP(t *testing.T) {
	const ada = "arn:aws:sts::111122223333:assumed-role/Admin/ada"
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprintf("keep %v", keep), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				settings := []string{"READ", "identitystore", "IDENTITY_STORE_ID", "d-1234567890"}
				if keep {
					settings = append(settings, "DRIFT", "report")
				}
				w := newWorld(t, company(t), iic.Options{})
				root := t.TempDir()
				w.remember(root, settings...)
				if rep := w.remember(root, settings...); len(rep.Drift) > 0 {
					t.Errorf("nobody did anything: %+v", rep.Drift)
				}
				time.Sleep(time.Hour)
				hand := w.aws.By(ada)
				must(t, hand.AddMember("Dev", "cy@example.com"))
				must(t, hand.RemoveMember("Dev", "ann@example.com"))
				must(t, hand.SetActive("bo@example.com", false))
				must(t, hand.RenameGroup("All", "Everyone"))
				must(t, hand.EditUser("ann@example.com", func(u *iic.User) { u.Name.FamilyName = "Oak" }))
				if !keep {
					must(t, hand.EditUser("ann@example.com", func(u *iic.User) { u.NickName = "Annie" })) // is none of ours
				}
				at := time.Now().UTC().Format(time.RFC3339)
				want := []report.Drift{
					{Kind: identity.KindUser, Name: "cy@example.com", Group: "Dev", What: "joined", Kept: keep},
					{Kind: identity.KindUser, Name: "ann@example.com", Group: "Dev", What: "left", Kept: keep},
					{Kind: identity.KindUser, Name: "bo@example.com", What: "deactivated", By: ada, At: at, Kept: keep},
					{Kind: identity.KindGroup, Name: "Everyone", What: "displayName", Before: "All", After: "Everyone", By: ada, At: at, Kept: keep},
					{Kind: identity.KindUser, Name: "ann@example.com", What: "familyName", Before: "Ash", After: "Oak", By: ada, At: at, Kept: keep},
				}
				byText := cmpopts.SortSlices(func(a, b report.Drift) bool { return fmt.Sprint(a) < fmt.Sprint(b) })
				runs := 1
				if keep {
					runs = 2 // it is not forgotten
				}
				for range runs {
					w.aws.ResetCalls()
					rep := w.remember(root, settings...)
					if diff := cmp.Diff(want, rep.Drift, byText); diff != "" {
						t.Errorf("drift: %s", diff)
					}
				}
				if keep {
					if n := w.writes(); len(n) > 0 {
						t.Errorf("what should be kept was written: %v", n)
					}
					w.mirrors(map[string][]string{"Dev": {"bo@example.com", "cy@example.com"}})
					return
				}
				w.mirrors(map[string][]string{"Dev": {"ann@example.com", "bo@example.com"}, "All": {"ann@example.com", "bo@example.com", "cy@example.com"}})
				ann, _ := w.aws.State().User("ann@example.com")
				bo, _ := w.aws.State().User("bo@example.com")
				if ann.Name.FamilyName != "Ash" || ann.NickName != "Annie" || !bo.Active {
					t.Errorf("%+v %+v", ann, bo)
				}
				w.aws.ResetCalls()
				if rep := w.remember(root, settings...); len(rep.Drift) > 0 || len(w.writes()) > 0 {
					t.Errorf("and then: %+v, %v", rep.Drift, w.writes())
				}
			})
		})
	}
}

// Two who do not know of each other do the same work at the same time. What
// they get into each other's way with is over with the next run of each, which
// finds nothing to do, and nothing that somebody else did.
func TestTwoTogether(t *testing.T) {
	for _, apart := range []time.Duration{0, 30 * time.Millisecond, 150 * time.Millisecond, time.Second} {
		t.Run(apart.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, mid(t), iic.Options{Latency: 40 * time.Millisecond})
				roots := []string{t.TempDir(), t.TempDir()}
				both := func() {
					var wg sync.WaitGroup
					for i, root := range roots {
						r := w.remembering(root)
						wg.Go(func() {
							time.Sleep(time.Duration(i) * apart)
							_, _ = r.Run(context.Background()) // what it cannot do, the other does
						})
					}
					wg.Wait()
				}
				both()
				w.remember(roots[0])
				w.quiet()
				ids := w.ids()
				must(t, w.dir.RenameGroup("dev@example.com", "Builders", ""))
				must(t, w.dir.Suspend("cy@example.com", true))
				must(t, w.dir.DeleteUser("u00@example.com"))
				must(t, w.dir.RemoveMember("t1@example.com", "u03@example.com"))
				_, err := w.dir.AddUser(person("di@example.com", "Di", "Dale"))
				must(t, err)
				must(t, w.dir.AddMember("t1@example.com", google.Member{Email: "di@example.com"}))
				_, err = w.dir.AddGroup(google.Group{Email: "new@example.com", Name: "New", Members: members("di@example.com", "ann@example.com")})
				must(t, err)
				both()
				for _, root := range roots {
					w.remember(root)
				}
				for _, root := range roots {
					w.aws.ResetCalls()
					if rep := w.remember(root); len(w.writes()) > 0 || len(rep.Drift) > 0 {
						t.Errorf("they do not come to rest: %v, %+v", w.writes(), rep.Drift)
					}
				}
				w.mirrors(map[string][]string{
					"Builders": {"ann@example.com", "bo@example.com"}, "New": {"ann@example.com", "di@example.com"},
					"T1": {"di@example.com", "u04@example.com", "u05@example.com"}, "T0": {"u01@example.com", "u02@example.com"},
				})
				after := w.ids()
				if after["Builders"] != ids["Dev"] || len(after) != len(ids)+2 {
					t.Errorf("ids were lost: %v, %v", ids, after)
				}
			})
		})
	}
}

// What stands behind a group and a person who lose access is in the report; who
// may not know it is told so in a sentence, and everything is done all the same.
func TestImpactOverHTTP(t *testing.T) {
	for _, denied := range []bool{false, true} {
		t.Run(fmt.Sprintf("denied %v", denied), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := iic.Options{}
				if denied {
					o.Deny = iic.DenyAdmin
				}
				w := newWorld(t, company(t), o)
				w.mustSync()
				w.assign("Dev", "cy@example.com")
				ids := w.ids()
				must(t, w.dir.DeleteUser("cy@example.com"))
				must(t, w.dir.DeleteGroup("dev@example.com"))
				must(t, w.dir.AddMember("all@example.com", google.Member{Email: "ann@example.com"}))
				must(t, w.dir.AddMember("all@example.com", google.Member{Email: "bo@example.com"}))
				rep := w.mustSync()
				w.mirrors(map[string][]string{"Dev": nil, "All": {"ann@example.com", "bo@example.com"}})
				var text strings.Builder
				must(t, report.Text(&text, rep, report.TextOptions{}))
				if denied {
					if len(rep.Impact.Lost) > 0 || !strings.Contains(rep.Impact.Unknown, "not authorized") || !strings.Contains(text.String(), "is not known") {
						t.Errorf("%+v\n%s", rep.Impact, text.String())
					}
					return
				}
				want := report.Impact{Lost: []report.Loss{
					{Kind: identity.KindGroup, Name: "Dev", ID: ids["Dev"], People: 2, Access: identity.Access{Assignments: []identity.Assignment{
						{PermissionSet: "Admins", Account: "111111111111"}, {PermissionSet: "Admins", Account: "222222222222"},
					}}},
					{Kind: identity.KindUser, Name: "cy@example.com", ID: ids["cy@example.com"], People: 1, Access: identity.Access{Assignments: []identity.Assignment{
						{PermissionSet: "Readers", Account: "222222222222"},
					}}},
				}}
				if diff := cmp.Diff(want, rep.Impact, cmpopts.EquateEmpty()); diff != "" {
					t.Error(diff)
				}
				if !strings.Contains(text.String(), "2 people lose Admins on 2 accounts") {
					t.Errorf("got %s", text.String())
				}
			})
		})
	}
}
