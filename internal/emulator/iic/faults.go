package iic

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"time"
)

// FaultKind says what goes wrong.
type FaultKind string

// Faults that answer in the server's place: nothing is done.
const (
	Throttled      FaultKind = "throttled"      // 429, in the form that Switches say
	InternalError  FaultKind = "internalError"  // 500
	BadGateway     FaultKind = "badGateway"     // 502, a web page
	Unavailable    FaultKind = "unavailable"    // 503, a web page
	GatewayTimeout FaultKind = "gatewayTimeout" // 504, a web page
	Unauthorized   FaultKind = "unauthorized"   // 401; to a SigV4 caller, an expired session
	Forbidden      FaultKind = "forbidden"      // 403
	Missing        FaultKind = "missing"        // 404 about an object that is there
	NotJSON        FaultKind = "notJSON"        // 200 with a web page, as of a proxy; what answers without a body is deceived by it
	Reset          FaultKind = "reset"          // the connection ends
	Refuse         FaultKind = "refuse"         // Denial, in the form of the API that was called
)

// Faults that answer something else than what was done: dropped successes.
const (
	LostReset     FaultKind = "lostReset"     // done, then the connection ends
	LostThrottled FaultKind = "lostThrottled" // done, then 429
	LostError     FaultKind = "lostError"     // done, then 500
	Truncated     FaultKind = "truncated"     // the connection ends in the middle of the body
	CutJSON       FaultKind = "cutJSON"       // half of the body, as if it were all
	EmptyBody     FaultKind = "emptyBody"     // status and headers only
)

// Faults of lists. What they hide is hidden there only: reads by id go on telling the truth, as those of the real service would.
// A lie that every operation joins in cannot be told from the truth by any client, and no fault here tells one.
const (
	HalfRows   FaultKind = "halfRows"   // every second row is lost
	OtherHalf  FaultKind = "otherHalf"  // … and these are the other ones
	EmptyList  FaultKind = "emptyList"  // no row, and no cursor either
	MissingKey FaultKind = "missingKey" // no collection at all; the cursor stays
	LostCursor FaultKind = "lostCursor" // the first half of a page, and no cursor to the rest
	EmptyPage  FaultKind = "emptyPage"  // no rows, but a cursor: nothing is lost
	ShortPage  FaultKind = "shortPage"  // a third of the rows, and a cursor: nothing is lost
	StaleList  FaultKind = "staleList"  // what there was when the fault was injected
	StaleIndex FaultKind = "staleIndex" // the same, of lists with a filter only
)

// Faults of what leads to the answer.
const (
	Slow   FaultKind = "slow"   // Delay
	Vanish FaultKind = "vanish" // the user or group asked for is deleted just before
	Revoke FaultKind = "revoke" // the caller's token, or access key, has expired: as long as the fault lasts, another is needed
)

// Where says which requests go wrong. The zero value is all of them.
type Where struct {
	Op string // as Operation names it; empty: all
	// Filter is the attribute that a list is filtered by, in the case of the SCIM guide (groups.value, userName) or of the
	// Identity Store API (UserName, DisplayName); NoFilter: lists without one; empty: all.
	Filter string
	ID     string // a user or group in the path, the filter or the input; empty: all
	Page   int    // of a list, from 1; 0: all
	// After lets so many matching requests pass first; then every Every-th is hit (0 and 1: each), at most Times of them
	// (0: for ever).
	After, Every, Times int
	Chance              float64 // 0 < p < 1: of those only so many, by chance, from Seed
	Seed                uint64
}

// NoFilter is a value of Where.Filter.
const NoFilter = "none"

// Fault is something that goes wrong on the requests that it matches.
type Fault struct {
	Kind FaultKind
	Where
	Delay  time.Duration // of Slow, and before any other kind
	Denial *Denial       // of Refuse
}

// armed is a fault in force and what it has done.
type armed struct {
	Fault
	seen, hits int
	random     *rand.Rand
	old        view     // of StaleList and StaleIndex
	revoked    []string // by Revoke
}

