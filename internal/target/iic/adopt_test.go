package iic_test

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ssosync/internal/httpx"
	"ssosync/internal/identity"
	"ssosync/internal/target/iic"
)

// lose lets the first request of an operation succeed, and loses the answer.
func lose(op string, status int) func(string, int) int {
	return func(o string, n int) int {
		if o == op && n == 1 {
			return status
		}
		return 0
	}
}

func TestALostCreateIsFound(t *testing.T) {
	for _, status := range []int{429, 500, 503, 599} {
		bubble(t, func(t *testing.T, f *fake) {
			f.after = lose("POST Users", status)
			id, err := f.target().CreateUser(t.Context(), ann)
			if err != nil {
				t.Fatal(err)
			}
			diff(t, map[string]int{"POST Users": 2, "GET Users": 1}, f.counts)
			diff(t, []string{id}, slices.Collect(maps.Keys(f.users)))
		})
	}
}

func TestALostCreateWithoutExternalIDIsFound(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		f.after = lose("POST Users", 500)
		u := ann
		u.ExternalID = ""
		if _, err := f.target().CreateUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		f.after = lose("POST Groups", 500)
		if _, err := f.target().CreateGroup(t.Context(), identity.Group{Name: `R&D "and" C:\ and more`}, nil); err != nil {
			t.Fatal(err)
		}
		diff(t, 2, len(f.users)+len(f.groups))
	})
}

// A service whose lists lag does not show at once what is in the way.
func TestALostCreateIsWaitedFor(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		f.after = lose("POST Users", 500)
		var hidden map[string]map[string]any
		f.before = func(op string, n int) int {
			if op != "GET Users" {
				return 0
			}
			if n == 1 {
				hidden, f.users = f.users, map[string]map[string]any{}
			}
			if n == 5 {
				f.users = hidden
			}
			return 0
		}
		if _, err := f.target().CreateUser(t.Context(), ann); err != nil {
			t.Fatal(err)
		}
		diff(t, 1, len(f.users))
	})
}

