package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/apply"
	"ssosync/internal/report"
)

// anything is any text: terminal sequences, markup, what looks like neither.
func anything(t *rapid.T) func() string {
	pieces := rapid.SampledFrom([]string{
		"\x1b[31m", "\x1b]0;title\x07", "\u009b2J", "\r", "\n", "\t", "\u202e", "\u2066", "\u2028", "\u200b", "\U000E0041", "\x00", "\x7f", "\xff\xfe",
		"`", "``", "``` ", "</details>", "<script>", "**", "](http://evil.example.com)", "@example", "|", "\\", "\\`", " ", "a", "é", "王", "👩\u200d👧", "{id}", "{ext}", "\"",
	})
	return func() string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(pieces, rapid.StringN(0, 3, -1)), 0, 5).Draw(t, "text"), "")
	}
}

func obeyed(r rune) bool {
	if r == '\u200c' || r == '\u200d' {
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

func text(t interface{ Fatal(...any) }, r report.Report, o report.TextOptions) string {
	var b bytes.Buffer
	if err := report.Text(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func markdown(t interface{ Fatal(...any) }, r report.Report) string {
	var b bytes.Buffer
	if err := report.Markdown(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func jsonOf(t interface{ Fatal(...any) }, r report.Report) []byte {
	var b bytes.Buffer
	if err := report.JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Whatever a directory holds, nothing is ever written that a terminal obeys.
func TestNothingIsObeyed(t *testing.T) {
	sgr := regexp.MustCompile("\x1b\\[[0-9;]*m")
	rapid.Check(t, func(t *rapid.T) {
		r := (&artist{t: t, text: anything(t)}).draw()
		o := report.TextOptions{Width: rapid.IntRange(0, 200).Draw(t, "width"), Full: rapid.Bool().Draw(t, "full"), Calls: true}
		plainText := text(t, r, o)
		for what, s := range map[string]string{"text": plainText, "markdown": markdown(t, r), "json": string(jsonOf(t, r)), "line": report.Line(r) + "\n"} {
			if i := strings.IndexFunc(s, func(c rune) bool { return c != '\n' && obeyed(c) }); i >= 0 {
				t.Fatalf("%s has a control character: %q", what, s[i:min(len(s), i+20)])
			}
			if strings.Contains(s, "\xff") {
				t.Fatalf("%s is not UTF-8", what)
			}
		}
		if l := report.Line(r); strings.Contains(l, "\n") || l == "" {
			t.Fatalf("%q is not one line", l)
		}
		o.Color = true
		if coloured := sgr.ReplaceAllString(text(t, r, o), ""); coloured != plainText {
			t.Fatalf("colour changes more than the colour: %s", cmp.Diff(plainText, coloured))
		}
	})
}

// outside returns a line of Markdown without its code spans (CommonMark §6.1).
func outside(line string) string {
	var b strings.Builder
	run := regexp.MustCompile("`+")
	for line != "" {
		switch {
		case strings.HasPrefix(line, `\`) && len(line) > 1:
			line = line[2:]
			continue
		case line[0] != '`':
			b.WriteByte(line[0])
			line = line[1:]
			continue
		}
		open := run.FindString(line)
		rest, closed := line[len(open):], false
		for _, at := range run.FindAllStringIndex(rest, -1) {
			if at[1]-at[0] == len(open) {
				line, closed = rest[at[1]:], true
				break
			}
		}
		if !closed {
			b.WriteString(open)
			line = rest
		}
	}
	return b.String()
}

// Whatever a directory holds, it is never markup.
func TestNothingIsMarkup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nasty := anything(t)
		r := (&artist{t: t, text: func() string { return nasty() + "ZZ" + nasty() }}).draw()
		for line := range strings.Lines(markdown(t, r)) {
			bare := outside(strings.TrimSuffix(line, "\n"))
			for _, tag := range []string{"<details>", "</details>", "<summary>", "</summary>"} {
				bare = strings.Replace(bare, tag, "", 1)
			}
			if strings.Contains(bare, "ZZ") || strings.ContainsAny(bare, "<@`") {
				t.Fatalf("%q leaves %q to be markup", line, bare)
			}
		}
	})
}

// names are all different, and end so that none is the beginning of another.
func names(t *rapid.T) func() string {
	n := 0
	return func() string {
		n++
		return rapid.SampledFrom([]string{"ann", "Big Group", "王小明", "María", "a_b*c", "x|y", "n~1"}).Draw(t, "name") + "-" + strconv.Itoa(n) + "-."
	}
}

// walk calls see with every text in a JSON value.
func walk(v any, see func(string)) {
	switch v := v.(type) {
	case string:
		see(v)
	case []any:
		for _, x := range v {
			walk(x, see)
		}
	case map[string]any:
		for _, x := range v {
			walk(x, see)
		}
	}
}

// What is risky is told in full, by name, in each format and at each width.
func TestNothingRiskyIsLeftOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &artist{t: t, text: names(t)}
		r := a.draw()
		// Names are not broken; other texts may be, at a blank.
		lines := text(t, r, report.TextOptions{Width: rapid.IntRange(0, 200).Draw(t, "width")})
		for _, s := range a.names {
			if !strings.Contains(lines, s) {
				t.Fatalf("%q is not in the text, or is broken:\n%s", s, lines)
			}
		}
		plainText := strings.Join(strings.Fields(lines), " ")
		md := markdown(t, r)
		var value any
		if err := json.Unmarshal(jsonOf(t, r), &value); err != nil {
			t.Fatal(err)
		}
		inJSON := map[string]bool{}
		walk(value, func(s string) { inJSON[s] = true })
		for _, s := range a.risky {
			if !strings.Contains(plainText, s) {
				t.Fatalf("%q is not in the text:\n%s", s, plainText)
			}
			if !strings.Contains(md, "`"+s+"`") {
				t.Fatalf("%q is not in the Markdown:\n%s", s, md)
			}
			if !inJSON[s] {
				t.Fatalf("%q is not in the JSON", s)
			}
		}
	})
}

// JSON is read back as it was, is the same for the same report, and holds no
// null.
func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := (&artist{t: t, text: anything(t)}).draw()
		data := jsonOf(t, r)
		var got report.Document
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(report.NewDocument(r), got); diff != "" {
			t.Fatal(diff)
		}
		if again := jsonOf(t, r); !bytes.Equal(data, again) {
			t.Fatal(cmp.Diff(string(data), string(again)))
		}
		var value any
		if err := json.Unmarshal(data, &value); err != nil {
			t.Fatal(err)
		}
		noNull(t, value, "")
	})
	noNull(t, func() (v any) {
		if err := json.Unmarshal(jsonOf(t, report.Report{}), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}(), "")
}