// Inject puts a fault in force and returns what ends it.
func (s *Server) Inject(f Fault) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &armed{Fault: f, random: rand.New(rand.NewPCG(f.Seed, 0x9e3779b97f4a7c15))} // repeatable, not secret
	if f.Kind == StaleList || f.Kind == StaleIndex {
		a.old = s.store.view.clone()
	}
	s.faults = append(s.faults, a)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = slices.DeleteFunc(s.faults, func(x *armed) bool { return x == a })
	}
}

// ClearFaults ends all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Struck is how many requests faults have hit since the last reset of the counters.
func (s *Server) Struck() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.struck
}

// due are the faults that hit this request, and how long they hold it up.
func (s *Server) due(q *request) (hit []*armed, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.path, _ = parsePath(q.http.URL.Path)
	if len(s.faults) == 0 {
		return nil, 0
	}
	t := topicOf(q)
	for _, a := range s.faults {
		if a.strikes(q, t) {
			hit = append(hit, a)
			delay += a.Delay
		}
	}
	if len(hit) > 0 {
		s.struck++
	}
	return hit, delay
}

func (a *armed) strikes(q *request, t topic) bool {
	if !a.matches(q, t) {
		return false
	}
	a.seen++
	n := a.seen - a.After
	if n <= 0 || n%max(a.Every, 1) != 0 || a.Times > 0 && a.hits >= a.Times {
		return false
	}
	if a.Chance > 0 && a.random.Float64() >= a.Chance {
		return false
	}
	a.hits++
	return true
}

func (a *armed) matches(q *request, t topic) bool {
	switch {
	case a.Op != "" && a.Op != q.op,
		a.ID != "" && !slices.Contains(t.ids, a.ID),
		a.Page > 0 && (!t.list || a.Page != t.page),
		a.ofLists() && !t.list:
		return false
	}
	switch a.Filter {
	case "":
		return true
	case NoFilter:
		return t.list && t.filter == ""
	}
	return t.list && strings.EqualFold(a.Filter, t.filter)
}

// ofLists says that the fault means nothing to other requests, which then do not count.
func (f Fault) ofLists() bool {
	return slices.Contains([]FaultKind{HalfRows, OtherHalf, EmptyList, MissingKey, LostCursor, EmptyPage, ShortPage, StaleList, StaleIndex}, f.Kind)
}

// topic is what a request is about.
type topic struct {
	list   bool
	filter string // the first attribute of it; empty: none
	page   int
	ids    []string
}

// topicOf looks at a request without judging it.
func topicOf(q *request) topic {
	if q.json11() {
		return topicOfJSON11(q)
	}
	t := topic{list: q.op == "ListUsers" || q.op == "ListGroups", page: 1}
	if q.path.hasID {
		t.ids = append(t.ids, q.path.id)
	}
	query, err := url.ParseQuery(q.http.URL.RawQuery)
	if err != nil || !t.list {
		return t
	}
	if clauses, err := parseFilter(query.Get("filter")); err == nil {
		t.filter = clauses[0].attr
		for _, c := range clauses {
			t.ids = append(t.ids, c.value)
		}
	}
	t.turn(query.Get("cursor"))
	return t
}

func topicOfJSON11(q *request) topic {
	_, name, _ := strings.Cut(q.op, ":")
	t := topic{list: strings.HasPrefix(name, "List"), page: 1}
	var in struct {
		NextToken   string
		GroupID     string   `json:"GroupId"`
		UserID      string   `json:"UserId"`
		PrincipalID string   `json:"PrincipalId"`
		MemberID    memberID `json:"MemberId"`
		Filters     []operation
	}
	if json.Unmarshal(q.body, &in) != nil {
		return t
	}
	for _, id := range []string{in.GroupID, in.UserID, in.PrincipalID, in.MemberID.UserID} {
		if id != "" {
			t.ids = append(t.ids, bare(id))
		}
	}
	if len(in.Filters) > 0 {
		t.filter = in.Filters[0].AttributePath
	}
	t.turn(in.NextToken)
	return t
}

// turn goes to the page that a token leads to.
func (t *topic) turn(token string) {
	if c, ok := parseCursor(token); ok {
		t.page = c.Page
	}
}

// filtered says that a SCIM list has a filter.
func (q *request) filtered() bool { return strings.Contains(q.http.URL.RawQuery, "filter=") }
