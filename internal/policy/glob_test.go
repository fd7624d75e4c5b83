package policy

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGlobIsTheObviousExpression(t *testing.T) {
	text := func(alphabet string) *rapid.Generator[string] {
		return rapid.StringOfN(rapid.SampledFrom([]rune(alphabet)), 0, 8, -1)
	}
	rapid.Check(t, func(t *rapid.T) {
		pattern, name := text("abé.*?").Draw(t, "pattern"), text("abé.").Draw(t, "name")
		if rapid.Bool().Draw(t, "likely") { // a name that the pattern was made of
			name = ""
			for _, c := range pattern {
				switch c {
				case '*':
					name += text("ab.").Draw(t, "any text")
				case '?':
					name += "b"
				default:
					name += string(c)
				}
			}
		}
		re := regexp.MustCompile(`^(?s)` + strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern)) + `$`)
		if got, want := (Globs{pattern}).Match(name), name != "" && re.MatchString(name); got != want {
			t.Errorf("%q matches %q: %v, want %v", pattern, name, got, want)
		}
	})
}

func TestGlobs(t *testing.T) {
	for _, c := range []struct {
		globs Globs
		names []string
		want  bool
	}{
		{nil, []string{"a"}, false},
		{Globs{"*"}, nil, false},
		{Globs{"*"}, []string{""}, false},
		{Globs{""}, []string{""}, false},
		{Globs{"AWS*"}, []string{"awsAdmins"}, true},
		{Globs{"aws*"}, []string{"AWSAdmins"}, true},
		{Globs{"ÄRZTE"}, []string{"ärzte"}, true},
		{Globs{"x", "*@example.org"}, []string{"ann@example.com", "ann@example.org"}, true},
		{Globs{"gro??e"}, []string{"GROẞE"}, true}, // ß is ss, as in all names
		{Globs{"ann@example.com"}, []string{"joann@example.com"}, false},
		{Globs{"ann@example"}, []string{"ann@example.com"}, false},
		{Globs{"a*a*a*a*a*a*a*a*b"}, []string{strings.Repeat("a", 5000)}, false}, // in no time
	} {
		if got := c.globs.Match(c.names...); got != c.want {
			t.Errorf("%q matches %.40q: %v", c.globs, c.names, got)
		}
	}
}
