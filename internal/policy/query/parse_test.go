package query

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"ssosync/internal/directory"
)

var asWritten = cmp.Options{cmp.AllowUnexported(clause{}), cmpopts.IgnoreFields(clause{}, "at", "valAt")}

func clauses(s Set) [][]clause {
	var all [][]clause
	for _, q := range s.queries {
		all = append(all, q.clauses)
	}
	return all
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		text string
		want [][]clause
	}{
		{"", nil},
		{"  ", nil},
		{" , ,", nil},
		{"*", [][]clause{{{star: true}}}},
		{"jane", [][]clause{{{value: "jane"}}}},
		{"jane smith", [][]clause{{{value: "jane"}, {value: "smith"}}}},
		{"'jane smith'", [][]clause{{{value: "jane smith"}}}},
		{"jan*", [][]clause{{{value: "jan", star: true}}}},
		{"name:AWS* email:ops-*", [][]clause{{{field: "name", op: ":", value: "AWS", star: true}, {field: "email", op: ":", value: "ops-", star: true}}}},
		{"name:Admin*,email:aws-*", [][]clause{{{field: "name", op: ":", value: "Admin", star: true}}, {{field: "email", op: ":", value: "aws-", star: true}}}},
		{"name=John Doe,email:admin*", [][]clause{{{field: "name", op: "=", value: "John"}, {value: "Doe"}}, {{field: "email", op: ":", value: "admin", star: true}}}},
		{"name='Smith, Jane',x", [][]clause{{{field: "name", op: "=", value: "Smith, Jane"}}, {{value: "x"}}}},
		{`name="Smith, Jane"`, [][]clause{{{field: "name", op: "=", value: "Smith, Jane"}}}},
		{`name='Valentine\'s Day'`, [][]clause{{{field: "name", op: "=", value: "Valentine's Day"}}}},
		{`name="say \"hi\" 'now'"`, [][]clause{{{field: "name", op: "=", value: `say "hi" 'now'`}}}},
		{`name:'a\\'`, [][]clause{{{field: "name", op: ":", value: `a\`}}}},
		{`name:a\b`, [][]clause{{{field: "name", op: ":", value: `a\b`}}}},
		{"name:O'Brien", [][]clause{{{field: "name", op: ":", value: "O'Brien"}}}},
		{`name:O\'Brien`, [][]clause{{{field: "name", op: ":", value: "O'Brien"}}}},
		{"name:'AWS Admin*'", [][]clause{{{field: "name", op: ":", value: "AWS Admin", star: true}}}},
		{"name:'AWS Admin'*", [][]clause{{{field: "name", op: ":", value: "AWS Admin", star: true}}}},
		{"name='AWS*'", [][]clause{{{field: "name", op: "=", value: "AWS*"}}}},
		{"name=AWS*", [][]clause{{{field: "name", op: "=", value: "AWS", star: true}}}},
		{"a.b:[1,5]", [][]clause{{{field: "a.b", op: rangeOp, value: "1", max: "5"}}}},
		{"a.b:[ 'x y' , 'z, z' ],c", [][]clause{{{field: "a.b", op: rangeOp, value: "x y", max: "z, z"}}, {{value: "c"}}}},
		{"a.b>=3 a.b<=4 a.b>1 a.b<9", [][]clause{{
			{field: "a.b", op: ">=", value: "3"},
			{field: "a.b", op: "<=", value: "4"},
			{field: "a.b", op: ">", value: "1"},
			{field: "a.b", op: "<", value: "9"},
		}}},
		{"a.b>5*", [][]clause{{{field: "a.b", op: ">", value: "5*"}}}},
		{"jane@example.com", [][]clause{{{value: "jane@example.com"}}}},
		{"a\tb\nc\u00a0d", [][]clause{{{value: "a"}, {value: "b"}, {value: "c"}, {value: "d"}}}},
		{"straße", [][]clause{{{value: "straße"}}}},
	} {
		got, err := ParseUsers(tt.text)
		if diff := cmp.Diff(tt.want, clauses(got), asWritten); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", tt.text, err, diff)
		}
	}
}

func TestParseProblems(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"name='Jane", "this quote is not closed\n    name='Jane\n         ^"},
		{`x name="a'`, "this quote is not closed\n    x name=\"a'\n           ^"},
		{`name='a\'`, "this quote is not closed\n    name='a\\'\n         ^"},
		{"é =x", "\"=\" needs the name of a field before it, without a space\n    é =x\n      ^"},
		{"a >=x", "\">=\" needs the name of a field before it, without a space\n    a >=x\n      ^"},
		{"name=", "a value is missing here (no space after \"=\")\n    name=\n         ^"},
		{"name: x", "a value is missing here (no space after \":\")\n    name: x\n         ^"},
		{"name=,x", "a value is missing here (no space after \"=\")\n    name=,x\n         ^"},
		{"name=''", "a value is missing here (no space after \"=\")\n    name=''\n         ^"},
		{"name='a'b", "a space or a comma must follow the quote (write \\' for a quote inside)\n    name='a'b\n            ^"},
		{`name="a"b`, "a space or a comma must follow the quote (write \\\" for a quote inside)\n    name=\"a\"b\n            ^"},
		{"a.b>'5'*", "a space or a comma must follow the quote (write \\' for a quote inside)\n    a.b>'5'*\n           ^"},
		{"a.b:[1,5", "a range is written [min,max]: \"]\" is missing here\n    a.b:[1,5\n            ^"},
		{"a.b:[1 5]", "a range is written [min,max]: \",\" is missing here\n    a.b:[1 5]\n           ^"},
		{"a.b:[,5]", "a range is written [min,max]: \",\" is missing here\n    a.b:[,5]\n         ^"},
		{"a.b:['1,5]", "this quote is not closed\n    a.b:['1,5]\n         ^"},
		{"a.b:[5,1]", "no value is in this range: it holds what is at least the first and less than the second\n    a.b:[5,1]\n        ^"},
		{"a.b:[5,5]", "no value is in this range: it holds what is at least the first and less than the second\n    a.b:[5,5]\n        ^"},
		{"a.b:[1,x]", "the ends of a range must both be numbers, dates (YYYY-MM-DD) or texts\n    a.b:[1,x]\n        ^"},
		{"a.b:[x,2026-01-01]", "the ends of a range must both be numbers, dates (YYYY-MM-DD) or texts\n    a.b:[x,2026-01-01]\n        ^"},
		{"x,isSuspended=no", "the value must be true or false\n    x,isSuspended=no\n                  ^"},
		{"ISADMIN=1", "the value must be true or false\n    ISADMIN=1\n            ^"},
		{"isGuest=maybe", "the value must be true or false\n    isGuest=maybe\n            ^"},
		{"orgUnitPath=Eng", "an organisational unit begins with \"/\", such as /Engineering\n    orgUnitPath=Eng\n                ^"},
		{"x Email>=a", "Email has no order: it takes =value and :value and :prefix*\n    x Email>=a\n      ^"},
		{"isAdmin:[a,b]", "isAdmin has no order: it takes =value\n    isAdmin:[a,b]\n    ^"},
		{"a\x00\nname='b", "this quote is not closed\n    a  name='b\n            ^"},
	} {
		_, err := ParseUsers("fine", tt.text)
		if err == nil || err.Error() != "user query: "+tt.want {
			t.Errorf("%q:\n%v\nwant\nuser query: %s", tt.text, err, tt.want)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"memberKey=a@example.com colour=red", "group query: memberKey can stand beside email=, email:…*, name= and name:…* only\n    memberKey=a@example.com colour=red\n    ^"},
		{"name<b", "group query: name has no order: it takes =value and :prefix*\n    name<b\n    ^"},
	} {
		_, err := ParseGroups(tt.text)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%q:\n%v\nwant\n%s", tt.text, err, tt.want)
		}
	}
}

