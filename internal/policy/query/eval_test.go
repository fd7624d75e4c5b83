package query

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/directory"
)

func user(t *testing.T, text string) Query {
	t.Helper()
	s, err := ParseUsers(text)
	if err != nil || len(s.queries) != 1 {
		t.Fatalf("%s: %d queries, %v", text, len(s.queries), err)
	}
	return s.queries[0]
}

func group(t *testing.T, text string) Query {
	t.Helper()
	s, err := ParseGroups(text)
	if err != nil || len(s.queries) != 1 {
		t.Fatalf("%s: %d queries, %v", text, len(s.queries), err)
	}
	return s.queries[0]
}

func jane() directory.Account {
	return directory.Account{
		ID: "1", PrimaryEmail: "jane.smith@example.com", Aliases: []string{"JS@example.org"}, OrgUnit: "/Eng/Core",
		Values: map[string][]string{
			"name.givenName":                 {"Jane Ann"},
			"name.familyName":                {"Smith-Jones"},
			"externalIds[].value":            {"E 17", "B-9"},
			"relations[type=manager].value":  {"Boss@example.com"},
			"phones[].value":                 {"+1 (555) 010-0000"},
			"isAdmin":                        {"true"},
			"isDelegatedAdmin":               {"false"},
			"addresses[].formatted":          {"1 Main Street, Springfield"},
			"addresses[].locality":           {"Springfield"},
			"addresses[].country":            {"Sweden"},
			"addresses[].countryCode":        {"SE"},
			"addresses[].postalCode":         {"123 45"},
			"organizations[].title":          {"Director of Engineering"},
			"organizations[].department":     {"R&D"},
			"organizations[].costCenter":     {"CC-100"},
			"organizations[].name":           {"Example Corp"},
			"organizations[].description":    {"makes examples"},
			"customSchemas.Job.level":        {"7"},
			"customSchemas.Job.start":        {"2024-02-29"},
			"customSchemas.Job.projects":     {"GeneGnomes", "Panopticon two"},
			"customSchemas.Job.big":          {"9007199254740993"},
			"customSchemas.Job.remote":       {"true"},
			"customSchemas.Under_score.a-b1": {"x"},
		},
	}
}

