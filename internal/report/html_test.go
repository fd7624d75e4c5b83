package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ssosync/internal/guard"
	"ssosync/internal/report"
)

func html(t interface{ Fatal(...any) }, r report.Report) string {
	var b bytes.Buffer
	if err := report.HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A node is an element of a page, as an XML parser sees it.
type node struct {
	name, path string
	attrs      map[string]string
	text       string // of itself and of what is in it
}

// allows reports whether a text is what an element or attribute may be.
var allows = func() func(pattern, text string) bool {
	compiled := map[string]*regexp.Regexp{}
	return func(pattern, text string) bool {
		if compiled[pattern] == nil {
			compiled[pattern] = regexp.MustCompile("^(?:" + pattern + ")$")
		}
		return compiled[pattern].MatchString(text)
	}
}()

// parse reads a page with a strict parser that shares no code with its writer.
func parse(t interface{ Fatalf(string, ...any) }, page string) []*node {
	dec := xml.NewDecoder(strings.NewReader(page))
	var all, open []*node
	var text strings.Builder
	var from []int // where the text of each open one begins
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, page)
		}
		switch token := token.(type) {
		case xml.StartElement:
			n := &node{name: token.Name.Local, attrs: map[string]string{}}
			for _, a := range token.Attr {
				if _, twice := n.attrs[a.Name.Local]; twice {
					t.Fatalf("<%s> has %s twice", n.name, a.Name.Local)
				}
				n.attrs[a.Name.Local] = a.Value
			}
			for _, o := range open {
				n.path += o.name + " "
			}
			all, open, from = append(all, n), append(open, n), append(from, text.Len())
		case xml.EndElement:
			last := len(open) - 1
			open[last].text = text.String()[from[last]:]
			open, from = open[:last], from[:last]
		case xml.CharData:
			text.Write(token)
		case xml.Comment:
			t.Fatalf("there is a comment: %q", token)
		}
	}
	return all
}

// elements are those that a page may have, with what their attributes may be.
var elements = map[string]map[string]string{
	"html": {"lang": "en"}, "head": nil, "title": nil, "style": nil, "body": nil, "header": nil, "main": nil, "footer": nil,
	"meta": {"charset": "utf-8", "http-equiv": ".*", "content": ".*", "name": ".*"},
	"h1":   nil, "h2": {"id": `part-\d+|next`}, "p": {"class": "plainly"}, "dl": nil, "dt": nil, "dd": nil, "time": {"datetime": `[-0-9T:]+Z`},
	"div": {"class": "wide", "role": "region", "aria-label": "Counts", "tabindex": "0"}, "table": nil, "caption": nil, "thead": nil, "tbody": nil,
	"tr": nil, "th": {"scope": "col|row"}, "td": nil, "section": {"class": "risky", "aria-labelledby": `part-\d+|next`},
	"details": {"open": "open", "class": "all"}, "summary": nil, "ul": {"class": "items"}, "li": nil, "bdi": {"class": "name|quote"}, "code": nil, "strong": nil,
	"span": {"class": "mark (good|bad|warn|dim)|about|dim", "aria-hidden": "true"},
}

// Whatever a directory holds, the page is well-formed and is made of the same
// elements, and none of it is in an attribute, a style or a script.
func TestThePageIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		page := html(t, (&artist{t: t, text: anything(t)}).draw())
		if i := strings.IndexFunc(page, func(c rune) bool { return c != '\n' && obeyed(c) }); i >= 0 {
			t.Fatalf("a control character: %q", page[i:min(len(page), i+20)])
		}
		for _, n := range parse(t, page) {
			attrs, known := elements[n.name]
			if !known {
				t.Fatalf("there is an element <%s>", n.name)
			}
			for name, value := range n.attrs {
				if want, ok := attrs[name]; !ok || !allows(want, value) {
					t.Fatalf("<%s %s=%q>", n.name, name, value)
				}
			}
		}
		head, _, _ := strings.Cut(page, "<title>")
		_, style, _ := strings.Cut(page, "</title>")
		style, _, _ = strings.Cut(style, "</head>")
		empty := html(t, report.Report{})
		if !strings.HasPrefix(empty, head) || !strings.Contains(empty, "</title>"+style+"</head>") {
			t.Fatal("the head depends on the report")
		}
	})
}

// What is risky is told in full, and no name is broken.
func TestThePageLeavesNothingRiskyOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &artist{t: t, text: names(t)}
		r := a.draw()
		page := html(t, r)
		if again := html(t, r); page != again {
			t.Fatal("equal reports, other bytes")
		}
		told := map[string]bool{}
		for _, n := range parse(t, page) {
			if (n.name == "bdi" || n.name == "code") && !strings.Contains(n.path, "details") {
				told[n.text] = true
			}
		}
		for _, s := range a.risky {
			if !told[s] {
				t.Fatalf("%q is not in the page, or is folded away:\n%s", s, page)
			}
		}
	})
}

// The page can be read by everybody, with anything that reads pages.
func TestThePageIsAccessible(t *testing.T) {
	for name, r := range cases() {
		page := html(t, r)
		if !strings.HasPrefix(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline';") {
			t.Errorf("%s begins otherwise:\n%.300s", name, page)
		}
		for _, outside := range []string{"<script", "src=", "href=", "url(", "@import", "http://", "https://"} {
			if strings.Contains(page, outside) && name != "hostile" {
				t.Errorf("%s has %s", name, outside)
			}
		}
		number, ids := map[string]int{}, map[string]bool{}
		nodes := parse(t, page)
		for _, n := range nodes {
			number[n.name]++
			if id := n.attrs["id"]; id != "" && ids[id] {
				t.Errorf("%s: two of %s", name, id)
			} else {
				ids[id] = true
			}
			if n.name == "th" && n.attrs["scope"] == "" || n.name == "h2" && strings.TrimSpace(n.text) == "" || n.name == "li" && strings.TrimSpace(n.text) == "" {
				t.Errorf("%s: %+v", name, n)
			}
		}
		for _, one := range []string{"h1", "title", "header", "main", "footer"} {
			if number[one] != 1 {
				t.Errorf("%s has %d <%s>", name, number[one], one)
			}
		}
		for _, n := range nodes {
			if label := n.attrs["aria-labelledby"]; n.name == "section" && !ids[label] {
				t.Errorf("%s: a section without a heading: %+v", name, n)
			}
		}
	}
}