func TestSet(t *testing.T) {
	for _, tt := range []struct {
		texts      []string
		all, empty bool
		want       []string
	}{
		{nil, false, true, nil},
		{[]string{"", " "}, false, true, nil},
		{[]string{"*"}, true, false, []string{"*"}},
		{[]string{" * "}, true, false, []string{"*"}},
		{[]string{"name:a*", "*"}, true, false, []string{"name:a*", "*"}},
		{[]string{"name:*"}, false, false, []string{"name:*"}},
		{[]string{"* name:a*"}, false, false, []string{"* name:a*"}},
		{[]string{" name:a*  email:b* , 'c d' ,", "e"}, false, false, []string{"name:a*  email:b*", "'c d'", "e"}},
	} {
		for _, parse := range []func(...string) (Set, error){ParseUsers, ParseGroups} {
			s, err := parse(tt.texts...)
			var got []string
			for _, q := range s.Queries() {
				got = append(got, q.Text)
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" || s.All() != tt.all || s.Empty() != tt.empty {
				t.Errorf("%q: %v, all %v, empty %v\n%s", tt.texts, err, s.All(), s.Empty(), diff)
			}
		}
	}
}

func TestServer(t *testing.T) {
	for _, tt := range []struct{ text, users, groups string }{
		{"name:AWS*", "name:AWS*", "name:AWS*"},
		{`name="Jane Smith"`, "name='Jane Smith'", "name='Jane Smith'"},
		{`name:"O'Brien"`, `name:'O\'Brien'`, `name:'O\'Brien'`},
		{`name:'a\\b'`, `name:'a\\b'`, `name:'a\\b'`},
		{"name:'AWS Admin'*", "name:'AWS Admin*'", "name:'AWS Admin*'"},
		{"name='AWS'", "name=AWS", "name=AWS"},
		{"name=AWS*", "name=AWS*", "name=AWS*"},
		{"name='AWS*'", "name='AWS*'", "name='AWS*'"},
		{"name=*", "name=*", "name=*"},
		{"team@example.com", "team@example.com", "email=team@example.com"},
		{"a.b:[1,5]", "a.b:[1,5]", "a.b:[1,5]"},
		{"a.b>=2026-01-01", "a.b>=2026-01-01", "a.b>=2026-01-01"},
		{"orgUnitPath=/", "", "orgUnitPath=/"},
		{"OrgUnitPath=/ isSuspended=false", "isSuspended=false", "OrgUnitPath=/ isSuspended=false"},
		{"orgUnitPath='/My OU' manager=a@example.com", "orgUnitPath='/My OU' manager=a@example.com", "orgUnitPath='/My OU' manager=a@example.com"},
	} {
		users, err := ParseUsers(tt.text)
		if err != nil || users.queries[0].Server() != tt.users {
			t.Errorf("users %s: %q, %v; want %q", tt.text, users.queries[0].Server(), err, tt.users)
		}
		if strings.Contains(tt.text, "Path=") {
			continue
		}
		groups, err := ParseGroups(tt.text)
		if err != nil || groups.queries[0].Server() != tt.groups {
			t.Errorf("groups %s: %q, %v; want %q", tt.text, groups.queries[0].Server(), err, tt.groups)
		}
	}
}

