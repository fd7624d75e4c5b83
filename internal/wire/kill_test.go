package wire_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/fault"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

// Killed after any number of requests to AWS, done or answered, a run is
// completed by the next, over HTTP and with the ids that there were.
func TestKilledAnywhere(t *testing.T) {
	whole := map[string][]string{}
	for n := int64(0); ; n++ {
		var reached atomic.Int64
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, company(t), iic.Options{})
			w.mustSync()
			before := w.ids()
			must(t, w.dir.RenameGroup("dev@example.com", "Everybody", ""))
			must(t, w.dir.Suspend("cy@example.com", true))
			for i := range 3 {
				_, err := w.dir.AddUser(person(fmt.Sprintf("n%d@example.com", i), "New", "Comer"))
				must(t, err)
			}
			_, err := w.dir.AddGroup(google.Group{Email: "new@example.com", Name: "New", Members: members("n0@example.com", "n1@example.com", "n2@example.com")})
			must(t, err)
			must(t, w.dir.RemoveMember("dev@example.com", "bo@example.com"))
			must(t, w.dir.AddMember("all@example.com", google.Member{Email: "bo@example.com"}))

			// From the n-th write on nothing is done any more; the n-th itself is
			// done, and its answer lost.
			writes := func(r *http.Request) bool { return r.Method != http.MethodGet && reached.Add(1) >= n }
			dead := func(res http.ResponseWriter, r *http.Request, next http.Handler) {
				if reached.Load() == n {
					fault.LostAnswer(fault.Status(fault.Answer{Code: 400}))(res, r, next)
					return
				}
				fault.Status(fault.Answer{Code: 400})(res, r, next)
			}
			w.toAWS.Add(&fault.Rule{Match: writes, Do: dead})
			_, _ = w.sync()
			w.toAWS.Clear()
			w.mustSync()
			w.mirrors(map[string][]string{
				"Everybody": {"ann@example.com"}, "All": {"ann@example.com", "bo@example.com", "cy@example.com"},
				"New": {"n0@example.com", "n1@example.com", "n2@example.com"},
			})
			after := w.ids()
			if after["Everybody"] != before["Dev"] || after["bo@example.com"] != before["bo@example.com"] {
				t.Errorf("killed after %d: an id was lost", n)
			}
			got := map[string][]string{}
			for _, g := range w.aws.State().Groups {
				got[g.DisplayName] = w.aws.State().Members(g.DisplayName)
			}
			if n == 0 {
				whole = got
			} else if diff := cmp.Diff(whole, got); diff != "" {
				t.Errorf("killed after %d: %s", n, diff)
			}
			w.quiet()
		})
		if reached.Load() < n {
			return
		}
	}
}
