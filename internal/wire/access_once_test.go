package wire_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"ssosync/internal/emulator/fault"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

// The aside of a user that is adopted in this run carries no external id: killed there, the user is lost to us.
func TestAccessAsideOfAdopted(t *testing.T) {
	for n := int64(1); n < 8; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, company(t), iic.Options{})
				a, b := iic.Person("ann@example.com", "Ann", "Ash", ""), iic.Person("bo@example.com", "Bo", "Bell", "")
				a.Emails[0].Value, b.Emails[0].Value = "bo@example.com", "ann@example.com"
				must(w, w.aws.Seed(iic.State{Users: []iic.User{a, b}}))
				ids := w.ids()
				var at atomic.Int64
				w.toAWS.Add(&fault.Rule{Match: func(r *http.Request) bool { return r.Method != http.MethodGet && at.Add(1) > n }, Do: fault.Status(fault.Answer{Code: 400})})
				_, _ = w.sync()
				w.toAWS.Clear()
				_, _ = w.sync()
				_, err := w.sync()
				after := w.ids()
				if after["ann@example.com"] != ids["ann@example.com"] || after["bo@example.com"] != ids["bo@example.com"] {
					t.Errorf("killed after %d writes: ids lost: %v", n, err)
					for _, u := range w.aws.State().Users {
						t.Log(u.ID, u.UserName, u.ExternalID, u.Active, u.Emails)
					}
				}
			})
		})
	}
}

// A single 403 for one of our own people, read one by one, counts as "gone".
func TestAccessOne403(t *testing.T) {
	in(t, func(w *world) {
		w.dir.Update(func(f *google.Fixture) {
			for i := range 1600 {
				f.Users = append(f.Users, person(fmt.Sprintf("aa%04d@example.com", i), "U", fmt.Sprint(i)))
			}
		})
		must(w, w.dir.RemoveMember("dev@example.com", "bo@example.com"))
		w.mustSync()
		w.Log(w.aws.State().Members("Dev"))
		w.google.Inject(google.Fault{Kind: google.Forbidden, Op: "users.get", Times: 1})
		rep, err := w.sync()
		w.Log(err, rep.Plan.Users, rep.Notes)
		for _, u := range w.aws.State().Users {
			if !u.Active {
				t.Error(u.UserName, "is deactivated, with cause", rep.Plan.Users[0].Cause)
			}
		}
		for _, c := range rep.Calls {
			w.Log(c.Op, c.Calls)
		}
	})
}

// A group leaves the scope, another of its name comes into it: the old one keeps its members, whoever leaves.
func TestAccessGroupOutOfScopeSameName(t *testing.T) {
	in(t, func(w *world) {
		args := []string{"GROUP_MATCH", "email:aws-*"}
		_, err := w.dir.AddGroup(google.Group{Email: "aws-a@example.com", Name: "Admins", Members: members("ann@example.com", "bo@example.com")})
		must(w, err)
		_, err = w.dir.AddGroup(google.Group{Email: "aws-b@example.com", Name: "B", Members: members("ann@example.com", "bo@example.com", "cy@example.com")})
		must(w, err)
		w.mustSync(args...)
		must(w, w.dir.DeleteGroup("aws-a@example.com"))
		_, err = w.dir.AddGroup(google.Group{Email: "aws-a@example.com", Name: "Admins", Members: members("ann@example.com")})
		must(w, err)
		rep, err := w.sync(args...)
		w.Log(err, rep.Plan.Conflicts, w.aws.State().Members("Admins"))
		// bo leaves the (new) Admins in Google, but is still in another group
		if len(w.aws.State().Members("Admins")) == 2 {
			t.Log("bo is no Admin by any group in Google, and is one in AWS")
		}
	})
}
