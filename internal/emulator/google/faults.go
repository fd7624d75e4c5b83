package google

import (
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

// Faults that spoil an answer or what leads to it. A broken connection is a
// panic with http.ErrAbortHandler, which net/http's server turns into one and
// any other transport in front of a [Server] has to.
const (
	MissingKey   FaultKind = "missingKey"   // 200 without the collection
	HalfRows     FaultKind = "halfRows"     // 200 with every second row lost
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
	// Page is a page of a list, from 1; 0 is any.
	Page int `json:"page,omitempty"`
	// After lets so many matching requests pass first; then every Every-th is
	// hit (0 and 1: each), at most Times of them (0: for ever).
	After int `json:"after,omitempty"`
	Every int `json:"every,omitempty"`
	Times int `json:"times,omitempty"`

	Delay  time.Duration `json:"delay,omitempty"`  // of Slow, and before any other kind
	Field  string        `json:"field,omitempty"`  // of MissingField
	Status int           `json:"status,omitempty"` // of Respond and OAuth
	Code   string        `json:"code,omitempty"`   // of OAuth
	Text   string        `json:"text,omitempty"`   // of Respond and OAuth
}

// armed is a fault in force and what it has done.
type armed struct {
	Fault
	seen, hits int
}

// Inject puts a fault in force and returns what ends it.
func (s *Server) Inject(f Fault) (end func()) {
	a := &armed{Fault: f}
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

// due are the faults that hit this call.
func (s *Server) due(c *call) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var hit []Fault
	for _, a := range s.faults {
		if !a.matches(c) {
			continue
		}
		a.seen++
		n := a.seen - a.After
		if n <= 0 || n%max(a.Every, 1) != 0 || a.Times > 0 && a.hits >= a.Times {
			continue
		}
		a.hits++
		hit = append(hit, a.Fault)
	}
	return hit
}

func (f Fault) matches(c *call) bool {
	if f.Op != "" && f.Op != c.op || f.Page > 0 && f.Page != c.page.number() {
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
	emptyPage, shortPage, missingKey, halfRows, truncated, cutJSON bool
	field                                                          string
}

// inject lets the due faults happen; the first that answers, answers.
func (c *call) inject() (*reply, error) {
	for _, f := range c.s.due(c) {
		if err := c.wait(f.Delay); err != nil {
			return nil, err
		}
		if rep, err := c.canned(f); rep != nil || err != nil {
			return rep, err
		}
		c.affect(f)
	}
	return nil, nil
}

func (c *call) affect(f Fault) {
	switch f.Kind {
	case EmptyPage:
		c.faults.emptyPage = true
	case ShortPage:
		c.faults.shortPage = true
	case MissingKey:
		c.faults.missingKey = true
	case HalfRows:
		c.faults.halfRows = true
	case Truncated:
		c.faults.truncated = true
	case CutJSON:
		c.faults.cutJSON = true
	case MissingField:
		c.faults.field = f.Field
	case VanishGroup:
		if err := c.s.dir.DeleteGroup(c.params["groupKey"]); err == nil {
			c.view = c.s.dir.snapshot()
		}
	case Revoke:
		c.s.revoke(c.r)
	default: // Slow has waited already
	}
}

// spoil does to the answer what the faults say.
func (c *call) spoil(rep *reply) {
	rows, isList := rep.body[rep.rowsKey].([]map[string]any)
	if isList && c.faults.halfRows {
		var kept []map[string]any
		for i := 0; i < len(rows); i += 2 {
			kept = append(kept, rows[i])
		}
		rep.body[rep.rowsKey] = kept
	}
	if isList && c.faults.missingKey {
		delete(rep.body, rep.rowsKey)
	}
	rep.cut = c.faults.truncated
	rep.half = c.faults.cutJSON
}

func (e effects) dropField(body map[string]any) {
	if e.field != "" {
		delete(body, e.field)
	}
}
