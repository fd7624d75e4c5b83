package iic_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ssosync/internal/emulator/iic"
)

// model is the directory as a child would draw it: names, and who is in what.
type model struct {
	*scim
	users  map[string]*mUser
	groups map[string]*mGroup
}

type mUser struct {
	name, external, title string
	active                bool
}

type mGroup struct {
	name    string
	members map[string]bool
}

func newModel(t *rapid.T) *model {
	return &model{scim: start(t, iic.Options{}), users: map[string]*mUser{}, groups: map[string]*mGroup{}}
}

func nameTaken(m *model, name, except string) bool {
	for id, u := range m.users {
		if id != except && strings.EqualFold(u.name, name) {
			return true
		}
	}
	return false
}

func groupTaken(m *model, name, except string) bool {
	for id, g := range m.groups {
		if id != except && strings.EqualFold(g.name, name) {
			return true
		}
	}
	return false
}

func pick(t *rapid.T, from []string, label string) string {
	return rapid.SampledFrom(append(slices.Sorted(slices.Values(from)), "nobody")).Draw(t, label)
}

func (m *model) anyUser(t *rapid.T) string {
	return pick(t, slices.Collect(maps.Keys(m.users)), "user")
}

func (m *model) anyGroup(t *rapid.T) string {
	return pick(t, slices.Collect(maps.Keys(m.groups)), "group")
}

func (m *model) someUsers(t *rapid.T) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(append(slices.Sorted(maps.Keys(m.users)), "nobody")), 1, -1, rapid.ID).Draw(t, "users")
}

func names() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"ada", "Ada", "bob", "carol", "dan", "DAN", "eve"})
}

func (m *model) knows(ids []string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool { return m.users[id] == nil })
}

// actions are the operations, each with what it should answer and do.
func (m *model) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"create user": func(t *rapid.T) {
			name, external := names().Draw(t, "name"), rapid.SampledFrom([]string{"", "1", "2", "3"}).Draw(t, "external")
			body, want := user(name), 201
			if external != "" {
				body["externalId"] = external
			}
			for _, u := range m.users {
				if external != "" && u.external == external {
					want = 409
				}
			}
			if nameTaken(m, name, "") {
				want = 409
			}
			if got := m.want(want, "POST", "/Users", body); want == 201 {
				m.users[got.id()] = &mUser{name: name, external: external, active: true}
			}
		},
		"delete user": func(t *rapid.T) {
			id := m.anyUser(t)
			if m.users[id] == nil {
				m.want(404, "DELETE", "/Users/"+id, nil)
				return
			}
			m.want(204, "DELETE", "/Users/"+id, nil)
			delete(m.users, id)
			for _, g := range m.groups {
				delete(g.members, id)
			}
		},
		"change user": func(t *rapid.T) {
			id := m.anyUser(t)
			name, active, title := names().Draw(t, "name"), rapid.Bool().Draw(t, "active"), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "title")
			body := patch("replace", "userName", name, "replace", `emails[type eq "work"].value`, name, "replace", "active", active, "add", "title", title)
			switch {
			case m.users[id] == nil:
				m.want(404, "PATCH", "/Users/"+id, body)
			case nameTaken(m, name, id):
				m.want(409, "PATCH", "/Users/"+id, body)
			default:
				m.want(200, "PATCH", "/Users/"+id, body)
				u := m.users[id]
				u.name, u.active, u.title = name, active, title
			}
		},
		"create group": func(t *rapid.T) {
			name, ids := names().Draw(t, "name"), m.someUsers(t)
			body := obj{"displayName": name, "members": members(ids...)}
			switch {
			case groupTaken(m, name, ""):
				m.want(409, "POST", "/Groups", body)
			case !m.knows(ids):
				m.want(404, "POST", "/Groups", body)
			default:
				g := &mGroup{name: name, members: map[string]bool{}}
				for _, id := range ids {
					g.members[id] = true
				}
				m.groups[m.want(201, "POST", "/Groups", body).id()] = g
			}
		},
		"rename group": func(t *rapid.T) {
			id, name := m.anyGroup(t), names().Draw(t, "name")
			body := patch("replace", "displayName", name)
			switch {
			case m.groups[id] == nil:
				m.want(404, "PATCH", "/Groups/"+id, body)
			case groupTaken(m, name, id):
				m.want(409, "PATCH", "/Groups/"+id, body)
			default:
				m.want(204, "PATCH", "/Groups/"+id, body)
				m.groups[id].name = name
			}
		},
		"change members": func(t *rapid.T) {
			id, ids, op := m.anyGroup(t), m.someUsers(t), rapid.SampledFrom([]string{"add", "remove"}).Draw(t, "op")
			body := patch(op, "members", members(ids...))
			if m.groups[id] == nil || !m.knows(ids) {
				m.want(404, "PATCH", "/Groups/"+id, body)
				return
			}
			m.want(204, "PATCH", "/Groups/"+id, body)
			for _, u := range ids {
				if op == "add" {
					m.groups[id].members[u] = true
				} else {
					delete(m.groups[id].members, u)
				}
			}
		},
		"delete group": func(t *rapid.T) {
			id := m.anyGroup(t)
			want := 204
			if m.groups[id] == nil {
				want = 404
			}
			m.want(want, "DELETE", "/Groups/"+id, nil)
			delete(m.groups, id)
		},
		"": func(*rapid.T) { m.compare() },
	}
}

// compare reads everything through the API and through State, and finds both as in the model.
func (m *model) compare() {
	var want, users []string
	for id, u := range m.users {
		want = append(want, fmt.Sprint(id, *u))
	}
	for _, page := range m.walk("/Users", "", 3, func(int) {}) {
		for _, id := range page {
			b := m.want(200, "GET", "/Users/"+id, nil).body
			external, _ := b["externalId"].(string)
			title, _ := b["title"].(string)
			users = append(users, fmt.Sprint(id, mUser{b["userName"].(string), external, title, b["active"].(bool)}))
		}
	}
	m.same("users", want, users)

	var groups []string
	want = nil
	for id, g := range m.groups {
		want = append(want, id+g.name)
		m.same("members of "+g.name, slices.Collect(maps.Keys(g.members)),
			slices.Concat(m.walk("/Users", "&"+filter(`groups.value eq "`+id+`"`), 2, func(int) {})...))
	}
	st := m.server.State()
	for _, g := range st.Groups {
		groups = append(groups, g.ID+g.DisplayName)
		m.same("state of "+g.DisplayName, slices.Collect(maps.Keys(m.groups[g.ID].members)), g.Members)
	}
	m.same("groups", want, groups)
	for id := range m.users {
		var in []string
		for g, group := range m.groups {
			if group.members[id] {
				in = append(in, g)
			}
		}
		m.same("groups of "+id, in, slices.Concat(m.walk("/Groups", "&"+filter(`members.value eq "`+id+`"`), 2, func(int) {})...))
	}
}

func (m *model) same(what string, want, got []string) {
	m.Helper()
	if !slices.Equal(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))) {
		m.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { t.Repeat(newModel(t).actions()) })
}
