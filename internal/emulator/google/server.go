package google

import (
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A Server answers for Google. It is an http.Handler and needs no listener,
// no goroutine and no operating system.
type Server struct {
	dir   *Directory
	table map[string]handler

	mu      sync.Mutex
	opts    Options
	index   *view // what searches see when frozen, else nil
	account account
	faults  []*armed
	vault   vault
}

// A handler answers one operation.
type handler func(*call) (*reply, error)

// New is a server of dir, which may be edited all the time.
func New(dir *Directory, opts Options) *Server {
	s := &Server{dir: dir, opts: opts.withDefaults()}
	s.account.reset()
	s.vault.reset()
	s.table = map[string]handler{
		"users.list": usersList, "users.get": usersGet,
		"groups.list": groupsList, "groups.get": groupsGet,
		"members.list": membersList, "members.get": membersGet, "members.hasMember": membersHas,
		"orgunits.list": orgUnitsList, "orgunits.get": orgUnitsGet,
		"schemas.list": schemasList, "schemas.get": schemasGet,
		"customers.get": customersGet,
		"domains.list":  domainsList, "domains.get": domainsGet,
		"roles.list": rolesList, "roles.get": rolesGet, "roleAssignments.list": roleAssignmentsList,
		"token": token, "sts.token": stsToken,
		"iam.signJwt": signJWT, "iam.generateAccessToken": generateAccessToken,
		"github.oidc": githubOIDC, "metadata": metadataServer,
	}
	dir.setClock(s.opts.now)
	return s
}

// Configure changes the options while the server runs.
func (s *Server) Configure(change func(*Options)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.opts)
	s.opts = s.opts.withDefaults()
	s.dir.setClock(s.opts.now)
}

// FreezeIndex makes searches (the query parameter) see the directory as it is
// now, while lists and gets follow every edit: the index lags (Directory API
// guide: search for users, up to 36 hours).
func (s *Server) FreezeIndex() {
	v := s.dir.snapshot()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index = v
}

// RefreshIndex lets searches follow every edit again.
func (s *Server) RefreshIndex() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index = nil
}

// A call is one request on its way.
type call struct {
	s      *Server
	r      *http.Request
	op     string
	params map[string]string
	q      url.Values
	opts   Options
	view   *view // the directory as lists and gets see it
	listed *view // … as lists see it: an older one under StaleList
	index  *view // … and as searches see it
	now    time.Time
	who    *session
	page   pageToken
	faults effects
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op, params := operation(r)
	c := s.begin(r, op, params)
	entry := c.entry()
	defer func() { s.account.end(&s.mu, entry, c, s.now()) }()

	rep, err := c.answer()
	if err != nil {
		rep = c.refusal(err)
	}
	entry.Status = rep.status
	entry.Rows = rep.rows
	if rep.abort {
		panic(http.ErrAbortHandler)
	}
	rep.write(w, c)
}

func (s *Server) now() time.Time {
	s.mu.Lock()
	opts := s.opts
	s.mu.Unlock()
	return opts.now()
}

// begin takes what the request will see: options, directory and search index,
// all at one moment.
func (s *Server) begin(r *http.Request, op string, params map[string]string) *call {
	v := s.dir.snapshot()
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{s: s, r: r, op: op, params: params, q: r.URL.Query(), opts: s.opts, view: v, listed: v, index: s.index}
	if c.index == nil {
		c.index = v
	}
	c.now = s.opts.now()
	s.account.start(op)
	return c
}

// answer runs the stages in the order of the real front end: who is calling,
// may they, is there quota; then the method.
func (c *call) answer() (*reply, error) {
	h := c.s.table[c.op]
	if h == nil {
		return plainReply(http.StatusNotFound, "text/html; charset=UTF-8", htmlNotFound), nil
	}
	if err := c.wait(c.opts.Latency); err != nil {
		return nil, err
	}
	c.page.peek(c.q.Get("pageToken"))
	if rep, err := c.inject(); rep != nil || err != nil {
		return rep, err
	}
	if !c.directory() {
		return h(c)
	}
	if err := c.admit(); err != nil {
		return nil, err
	}
	rep, err := h(c)
	if err != nil {
		return nil, err
	}
	c.spoil(rep)
	c.finish(rep)
	return rep, nil
}

// directory says that the call is one of the Directory API, not of the token
// endpoints.
func (c *call) directory() bool {
	_, known := scopesOf(c.op)
	return known
}

// admit checks parameters, caller and quota of a Directory call.
func (c *call) admit() error {
	if err := c.authenticate(); err != nil {
		return err
	}
	if err := c.s.spend(c); err != nil {
		return err
	}
	if c.view.f.Project.AdminAPIOff {
		return apiOff("admin.googleapis.com", "Admin SDK API", c.view.f.Project.Number)
	}
	if err := c.authorize(); err != nil {
		return err
	}
	return c.checkCommon()
}

// wait sleeps, or less when the client goes away.
func (c *call) wait(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-c.r.Context().Done():
		return c.r.Context().Err()
	}
}

// refusal turns an error into its answer. An error that is none of the API's
// is the client having gone away: nobody reads the answer.
func (c *call) refusal(err error) *reply {
	if e, ok := errors.AsType[*apiError](err); ok {
		rep := &reply{status: e.code, header: e.header.Clone(), body: e.body()}
		if e.code == http.StatusTooManyRequests || e.code == http.StatusServiceUnavailable {
			rep.retryAfter(c.opts.Strict.RetryAfter, c.now)
		}
		return rep
	}
	if e, ok := errors.AsType[*oauthError](err); ok {
		return &reply{status: e.code, body: e.body()}
	}
	return &reply{status: http.StatusInternalServerError, abort: true}
}
