package wire_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/report"
)

// The faults of the campaign strike one request, the next one, and so on, then
// all of them, then three in ten. With CAMPAIGN=n in the environment, n
// directories meet each fault at each request, with and without guards; else one
// of five does, faults that hide something at each request and the others at
// every eighth.
const always, often = -1, -2

// A strike is one fault at one place, and what it makes impossible.
type strike struct {
	name    string
	install func(w *world) (end func())
	stale   bool // it shows what there was when it was installed
	// hides says that what is read may lack something; keeps, that nobody can
	// say who left; fails, that writes may fail; loose, that others write.
	hides, keeps, fails, loose bool
	vanish                     bool // a group goes while it is read
	quiet                      bool // nobody asks what is assigned
}

func (s strike) String() string { return s.name }

func campaign(t *testing.T) (ups []upheaval, whole bool) {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("CAMPAIGN"))
	if err != nil {
		return upheavals(t, 5), false
	}
	return upheavals(t, n), true
}

// Each kind of fault of Google, at each request that it can strike.
func TestCampaignGoogle(t *testing.T) {
	ups, whole := campaign(t)
	reach := map[string]int{}
	for k, c := range google.AllFaults() {
		t.Run(c.Name, func(t *testing.T) {
			for p, place := range append(c.Places, google.Where{}) {
				which := k + p
				if place.Op == "users.list" && place.Query == google.Searches {
					which = 3 // whose query is Google's to answer
				}
				of := func(n int) strike {
					at := place
					at.After, at.Times, at.Chance, at.Seed = position(n)
					return strike{
						name:    fmt.Sprintf("google %s at %s %s", c.Name, place.Op, place.Query),
						install: func(w *world) func() { return c.Install(w.google, at) },
						stale:   c.Stale, hides: c.Hides, quiet: true,
						keeps: strings.HasPrefix(c.Name, string(google.MissingField)), vanish: c.Name == string(google.VanishGroup),
					}
				}
				each(t, ups, whole, which, k, of, func(up upheaval) int {
					return up.reaches(t, reach, place.Op+place.Query, func(w *world) {
						w.google.Inject(google.Fault{Kind: google.Slow, Op: place.Op, Query: place.Query})
					})
				})
			}
		})
	}
}

// Each kind of fault of Identity Center likewise.
func TestCampaignAWS(t *testing.T) {
	ups, whole := campaign(t)
	reach := map[string]int{}
	for k, c := range iic.AllFaults() {
		t.Run(c.Name, func(t *testing.T) {
			for p, place := range append(c.Places, iic.Where{}) {
				which := k + p
				if strings.HasPrefix(place.Op, "identitystore:") {
					which = 2 // who reads there
				}
				admin := strings.HasPrefix(place.Op, "sso:") // what is assigned decides nothing
				hides := c.Hides && !admin
				of := func(n int) strike {
					at := place
					at.After, at.Times, at.Chance, at.Seed = position(n)
					return strike{
						name:    fmt.Sprintf("aws %s at %s %s", c.Name, place.Op, place.Filter),
						install: func(w *world) func() { return c.Install(w.aws, at) },
						stale:   c.Stale, hides: hides, fails: true, loose: c.Name == string(iic.Vanish),
						quiet: place.Op != "" && !admin,
					}
				}
				each(t, ups, whole, which, k, of, func(up upheaval) int {
					return up.reaches(t, reach, place.Op+place.Filter, func(w *world) {
						w.aws.Inject(iic.Fault{Kind: iic.Slow, Where: iic.Where{Op: place.Op, Filter: place.Filter}})
					})
				})
			}
		})
	}
}

