package google_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	emulator "ssosync/internal/emulator/google"
	"ssosync/internal/source/google"
)

// A fixed token is one that somebody has made.
type fixed string

func (f fixed) Token(context.Context, string) (string, error) { return string(f), nil }

// What a check of the set-up asks costs a call each, names the customer where the
// API wants that, and asks for no more than is looked at.
func TestProbes(t *testing.T) {
	dir := emulator.Company("example.com")
	if _, err := dir.AddGroup(emulator.Group{Email: "dev@example.com", Name: "Dev", Members: []emulator.Member{{Email: "admin@example.com"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.AddGroup(emulator.Group{Email: "ops@example.com", Name: "Ops"}); err != nil {
		t.Fatal(err)
	}
	server := emulator.New(dir, emulator.Options{})
	web := httptest.NewServer(server)
	defer web.Close()
	token := server.Token("admin@example.com", "admin.directory.user.readonly", "admin.directory.group.readonly", "admin.directory.customer.readonly", "admin.directory.rolemanagement.readonly")
	src, err := google.New(google.Options{Tokens: fixed(token), Endpoint: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	a, err := src.Administrator(t.Context(), "admin@example.com")
	if err != nil || a.Address != "admin@example.com" || !a.Super || a.Suspended || a.Archived || !a.AgreedToTerms || a.ID == "" || a.CustomerID == "" {
		t.Errorf("%+v, %v", a, err)
	}
	if address, err := src.FirstUser(t.Context()); err != nil || address != "admin@example.com" {
		t.Errorf("%q, %v", address, err)
	}
	id, address, err := src.FirstGroup(t.Context())
	if err != nil || address != "dev@example.com" || id == "" {
		t.Errorf("%q %q, %v", id, address, err)
	}
	if err := src.AnyMember(t.Context(), id); err != nil {
		t.Error(err)
	}
	if customer, domain, err := src.Customer(t.Context()); err != nil || customer != a.CustomerID || domain != "example.com" {
		t.Errorf("%q %q, %v", customer, domain, err)
	}
	roles, err := src.Roles(t.Context(), "admin@example.com")
	if err != nil {
		t.Errorf("%v, %v", roles, err)
	}
	want := map[string]int{"users.get": 1, "users.list": 1, "groups.list": 1, "members.list": 1, "customers.get": 1, "roleAssignments.list": 1}
	got := server.Calls()
	delete(got, "roles.list") // only if there are any
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, e := range server.Journal() {
		if e.Op == "users.list" && e.Rows != 1 || e.Op == "groups.list" && e.Rows != 1 {
			t.Errorf("%d rows of %s", e.Rows, e.Op)
		}
	}
	if err := src.AnyMember(t.Context(), ".."); err == nil {
		t.Error("a path of another resource")
	}
	if _, err := src.Administrator(t.Context(), ""); err == nil {
		t.Error("nobody is no administrator")
	}
}

// Roles are named, those without a name by their number, each once.
func TestRoles(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rows := []map[string]string{{"roleId": "7", "roleName": "Groups Reader"}, {"roleId": "8"}}
		if r.URL.Path == "/admin/directory/v1/customer/my_customer/roleassignments" {
			rows = []map[string]string{{"roleId": "9"}, {"roleId": "7"}, {"roleId": "8"}, {"roleId": "7"}}
			if r.URL.Query().Get("userKey") == "nobody" {
				rows = nil
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"items": rows})
	}))
	defer web.Close()
	src, err := google.New(google.Options{Tokens: fixed("t"), Endpoint: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	roles, err := src.Roles(t.Context(), "ann@example.com")
	if diff := cmp.Diff([]string{"8", "9", "Groups Reader"}, roles); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if roles, err := src.Roles(t.Context(), "nobody"); len(roles) > 0 || err != nil {
		t.Error(roles, err)
	}
}

// A customer without groups has no first one; one without people is an error.
func TestNothingToList(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	defer web.Close()
	src, err := google.New(google.Options{Tokens: fixed("t"), Endpoint: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	if id, _, err := src.FirstGroup(t.Context()); id != "" || err != nil {
		t.Error(id, err)
	}
	if _, err := src.FirstUser(t.Context()); err == nil {
		t.Error("no error")
	}
}