func TestAccount(t *testing.T) {
	for _, tt := range []struct {
		text string
		want bool
	}{
		{"*", true},
		{"* isAdmin=true", true},
		{"* isAdmin=false", false},
		// A word alone.
		{"jane", true},
		{"ann", true},
		{"smith", true},
		{"jones", true},
		{"jan", false},
		{"jan*", true},
		{"Smi*", true},
		{"Jon*", false},
		{"js@example.org", true},
		{"smith@example.com", false},
		{"example", true},
		{"'jane ann'", true},
		{"'ann jane'", false},
		{"'ann smith'", false},
		{"jane jones", true},
		{"jane doe", false},
		{"core", false},
		// Names.
		{"name='jane ann smith-jones'", true},
		{"name=Jane", false},
		{"name:Jane", true},
		{"name:'ann smith'", true},
		{"name:'jane smith'", false},
		{"name:'smith ann'", false},
		{"name:J", false},
		{"name:J*", true},
		{"name:Smith*", false},
		{"name:'jane ann s*'", true},
		{"givenName:ann", true},
		{"givenName=ann", false},
		{"givenname='JANE ANN'", true},
		{"givenName:Jan*", true},
		{"familyName:Smith*", true},
		{"familyName:jones", true},
		{"FAMILYNAME=Smith", false},
		// Addresses.
		{"email=jane.smith@example.com", true},
		{"email=JANE.smith@EXAMPLE.com", true},
		{"email=js@example.org", true},
		{"email=smith@example.com", false},
		{"email=jane", false},
		{"email:jane", true},
		{"email:jan", false},
		{"email:jane*", true},
		{"email:JS*", true},
		{"email:smith*", false},
		{"email:smith@example.com", false},
		{"email:js@example.org", true},
		{"email:*", true},
		{"email:'smith example'", true},
		// Flags.
		{"isAdmin=true", true},
		{"isAdmin=FALSE", false},
		{"isDelegatedAdmin=false", true},
		{"isEnrolledIn2Sv=true", false},
		{"isEnforcedIn2Sv=false", true},
		{"isSuspended=false isArchived=false isGuest=false", true},
		{"isSuspended=true", false},
		{"isArchived=true", false},
		{"isGuest=true", false},
		// Organisational units.
		{"orgUnitPath=/Eng/Core", true},
		{"orgUnitPath=/Eng", true},
		{"OrgUnitPath=/eng/", true},
		{"orgUnitPath=/", true},
		{"orgUnitPath=/En", false},
		{"orgUnitPath=/Eng/Core/Sub", false},
		{"orgUnitPath='/Eng/Core'", true},
		// Everything else.
		{"externalId='e 17'", true},
		{"externalId=17", false},
		{"externalId:17", true},
		{"directManager=boss@example.com", true},
		{"directManager=other@example.com", false},
		{"phone='+1 555 0100000'", true},
		{"phone=+15550100000", true},
		{"phone=5550100000", false},
		{"address:springfield", true},
		{"address:se", true},
		{"address:norway", false},
		{"address:'springfield sweden'", false},
		{"addressCountry=sweden", true},
		{"addressCountry=SE", false},
		{"addressLocality:spring*", true},
		{"addressPostalCode='123 45'", true},
		{"addressStreet=Main", false},
		{"orgTitle:'director of'", true},
		{"orgTitle:'director engineering'", false},
		{"orgTitle=Director", false},
		{"orgDepartment='r&d'", true},
		{"orgDepartment:'&'", true},
		{"orgDepartment:'|'", false},
		{"orgCostCenter:100", true},
		{"orgCostCenter:10", false},
		{"orgName:example", true},
		{"orgDescription:examples", true},
		// Custom schemas.
		{"Job.level=7", true},
		{"Job.level=7.0", true},
		{"Job.level=+7", true},
		{"Job.level=8", false},
		{"Job.level>6", true},
		{"Job.level>7", false},
		{"Job.level>=7", true},
		{"Job.level<7", false},
		{"Job.level<10", true},
		{"Job.level<=7", true},
		{"Job.level<=6.99", false},
		{"Job.level:[7,8]", true},
		{"Job.level:[1,7]", false},
		{"Job.level:[6,10]", true},
		{"Job.level>a", false},
		{"Job.level>2020-01-01", false},
		{"Job.start=2024-02-29", true},
		{"Job.start>2024-02-28", true},
		{"Job.start<2024-02-29", false},
		{"Job.start:[2024-02-29,2024-03-01]", true},
		{"Job.start:[2024-01-01,2024-02-29]", false},
		{"Job.start>5", false},
		{"Job.projects=genegnomes", true},
		{"Job.projects:two", true},
		{"Job.projects:gene", false},
		{"Job.projects:gene*", true},
		{"Job.projects>=p", true},
		{"Job.projects:[h,q]", true},
		{"Job.projects>q", false},
		{"Job.big=9007199254740993", true},
		{"Job.big>9007199254740992", true},
		{"Job.big<9007199254740994", true},
		{"Job.remote=TRUE", true},
		{"Job.missing=x", false},
		{"Job.missing<x", false},
		{"Under_score.a-b1=x", true},
	} {
		q := user(t, tt.text)
		if !q.Local() {
			t.Errorf("%s cannot be evaluated", tt.text)
		}
		if got := q.Account(jane()); got != tt.want {
			t.Errorf("%s is %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestStatus(t *testing.T) {
	for _, tt := range []struct {
		a    directory.Account
		text string
		want bool
	}{
		{directory.Account{Suspended: true}, "isSuspended=true", true},
		{directory.Account{Suspended: true}, "isArchived=true", false},
		{directory.Account{Archived: true}, "isArchived=true", true},
		{directory.Account{Archived: true}, "isSuspended=true", false},
		{directory.Account{Guest: true}, "isGuest=true", true},
		{directory.Account{Guest: true}, "isGuest=false", false},
		{directory.Account{StatusUnknown: true}, "isSuspended=false isArchived=false", true},
		{directory.Account{StatusUnknown: true}, "isSuspended=true isArchived=true", true},
		{directory.Account{StatusUnknown: true}, "isGuest=true", false},
		{directory.Account{OrgUnit: "/"}, "orgUnitPath=/", true},
		{directory.Account{OrgUnit: "/"}, "orgUnitPath=/Eng", false},
		{directory.Account{OrgUnit: "/Engines"}, "orgUnitPath=/Eng", false},
		{directory.Account{}, "name:x", false},
		{directory.Account{Values: map[string][]string{"name.familyName": {"Cher"}}}, "name=cher", true},
		{directory.Account{Values: map[string][]string{"name.givenName": {"Jose\u0301"}}}, "givenName:jose", false},
		{directory.Account{}, "*", true},
	} {
		if got := user(t, tt.text).Account(tt.a); got != tt.want {
			t.Errorf("%s of %+v is %v, want %v", tt.text, tt.a, got, tt.want)
		}
	}
}

func TestNotLocal(t *testing.T) {
	for _, text := range []string{
		"im=x", "im:x", "manager=a@example.com", "managerId=1", "directManagerId=1", "colour=red", "a.b.c=1", "a.=1",
		"name=Jan*", "isSuspended:true", "orgUnitPath:/Eng", "phone:1", "address=x", "Job.level=7*", "recoveryEmail=x",
		"name:a* im=x", "directManager:x",
	} {
		q := user(t, text)
		if q.Local() || q.Account(jane()) || q.Paths() != nil || q.Server() != text {
			t.Errorf("%s: local %v, paths %q, for Google %q", text, q.Local(), q.Paths(), q.Server())
		}
	}
	for _, text := range []string{"name:AWS", "email:aws", "AWS", "AWS*", "description=x", "name=AWS*", "name:AWS* Admins", "memberKey:x", "a.b=c", "a.b>1"} {
		q := group(t, text)
		if q.Local() || q.Group(directory.Group{Name: "AWS", Email: "aws"}, nil, "") || q.Server() != text {
			t.Errorf("%s: local %v, for Google %q", text, q.Local(), q.Server())
		}
	}
}

func TestPaths(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"*", nil},
		{"email:a* isSuspended=false orgUnitPath=/ isGuest=false", nil},
		{"jane", []string{"name.familyName", "name.givenName"}},
		{"name:a* givenName=b isAdmin=true", []string{"isAdmin", "name.familyName", "name.givenName"}},
		{"Job.level=1 Job.level>0 orgTitle:x", []string{"customSchemas.Job.level", "organizations[].title"}},
		{"addressPoBox=1", []string{"addresses[].poBox"}},
		{"address:x", []string{
			"addresses[].country", "addresses[].countryCode", "addresses[].extendedAddress", "addresses[].formatted", "addresses[].locality",
			"addresses[].poBox", "addresses[].postalCode", "addresses[].region", "addresses[].streetAddress",
		}},
	} {
		if diff := cmp.Diff(tt.want, user(t, tt.text).Paths()); diff != "" {
			t.Errorf("%s: %s", tt.text, diff)
		}
	}
	for name, f := range userFields() {
		for _, path := range f.paths {
			p, err := directory.ParsePath(path)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			private := []string{"recoveryEmail", "recoveryPhone", "ims", "websites", "keywords", "gender", "notes", "posixAccounts", "sshPublicKeys"}
			if slices.Contains(private, p.Root()) {
				t.Errorf("%s reads %s", name, path)
			}
		}
	}
}

func TestGroup(t *testing.T) {
	g := directory.Group{ID: "g", Name: "AWS Admins", Email: "aws-admins@example.com", Aliases: []string{"root@example.org"}}
	members := []directory.Member{
		{Kind: directory.MemberUser, ID: "17", Email: "jane@example.com"},
		{Kind: directory.MemberGroup, ID: "g9", Email: "team@example.com"},
		{Kind: directory.MemberEveryone, ID: "C01abcd23"},
	}
	for _, tt := range []struct {
		text string
		want bool
	}{
		{"*", true},
		{"* name:b*", false},
		{"name='aws admins'", true},
		{"name=AWS", false},
		{"name:AWS*", true},
		{"name:Admin*", false},
		{"name:'aws a*'", true},
		{"email=AWS-admins@example.com", true},
		{"email=root@example.org", true},
		{"email:aws*", true},
		{"email:admins*", false},
		{"email:roo*", true},
		{"aws-admins@example.com", true},
		{"Root@example.org", true},
		{"admins@example.com", false},
		{"name:AWS* email:aws-*", true},
		{"name:AWS* email:ops-*", false},
		{"memberKey=17", true},
		{"memberKey=1", false},
		{"memberKey=JANE@example.com", true},
		{"memberkey=team@example.com", true},
		{"memberKey=g9", true},
		{"memberKey=C01abcd23", true},
		{"memberKey=c01abcd23", false},
		{"memberKey=alias@example.com", false},
		{"memberKey=17 name:AWS*", true},
		{"memberKey=17 name:ops*", false},
	} {
		q := group(t, tt.text)
		if got := q.Group(g, members, "C01abcd23"); got != tt.want || !q.Local() {
			t.Errorf("%s is %v, want %v (local %v)", tt.text, got, tt.want, q.Local())
		}
		if got, want := q.NeedsMembers(), strings.HasPrefix(strings.ToLower(tt.text), "memberkey"); got != want {
			t.Errorf("%s needs members: %v, want %v", tt.text, got, want)
		}
		if strings.Contains(tt.text, "C01") && q.Group(g, members[:2], "C01abcd23") {
			t.Errorf("%s of a group without everybody", tt.text)
		}
	}
	everyone := []directory.Member{{Kind: directory.MemberEveryone}}
	if !group(t, "memberKey=C01abcd23").Group(g, everyone, "C01abcd23") || group(t, "memberKey=C0other").Group(g, everyone, "C01abcd23") {
		t.Error("everybody without an ID is not the customer")
	}
}

func TestResolve(t *testing.T) {
	s, err := ParseGroups("memberKey=alias@example.com,name:AWS*")
	if err != nil {
		t.Fatal(err)
	}
	r := s.Resolve(func(address string) (string, bool) { return "17", address == "alias@example.com" })
	g := directory.Group{Name: "AWS"}
	members := []directory.Member{{Kind: directory.MemberUser, ID: "17", Email: "jane@example.com"}}
	if diff := cmp.Diff([]int{0, 1}, r.MatchGroup(g, members, "")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{1}, s.MatchGroup(g, members, "")); diff != "" {
		t.Error("the set itself was changed: ", diff)
	}
	if diff := cmp.Diff([]int{1}, r.MatchGroup(g, []directory.Member{{ID: "alias"}}, "")); diff != "" {
		t.Error(diff)
	}
	if r.queries[0].Server() != "memberKey=alias@example.com" {
		t.Errorf("for Google: %q", r.queries[0].Server())
	}
}

func TestMatchAccount(t *testing.T) {
	s, err := ParseUsers("email:jane*,im=x,name:x*", "*", "jones")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{0, 3, 4}, s.MatchAccount(jane())); diff != "" {
		t.Error(diff)
	}
	if got := (Set{}).MatchAccount(jane()); got != nil {
		t.Errorf("nothing matches %v", got)
	}
	users, groups := user(t, "*"), group(t, "*")
	if users.Group(directory.Group{}, nil, "") || groups.Account(jane()) {
		t.Error("a query of one kind matches the other")
	}
	if (Query{}).Account(jane()) || (Query{}).Group(directory.Group{}, nil, "") {
		t.Error("the zero query matches")
	}
}