// A list that hides something, and nobody who could say so: the questions that
// evidence asks are refused as well.
func TestCampaignHiddenAndUnanswered(t *testing.T) {
	ups, whole := campaign(t)
	var refusals []google.FaultCase
	for _, c := range google.AllFaults() {
		switch google.FaultKind(c.Name) {
		case google.BackendError, google.Forbidden, google.InvalidInput, google.CutJSON:
			refusals = append(refusals, c)
		default:
		}
	}
	for k, c := range google.AllFaults() {
		if !c.Hides || c.Name == string(google.Forbidden) || c.Name == string(google.NotFound) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			for p, place := range c.Places {
				for r, refused := range refusals {
					for _, up := range ups {
						if !whole && up.seed != uint64((k+p+r)%len(ups)) {
							continue
						}
						up.suffers(t, strike{
							name: fmt.Sprintf("google %s at %s %s, and %s", c.Name, place.Op, place.Query, refused.Name), stale: c.Stale, hides: true, quiet: true,
							install: func(w *world) func() {
								ends := []func(){c.Install(w.google, place)}
								for _, get := range append(google.Gets(), google.Where{Op: "groups.list", Query: google.Searches}) {
									ends = append(ends, refused.Install(w.google, get))
								}
								return func() {
									for _, end := range ends {
										end()
									}
								}
							},
						}, always, (k+p+r)%2 == 0)
					}
				}
			}
		})
	}
}

// A token that ends after so many requests, again and again.
func TestCampaignTokens(t *testing.T) {
	ups, whole := campaign(t)
	for k := range ups {
		of := func(n int) strike {
			return strike{name: "token", quiet: true, install: func(w *world) func() {
				w.google.Configure(func(o *google.Options) { o.RevokeTokenAfter = max(n, 1) })
				return func() { w.google.Configure(func(o *google.Options) { o.RevokeTokenAfter = 0 }) }
			}}
		}
		each(t, ups, whole, k, k, of, func(upheaval) int { return 24 })
	}
}

// position translates the number of a request.
func position(n int) (after, times int, chance float64, seed uint64) {
	switch n {
	case always:
		return 0, 0, 0, 0
	case often:
		return 0, 0, 0.3, 5
	}
	return n - 1, 1, 0, 0
}

// each has a fault strike the first request, the second, and so on.
func each(t *testing.T, ups []upheaval, whole bool, which, kind int, of func(n int) strike, reach func(up upheaval) int) {
	t.Helper()
	for _, up := range ups {
		if !whole && up.seed != uint64(which%len(ups)) {
			continue
		}
		most := reach(up)
		if most == 0 {
			continue
		}
		for _, n := range positions(most, whole, of(1).hides, kind) {
			if whole {
				up.suffers(t, of(n), n, false)
			}
			up.suffers(t, of(n), n, whole || (n+which)%2 == 0)
		}
	}
}

// positions are the requests of so many that a fault strikes.
func positions(most int, whole, hides bool, kind int) []int {
	list := []int{always, often}
	if !whole && most > 1 {
		list = []int{[]int{always, often}[kind%2]}
	}
	for n := 1; n <= most; n++ {
		step := 8 * sparse
		if whole || hides {
			step = sparse
		}
		if most < 4 || n%step == kind%step {
			list = append(list, n)
		}
	}
	return list
}

// reaches counts the requests of a run without faults that a fault could strike.
func (up upheaval) reaches(t *testing.T, known map[string]int, place string, slow func(w *world)) int {
	t.Helper()
	key := fmt.Sprint(up.seed, place)
	if n, ok := known[key]; ok {
		return n
	}
	synctest.Test(t, func(t *testing.T) {
		w := up.world(t, func(*world) {})
		slow(w)
		if _, err := up.run(w, true); err != nil {
			t.Fatalf("directory %d, without a fault: %v", up.seed, err)
		}
		known[key] = w.google.Struck() + w.aws.Struck()
		if place == "" {
			known[key] = min(known[key], 1) // each place counts for itself
		}
	})
	return known[key]
}

