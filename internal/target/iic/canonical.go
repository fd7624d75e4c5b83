package iic

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"ssosync/internal/identity"
)

const (
	maxGroupName  = 1024
	maxExternalID = 256
)

// Canonical returns u as Identity Center will store and return it, and what
// had to be left out or made up to get there. Values are put into Unicode NFC,
// exotic spaces become plain ones, and characters that the service refuses
// (zero-width ones, control characters, unassigned ones) are dropped. A given
// or family name that is missing is made from the others, since the service
// requires both (SCIM guide: CreateUser; Identity Store API reference: data
// types). What cannot be used at all is left empty; a user without a
// UserName cannot be created.
//
// Canonical(Canonical(u)) is Canonical(u), and [Target.Read] returns users in
// the same form, so that comparing the two finds real differences only.
func Canonical(u identity.User) (identity.User, []identity.Flaw) {
	var flaws []identity.Flaw
	for _, a := range identity.Attrs {
		p := a.Field(&u)
		v, why := fit(a.Name, *p, a.Max)
		if why != "" {
			flaws = append(flaws, identity.Flaw{Attr: a.Name, Value: *p, Why: why, Filled: v != ""})
		}
		*p = v
	}
	if u.UserName == "" && !slices.ContainsFunc(flaws, about("userName")) {
		flaws = append(flaws, identity.Flaw{Attr: "userName", Why: "is empty, and Identity Center requires it"})
	}
	return fillNames(u, flaws)
}

// CanonicalGroup is [Canonical] for groups. A group whose Name comes back
// empty cannot be created.
func CanonicalGroup(g identity.Group) (identity.Group, []identity.Flaw) {
	var flaws []identity.Flaw
	note := func(attr, value, got, why string) string {
		if why != "" {
			flaws = append(flaws, identity.Flaw{Attr: attr, Value: value, Why: why, Filled: got != ""})
		}
		return got
	}
	id, why := fit("externalId", g.ExternalID, maxExternalID)
	out := identity.Group{ExternalID: note("externalId", g.ExternalID, id, why)}
	name, why := fit("displayName", g.Name, maxGroupName)
	switch {
	case reserved(name):
		name, why = "", "is reserved by AWS"
	case name == "" && why == "":
		why = "is empty, and Identity Center requires it"
	}
	out.Name = note("displayName", g.Name, name, why)
	return out, flaws
}

// fillNames supplies the names that the service requires. A display name is
// only a default; a given or family name that we make up is worth a word.
func fillNames(u identity.User, flaws []identity.Flaw) (identity.User, []identity.Flaw) {
	made := func(attr string, p *string, from ...string) {
		*p, _ = fit(attr, first(from...), maxGroupName)
		if *p == "" {
			return
		}
		if i := slices.IndexFunc(flaws, about(attr)); i >= 0 {
			flaws[i].Filled = true
		} else if attr != "displayName" {
			flaws = append(flaws, identity.Flaw{Attr: attr, Why: "is empty, and Identity Center requires it", Filled: true})
		}
	}
	local := localPart(first(u.Email, u.UserName))
	given, family := u.GivenName, u.FamilyName
	if u.DisplayName == "" {
		made("displayName", &u.DisplayName, u.FormattedName, strings.TrimSpace(given+" "+family), u.NickName, local)
	}
	lead, rest, _ := strings.Cut(u.DisplayName, " ")
	if given == "" {
		if family != "" {
			lead = family
		}
		made("givenName", &u.GivenName, lead, local)
	}
	if family == "" {
		if given != "" {
			rest = given
		}
		made("familyName", &u.FamilyName, rest, u.DisplayName, local)
	}
	return u, flaws
}

func about(attr string) func(identity.Flaw) bool {
	return func(f identity.Flaw) bool { return f.Attr == attr }
}

func first(vs ...string) string {
	for _, v := range vs {
		if strings.TrimSpace(v) != "" {
			return v
		}
	}
	return ""
}

func localPart(address string) string {
	if local, _, _ := strings.Cut(address, "@"); local != "" {
		return local
	}
	return address
}

// fit returns v as the service accepts it, or "", and what is wrong with it.
// longest is in characters.
func fit(attr, v string, longest int) (fitting, why string) {
	out, dropped := clean(v)
	switch {
	case out == "" && dropped:
		return "", "has no character that Identity Center accepts"
	case identifier(attr) && strings.ContainsAny(out, " \t\n\r"):
		return "", "contains white space, which Identity Center refuses"
	case attr == "userName" && reserved(out):
		return "", "is reserved by AWS"
	case utf8.RuneCountInString(out) <= longest:
		if dropped {
			why = "has characters that Identity Center refuses; they were left out"
		}
		return out, why
	case prose(attr):
		return strings.TrimSpace(string([]rune(out)[:longest])), fmt.Sprintf("is longer than %d characters; it was cut", longest)
	default:
		return "", fmt.Sprintf("is longer than %d characters", longest)
	}
}

// clean brings a value into the one form in which both sides are compared: the
// characters [\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ] in NFC, without white space
// around. All of the service's patterns accept it, but for white space in
// identifiers. U+00A0 and U+3000 become plain spaces because the pages of the
// Identity Store API and of SCIM disagree on them.
func clean(s string) (out string, dropped bool) {
	if ascii(s) {
		return strings.TrimSpace(s), false
	}
	valid := strings.ToValidUTF8(s, "")
	dropped = valid != s
	mapped := strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r', unicode.In(r, unicode.L, unicode.M, unicode.S, unicode.N, unicode.P):
			return r
		case unicode.Is(unicode.Z, r):
			return ' '
		default:
			dropped = true
			return -1
		}
	}, valid)
	return strings.TrimSpace(norm.NFC.String(mapped)), dropped
}

// ascii reports whether s needs nothing but trimming, as nearly all values do.
func ascii(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c >= 0x7f {
			return false
		}
	}
	return true
}

// identifier tells the attributes whose pattern has no white space
// (Identity Store API reference: UserName, ExternalId, ResourceId).
func identifier(attr string) bool {
	return attr == "userName" || attr == "externalId" || attr == "manager"
}

// prose tells the attributes that still say what they should when they are
// cut. A cut e-mail address or number would be another one.
func prose(attr string) bool {
	switch attr {
	case "givenName", "familyName", "displayName", "formattedName", "middleName", "nickName", "title", "address", "streetAddress":
		return true
	default:
		return false
	}
}

// reserved names belong to AWS, for users and groups alike (Identity Store API
// reference: CreateUser, CreateGroup). Names are compared without case.
func reserved(name string) bool {
	return strings.EqualFold(name, "Administrator") || strings.EqualFold(name, "AWSAdministrators")
}
