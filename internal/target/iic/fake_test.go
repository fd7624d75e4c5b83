package iic_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
	"ssosync/internal/target/iic"
)

// A fake is the least of a SCIM service, after the pages of the SCIM guide. It
// knows nothing of how the client goes about things: users are whatever JSON they
// were sent as, and PATCH is interpreted from RFC 7644 §3.5.2.
type fake struct {
	t  testing.TB
	mu sync.Mutex

	users   map[string]map[string]any
	groups  map[string]map[string]any
	members map[string]map[string]bool // by group
	next    int
	cursors map[string]string // the query that each cursor belongs to

	// What the guide leaves open.
	legacy        bool // no cursors
	short         int  // pages are no longer than this, if not 0
	addExisting   int  // status; 0 is 204
	removeMissing int
	unknownMember int // 0 is 404
	partial       bool
	noMixed       bool
	exactNames    bool                              // filters on names heed case
	emptyIs404    bool                              // groups.value of a group without members
	refusePath    func(path string, value any) bool // a path that PATCH does not take
	ignorePath    func(path string) bool            // one that it takes, and does nothing
	merge         bool                              // replace of an object merges
	renameTaken   int
	token         string

	// before and after may answer in the service's place. After has done its
	// work when it is asked.
	before, after func(op string, n int) int
	ops           []string
	bodies        []string
	counts        map[string]int
}

func newFake(tb testing.TB) *fake {
	tb.Helper()
	return &fake{
		t: tb, users: map[string]map[string]any{}, groups: map[string]map[string]any{}, members: map[string]map[string]bool{},
		cursors: map[string]string{}, counts: map[string]int{}, token: "s3cret-token",
	}
}

const endpoint = "https://scim.eu-west-1.amazonaws.com/11111111111-2222-3333-4444-555555555555/scim/v2"

func (f *fake) target(change ...func(*iic.Options)) *iic.Target {
	f.t.Helper()
	o := iic.Options{Endpoint: endpoint + "/", Token: secret.New("s3cret-token"), Base: f.transport()}
	for _, c := range change {
		c(&o)
	}
	tg, err := iic.New(o)
	if err != nil {
		f.t.Fatal(err)
	}
	return tg
}

func (f *fake) transport() http.RoundTripper {
	return httpx.Func(func(r *http.Request) (*http.Response, error) {
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		rec := httptest.NewRecorder()
		f.serve(rec, r)
		if rec.Code == 0 || rec.Code == 599 {
			return nil, io.ErrUnexpectedEOF
		}
		return rec.Result(), nil
	})
}

type problem struct {
	status int
	detail string
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path, ok := strings.CutPrefix(r.URL.Path, "/11111111111-2222-3333-4444-555555555555/scim/v2/")
	switch {
	case r.Header.Get("Authorization") != "Bearer "+f.token || !ok:
		f.answer(w, 401, problemBody(401, "UnauthorizedException"))
		return
	case r.Header.Get("User-Agent") == "":
		f.answer(w, 403, problemBody(403, "no agent"))
		return
	}
	body := ""
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		body = string(b)
	}
	if body != "" && r.Header.Get("Content-Type") != "application/scim+json" {
		f.t.Errorf("%s %s: Content-Type %q", r.Method, path, r.Header.Get("Content-Type"))
	}
	kind, id, _ := strings.Cut(path, "/")
	op := r.Method + " " + kind
	if id != "" && r.Method == http.MethodGet {
		op += "/id"
	}
	f.ops, f.bodies = append(f.ops, op), append(f.bodies, body)
	f.counts[op]++
	if f.before != nil {
		if s := f.before(op, f.counts[op]); s != 0 {
			f.answer(w, s, problemBody(s, "before"))
			return
		}
	}
	status, out := f.handle(r, kind, id, body)
	if f.after != nil {
		if s := f.after(op, f.counts[op]); s != 0 {
			f.answer(w, s, problemBody(s, "after"))
			return
		}
	}
	f.answer(w, status, out)
}