func TestAdoptingUsers(t *testing.T) {
	foreign := func(f *fake, externalID string) string {
		id := f.seed(1)[0]
		f.users[id]["externalId"] = externalID
		f.users[id]["nickName"] = "written by others"
		if externalID == "" {
			delete(f.users[id], "externalId")
		}
		return id
	}
	want := person(0)
	want.Title, want.Active = "Boss", false
	for _, c := range []struct {
		name, has string
		adopt     func(identity.User) bool
		err       string
	}{
		{"ours", "g0", nil, ""},
		{"another's", "okta-1", nil, `user name "u0@example.com" is taken by user 00000000-0000-4000-8000-00000000000a with external id "okta-1"`},
		{"nobody's", "", nil, `with no external id`},
		{"allowed", "okta-1", func(u identity.User) bool { return u.ExternalID == "okta-1" }, ""},
		{"not allowed", "okta-2", func(u identity.User) bool { return u.ExternalID == "okta-1" }, `with external id "okta-2"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake) {
				id := foreign(f, c.has)
				got, err := f.target(func(o *iic.Options) { o.AdoptUser = c.adopt }).CreateUser(t.Context(), want)
				if c.err != "" {
					if !errors.Is(err, identity.ErrConflict) || !strings.Contains(err.Error(), c.err) {
						t.Errorf("got %v, want %q", err, c.err)
					}
					diff(t, nil, f.users[id]["title"])
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				diff(t, id, got)
				diff(t, "g0", f.users[id]["externalId"])
				diff(t, "Boss", f.users[id]["title"])
				diff(t, false, f.users[id]["active"])
				diff(t, "written by others", f.users[id]["nickName"])
				diff(t, 1, f.counts["PATCH Users"])
			})
		})
	}
}

func TestNamesThatDifferInCaseAreFound(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		f.exactNames = true
		id := f.seed(1)[0]
		f.users[id]["userName"] = "U0@Example.COM"
		delete(f.users[id], "externalId")
		f.group("g", "Eng")
		tg := f.target(func(o *iic.Options) {
			o.AdoptUser = func(identity.User) bool { return true }
			o.AdoptGroup = func(identity.Group) bool { return true }
		})
		if _, err := tg.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := tg.CreateUser(t.Context(), person(0))
		if err != nil {
			t.Fatal(err)
		}
		diff(t, id, got)
		diff(t, "u0@example.com", f.users[id]["userName"])
		gid, err := tg.CreateGroup(t.Context(), identity.Group{Name: "eng"}, []string{id})
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "g", gid)
		diff(t, "eng", f.groups["g"]["displayName"])
		diff(t, map[string]bool{id: true}, f.members["g"])
	})
}

func TestAnAddressThatIsTaken(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		id := f.seed(1)[0]
		tg := f.target()
		u := ann
		u.Email = "U0@example.com"
		if _, err := tg.CreateUser(t.Context(), u); !errors.Is(err, identity.ErrConflict) || !strings.Contains(err.Error(), "whom no filter finds") {
			t.Errorf("got %v", err)
		}
		if _, err := tg.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		n := f.counts["GET Users"]
		if _, err := tg.CreateUser(t.Context(), u); !errors.Is(err, identity.ErrConflict) || !strings.Contains(err.Error(), `e-mail address "U0@example.com" is taken by user `+id) {
			t.Errorf("got %v", err)
		}
		diff(t, 2, f.counts["GET Users"]-n) // by external id and by name, and no waiting
	})
}

func TestAdoptingGroups(t *testing.T) {
	for _, c := range []struct {
		name, has string
		adopt     func(identity.Group) bool
		err       string
	}{
		{"ours", "G", nil, ""},
		{"another's", "okta", nil, `group name "eng" is taken by group g with external id "okta"`},
		{"nobody's", "", nil, `with no external id`},
		{"allowed", "", func(g identity.Group) bool { return g.ExternalID == "" }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake) {
				ids := f.seed(230)
				f.group("g", "Eng", ids[:120]...)
				f.groups["g"]["externalId"] = c.has
				f.addExisting = 409
				id, err := f.target(func(o *iic.Options) { o.AdoptGroup = c.adopt }).CreateGroup(t.Context(), identity.Group{ExternalID: "G", Name: "eng"}, ids[100:])
				if c.err != "" {
					if !errors.Is(err, identity.ErrConflict) || !strings.Contains(err.Error(), c.err) {
						t.Errorf("got %v, want %q", err, c.err)
					}
					diff(t, 120, len(f.members["g"]))
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				diff(t, "g", id)
				diff(t, 1, f.counts["POST Groups"])
				diff(t, map[string]any{"id": "g", "displayName": "eng", "externalId": "G"}, f.groups["g"])
				diff(t, ids, slices.Sorted(maps.Keys(f.members["g"])))
				diff(t, 2, f.counts["PATCH Groups"]) // the 110 who were not in it
			})
		})
	}
}

func TestALostGroupCreateIsFound(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		ids := f.seed(150)
		f.addExisting = 409
		f.after = lose("POST Groups", 599)
		id, err := f.target().CreateGroup(t.Context(), identity.Group{ExternalID: "G", Name: "a \"b\" \\ and c"}, ids)
		if err != nil {
			t.Fatal(err)
		}
		diff(t, ids, slices.Sorted(maps.Keys(f.members[id])))
		diff(t, 1, len(f.groups))
		diff(t, 1, f.counts["PATCH Groups"])
	})
}

// Without an external id of ours, nothing that differs is ours.
func TestWithoutAnExternalIDOnlyTheSameIsOurs(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		id := f.seed(1)[0]
		f.group("g", "Eng")
		u := person(0)
		u.ExternalID = ""
		if _, err := f.target().CreateUser(t.Context(), u); !errors.Is(err, identity.ErrConflict) {
			t.Errorf("another's external id: got %v", err)
		}
		delete(f.users[id], "externalId")
		u.Title = "Boss"
		if _, err := f.target().CreateUser(t.Context(), u); !errors.Is(err, identity.ErrConflict) {
			t.Errorf("another title: got %v", err)
		}
		if _, err := f.target().CreateGroup(t.Context(), identity.Group{Name: "eng"}, nil); !errors.Is(err, identity.ErrConflict) {
			t.Errorf("another case: got %v", err)
		}
		if got, err := f.target().CreateGroup(t.Context(), identity.Group{Name: "Eng"}, nil); err != nil || got != "g" {
			t.Errorf("the same: got %q, %v", got, err)
		}
	})
}

// A value in a filter is a JSON string with no escape that need not be.
func TestTheFiltersOfALookUp(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		var queries []string
		base := f.transport()
		tg := f.target(func(o *iic.Options) {
			o.Base = httpx.Func(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet {
					queries = append(queries, r.URL.RawQuery)
				}
				return base.RoundTrip(r)
			})
		})
		f.group("g", `R&D <"x\y"> + and ü`)
		if _, err := tg.CreateGroup(t.Context(), identity.Group{Name: `R&D <"x\y"> + and ü`}, nil); err != nil {
			t.Fatal(err)
		}
		diff(t, []string{`filter=displayName+eq+%22R%26D+%3C%5C%22x%5C%5Cy%5C%22%3E+%2B+and+%C3%BC%22`}, queries)
	})
}
