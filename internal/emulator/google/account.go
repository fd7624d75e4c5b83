package google

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// An Entry is one request in the journal.
type Entry struct {
	At        time.Time
	Op        string // see [Operation]
	Method    string
	Path      string
	Query     url.Values
	Principal string // address of the caller, "" when unknown
	Status    int    // as decided; the connection may have been broken after it
	Rows      int    // of a list
	Page      int    // of a list, from 1
	Took      time.Duration
}

// Units are the quota units that a principal spent in a minute: one for each
// Directory call that was authenticated (Directory API guide: limits and quotas).
type Units struct {
	Principal string
	Minute    time.Time
	Units     int
}

// account is what the server remembers of its requests.
type account struct {
	calls   map[string]int
	units   map[string]map[int64]int // principal → Unix minute → units
	journal []*Entry
	busy    int
	peak    int
	struck  int // by faults
}

func (a *account) reset() {
	*a = account{calls: map[string]int{}, units: map[string]map[int64]int{}, busy: a.busy}
}

func (a *account) start(op string) {
	a.calls[op]++
	a.busy++
	a.peak = max(a.peak, a.busy)
}

func (c *call) entry() *Entry {
	return &Entry{At: c.now, Op: c.op, Method: c.r.Method, Path: c.r.URL.EscapedPath(), Query: c.q, Page: 1}
}

func (a *account) end(mu *sync.Mutex, e *Entry, c *call, now time.Time) {
	mu.Lock()
	defer mu.Unlock()
	a.busy--
	if c.who != nil {
		e.Principal = c.who.email
	}
	e.Page = c.page.number()
	e.Took = now.Sub(e.At)
	a.journal = append(a.journal, e)
	if over := len(a.journal) - c.opts.JournalSize; over > 0 {
		a.journal = slices.Delete(a.journal, 0, over)
	}
}

// Calls counts requests by operation since the start or the last Reset. What
// is no operation at all is counted under "".
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.account.calls)
}

// PeakConcurrency is the largest number of requests that were under way at once.
func (s *Server) PeakConcurrency() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.account.peak
}

// Quota lists the units spent, by principal and minute.
func (s *Server) Quota() []Units {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Units
	for _, who := range slices.Sorted(maps.Keys(s.account.units)) {
		for _, m := range slices.Sorted(maps.Keys(s.account.units[who])) {
			all = append(all, Units{Principal: who, Minute: time.Unix(m*60, 0).UTC(), Units: s.account.units[who][m]})
		}
	}
	return all
}

// Journal lists the last requests in the order of their ends.
func (s *Server) Journal() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Entry, 0, len(s.account.journal))
	for _, e := range s.account.journal {
		all = append(all, *e)
	}
	return all
}

// Reset forgets calls, peak, units and journal. Tokens, faults and options stay.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account.reset()
}

// spend takes one unit of the caller's quota, or refuses.
func (s *Server) spend(c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if limit := c.opts.MaxConcurrent; limit > 0 && s.account.busy > limit {
		return tooManyAtOnce()
	}
	minutes := s.account.units[c.who.email]
	if minutes == nil {
		minutes = map[int64]int{}
		s.account.units[c.who.email] = minutes
	}
	minute := c.now.Unix() / 60
	minutes[minute]++
	if limit := c.opts.QuotaPerMinute; limit > 0 && minutes[minute] > limit {
		if c.opts.Strict.QuotaAsRateLimit {
			return quotaOfMinute(c.view.f.Project.Number)
		}
		return userRateLimit()
	}
	return nil
}

// userRateLimit is the documented answer to an exhausted per-user quota
// (Admin SDK guide: troubleshoot errors, 403).
func userRateLimit() *apiError {
	return &apiError{
		code: http.StatusForbidden, reason: "userRateLimitExceeded", domain: "usageLimits",
		message: "User Rate Limit Exceeded. Rate of requests for user exceed configured project quota, you may consider " +
			"re-evaluating expected per-user traffic to the API and adjust project quota limits accordingly.",
	}
}

// quotaOfMinute is what is seen in production instead.
func quotaOfMinute(project string) *apiError {
	return &apiError{
		code: http.StatusForbidden, reason: "rateLimitExceeded", domain: "usageLimits",
		message: "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service " +
			"'admin.googleapis.com' for consumer 'project_number:" + project + "'.",
	}
}

// tooManyAtOnce is the limit that all apps of an account share (Admin SDK
// guide: troubleshoot errors, 429).
func tooManyAtOnce() *apiError {
	return &apiError{
		code: http.StatusTooManyRequests, reason: "rateLimitExceeded", domain: "usageLimits", status: "RESOURCE_EXHAUSTED",
		message: "Rate Limit Exceeded",
		details: []any{errorInfo("RATE_LIMIT_EXCEEDED", map[string]any{"service": "admin.googleapis.com"})},
	}
}
