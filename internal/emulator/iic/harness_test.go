package iic_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ssosync/internal/emulator/iic"
	"ssosync/internal/emulator/inproc"
)

// TB is what both testing.T and rapid.T have.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// scim is a client as plain as can be.
type scim struct {
	TB
	server *iic.Server
	client *http.Client
	agent  string
	token  string
}

func connect(t TB, s *iic.Server) *scim {
	return &scim{TB: t, server: s, client: &http.Client{Transport: inproc.Transport(s)}, agent: "test/1", token: "secret"}
}

func start(t TB, o iic.Options) *scim { return connect(t, iic.New(o)) }

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

func (c *scim) do(method, path string, body any) answer {
	c.Helper()
	var payload []byte
	switch b := body.(type) {
	case nil:
	case string:
		payload = []byte(b)
	default:
		var err error
		if payload, err = json.Marshal(b); err != nil {
			c.Fatalf("encode: %v", err)
		}
	}
	req, err := http.NewRequest(method, "https://scim.us-east-1.amazonaws.com"+c.server.BasePath()+path, bytes.NewReader(payload))
	if err != nil {
		c.Fatalf("request: %v", err)
	}
	req.Header.Set("User-Agent", c.agent)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return c.send(req)
}

func (c *scim) send(req *http.Request) answer {
	c.Helper()
	res, err := c.client.Do(req)
	if err != nil {
		c.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		c.Fatalf("read: %v", err)
	}
	a := answer{status: res.StatusCode, header: res.Header, raw: string(raw)}
	if len(raw) > 0 && strings.HasPrefix(res.Header.Get("Content-Type"), "application/") {
		if err := json.Unmarshal(raw, &a.body); err != nil {
			c.Fatalf("%s: %v", raw, err)
		}
	}
	return a
}

// want fails unless the status is as expected.
func (c *scim) want(status int, method, path string, body any) answer {
	c.Helper()
	a := c.do(method, path, body)
	if a.status != status {
		c.Fatalf("%s %s %v: status %d, want %d: %s", method, path, body, a.status, status, a.raw)
	}
	return a
}

func (a answer) id() string {
	id, _ := a.body["id"].(string)
	return id
}

// resources are the Resources of a list.
func (a answer) resources() []map[string]any {
	var out []map[string]any
	list, _ := a.body["Resources"].([]any)
	for _, r := range list {
		m, _ := r.(map[string]any)
		out = append(out, m)
	}
	return out
}

func (a answer) names(attr string) []string {
	names := []string{}
	for _, r := range a.resources() {
		s, _ := r[attr].(string)
		names = append(names, s)
	}
	return names
}

// obj keeps test bodies short.
type obj = map[string]any

func user(name string, more ...any) obj {
	u := obj{
		"userName": name, "displayName": "D " + name, "name": obj{"givenName": "G", "familyName": "F"}, "active": true,
		"emails": []obj{{"value": name, "type": "work", "primary": true}},
	}
	for i := 0; i < len(more); i += 2 {
		u[more[i].(string)] = more[i+1]
	}
	return u
}

// patch is the envelope; operations are op, path, value triples.
func patch(ops ...any) obj {
	var list []obj
	for i := 0; i < len(ops); i += 3 {
		o := obj{"op": ops[i]}
		if ops[i+1] != nil {
			o["path"] = ops[i+1]
		}
		if ops[i+2] != nil {
			o["value"] = ops[i+2]
		}
		list = append(list, o)
	}
	return obj{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": list}
}

func members(ids ...string) []obj {
	list := []obj{}
	for _, id := range ids {
		list = append(list, obj{"value": id})
	}
	return list
}

func filter(expr string) string { return "filter=" + url.QueryEscape(expr) }

func (c *scim) addUser(name string, more ...any) string {
	c.Helper()
	return c.want(201, "POST", "/Users", user(name, more...)).id()
}

func (c *scim) addGroup(name string, ids ...string) string {
	c.Helper()
	return c.want(201, "POST", "/Groups", obj{"displayName": name, "members": members(ids...)}).id()
}

func (c *scim) members(group string) []string {
	return c.server.State().Members(group)
}

func mustSeed(tb testing.TB, s *iic.Server, st iic.State) {
	tb.Helper()
	if err := s.Seed(st); err != nil {
		tb.Fatal(err)
	}
}

func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}