// luminance of a colour such as #1b1f24 (WCAG 2.2: relative luminance).
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// Each colour of a text can be told from what is behind it: by day, by night
// and on paper (WCAG 2.2, success criterion 1.4.3).
func TestThePageHasContrast(t *testing.T) {
	schemes := regexp.MustCompile(`:root \{([^}]*)\}`).FindAllStringSubmatch(html(t, report.Report{}), -1)
	if len(schemes) != 3 {
		t.Fatalf("%d schemes", len(schemes))
	}
	for _, s := range schemes {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--(\w+): (#[0-9a-f]{6});`).FindAllStringSubmatch(s[1], -1) {
			colours[m[1]] = m[2]
		}
		for _, front := range []string{"ink", "soft", "bad", "warn", "good"} {
			for _, back := range []string{"paper", "card"} {
				a, b := luminance(t, colours[front]), luminance(t, colours[back])
				if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 4.5 {
					t.Errorf("%s on %s: %.1f", colours[front], colours[back], ratio)
				}
			}
		}
	}
}

// The head of the page says in plain words what it comes to.
func TestThePagePlainly(t *testing.T) {
	for name, want := range map[string]string{
		"in-sync":     "Nobody lost access.",
		"dry-run":     "Access would be taken from 4 people and 2 groups. 5 other changes would be made. Nothing has been changed yet.",
		"refused":     "Access was taken from 1 person. 4 other changes were made. 19 removals are held back, because they may be a mistake.",
		"conflicts":   "Nobody lost access. 12 conflicts need somebody's decision.",
		"partial":     "Access was taken from 1 person. 10 other changes were made. 3 changes could not be made. 3 records cannot be taken by AWS as they are.",
		"leavers":     "Access was taken from 16 people and 3 groups. 1 change could not be made.",
		"incident":    "Nobody would lose access. 1 other change would be made. 10 removals are held back, because they may be a mistake. 9 removals are struck, because Google does not confirm them. Nothing has been changed yet.",
		"interrupted": "Access was taken from 1 person. 5 other changes were made. 21 changes could not be made.",
		"failed":      "",
	} {
		got := ""
		for _, n := range parse(t, html(t, cases()[name])) {
			if n.attrs["class"] == "plainly" {
				got = n.text
			}
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// A long list that is harmless is folded, a short one is not, and a risky one
// never is.
func TestThePageFolds(t *testing.T) {
	for n, want := range map[int]bool{5: true, 500: false} {
		d := newDraft(report.Planned)
		d.DryRun = true
		d.create(people(1, n)...)
		for i := range n {
			d.deactivate(fmt.Sprintf("leaver%02d@example.com", i), "gone")
		}
		var open []string
		nodes := parse(t, html(t, d.Report))
		for i, x := range nodes {
			if x.name == "details" && x.attrs["open"] != "" {
				open = append(open, nodes[i+2].text)
			}
			if strings.Contains(x.text, "leaver") && x.name == "details" {
				t.Error("what is risky is folded")
			}
		}
		if slices.Contains(open, "Users") != want {
			t.Errorf("%d users: open are %q", n, open)
		}
	}
}

// What to do is said at the end: how a plan is approved and applied, and where
// a run is kept; nothing, where there is nothing to do.
func TestThePageSaysWhatToDo(t *testing.T) {
	saved := dryRun()
	saved.Saved = report.Saved{ID: "7Q4K", File: "big.plan"}
	empty := saved
	empty.Plan, empty.Withheld = report.Report{}.Plan, report.Report{}.Withheld
	unproven := saved
	unproven.Outcome, unproven.Refusals = report.Refused, []guard.Refusal{{Guard: "evidence", Text: "9 removals"}}
	doubtful := doubt()
	doubtful.Saved.File = "big.plan"
	approve := `Approve all of it, and apply it: ssosync approve 'plans/big plan.json' --reason "…", then ssosync apply 'plans/big plan.json'`
	unsaved := "Carry it out: ssosync, with the other flags of this run; or exactly this: ssosync plan --out big.plan, then ssosync apply big.plan"
	for _, c := range []struct {
		name string
		r    report.Report
		want string
	}{
		{"unsaved", dryRun(), unsaved},
		{"saved", saved, "Apply exactly this: ssosync apply big.plan"},
		{"nothing in it", empty, ""},
		{"refused", incident(), approve},
		{"doubt", doubtful, ""},
		{"unproven", unproven, "Apply exactly this: ssosync apply big.plan"},
		{"done", leavers(), "Run 01JDZ8Q4K92MD7Q4K92MD7Q4K9: ssosync history show 01JDZ8Q4K92MD7Q4K92MD7Q4K9"},
		{"no journal", firstLoad(), ""},
	} {
		got := ""
		nodes := parse(t, html(t, c.r))
		for _, n := range nodes {
			if n.attrs["aria-labelledby"] == "next" {
				_, got, _ = strings.Cut(strings.TrimSpace(n.text), "\n")
			}
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
