package google

import (
	"math/rand/v2"
	"slices"
	"time"
)

// A FaultKind says what goes wrong.
type FaultKind string

// Faults that answer with an error. Each is a row of the vendor's error
// tables or was reported from production.
const (
	UserRateLimit    FaultKind = "userRateLimitExceeded"    // 403, per user and minute
	QuotaExceeded    FaultKind = "quotaExceeded"            // 403, concurrency of the operation
	RateLimit403     FaultKind = "rateLimitExceeded403"     // 403, quota metric
	SharingRateLimit FaultKind = "sharingRateLimitExceeded" // 403
	RateLimit429     FaultKind = "rateLimitExceeded"        // 429, concurrency of the account
	TextRateLimit    FaultKind = "textRateLimit"            // 403, plain text
	TextQuota        FaultKind = "textQuota"                // 503, plain text
	HTMLUnavailable  FaultKind = "htmlUnavailable"          // 503, a web page
	BackendError     FaultKind = "backendError"             // 503, JSON
	InternalError    FaultKind = "internalError"            // 500
	BadGateway       FaultKind = "badGateway"               // 502
	GatewayTimeout   FaultKind = "gatewayTimeout"           // 504
	TransientError   FaultKind = "transientError"           // 503
	SystemError      FaultKind = "systemError"              // 400 invalid, transient all the same
	NotAvailable     FaultKind = "serviceNotAvailable"      // 400, transient all the same
	UnknownError     FaultKind = "unknownError"             // 400, transient all the same
	Precondition     FaultKind = "failedPrecondition"       // 400, transient all the same
	AuthError        FaultKind = "authError"                // 401, token is bad
	LoginRequired    FaultKind = "required"                 // 401, token is missing
	Forbidden        FaultKind = "forbidden"                // 403, role or other customer
	NotFound         FaultKind = "notFound"                 // 404 for the key of the operation
	DomainNotFound   FaultKind = "domainNotFound"           // 404
	InvalidInput     FaultKind = "invalidInput"             // 400
	APIOff           FaultKind = "accessNotConfigured"      // 403
	ScopeMissing     FaultKind = "insufficientPermissions"  // 403
	DomainBlocked    FaultKind = "domainCannotUseApis"      // 403
	QuotaProject     FaultKind = "quotaProject"             // 403, user credentials without a quota project
	OAuth            FaultKind = "oauth"                    // Code and Text as error and error_description
	Respond          FaultKind = "respond"                  // Status and Text as they are
)

// Faults that spoil an answer or what leads to it. What the faults of rows hide,
// they hide in that list alone: directMembersCount, gets by id and hasMember go
// on telling the truth, as those of the real service would. A lie that every
// operation joins in cannot be told from the truth by any client, and no row of
// [AllFaults] tells one.
//
// A broken connection is a panic with http.ErrAbortHandler, which net/http's
// server turns into one and any other transport in front of a [Server] has to.
const (
	MissingKey   FaultKind = "missingKey"   // 200 without the collection
	HalfRows     FaultKind = "halfRows"     // 200 with every second row lost
	OtherHalf    FaultKind = "otherHalf"    // … and these are the other ones
	EmptyList    FaultKind = "emptyList"    // 200 without rows and without a token
	LostToken    FaultKind = "lostToken"    // 200 with the first half of a page, and no token to the rest
	StaleList    FaultKind = "staleList"    // a list shows what there was when the fault was injected
	StaleIndex   FaultKind = "staleIndex"   // a search does so
	EmptyPage    FaultKind = "emptyPage"    // no rows, but a token: nothing is lost
	ShortPage    FaultKind = "shortPage"    // fewer rows than asked for: nothing is lost
	Truncated    FaultKind = "truncated"    // the connection ends in the middle of the body
	CutJSON      FaultKind = "cutJSON"      // half of the body, as if it were all
	Reset        FaultKind = "reset"        // the connection ends before the answer
	Slow         FaultKind = "slow"         // Delay
	VanishGroup  FaultKind = "vanishGroup"  // the group asked for is deleted just before
	Revoke       FaultKind = "revoke"       // the caller's token ends now
	MissingField FaultKind = "missingField" // Field is lacking in each row
)

// A Fault is something that goes wrong on the requests that it matches.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Op is an operation as [Operation] names it; empty is any.
	Op string `json:"op,omitempty"`
	// Key is a group or user key in the path, an id or an address of the same
	// object; empty is any.
	Key string `json:"key,omitempty"`
	// Query is Searches, NoSearches or, empty, both: lists with a query, and
	// requests without one.
	Query string `json:"query,omitempty"`
	// Page is a page of a list, from 1; 0 is any.
	Page int `json:"page,omitempty"`
	// After lets so many matching requests pass first; then every Every-th is
	// hit (0 and 1: each), at most Times of them (0: for ever).
	After int `json:"after,omitempty"`
	Every int `json:"every,omitempty"`
	Times int `json:"times,omitempty"`
	// Chance, between 0 and 1, hits only so many of those, as Seed has it.
	Chance float64 `json:"chance,omitempty"`
	Seed   uint64  `json:"seed,omitempty"`

	Delay  time.Duration `json:"delay,omitempty"`  // of Slow, and before any other kind
	Field  string        `json:"field,omitempty"`  // of MissingField
	Status int           `json:"status,omitempty"` // of Respond and OAuth
	Code   string        `json:"code,omitempty"`   // of OAuth
	Text   string        `json:"text,omitempty"`   // of Respond and OAuth
}

