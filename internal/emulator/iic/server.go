package iic

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options configure a Server. The zero value is a directory that takes any bearer token, with the identifiers that AWS's
// documentation uses in its examples.
type Options struct {
	Tenant          string // first segment of the SCIM path; default 11111111111-2222-3333-4444-555555555555
	Tokens          []Token
	IdentityStoreID string // default d-1234567890
	InstanceArn     string // default arn:aws:sso:::instance/ssoins-1234567890abcdef
	Region          string // default us-east-1
	Account         string // that owns the instance; default 111122223333
	// Instances are what ListInstances returns; nil: the one of the fields above; empty: none.
	Instances []Instance

	Switches Switches
	Clock    func() time.Time // default time.Now
	Latency  time.Duration    // of every answer

	Throttle bool   // on: rates above Limits are answered with 429
	Limits   Limits // zero fields: AWS's quotas

	Network Network // the network access controls of the store
	// AllowSource decides about the address of a SCIM caller (host:port), after Network; nil: all.
	AllowSource func(remoteAddr string) bool
	// IAM says who calls these APIs, which roles AWS STS gives out, and which actions are missing from everybody's policies.
	IAM IAM
	// Deny decides about calls of the Identity Store and SSO admin APIs, by name as in Operation; nil: all are allowed.
	Deny func(operation string) *Denial

	Paging Paging
}

// Token is a SCIM access token. A directory has at most two, for rotation (user guide: provision-automatically).
type Token struct {
	Value   string
	Created time.Time // for a test's own use
	Expires time.Time // zero: never
	// By is what CreatedBy and UpdatedBy say of what is written with it, so that a second program can be told from the first;
	// empty: SCIM. AWS does not document what they contain.
	By string
}

// Paging makes pages uncomfortable, within what the SCIM guide allows: go on while there is a cursor. It holds for the
// tokens of the Identity Store too.
type Paging struct {
	Max        int // most objects on a page, below what was asked for; 0: as asked
	EmptyEvery int // every n-th page of a listing is empty, with a cursor; below 2: none
}

func (o *Options) fill() {
	set := func(p *string, value string) {
		if *p == "" {
			*p = value
		}
	}
	set(&o.Tenant, "11111111111-2222-3333-4444-555555555555")
	set(&o.IdentityStoreID, "d-1234567890")
	set(&o.InstanceArn, "arn:aws:sso:::instance/ssoins-1234567890abcdef")
	set(&o.Region, "us-east-1")
	set(&o.Account, "111122223333")
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.Limits.fill()
}

// Server is IAM Identity Center in memory. It is safe for concurrent use and has no goroutines of its own.
type Server struct {
	mu      sync.Mutex
	options Options
	store   *store
	buckets map[string]*bucket
	serial  int // of requests
	faults  []*armed
	struck  int

	sessions map[string]session // temporary credentials, by access key
	issued   int                // tokens and sessions so far

	calls    map[string]int
	journal  []Entry
	inFlight int
	peak     int
}

// New returns an empty directory.
func New(o Options) *Server {
	o.fill()
	s := &Server{options: o, sessions: map[string]session{}}
	s.reset()
	return s
}

// Update changes the options while the server runs: to let a token expire, deny an address, turn a switch. Data stay.
func (s *Server) Update(change func(*Options)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lag := s.options.Switches.Lag
	change(&s.options)
	s.options.fill()
	s.buckets = map[string]*bucket{}
	s.store.prefix = strings.TrimPrefix(s.options.IdentityStoreID, "d-")
	if lag != s.options.Switches.Lag {
		s.store.settle(s.options.Switches.Lag)
	}
}

// BasePath is the path of the SCIM endpoint, without a slash at the end: /{tenant}/scim/v2.
func (s *Server) BasePath() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return "/" + s.options.Tenant + "/scim/v2"
}

// Reset empties the directory, the counters and the journal. Faults stay.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reset()
}

func (s *Server) reset() {
	made := 0
	if s.store != nil {
		made = s.store.made // ids are never used again
	}
	s.store = newStore()
	s.store.made = made
	s.store.prefix = strings.TrimPrefix(s.options.IdentityStoreID, "d-")
	s.store.settle(s.options.Switches.Lag)
	s.buckets = map[string]*bucket{}
	s.resetCalls()
}

// ResetCalls empties the counters and the journal, and nothing else.
func (s *Server) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resetCalls()
}

func (s *Server) resetCalls() {
	s.calls, s.journal, s.peak, s.struck = map[string]int{}, nil, s.inFlight, 0
}

// request is what a handler sees. The lock is held.
type request struct {
	op     string
	path   scimPath
	http   *http.Request
	body   []byte
	now    time.Time
	id     string // x-amzn-RequestId
	caller string // access key
	writer string // as CreatedBy and UpdatedBy show it
	spoilt spoilt // what faults do to it
	lost   bool   // the client will not learn of it
	effect effect
}

// response is what a handler answers; a nil body is none.
type response struct {
	status int
	body   any
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := Operation(r)
	s.enter(op)
	defer s.leave()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away in the middle of its request
	}
	q := &request{op: op, http: r, body: body}
	due, delay := s.due(q)
	if !s.wait(r, delay) {
		panic(http.ErrAbortHandler)
	}
	write := s.answer(q, due)
	write(w)
}

func (s *Server) enter(op string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[op]++
	s.inFlight++
	s.peak = max(s.peak, s.inFlight)
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
}

// wait is the latency. It is false when the client has gone away.
func (s *Server) wait(r *http.Request, more time.Duration) bool {
	s.mu.Lock()
	latency := s.options.Latency + more
	s.mu.Unlock()
	if latency <= 0 {
		return r.Context().Err() == nil
	}
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// answer does the work under the lock and returns how to write the result, which needs no lock.
func (s *Server) answer(q *request, due []*armed) func(http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	q.now = s.options.Clock()
	q.id = requestID(s.serial)
	if write := s.strike(q, due); write != nil {
		return write
	}
	return s.spoil(q, s.serve(q))
}

func (s *Server) serve(q *request) func(http.ResponseWriter) {
	switch {
	case q.json11():
		return s.answerJSON11(q)
	case q.query():
		return s.answerSTS(q)
	}
	return s.answerSCIM(q)
}

func (q *request) json11() bool { return q.http.Header.Get("X-Amz-Target") != "" }

// query says that the request is in the query protocol: AWS STS.
func (q *request) query() bool { return strings.HasPrefix(q.op, stsPrefix) }
