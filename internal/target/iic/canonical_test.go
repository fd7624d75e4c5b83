package iic_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"ssosync/internal/identity"
	"ssosync/internal/target/iic"
)

// The patterns, as the Identity Store API reference has them, less the two spaces
// on which the SCIM guide disagrees.
var (
	textual   = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+$`)
	spaceless = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$`)
)

// awkward makes values of the kind that break things.
func awkward() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.StringN(0, 5, -1),
		rapid.SampledFrom([]string{
			"", " ", "Ann", "Lee", "\u200b", "\u00a0", "\u3000", "\u2003", "\u2028", "e\u0301", "e\u200d\u0301", "👩‍👩‍👧", "\u00ad", "\ufeff", "\u202e",
			"\x00", "\x7f", "\t", "\n", "\xff", "\ue000", "\U000e0041", "a@example.com", `"`, `\`, "'", " and ", "Administrator", strings.Repeat("ü", 600),
		}),
	)
	return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 0, 4).Draw(t, "pieces"), "") })
}

func anyUser(value *rapid.Generator[string]) *rapid.Generator[identity.User] {
	return rapid.Custom(func(t *rapid.T) identity.User {
		u := identity.User{Active: rapid.Bool().Draw(t, "active")}
		for _, a := range identity.Attrs {
			*a.Field(&u) = value.Draw(t, a.Name)
		}
		return u
	})
}

func TestCanonicalIsWhatTheServiceTakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, flaws := iic.Canonical(anyUser(awkward()).Draw(t, "user"))
		for _, a := range identity.Attrs {
			v, pattern := *a.Field(&u), textual
			if a.Name == "userName" || a.Name == "externalId" {
				pattern = spaceless
			}
			if v != "" && (!pattern.MatchString(v) || utf8.RuneCountInString(v) > a.Max) {
				t.Errorf("%s: %q is not acceptable", a.Name, v)
			}
		}
		if u.UserName != "" && (u.GivenName == "" || u.FamilyName == "" || u.DisplayName == "") {
			t.Errorf("%q lacks a name: %q %q %q", u.UserName, u.GivenName, u.FamilyName, u.DisplayName)
		}
		seen := map[string]bool{}
		for _, f := range flaws {
			var is string
			for _, a := range identity.Attrs {
				if a.Name == f.Attr {
					is = *a.Field(&u)
				}
			}
			if f.Why == "" || seen[f.Attr] || f.Filled != (is != "") {
				t.Errorf("flaw %+v: value is %q, seen before: %v", f, is, seen[f.Attr])
			}
			seen[f.Attr] = true
		}
		again, more := iic.Canonical(u)
		if again != u {
			t.Errorf("again: %+v, not %+v", again, u)
		}
		for _, f := range more {
			if f.Attr != "userName" || u.UserName != "" {
				t.Errorf("a new flaw in what was canonical: %+v", f)
			}
		}
	})
}

func TestCanonicalGroupIsWhatTheServiceTakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := identity.Group{ExternalID: awkward().Draw(t, "id"), Name: awkward().Draw(t, "name")}
		g, flaws := iic.CanonicalGroup(in)
		if g.Name != "" && (!textual.MatchString(g.Name) || utf8.RuneCountInString(g.Name) > 1024) ||
			g.ExternalID != "" && (!spaceless.MatchString(g.ExternalID) || utf8.RuneCountInString(g.ExternalID) > 256) {
			t.Errorf("%+v is not acceptable", g)
		}
		if g.Name == "" && len(flaws) == 0 {
			t.Error("no word about an empty name")
		}
		if again, _ := iic.CanonicalGroup(g); again != g {
			t.Errorf("again: %+v, not %+v", again, g)
		}
	})
}

func TestCanonicalByExample(t *testing.T) {
	const email = "ann.lee@example.com"
	base := identity.User{UserName: email, Email: email, GivenName: "Ann", FamilyName: "Lee", DisplayName: "Ann Lee"}
	with := func(change func(*identity.User)) identity.User {
		u := base
		change(&u)
		return u
	}
	required := "is empty, and Identity Center requires it"
	for _, c := range []struct {
		name     string
		in, want identity.User
		flaws    []identity.Flaw
	}{
		{"nothing to do", base, base, nil},
		{"display name by default", with(func(u *identity.User) { u.DisplayName = "" }), base, nil},
		{
			"one name",
			identity.User{UserName: email, GivenName: "Cher"},
			identity.User{UserName: email, GivenName: "Cher", FamilyName: "Cher", DisplayName: "Cher"},
			[]identity.Flaw{{Attr: "familyName", Why: required, Filled: true}},
		},
		{
			"family name only",
			identity.User{UserName: email, FamilyName: "Cher"},
			identity.User{UserName: email, GivenName: "Cher", FamilyName: "Cher", DisplayName: "Cher"},
			[]identity.Flaw{{Attr: "givenName", Why: required, Filled: true}},
		},
		{
			"only a full name",
			identity.User{UserName: email, DisplayName: "Ann van Lee"},
			identity.User{UserName: email, GivenName: "Ann", FamilyName: "van Lee", DisplayName: "Ann van Lee"},
			[]identity.Flaw{{Attr: "givenName", Why: required, Filled: true}, {Attr: "familyName", Why: required, Filled: true}},
		},
		{
			"only an address",
			identity.User{UserName: "x@example.com", Email: email},
			identity.User{UserName: "x@example.com", Email: email, GivenName: "ann.lee", FamilyName: "ann.lee", DisplayName: "ann.lee"},
			[]identity.Flaw{{Attr: "givenName", Why: required, Filled: true}, {Attr: "familyName", Why: required, Filled: true}},
		},
		{
			"a name of nothing visible", with(func(u *identity.User) { u.GivenName = "\u200b\u200d" }),
			with(func(u *identity.User) { u.GivenName = "Lee" }),
			[]identity.Flaw{{Attr: "givenName", Value: "\u200b\u200d", Why: "has no character that Identity Center accepts", Filled: true}},
		},
		{
			"joined emoji", with(func(u *identity.User) { u.NickName = "👩\u200d👧" }),
			with(func(u *identity.User) { u.NickName = "👩👧" }),
			[]identity.Flaw{{Attr: "nickName", Value: "👩\u200d👧", Why: "has characters that Identity Center refuses; they were left out", Filled: true}},
		},
		{
			"spaces and composition", with(func(u *identity.User) { u.Title = " Caf\u00a0e\u0301\u3000x " }),
			with(func(u *identity.User) { u.Title = "Caf \u00e9 x" }), nil,
		},
		{
			"lines", with(func(u *identity.User) { u.AddressFormatted = "1 Main St\nRome\n" }),
			with(func(u *identity.User) { u.AddressFormatted = "1 Main St\nRome" }), nil,
		},
		{"case of an address stays", with(func(u *identity.User) { u.Email = "Ann@Example.com" }), with(func(u *identity.User) { u.Email = "Ann@Example.com" }), nil},
		{
			"white space in a user name", with(func(u *identity.User) { u.UserName = "ann lee" }), with(func(u *identity.User) { u.UserName = "" }),
			[]identity.Flaw{{Attr: "userName", Value: "ann lee", Why: "contains white space, which Identity Center refuses"}},
		},
		{"no user name", with(func(u *identity.User) { u.UserName = "" }), with(func(u *identity.User) { u.UserName = "" }), []identity.Flaw{{Attr: "userName", Why: required}}},
		{
			"a reserved user name", with(func(u *identity.User) { u.UserName = "administrator" }), with(func(u *identity.User) { u.UserName = "" }),
			[]identity.Flaw{{Attr: "userName", Value: "administrator", Why: "is reserved by AWS"}},
		},
		{
			"a user name that is too long", with(func(u *identity.User) { u.UserName = strings.Repeat("é", 129) }), with(func(u *identity.User) { u.UserName = "" }),
			[]identity.Flaw{{Attr: "userName", Value: strings.Repeat("é", 129), Why: "is longer than 128 characters"}},
		},
		{"a user name that just fits", with(func(u *identity.User) { u.UserName = strings.Repeat("é", 128) }), with(func(u *identity.User) { u.UserName = strings.Repeat("é", 128) }), nil},
		{
			"a title that is too long is cut", with(func(u *identity.User) { u.Title = strings.Repeat("é", 1025) }), with(func(u *identity.User) { u.Title = strings.Repeat("é", 1024) }),
			[]identity.Flaw{{Attr: "title", Value: strings.Repeat("é", 1025), Why: "is longer than 1024 characters; it was cut", Filled: true}},
		},
		{
			"an address that is too long is none", with(func(u *identity.User) { u.Email = strings.Repeat("e", 1025) }), with(func(u *identity.User) { u.Email = "" }),
			[]identity.Flaw{{Attr: "email", Value: strings.Repeat("e", 1025), Why: "is longer than 1024 characters"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, flaws := iic.Canonical(c.in)
			diff(t, c.want, got)
			diff(t, c.flaws, flaws)
		})
	}
}

func TestCanonicalGroupByExample(t *testing.T) {
	for in, want := range map[string]string{"eng": "eng", " R&D\u200b ": "R&D", "AWSAdministrators": "", "ADMINISTRATOR": "", "\u200b": "", "": ""} {
		g, flaws := iic.CanonicalGroup(identity.Group{ExternalID: "01x", Name: in})
		diff(t, identity.Group{ExternalID: "01x", Name: want}, g)
		if want == "" && (len(flaws) != 1 || flaws[0].Attr != "displayName" || flaws[0].Filled) {
			t.Errorf("%q: flaws %+v", in, flaws)
		}
	}
}
