package google

import "time"

// Where says which requests go wrong: a Fault without its kind. See there.
type Where struct {
	Op, Key, Query      string
	Page                int
	After, Every, Times int
	Chance              float64
	Seed                uint64
}

func (w Where) fault(k FaultKind) Fault {
	return Fault{
		Kind: k, Op: w.Op, Key: w.Key, Query: w.Query, Page: w.Page,
		After: w.After, Every: w.Every, Times: w.Times, Chance: w.Chance, Seed: w.Seed,
	}
}

// A FaultCase is a fault as a test meets it that goes through all of them by
// name.
type FaultCase struct {
	Name string
	// Hides: what the client reads may lack users, groups or members that are
	// there. Without it, every answer is either right or plainly none.
	Hides bool
	// Stale: what is hidden is what came after Install. A test edits the
	// directory between that and the client's run.
	Stale bool
	// Places are the requests that it happens to.
	Places []Where
	// Install puts the fault in force and returns what ends it. The place is
	// the one of at: the zero Op stands for all of Places, each on its own. What
	// it deleted (vanishGroup) stays deleted, and a revoked token is revoked for
	// good; everything else ends with it.
	Install func(s *Server, at Where) (end func())
}

// Lists are the lists of users, groups and members, and the searches.
func Lists() []Where {
	return []Where{
		{Op: "users.list", Query: NoSearches},
		{Op: "users.list", Query: Searches},
		{Op: "groups.list", Query: NoSearches},
		{Op: "groups.list", Query: Searches},
		{Op: "members.list"},
	}
}

// Gets are the reads by id, and the question for one member.
func Gets() []Where {
	return []Where{{Op: "users.get"}, {Op: "groups.get"}, {Op: "members.hasMember"}}
}

// AllFaults is every fault of a Directory call, each under the name of its
// kind. Not in it are the kinds that need to be told what to say ([Respond],
// [OAuth]), and [NotFound] of a read by id: that is the consistent lie which
// no client sees through.
func AllFaults() []FaultCase {
	all := append(Lists(), Gets()...)
	members := []Where{{Op: "members.list"}}
	var cases []FaultCase
	for _, k := range []FaultKind{
		UserRateLimit, QuotaExceeded, RateLimit403, SharingRateLimit, RateLimit429, TextRateLimit, TextQuota, HTMLUnavailable,
		BackendError, InternalError, BadGateway, GatewayTimeout, TransientError, SystemError, NotAvailable, UnknownError, Precondition,
		AuthError, LoginRequired, DomainNotFound, InvalidInput, APIOff, ScopeMissing, DomainBlocked, QuotaProject,
		Truncated, CutJSON, Reset, Slow, Revoke,
	} {
		cases = append(cases, faultCase(k, all))
	}
	cases = append(cases,
		faultCase(EmptyPage, Lists()), faultCase(ShortPage, Lists()), faultCase(VanishGroup, members),
		// A group that cannot be read counts as somebody else's, and one that
		// cannot be found as deleted, unless the client asks further.
		faultCase(Forbidden, all).hiding(), faultCase(NotFound, members).hiding())
	for _, k := range []FaultKind{MissingKey, HalfRows, OtherHalf, EmptyList, LostToken} {
		cases = append(cases, faultCase(k, Lists()).hiding())
	}
	cases = append(cases, missingField("suspended"), missingField("archived"), missingField("id"))
	return append(cases, faultCase(StaleList, listsOf(NoSearches)).hiding().late(), faultCase(StaleIndex, listsOf(Searches)).hiding().late())
}

// listsOf are those lists that searches are, or are not, or may be.
func listsOf(query string) []Where {
	var places []Where
	for _, w := range Lists() {
		if w.Query == query || w.Query == "" && query == NoSearches {
			places = append(places, w)
		}
	}
	return places
}

func faultCase(k FaultKind, places []Where) FaultCase {
	return FaultCase{Name: string(k), Places: places, Install: installer(Fault{Kind: k}, places)}
}

// missingField is the lack of one field in each row of a list of users. It
// hides who is suspended, not who is there.
func missingField(name string) FaultCase {
	places := []Where{{Op: "users.list", Query: NoSearches}, {Op: "users.list", Query: Searches}}
	return FaultCase{Name: string(MissingField) + " " + name, Places: places, Install: installer(Fault{Kind: MissingField, Field: name}, places)}
}

func (c FaultCase) hiding() FaultCase {
	c.Hides = true
	return c
}

func (c FaultCase) late() FaultCase {
	c.Stale = true
	return c
}

// installer makes FaultCase.Install. Empty pages are every second one at most,
// since a run of them has no end.
func installer(kind Fault, places []Where) func(*Server, Where) func() {
	return func(s *Server, at Where) func() {
		if kind.Kind == EmptyPage && at.Times == 0 {
			at.Every = max(at.Every, 2)
		}
		where := []Where{at}
		if at.Op == "" {
			where = nil
			for _, p := range places {
				here := at
				here.Op, here.Query = p.Op, p.Query
				where = append(where, here)
			}
		}
		var ends []func()
		for _, w := range where {
			f := w.fault(kind.Kind)
			f.Field = kind.Field
			if f.Kind == Slow {
				f.Delay = time.Second
			}
			ends = append(ends, s.Inject(f))
		}
		return func() {
			for _, end := range ends {
				end()
			}
		}
	}
}
