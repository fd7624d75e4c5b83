package google_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ssosync/internal/directory"
	"ssosync/internal/source/google"
)

// A server answers as the Directory API reference says, in process. It knows
// what the tests need and nothing else; it shares no code with the source.
type server struct {
	users   []map[string]any
	groups  []map[string]any
	members map[string][]map[string]any // by group id

	// pageSize says how many elements a page that starts at an offset has; nil
	// is the number that was asked for.
	pageSize func(op, id string, offset int) int
	// fault may answer in the server's place; nth counts from 1 the attempts at
	// the same request.
	fault func(r request, nth int) (*http.Response, error)
	// delay is how long an answer takes, in the test's virtual time.
	delay func(r request) time.Duration
	// search says which elements match a query.
	search func(query string, element map[string]any) bool

	mu       sync.Mutex
	calls    map[string]int // answered, by operation
	requests []request      // all that came in
	answered []request      // without a fault
	attempts map[string]int
	inFlight int
	most     int // in flight
}

// A request is one that came in.
type request struct {
	op, id, token string
	member        string // of hasMember
	url           *url.URL
	header        http.Header
}

func (s *server) RoundTrip(req *http.Request) (*http.Response, error) {
	r := parse(req)
	nth := s.enter(r)
	defer s.leave()
	if s.delay != nil {
		select {
		case <-time.After(s.delay(r)):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	if s.fault != nil {
		if resp, err := s.fault(r, nth); resp != nil || err != nil {
			if resp != nil {
				resp.Request = req
			}
			return resp, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[r.op]++
	s.answered = append(s.answered, r)
	return s.answer(r), nil
}

func (s *server) enter(r request) (nth int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls, s.attempts = map[string]int{}, map[string]int{}
	}
	s.requests = append(s.requests, r)
	s.inFlight++
	s.most = max(s.most, s.inFlight)
	s.attempts[r.url.String()]++
	return s.attempts[r.url.String()]
}

func (s *server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
}

func parse(req *http.Request) request {
	r := request{url: req.URL, header: req.Header, token: req.URL.Query().Get("pageToken")}
	_, path, _ := strings.Cut(req.URL.EscapedPath(), "/admin/directory/v1/")
	parts := strings.Split(path, "/")
	if len(parts) > 1 {
		r.id, _ = url.PathUnescape(parts[1])
	}
	switch {
	case len(parts) == 1 && parts[0] == "users":
		r.op = "users.list"
	case len(parts) == 2 && parts[0] == "users":
		r.op = "users.get"
	case len(parts) == 1 && parts[0] == "groups":
		r.op = "groups.list"
	case len(parts) == 2 && parts[0] == "groups":
		r.op = "groups.get"
	case len(parts) == 3 && parts[0] == "groups" && parts[2] == "members":
		r.op = "members.list"
	case len(parts) == 4 && parts[0] == "groups" && parts[2] == "hasMember":
		r.op = "members.hasMember"
		r.member, _ = url.PathUnescape(parts[3])
	}
	return r
}

func (s *server) answer(r request) *http.Response {
	if r.header.Get("Authorization") == "" {
		return failure(http.StatusUnauthorized, "required", "Login Required.")
	}
	switch r.op {
	case "users.list":
		return s.list(r, "users", s.users, 500)
	case "groups.list":
		if r.url.Query().Has("userKey") {
			return s.groupsOf(r)
		}
		return s.list(r, "groups", s.groups, 200)
	case "members.list":
		if _, ok := s.members[r.id]; !ok {
			return failure(http.StatusNotFound, "notFound", "Resource Not Found: groupKey")
		}
		return s.list(r, "members", s.members[r.id], 200)
	case "members.hasMember":
		return s.hasMember(r)
	case "users.get":
		return s.user(r)
	case "groups.get":
		return one(r, s.groups, "groupKey")
	}
	return failure(http.StatusNotFound, "notFound", "Not Found")
}

func (s *server) list(r request, key string, all []map[string]any, most int) *http.Response {
	q := r.url.Query()
	size, _ := strconv.Atoi(q.Get("maxResults"))
	if size < 1 || size > most {
		return failure(http.StatusBadRequest, "invalidParameter", "Invalid value for maxResults")
	}
	if query := q.Get("query"); query != "" {
		all = slices.DeleteFunc(slices.Clone(all), func(e map[string]any) bool { return !s.search(query, e) })
	}
	offset, _ := strconv.Atoi(strings.TrimPrefix(r.token, "after-"))
	if s.pageSize != nil {
		size = min(size, s.pageSize(r.op, r.id, offset))
	}
	end := min(len(all), offset+size)
	outer, inner := mask(q.Get("fields"), key)
	page := map[string]any{"kind": "admin#directory#" + key, "etag": "\"x\""}
	if end > offset { // an empty list has no key
		var rows []map[string]any
		for _, e := range all[offset:end] {
			rows = append(rows, keep(e, inner))
		}
		page[key] = rows
	}
	if end < len(all) {
		page["nextPageToken"] = "after-" + strconv.Itoa(end)
	}
	return success(keep(page, outer))
}

func one(r request, all []map[string]any, kind string) *http.Response {
	inner, _ := mask(r.url.Query().Get("fields"), "")
	for _, e := range all {
		if e["id"] == r.id {
			return success(keep(e, inner))
		}
	}
	return failure(http.StatusNotFound, "notFound", "Resource Not Found: "+kind)
}

// mask reads a partial-response mask such as nextPageToken,users(id,name/x)
// into the names at its two levels.
func mask(fields, key string) (outer, inner []string) {
	rest := fields
	if before, after, ok := strings.Cut(fields, key+"("); ok && key != "" {
		list, tail, _ := strings.Cut(after, ")")
		inner = names(list)
		rest = before + key + tail
	}
	return names(rest), inner
}

func names(list string) []string {
	var all []string
	for f := range strings.SplitSeq(list, ",") {
		name, _, _ := strings.Cut(f, "/")
		all = append(all, name)
	}
	return all
}

func keep(e map[string]any, fields []string) map[string]any {
	e = maps.Clone(e)
	maps.DeleteFunc(e, func(k string, _ any) bool { return !slices.Contains(fields, k) })
	return e
}

func success(v any) *http.Response {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return respond(http.StatusOK, string(body))
}

func failure(status int, reason, message string) *http.Response {
	body := fmt.Sprintf(`{"error":{"code":%d,"message":%q,"errors":[{"message":%q,"domain":"global","reason":%q}]}}`,
		status, message, message, reason)
	return respond(status, body)
}

func respond(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json; charset=UTF-8"}},
		Body:   io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

func user(id, email string, more ...any) map[string]any {
	return with(map[string]any{
		"id": id, "primaryEmail": email, "suspended": false, "archived": false, "orgUnitPath": "/", "customerId": "C01example",
	}, more)
}

func group(id, email string, more ...any) map[string]any {
	return with(map[string]any{"id": id, "email": email, "name": email}, more)
}

func member(kind, id, email string) map[string]any {
	m := map[string]any{"id": id, "type": kind, "role": "MEMBER"}
	if email != "" {
		m["email"] = email
	}
	return m
}

func with(e map[string]any, more []any) map[string]any {
	for i := 0; i < len(more); i += 2 {
		e[more[i].(string)] = more[i+1]
	}
	return e
}

// tokens is a login that gives token-1, and another one for each refusal.
type tokens struct {
	mu sync.Mutex
	n  int
}

func (t *tokens) Token(_ context.Context, refused string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == 0 || refused == "token-"+strconv.Itoa(t.n) {
		t.n++
	}
	return "token-" + strconv.Itoa(t.n), nil
}

// source returns a source that reads from s.
func (s *server) source(tb testing.TB, o google.Options) *google.Source {
	tb.Helper()
	o.Base = s
	if o.Tokens == nil {
		o.Tokens = &tokens{}
	}
	src, err := google.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return src
}

// bubble runs f in a bubble of its own, where waiting takes no time.
func (s *server) bubble(t *testing.T, o google.Options, f func(*testing.T, *google.Source) error) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { err = f(t, s.source(t, o)) })
	return err
}

// read reads from s in a bubble.
func (s *server) read(t *testing.T, o google.Options) (snap directory.Snapshot, err error) {
	t.Helper()
	err = s.bubble(t, o, func(t *testing.T, src *google.Source) (err error) {
		snap, err = src.Read(t.Context())
		return err
	})
	return snap, err
}