func (f *fake) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Requestid", "req-1")
	w.WriteHeader(status)
	if body != nil {
		_ = json.NewEncoder(w).Encode(body)
	}
}

func problemBody(status int, detail string) map[string]any {
	urn := []string{"urn:ietf:params:scim:api:messages:2.0:Error"}
	return map[string]any{"schema": urn, "schemas": urn, "detail": detail, "status": fmt.Sprint(status), "exceptionRequestId": "req-2", "timeStamp": "2022-03-18 10:57:08.014"}
}

func (f *fake) handle(r *http.Request, kind, id, body string) (int, any) {
	status, out, p := f.route(r, kind, id, body)
	if p != nil {
		return p.status, problemBody(p.status, p.detail)
	}
	return status, out
}

func (f *fake) route(r *http.Request, kind, id, body string) (int, any, *problem) {
	store := map[string]map[string]map[string]any{"Users": f.users, "Groups": f.groups}[kind]
	obj := store[id]
	switch {
	case kind == "ServiceProviderConfig":
		return 200, map[string]any{}, nil
	case id != "" && obj == nil:
		return 0, nil, &problem{404, "ResourceNotFoundException"}
	case r.Method == http.MethodGet && id != "":
		return 200, f.show(obj), nil
	case r.Method == http.MethodGet:
		out, p := f.list(r.URL, kind, store)
		return 200, out, p
	case r.Method == http.MethodDelete:
		delete(store, id)
		delete(f.members, id)
		for _, ms := range f.members {
			delete(ms, id)
		}
		return 204, nil, nil
	case r.Method == http.MethodPost:
		return f.create(kind, store, body)
	case r.Method == http.MethodPatch && kind == "Users":
		p := f.patchUser(id, body)
		return 200, f.show(f.users[id]), p
	case r.Method == http.MethodPatch:
		return 204, nil, f.patchGroup(id, body)
	}
	return 0, nil, &problem{400, "ValidationException"}
}

// show hides what the guide's answers do not have.
func (f *fake) show(obj map[string]any) map[string]any {
	obj = maps.Clone(obj)
	delete(obj, "profileUrl")
	delete(obj, "members")
	obj["meta"] = map[string]any{"created": "2020-03-31T02:36:15Z", "lastModified": "2020-04-03T06:02:47Z"}
	return obj
}

var filterPair = regexp.MustCompile(`^([A-Za-z.]+) eq ("(?:[^"\\]|\\.)*")(?: and ([a-z]+) eq ("[^"]*"))?$`)

func (f *fake) list(u *url.URL, kind string, store map[string]map[string]any) (map[string]any, *problem) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, &problem{400, "ValidationException"}
	}
	ids, p := f.match(kind, store, q.Get("filter"))
	if p != nil {
		return nil, p
	}
	out := map[string]any{"itemsPerPage": 0}
	var from, to int
	if q.Has("cursor") && !f.legacy {
		if c := q.Get("cursor"); c != "" {
			if f.cursors[c] != q.Get("filter") || !strings.HasPrefix(c, kind) {
				return nil, &problem{400, "ValidationException"}
			}
			if _, err := fmt.Sscanf(c, kind+":%d/", &from); err != nil {
				return nil, &problem{400, "ValidationException"}
			}
		}
		n := 100
		if f.short > 0 {
			n = f.short
		}
		if to = min(from+n, len(ids)); to < len(ids) {
			c := fmt.Sprintf("%s:%d/%d+==", kind, to, len(f.cursors))
			f.cursors[c], out["nextCursor"] = q.Get("filter"), c
		}
	} else {
		to = min(len(ids), 100)
		out["totalResults"], out["startIndex"] = to, 1
	}
	res := []any{}
	for _, id := range ids[from:to] {
		obj := f.show(store[id])
		if kind == "Groups" {
			obj["members"] = []any{}
		}
		res = append(res, obj)
	}
	out["Resources"] = res
	return out, nil
}