// aClause draws a clause that some text can stand for.
func aClause() *rapid.Generator[clause] {
	value := rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z0-9@._/+-]{1,12}`),
		rapid.StringMatching(`[a-z ,'"\\*:=<>\[\]éß☃]{1,12}`),
		rapid.StringN(1, 8, -1),
	).Filter(func(s string) bool { return s != "" })
	return rapid.Custom(func(rt *rapid.T) clause {
		c := clause{
			field: rapid.SampledFrom([]string{"", "name", "eMail", "colour", "Schema.field", "A-1.b_2", "manager", "im"}).Draw(rt, "field"),
			value: value.Draw(rt, "value"),
		}
		if c.field != "" {
			c.op = rapid.SampledFrom([]string{"=", ":", "<", ">", "<=", ">=", rangeOp}).Draw(rt, "op")
		}
		if _, known := userFields()[strings.ToLower(c.field)]; known && strings.ContainsAny(c.op, "<>[") {
			c.op = "="
		}
		switch c.op {
		case rangeOp:
			c.value = rapid.SampledFrom([]string{"1", "-2", "a", "A b", "'", "1999-01-01"}).Draw(rt, "min")
			c.max = map[kind]string{number: "7.5", textual: "z, ]'", date: "2026-12-31"}[kindOf(c.value)]
		case ":", "":
			c.star = rapid.Bool().Draw(rt, "star")
			if c.value = strings.TrimRight(c.value, "*"); c.value == "" {
				c.star = true
			}
		case "=":
			c.star = rapid.Bool().Draw(rt, "star")
		}
		return c
	})
}