// suffers lets one run meet a fault, and others follow without it.
func (up upheaval) suffers(t *testing.T, s strike, n int, accept bool) {
	t.Helper()
	if s.quiet {
		up.settings = append(slices.Clip(up.settings), "IMPACT", "off")
	}
	synctest.Test(t, func(t *testing.T) {
		end := func() {}
		w := up.world(t, func(w *world) {
			if s.stale {
				end = s.install(w)
				w.meddle()
			}
		})
		if !s.stale {
			end = s.install(w)
		}
		before := w.aws.State()
		rep, err := up.run(w, accept)
		at := fmt.Sprintf("%s, request %d, directory %d, accepted %v: outcome %s (%v)", s, n, up.seed, accept, rep.Outcome, err)
		for _, wrong := range up.truth(w).judge(before, w.aws.State(), w.aws.Journal(), up.alien, s.loose) {
			t.Errorf("%s\n\t%s", at, wrong)
		}
		for _, who := range up.left(w, s, before, rep) {
			t.Errorf("%s\n\t%s left and is still active", at, who)
		}
		if err == nil && !s.hides && !s.loose && !s.keeps && !s.vanish {
			for _, wrong := range up.truth(w).differences(w.aws.State(), up.own) {
				t.Errorf("%s\n\tall went well, and %s", at, wrong)
			}
		}
		end()
		if len(w.dir.Fixture().Groups) > 0 { // or else nothing is ever read again
			up.recovers(w, at)
		}
	})
}

func (up upheaval) run(w *world, accept bool) (report.Report, error) {
	r := w.reconciler(up.settings...)
	if accept {
		r.Accept = up.accept()
	}
	return r.Run(context.Background())
}

// left returns who has left by Google's plain word and keeps access, though the
// run knew it, could do it, and does not say why not.
func (up upheaval) left(w *world, s strike, before iic.State, rep report.Report) []string {
	excused := map[string]bool{}
	for _, u := range rep.Plan.Unproven {
		excused[u.ID] = !s.fails
	}
	for _, c := range rep.Withheld.Users {
		excused[rep.Withheld.Subjects.Users[c.Key].ID] = up.tight
	}
	for _, f := range rep.Failed() {
		excused[f.ID] = s.fails
	}
	tr := up.truth(w)
	var all []string
	after := w.aws.State()
	for _, u := range before.Users {
		now, _ := after.User(u.UserName)
		left := tr.off(u.ExternalID) || tr.gone(u.ExternalID)
		if u.Active && left && up.own(u.ID) && now.ID == u.ID && now.Active && !excused[u.ID] &&
			rep.Outcome != report.Failed && !s.hides && !s.keeps {
			all = append(all, u.UserName)
		}
	}
	return all
}

// recovers checks that two runs without the fault set all right, and that one
// more writes nothing.
func (up upheaval) recovers(w *world, at string) {
	for n := range 3 {
		before := w.aws.State()
		w.aws.ResetCalls()
		rep, err := up.run(w, up.tight)
		for _, wrong := range up.truth(w).judge(before, w.aws.State(), w.aws.Journal(), up.alien, false) {
			w.Errorf("%s, then\n\t%s", at, wrong)
		}
		wrong := up.truth(w).differences(w.aws.State(), up.own)
		quiet := err == nil && len(w.writes()) == 0
		switch {
		case quiet && len(wrong) == 0:
			return
		case n == 0:
		case n == 1 && (err != nil || len(wrong) > 0):
			w.Errorf("%s, and after two runs (%v, %v, %v): %q", at, err, rep.Plan.Conflicts, rep.Plan.Unproven, wrong)
			return
		case n == 2:
			w.Errorf("%s, and after three runs (%v): %q, writing %v", at, err, wrong, w.writes())
		}
	}
}

// meddle is what somebody does to AWS after what a stale list shows.
func (w *world) meddle() {
	hand := w.aws.By("arn:aws:iam::111122223333:user/hand")
	must(w, hand.AddMember("Lone", "p6@example.com"))
	must(w, hand.RemoveMember("Team 0", "p6@example.com"))
	must(w, hand.SetActive("p6@example.com", false))
	must(w, hand.RenameGroup("Lone", "Alone"))
}