// The oracle below evaluates texts with regular expressions, from the words of
// Google's guide; it shares nothing with the package but the grammar's tokens.

func oracleText(op, value string, star bool, fields ...string) bool {
	for _, f := range fields {
		var re string
		switch {
		case star:
			re = `^` + regexp.QuoteMeta(value)
		case op == "=":
			re = `^` + regexp.QuoteMeta(value) + `$`
		default:
			re = `(^|[^\pL\pN\pM])` + regexp.MustCompile(`[^\pL\pN\pM]+`).ReplaceAllString(value, `[^\pL\pN\pM]+`) + `([^\pL\pN\pM]|$)`
		}
		if regexp.MustCompile(`(?is)` + re).MatchString(f) {
			return true
		}
	}
	return false
}

func oracleUnit(want, have string) bool {
	for have != "" {
		if strings.EqualFold(want, have) {
			return true
		}
		have = have[:strings.LastIndex(have, "/")]
	}
	return false
}

func oracleOrder(op string, have, low, high float64) bool {
	return map[string]bool{
		"=": have == low, ">": have > low, ">=": have >= low, "<": have < low, "<=": have <= low,
		rangeOp: have >= low && have < high,
	}[op]
}

func TestEvaluationLaw(t *testing.T) {
	word := rapid.SampledFrom([]string{"jane", "Jan", "ANN", "smith", "Smi", "é", "É", "x1", "o"})
	phrase := rapid.Custom(func(rt *rapid.T) string {
		return strings.Join(rapid.SliceOfN(word, 1, 3).Draw(rt, "words"), rapid.SampledFrom([]string{" ", "-", "."}).Draw(rt, "between"))
	})
	address := rapid.Map(phrase, func(s string) string { return strings.ReplaceAll(s, " ", "") + "@example.com" })
	unit := rapid.SampledFrom([]string{"/A", "/a", "/A/B", "/A/B/C", "/AB", "/A/BC", "/b"})
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(-20, 20).Draw(rt, "number")
		a := directory.Account{
			PrimaryEmail: address.Draw(rt, "primary"), Aliases: rapid.SliceOfN(address, 0, 2).Draw(rt, "aliases"),
			Suspended: rapid.Bool().Draw(rt, "suspended"), OrgUnit: unit.Draw(rt, "unit"),
			Values: map[string][]string{
				"name.givenName": {phrase.Draw(rt, "given")}, "name.familyName": {phrase.Draw(rt, "family")},
				"organizations[].title": rapid.SliceOfN(phrase, 0, 2).Draw(rt, "titles"), "customSchemas.S.n": {strconv.Itoa(n)},
			},
		}
		given, family := a.Values["name.givenName"][0], a.Values["name.familyName"][0]
		emails := append([]string{a.PrimaryEmail}, a.Aliases...)
		want := true
		var texts []string
		for i := range rapid.IntRange(1, 3).Draw(rt, "clauses") {
			op := rapid.SampledFrom([]string{"=", ":"}).Draw(rt, "op")
			star := op == ":" && rapid.Bool().Draw(rt, "star")
			value := phrase.Draw(rt, "value")
			tail := ""
			if star {
				tail = "*"
			}
			var text string
			var hit bool
			switch rapid.IntRange(0, 7).Draw(rt, fmt.Sprint("field ", i)) {
			case 0:
				text, hit = "name"+op, oracleText(op, value, star, given+" "+family)
			case 1:
				text, hit = "givenName"+op, oracleText(op, value, star, given)
			case 2:
				text, hit = "orgTitle"+op, oracleText(op, value, star, a.Values["organizations[].title"]...)
			case 3:
				if rapid.Bool().Draw(rt, "whole") {
					value, tail = address.Draw(rt, "address"), ""
					text, hit = "email"+op, slices.ContainsFunc(emails, func(e string) bool { return strings.EqualFold(e, value) })
				} else {
					text, hit = "email"+op, oracleText(op, value, star, emails...)
				}
			case 4:
				tail = rapid.SampledFrom([]string{"", "*"}).Draw(rt, "star alone")
				text, hit = "", oracleText(":", value, tail != "", append(emails, given, family)...)
			case 5:
				value, tail = unit.Draw(rt, "below"), ""
				text, hit = "orgUnitPath=", oracleUnit(value, a.OrgUnit)
			case 6:
				low := rapid.IntRange(-20, 19).Draw(rt, "low")
				high := rapid.IntRange(low+1, 21).Draw(rt, "high")
				op := rapid.SampledFrom([]string{"=", ">", ">=", "<", "<=", rangeOp}).Draw(rt, "order")
				hit = oracleOrder(op, float64(n), float64(low), float64(high))
				if op == rangeOp {
					texts = append(texts, fmt.Sprintf("S.n:[%d,%d]", low, high))
				} else {
					texts = append(texts, fmt.Sprintf("S.n%s%d", op, low))
				}
				want = want && hit
				continue
			case 7:
				value, tail = strconv.FormatBool(rapid.Bool().Draw(rt, "flag")), ""
				text, hit = "isSuspended=", value == strconv.FormatBool(a.Suspended)
			}
			texts = append(texts, text+"'"+value+"'"+tail)
			want = want && hit
		}
		s, err := ParseUsers(strings.Join(texts, " "))
		if err != nil {
			rt.Fatal(err)
		}
		if got := s.queries[0].Account(a); got != want {
			rt.Fatalf("%s of %+v is %v, want %v", strings.Join(texts, " "), a, got, want)
		}
	})
}