// TestRenderLaw writes random clauses as Google reads them, and in another way,
// and reads both back.
func TestRenderLaw(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.SliceOfN(rapid.SliceOfN(aClause(), 1, 4), 1, 4).Draw(rt, "clauses")
		var texts, loose []string
		for _, part := range want {
			texts = append(texts, render(part))
			var other []string
			for _, c := range part {
				other = append(other, double(c))
			}
			loose = append(loose, " "+strings.Join(other, "  ")+" ")
		}
		for _, text := range []string{strings.Join(texts, ","), strings.Join(loose, ",,")} {
			got, err := ParseUsers(text)
			if err != nil {
				rt.Fatalf("%s: %v", text, err)
			}
			if diff := cmp.Diff(want, clauses(got), asWritten); diff != "" {
				rt.Fatalf("%s (-want +got)\n%s", text, diff)
			}
		}
	})
}

// double writes a clause with everything in double quotes.
func double(c clause) string {
	q := func(s string) string {
		return `"` + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`) + `"`
	}
	switch {
	case c.op == rangeOp:
		return c.field + ":[ " + q(c.value) + " , " + q(c.max) + " ]"
	case c.star:
		return c.field + c.op + q(c.value) + "*"
	}
	return c.field + c.op + q(c.value)
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"*", "name:AWS* email:ops-*,x", `name='Valentine\'s Day'`, "a.b:[1,5]", "isSuspended=false", "orgUnitPath='/My OU'",
		"memberKey=C01abcd23", "team@example.com", "name=John Doe", "'a'*", "a.b>=2026-01-01", "a\\", "\xff=\xff", "name:'a*'*",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(...string) (Set, error){ParseUsers, ParseGroups} {
			s, err := parse(text)
			if err != nil {
				if !s.Empty() || !strings.HasSuffix(err.Error(), "^") {
					t.Fatalf("%q: %v", text, err)
				}
				continue
			}
			for _, q := range s.Queries() {
				again, err := parse(q.Text)
				if err != nil || len(again.queries) != 1 || again.queries[0].Text != q.Text ||
					!cmp.Equal(again.queries[0].clauses, q.clauses, asWritten) {
					t.Fatalf("%q, again: %v %v", q.Text, again, err)
				}
				if again, err = parse(q.Server()); q.Server() != "" {
					same := err == nil && len(again.queries) == 1
					rooted := slices.ContainsFunc(q.clauses, func(c clause) bool { return c.is(orgUnitPath) })
					if !same || (!rooted && !cmp.Equal(again.queries[0].clauses, q.clauses, asWritten)) {
						t.Fatalf("%q for Google is %q: %v %v", q.Text, q.Server(), again, err)
					}
				}
				for _, path := range q.Paths() {
					if _, err := directory.ParsePath(path); err != nil {
						t.Fatal(err)
					}
				}
				q.Account(directory.Account{})
				q.Group(directory.Group{}, []directory.Member{{}}, "")
			}
		}
	})
}