func (f *fake) match(kind string, store map[string]map[string]any, filter string) ([]string, *problem) {
	all := slices.Sorted(maps.Keys(store))
	if filter == "" {
		return all, nil
	}
	m := filterPair.FindStringSubmatch(filter)
	if m == nil {
		return nil, &problem{400, "Invalid Filter format"}
	}
	var value string
	if err := json.Unmarshal([]byte(m[2]), &value); err != nil {
		return nil, &problem{400, "Invalid Filter format"}
	}
	if m[1] == "groups.value" {
		if f.groups[value] == nil || f.emptyIs404 && len(f.members[value]) == 0 {
			return nil, &problem{404, "ResourceNotFoundException"}
		}
		return slices.Sorted(maps.Keys(f.members[value])), nil
	}
	if m[1] == "id" && m[3] == "members" {
		who := strings.Trim(m[4], `"`)
		if f.users[who] == nil {
			return nil, &problem{404, "ResourceNotFoundException"}
		}
		if f.members[value][who] {
			return []string{value}, nil
		}
		return nil, nil
	}
	if kind == "Users" && m[1] != "userName" && m[1] != "externalId" || kind == "Groups" && m[1] != "displayName" && m[1] != "externalId" {
		return nil, &problem{400, "Invalid Filter format"}
	}
	var ids []string
	for _, id := range all {
		has, _ := store[id][m[1]].(string)
		if has == value || !f.exactNames && m[1] != "externalId" && strings.EqualFold(has, value) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func mail(obj map[string]any) string {
	list, _ := obj["emails"].([]any)
	if len(list) == 0 {
		return ""
	}
	one, _ := list[0].(map[string]any)
	s, _ := one["value"].(string)
	return strings.ToLower(s)
}

func (f *fake) taken(store map[string]map[string]any, id string, obj map[string]any) bool {
	for other, o := range store {
		if other == id {
			continue
		}
		for _, attr := range []string{"userName", "externalId"} {
			a, _ := o[attr].(string)
			b, _ := obj[attr].(string)
			if a != "" && strings.EqualFold(a, b) {
				return true
			}
		}
		a, _ := o["displayName"].(string)
		b, _ := obj["displayName"].(string)
		if o["userName"] == nil && strings.EqualFold(a, b) || mail(o) != "" && mail(o) == mail(obj) {
			return true
		}
	}
	return false
}

func (f *fake) create(kind string, store map[string]map[string]any, body string) (int, any, *problem) {
	var obj map[string]any
	if json.Unmarshal([]byte(body), &obj) != nil || strings.Contains(body, `""`) {
		return 0, nil, &problem{400, "ValidationException"}
	}
	name, _ := obj["name"].(map[string]any)
	_, saysActive := obj["active"].(bool)
	if kind == "Users" && (obj["userName"] == nil || name["givenName"] == nil || name["familyName"] == nil || obj["displayName"] == nil || !saysActive) {
		return 0, nil, &problem{400, "ValidationException"}
	}
	if f.taken(store, "", obj) {
		return 0, nil, &problem{409, "Refused to create a new, duplicate resource."}
	}
	ids := map[string]bool{}
	list, _ := obj["members"].([]any)
	if len(list) > 100 {
		return 0, nil, &problem{400, "ValidationException"}
	}
	for _, m := range list {
		id, _ := m.(map[string]any)["value"].(string)
		if f.users[id] == nil {
			return 0, nil, &problem{f.unknown(), "unknown member"}
		}
		ids[id] = true
	}
	f.next++
	id := fmt.Sprintf("%08d-0000-4000-8000-000000000000", f.next)
	obj["id"] = id
	store[id] = obj
	if kind == "Groups" {
		f.members[id] = ids
	}
	return 201, f.show(obj), nil
}

func (f *fake) unknown() int {
	if f.unknownMember == 0 {
		return 404
	}
	return f.unknownMember
}

func diff(tb testing.TB, want, got any) {
	tb.Helper()
	if d := cmp.Diff(want, got); d != "" {
		tb.Errorf("-want +got:\n%s", d)
	}
}
