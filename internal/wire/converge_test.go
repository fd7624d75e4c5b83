package wire_test

import (
	"testing"
	"testing/synctest"
	"time"

	"ssosync/internal/emulator/fault"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

// Every value of every switch: what AWS leaves open makes no difference to
// the outcome, to ids, or to the second run.
func TestEverySwitchConverges(t *testing.T) {
	for _, s := range iic.AllSwitches() {
		t.Run(s.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { liveThrough(newWorld(t, company(t), iic.Options{Switches: s.Switches})) })
		})
	}
}

// The same through answers that never come, come late, or come broken.
func TestEveryFaultConverges(t *testing.T) {
	reset := fault.Reset()
	throttled := fault.Status(fault.Answer{Code: 429, Body: "slow down", RetryAfter: time.Second})
	for name, do := range map[string]fault.Fault{
		"503": fault.Status(fault.Answer{Code: 503, Body: "<html>"}), "429 with a pause": throttled,
		"429 without": fault.Status(fault.Answer{Code: 429}), "reset": reset, "truncated": fault.Truncate(), "cut": fault.TruncateAbort(),
		"lost by reset": fault.LostAnswer(reset), "lost by 429": fault.LostAnswer(throttled), "lost by 500": fault.LostAnswer(fault.Status(fault.Answer{Code: 500})),
		"late": fault.Delay(2 * time.Second),
	} {
		for _, s := range []iic.Switches{{}, {AddExisting: iic.Conflict, RemoveMissing: iic.NotFound, RejectMixed: true, PartialPatch: true, UnknownMemberIs400: true}} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, company(t), iic.Options{Switches: s})
					w.toAWS.Add(&fault.Rule{Probability: 0.3, Seed: 1, Do: do})
					w.toGoogle.Add(&fault.Rule{Probability: 0.3, Seed: 2, Do: do})
					liveThrough(w)
				})
			})
		}
	}
}

// A page that is no JSON is read again.
func TestNonsenseFromGoogleIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, company(t), iic.Options{})
		w.toGoogle.Add(&fault.Rule{Op: "*.list", Every: 2, Do: fault.NotJSON()})
		liveThrough(w)
	})
}

// liveThrough puts a directory through what happens to directories.
func liveThrough(w *world) {
	w.mustSync()
	w.settle()
	w.mirrors(map[string][]string{"Dev": {"ann@example.com", "bo@example.com"}, "All": {"ann@example.com", "bo@example.com", "cy@example.com"}})
	ids := w.ids()

	// Two people swap their addresses and two groups their names, a third is
	// suspended, one comes, one leaves a group.
	must(w, w.dir.RenameUser("ann@example.com", "x@example.com"))
	w.dir.Update(func(f *google.Fixture) {
		for i := range f.Users {
			f.Users[i].Aliases = nil
			switch f.Users[i].PrimaryEmail {
			case "x@example.com":
				f.Users[i].PrimaryEmail = "bo@example.com"
			case "bo@example.com":
				f.Users[i].PrimaryEmail = "ann@example.com"
			}
		}
	})
	must(w, w.dir.RenameGroup("dev@example.com", "All", ""))
	must(w, w.dir.RenameGroup("all@example.com", "Dev", ""))
	must(w, w.dir.Suspend("cy@example.com", true))
	if _, err := w.dir.AddUser(person("di@example.com", "Di", "Dale")); err != nil {
		w.Fatal(err)
	}
	must(w, w.dir.AddMember("dev@example.com", google.Member{Email: "di@example.com"}))
	must(w, w.dir.RemoveMember("dev@example.com", "ann@example.com"))

	w.mustSync()
	w.settle()
	w.mirrors(map[string][]string{"All": {"bo@example.com", "di@example.com"}, "Dev": {"bo@example.com", "cy@example.com", "di@example.com"}})
	st := w.aws.State()
	if cy, _ := st.User("cy@example.com"); cy.Active {
		w.Error("cy is suspended, and active")
	}
	ann, _ := st.User("ann@example.com")
	bo, _ := st.User("bo@example.com")
	dev, _ := st.Group("Dev")
	if ann.ID != ids["bo@example.com"] || bo.ID != ids["ann@example.com"] || dev.ID != ids["All"] {
		w.Error("an id did not survive a rename")
	}
	w.quiet()
}

// settle waits for reads that lag behind writes.
func (w *world) settle() { time.Sleep(time.Minute) }

func (w *world) ids() map[string]string {
	ids := map[string]string{}
	st := w.aws.State()
	for _, u := range st.Users {
		ids[u.UserName] = u.ID
	}
	for _, g := range st.Groups {
		ids[g.DisplayName] = g.ID
	}
	return ids
}
