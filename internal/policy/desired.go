package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ssosync/internal/directory"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/policy/query"
)

// A Wanted is the state that the target should have, were it empty, and what
// is known of the source beyond it.
type Wanted struct {
	State identity.State
	// Causes says why a user is wanted inactive.
	Causes map[identity.Key]plan.Cause
	// Flaws are what the target cannot take, by key.
	Flaws map[identity.Key][]identity.Flaw
	// Matches counts what each part of the queries found.
	Matches []Match
	Notes   []string
	// Size is how much of the source is in scope.
	Size plan.Size

	suspended   map[identity.Key]bool // active neither here nor there
	unknown     map[identity.Key]bool // the source did not say whether active
	ignored     map[identity.Key]bool // by id, users and groups
	present     map[identity.Key]bool // every id of the source that is not inactive
	known       map[identity.Key]bool // every id of the source
	accounts    map[identity.Key]directory.Account
	emails      map[string]identity.Key
	groupMail   map[identity.Key]string
	groupName   map[identity.Key]string // in scope or not
	nameless    map[identity.Key]bool   // groups whose name is made up
	notIncluded map[identity.Key]bool
	// Some query of that kind was answered by the search index. Users are in
	// scope by groups, too.
	laggingUsers, laggingGroups bool
	everybody                   bool // the source was asked for all accounts
}

// A Match is one part of a query and how many objects it found.
type Match struct {
	Kind  identity.Kind `json:"kind"`
	Query string        `json:"query"`
	Found int           `json:"found"`
}

// Desired translates a snapshot of the source.
func Desired(dir directory.Snapshot, r Rules) Wanted {
	w := Wanted{
		State: identity.NewState(), Causes: map[identity.Key]plan.Cause{}, Flaws: map[identity.Key][]identity.Flaw{},
		suspended: map[identity.Key]bool{}, unknown: map[identity.Key]bool{}, ignored: map[identity.Key]bool{},
		present: map[identity.Key]bool{}, known: map[identity.Key]bool{}, emails: map[string]identity.Key{},
		groupMail: map[identity.Key]string{}, groupName: map[identity.Key]string{}, nameless: map[identity.Key]bool{}, notIncluded: map[identity.Key]bool{}, accounts: make(map[identity.Key]directory.Account, len(dir.Accounts)),
		Notes: slices.Clone(dir.Notes), laggingUsers: len(dir.Answers.Users)+len(dir.Answers.Groups) > 0, laggingGroups: len(dir.Answers.Groups) > 0,
		everybody: dir.AllAccounts,
	}
	for _, a := range dir.Accounts {
		w.learn(a, r)
	}
	r.GroupMatch = r.GroupMatch.Resolve(w.address(dir))
	groups := w.groups(dir, r)
	wanted := w.users(dir, r)
	externals := map[string]bool{}
	flat := newClosure(dir, w.accounts)
	for _, g := range groups {
		members, external := flat.of(g.ID)
		for _, id := range external {
			externals[id] = true
		}
		for _, id := range members {
			if w.eligible(w.accounts[identity.Key(id)]) {
				wanted[id] = true
				w.State.Members[identity.Membership{Group: identity.Key(g.ID), User: identity.Key(id)}] = true
			}
		}
	}
	w.doubtful(dir, externals)
	for id := range wanted {
		key := identity.Key(id)
		w.State.Users[key], w.Flaws[key] = r.user(w.accounts[key])
	}
	w.note(dir, externals)
	w.Size = plan.Size{Users: len(w.State.Users), Groups: len(w.State.Groups), Members: len(w.State.Members)}
	w.managers()
	return w
}

// learn takes down what the source says of an account, in scope or not.
func (w *Wanted) learn(a directory.Account, r Rules) {
	key := identity.Key(a.ID)
	w.accounts[key] = a
	w.known[key] = true
	w.present[key] = !a.Suspended && !a.Archived
	w.unknown[key] = a.StatusUnknown
	w.ignored[key] = r.ignoresAccount(a)
	switch {
	case a.StatusUnknown:
	case a.Suspended:
		w.Causes[key], w.suspended[key] = plan.CauseSuspended, true
	case a.Archived:
		w.Causes[key], w.suspended[key] = plan.CauseArchived, true
	}
	for _, address := range append([]string{a.PrimaryEmail}, a.Aliases...) {
		w.emails[identity.Fold(address)] = key
	}
}

// address returns a function that looks up an address of the directory.
func (w *Wanted) address(dir directory.Snapshot) func(string) (string, bool) {
	groups := map[string]string{}
	for _, g := range dir.Groups {
		for _, address := range append([]string{g.Email}, g.Aliases...) {
			groups[identity.Fold(address)] = g.ID
		}
	}
	return func(address string) (string, bool) {
		if key, ok := w.emails[identity.Fold(address)]; ok {
			return string(key), true
		}
		id, ok := groups[identity.Fold(address)]
		return id, ok
	}
}