// The values of Fault.Query.
const (
	Searches   = "searches"
	NoSearches = "noSearches"
)

// armed is a fault in force and what it has done.
type armed struct {
	Fault
	seen, hits int
	random     *rand.Rand
	old        *view // of StaleList and StaleIndex
}

// Inject puts a fault in force and returns what ends it.
func (s *Server) Inject(f Fault) (end func()) {
	a := &armed{Fault: f, random: rand.New(rand.NewPCG(f.Seed, 0x9e3779b97f4a7c15))} // repeatable, not secret
	if f.Kind == StaleList || f.Kind == StaleIndex {
		a.old = s.dir.snapshot()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
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

// Struck is how many requests faults have hit since the start or the last Reset.
func (s *Server) Struck() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.account.struck
}

// due are the faults that hit this call.
func (s *Server) due(c *call) []*armed {
	s.mu.Lock()
	defer s.mu.Unlock()
	var hit []*armed
	for _, a := range s.faults {
		if !a.matches(c) {
			continue
		}
		a.seen++
		n := a.seen - a.After
		if n <= 0 || n%max(a.Every, 1) != 0 || a.Times > 0 && a.hits >= a.Times {
			continue
		}
		if a.Chance > 0 && a.random.Float64() >= a.Chance {
			continue
		}
		a.hits++
		hit = append(hit, a)
	}
	if len(hit) > 0 {
		s.account.struck++
	}
	return hit
}

func (f Fault) matches(c *call) bool {
	if f.Op != "" && f.Op != c.op || f.Page > 0 && f.Page != c.page.number() {
		return false
	}
	if searches := c.q.Get("query") != ""; f.Query == Searches && !searches || f.Query == NoSearches && searches {
		return false
	}
	if f.Key == "" {
		return true
	}
	for _, k := range c.params {
		if fold(k) == fold(f.Key) || c.view.resolve(k) == c.view.resolve(f.Key) {
			return true
		}
	}
	return false
}

// effects are the faults that the method or the answer must know of.
type effects struct {
	kinds []FaultKind
	field string
}

func (e effects) by(k FaultKind) bool { return slices.Contains(e.kinds, k) }

// inject lets the due faults happen; the first that answers, answers.
func (c *call) inject() (*reply, error) {
	for _, f := range c.s.due(c) {
		if err := c.wait(f.Delay); err != nil {
			return nil, err
		}
		if rep, err := c.canned(f.Fault); rep != nil || err != nil {
			return rep, err
		}
		c.affect(f)
	}
	return nil, nil
}

func (c *call) affect(f *armed) {
	c.faults.kinds = append(c.faults.kinds, f.Kind)
	switch f.Kind {
	case MissingField:
		c.faults.field = f.Field
	case StaleList:
		c.listed = f.old
	case StaleIndex:
		c.index = f.old
	case VanishGroup:
		if err := c.s.dir.DeleteGroup(c.params["groupKey"]); err == nil {
			c.view = c.s.dir.snapshot()
		}
	case Revoke:
		c.s.revoke(c.r)
	default: // Slow has waited already; the others are for whoever looks
	}
}

// spoil does to the answer what the faults say.
func (c *call) spoil(rep *reply) {
	if rows, isList := rep.body[rep.rowsKey].([]map[string]any); isList {
		rows = c.faults.kept(rows)
		rep.body[rep.rowsKey] = rows
		rep.rows = len(rows)
		if len(rows) == 0 {
			delete(rep.body, rep.rowsKey)
		}
	}
	if c.faults.by(EmptyList) || c.faults.by(LostToken) {
		delete(rep.body, "nextPageToken")
	}
	rep.cut = c.faults.by(Truncated)
	rep.half = c.faults.by(CutJSON)
}

// kept are the rows of a page that the client will see.
func (e effects) kept(rows []map[string]any) []map[string]any {
	from := 0
	switch {
	case e.by(EmptyList), e.by(MissingKey):
		return nil
	case e.by(LostToken):
		return rows[:(len(rows)+1)/2]
	case e.by(OtherHalf):
		from = 1
	case !e.by(HalfRows):
		return rows
	}
	var kept []map[string]any
	for i := from; i < len(rows); i += 2 {
		kept = append(kept, rows[i])
	}
	return kept
}

func (e effects) dropField(body map[string]any) {
	if e.field != "" {
		delete(body, e.field)
	}
}
