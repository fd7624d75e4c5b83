package wire_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/fault"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

// Somebody else makes an object of our name between our reading and our
// writing. If it belongs to another of Google's ids, it is not taken over: it
// would give one person's access to another.
func TestAnotherWriterIsNotRobbed(t *testing.T) {
	const otherUser, otherGroup = "199999999999999999999", "0zzzzzzzzzzzzzz"
	in(t, func(w *world) {
		appear := func(op string, seed iic.State) {
			w.toAWS.Add(&fault.Rule{Op: op, Nth: 1, Do: func(res http.ResponseWriter, r *http.Request, next http.Handler) {
				must(w, w.aws.Seed(seed))
				next.ServeHTTP(res, r)
			}})
		}
		var before iic.State
		for _, name := range []string{"ann@example.com", "bo@example.com", "cy@example.com"} {
			before.Users = append(before.Users, iic.Person(name, "O", "Nother", otherUser[:20]+name[:1]))
		}
		before.Users[0].ExternalID, before.Users[1].ExternalID, before.Users[2].ExternalID = otherUser, otherUser[:20]+"8", otherUser[:20]+"7"
		appear("CreateUser", before)
		rep, err := w.sync()
		if err == nil || len(rep.Failed()) == 0 {
			t.Fatalf("%v", err)
		}
		for _, f := range rep.Failed() {
			if f.User != "" && f.Group == "" && !strings.Contains(f.Err.Error(), "is taken by") {
				t.Errorf("%+v", f)
			}
		}
		for i, u := range before.Users {
			got, _ := w.aws.State().User(u.UserName)
			if got.ExternalID != before.Users[i].ExternalID || got.Name.GivenName != "O" {
				t.Errorf("%s was taken over: %+v", u.UserName, got)
			}
		}
	})
	in(t, func(w *world) {
		theirs := iic.State{Groups: []iic.Group{{DisplayName: "Dev", ExternalID: otherGroup}, {DisplayName: "All", ExternalID: otherGroup[:14] + "y"}}}
		w.toAWS.Add(&fault.Rule{Op: "CreateGroup", Nth: 1, Do: func(res http.ResponseWriter, r *http.Request, next http.Handler) {
			must(w, w.aws.Seed(theirs))
			next.ServeHTTP(res, r)
		}})
		if _, err := w.sync(); err == nil {
			t.Fatal("nobody speaks of the groups that stand in the way")
		}
		for _, g := range theirs.Groups {
			if got, _ := w.aws.State().Group(g.DisplayName); got.ExternalID != g.ExternalID || len(got.Members) > 0 {
				t.Errorf("%s was taken over: %+v", g.DisplayName, got)
			}
		}
	})
}

// What Google leaves open makes no difference either.
func TestEveryAnswerOfGoogleConverges(t *testing.T) {
	for name, strict := range map[string]google.Strict{
		"clamp": {ClampMaxResults: true}, "304 on lists": {ListNotModified: true}, "etags": {GroupEtagFollowsMembers: true},
		"service accounts": {ServiceAccountStatus: true}, "derived groups": {DerivedGroups: true}, "derived drop": {DerivedDrop: 2},
		"retry in seconds": {RetryAfter: google.RetryAfterSeconds}, "retry at a date": {RetryAfter: google.RetryAfterDate},
		"foreign is 403": {ForeignForbidden: true}, "my_customer is 404": {MyCustomerNotFound: true},
		"management roles": {ManagementRolesOnly: true}, "quota": {QuotaAsRateLimit: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, company(t), iic.Options{})
				w.google.Configure(func(o *google.Options) { o.Strict, o.QuotaPerMinute = strict, 60 })
				w.google.Inject(google.Fault{Kind: google.RateLimit429, Op: "members.list", Every: 2, Times: 4})
				w.google.Inject(google.Fault{Kind: google.BackendError, Op: "users.list", Times: 1})
				liveThrough(w)
				if diff := cmp.Diff(1, len(w.aws.State().Members("Dev"))-2); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}