// eligible reports whether a member becomes a user of the target.
func (w *Wanted) eligible(a directory.Account) bool {
	return a.ID != "" && !a.Guest && !w.ignored[identity.Key(a.ID)]
}

// An asked query is one part of a set, and what came of it: it is either
// evaluated here, or the server has answered it.
type asked struct {
	query.Query
	answer map[string]bool
	found  int
}

func answered(set query.Set, answers map[string][]string) []asked {
	var all []asked
	for _, q := range set.Queries() {
		a := asked{Query: q, answer: map[string]bool{}}
		if !q.Local() {
			for _, id := range answers[q.Server()] {
				a.answer[id] = true
			}
		}
		all = append(all, a)
	}
	return all
}

// groups adds the groups in scope and returns them.
func (w *Wanted) groups(dir directory.Snapshot, r Rules) []directory.Group {
	var in []directory.Group
	queries := answered(r.GroupMatch, dir.Answers.Groups)
	for _, g := range dir.Groups {
		key := identity.Key(g.ID)
		w.known[key], w.present[key] = true, true
		w.groupMail[key] = g.Email
		w.groupName[key] = r.GroupName(g)
		w.nameless[key] = strings.TrimSpace(g.Name) == ""
		if r.ignoresGroup(g) {
			w.ignored[key] = true
		}
		hit := false
		for i, q := range queries {
			if q.Group(g, dir.Members[g.ID], dir.CustomerID) || q.answer[g.ID] {
				hit = true
				queries[i].found++
			}
		}
		if w.notIncluded[key] = r.excluded(g); !hit || w.notIncluded[key] {
			continue
		}
		in = append(in, g)
		want := identity.Group{ExternalID: g.ID, Name: w.groupName[key]}
		if r.CanonicalGroup != nil {
			want, w.Flaws[key] = r.CanonicalGroup(want)
		}
		w.State.Groups[key] = want
	}
	w.tally(identity.KindGroup, queries)
	return in
}

// users returns the ids of the accounts that a user query matches.
func (w *Wanted) users(dir directory.Snapshot, r Rules) map[string]bool {
	in := map[string]bool{}
	queries := answered(r.UserMatch, dir.Answers.Users)
	for _, a := range dir.Accounts {
		hit := false
		for i, q := range queries {
			if q.Account(a) || q.answer[a.ID] {
				hit = true
				queries[i].found++
			}
		}
		if hit && w.eligible(a) {
			in[a.ID] = true
		}
	}
	w.tally(identity.KindUser, queries)
	return in
}

// tally takes down what each part of the queries found.
func (w *Wanted) tally(kind identity.Kind, queries []asked) {
	for _, q := range queries {
		w.Matches = append(w.Matches, Match{Kind: kind, Query: q.Text, Found: q.found})
	}
}

// user translates an account into what the target can take. The manager is
// still an address.
func (r Rules) user(a directory.Account) (u identity.User, flaws []identity.Flaw) {
	u = r.Mapping.user(a, r.Attributes)
	manager := u.Manager
	u.Manager = "" // no text to clean
	if r.Canonical != nil {
		u, flaws = r.Canonical(u)
	}
	u.Manager = manager
	return u, flaws
}

// managers turns the managers' addresses, which is how Google keeps them,
// into keys. A manager who is not in scope cannot be referred to.
func (w *Wanted) managers() {
	for key, u := range w.State.Users {
		if u.Manager == "" {
			continue
		}
		manager := w.emails[identity.Fold(u.Manager)]
		if _, ok := w.State.Users[manager]; !ok || manager == key {
			manager = ""
		}
		u.Manager = string(manager)
		w.State.Users[key] = u
	}
}

// doubtful marks the people of whom the source says nothing certain: whom it
// would not show, and whom a group names while the list of people does not.
// Strangers are among them, which does no harm: they have no user of ours.
func (w *Wanted) doubtful(dir directory.Snapshot, externals map[string]bool) {
	for _, id := range dir.Unread {
		w.unknown[identity.Key(id)] = true
	}
	for id := range externals {
		w.unknown[identity.Key(id)] = true
	}
}

// note counts who was left out, for the report.
func (w *Wanted) note(dir directory.Snapshot, externals map[string]bool) {
	guests := 0
	for _, a := range dir.Accounts {
		if a.Guest {
			guests++
		}
	}
	if guests > 0 {
		w.Notes = append(w.Notes, fmt.Sprintf("%s of the directory: not synced", count(guests, "guest account")))
	}
	if len(externals) > 0 {
		var names []string
		for _, ms := range dir.Members {
			for _, m := range ms {
				if externals[m.ID] {
					names = append(names, cmp.Or(m.Email, m.ID))
				}
			}
		}
		slices.Sort(names)
		names = slices.Compact(names)
		w.Notes = append(w.Notes, fmt.Sprintf("%s of another organisation: not synced: %s", count(len(externals), "member"), some(names)))
	}
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// some joins names, and says how many more there are than fit a line.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
