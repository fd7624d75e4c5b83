package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/policy"
)

func paths(m policy.Mapping) map[string]string {
	all := map[string]string{}
	for _, mapped := range m {
		all[mapped.Attr.Name] = mapped.Path
	}
	return all
}

func TestNewMapping(t *testing.T) {
	standard, err := policy.NewMapping(nil)
	if err != nil {
		t.Fatal(err)
	}
	if p := paths(standard); p["userName"] != "primaryEmail" || p["externalId"] != "id" || len(p) != len(standard) {
		t.Errorf("got %v", p)
	}
	if _, ok := paths(standard)["timezone"]; ok {
		t.Error("timezone has no source, and is mapped")
	}
	mine, err := policy.NewMapping(map[string]string{"timezone": "customSchemas.Home.zone", "department": "", "userName": "emails[primary].address"})
	if err != nil {
		t.Fatal(err)
	}
	want := paths(standard)
	want["timezone"], want["userName"] = "customSchemas.Home.zone", "emails[primary].address"
	delete(want, "department")
	if diff := cmp.Diff(want, paths(mine)); diff != "" {
		t.Error(diff)
	}
}

func TestNewMappingSaysEverythingThatIsWrong(t *testing.T) {
	_, err := policy.NewMapping(map[string]string{
		"externalId": "id", "userName": "", "title": "organizations[", "shoeSize": "x", "hat": "y", "email": "",
	})
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 6 {
		t.Fatalf("%d lines: %s", len(lines), err)
	}
	for i, want := range []string{
		"mapping externalId: it is always the immutable id", "mapping userName: Identity Center needs it",
		"mapping email: Identity Center needs it", `mapping title: path "organizations["`,
		`no attribute "hat"`, `no attribute "shoeSize"`,
	} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("%q does not say %q", lines[i], want)
		}
	}
}

func TestParseAttributes(t *testing.T) {
	m, err := policy.NewMapping(nil)
	if err != nil {
		t.Fatal(err)
	}
	core := []string{"externalId", "userName", "givenName", "familyName", "displayName", "email"}
	for _, c := range []struct {
		words []string
		want  []string
		err   string
	}{
		{nil, []string{"externalId", "userName"}, ""},
		{[]string{"core"}, core, ""},
		{[]string{"TITLE", "core", "title"}, append(slices.Clone(core), "title"), ""},
		{[]string{"displayName"}, []string{"externalId", "userName", "displayName"}, ""},
		{[]string{"core", "timezone"}, core, "timezone has no source"},
		{[]string{"core", "shoeSize"}, core, `there is no "shoeSize"`},
	} {
		got, err := m.ParseAttributes(c.words)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: %s", c.words, diff)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: %v, want %q", c.words, err, c.err)
		}
	}
	all, err := m.ParseAttributes([]string{"all"})
	if err != nil || len(all) != len(m) {
		t.Errorf("all is %d of %d: %v", len(all), len(m), err)
	}
	if _, err := m.ParseAttributes([]string{"a", "b"}); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("not everything is said: %v", err)
	}
}