func noNull(t interface{ Fatalf(string, ...any) }, v any, path string) {
	switch v := v.(type) {
	case nil:
		t.Fatalf("%s is null", path)
	case []any:
		for i, x := range v {
			noNull(t, x, fmt.Sprint(path, ".", i))
		}
	case map[string]any:
		for k, x := range v {
			noNull(t, x, path+"."+k)
		}
	}
}

// The counts of the line are those of the results.
func TestLineCounts(t *testing.T) {
	word := regexp.MustCompile(`(\d+)(?: (user|group)s?)? (created|updated|deactivated|deleted|emptied|joins?|leaves?)\b`)
	rapid.Check(t, func(t *rapid.T) {
		a := &artist{t: t, text: names(t)}
		r := a.draw()
		r.Outcome, r.DryRun = report.Done, false
		if r.Results == nil {
			d := draft{r}
			d.carriedOut(nil)
			r = d.Report
		}
		want := map[string]int{}
		verb := map[apply.Op]string{apply.Create: "created", apply.Update: "updated", apply.Delete: "deleted", apply.Join: "joins", apply.Leave: "leaves"}
		for i, res := range r.Results {
			if res.Err != nil {
				continue
			}
			switch {
			case res.Op == apply.Join || res.Op == apply.Leave:
				want[verb[res.Op]]++
			case res.User != "" && res.Op == apply.Update && r.Plan.Users[i].Before.Active && !r.Plan.Users[i].After.Active:
				want["user deactivated"]++
			case res.User != "":
				want["user "+verb[res.Op]]++
			default:
				want["group "+verb[res.Op]]++
			}
		}
		got, noun := map[string]int{}, ""
		for _, m := range word.FindAllStringSubmatch(report.Line(r), -1) {
			n, _ := strconv.Atoi(m[1])
			if m[2] != "" {
				noun = m[2] + " "
			}
			switch {
			case strings.HasPrefix(m[3], "join"):
				got["joins"] = n
			case strings.HasPrefix(m[3], "lea"):
				got["leaves"] = n
			case m[3] != "emptied":
				got[noun+m[3]] = n
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\n%s", report.Line(r), diff)
		}
		c := report.NewDocument(r).Counts
		if n := c.Users.Create + c.Users.Update + c.Users.Deactivate + c.Users.Delete + c.Users.Failed + c.Users.Skipped; n != len(r.Plan.Users) {
			t.Errorf("%d users are counted, of %d", n, len(r.Plan.Users))
		}
		if n := c.Memberships.Join + c.Memberships.Leave + c.Memberships.Failed + c.Memberships.Skipped; n != len(r.Plan.Join)+len(r.Plan.Leave) {
			t.Errorf("%d memberships are counted, of %d", n, len(r.Plan.Join)+len(r.Plan.Leave))
		}
		if n := c.Users.Withheld + c.Groups.Withheld + c.Memberships.Withheld; n != r.Withheld.Size() {
			t.Errorf("%d are withheld, not %d", n, r.Withheld.Size())
		}
	})
}
