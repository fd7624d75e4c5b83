//go:build unix

package integration

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

var pictures = flag.String("pictures", "", "keep pictures of the page in this `directory`")

// A statement is what the JSON report says of a run, which the page has to say
// as well.
type statement struct {
	Counts   map[string]map[string]int
	Refusals []struct{ Guard, Text, Evidence string }
	Withheld []struct{ Name, Group string }
}

// badNight is the page of a plan for the company of the demo, which has lost
// half of its groups, and what the JSON report says of it.
func badNight(t *testing.T) (path string, said statement) {
	t.Helper()
	w := newWorld(t, nil)
	w.start().exits(t, 0)
	data, err := os.ReadFile(w.file)
	must(t, err)
	var fixture map[string]any
	must(t, json.Unmarshal(data, &fixture))
	lose(t, fixture)
	w.serve(fixture)
	path = filepath.Join(w.dir, "plan.html")
	p := w.start("plan", "--html", path, "--output", "json")
	p.exits(t, 4)
	must(t, json.Unmarshal([]byte(p.out.String()), &said))
	if len(said.Refusals) == 0 || len(said.Withheld) == 0 {
		t.Fatalf("half of the groups are gone, and no guard minds:\n%s", &p.out)
	}
	return path, said
}

// lose deletes every other group of a fixture, as Google does: from the list,
// and from the groups that they are in.
func lose(t *testing.T, fixture map[string]any) {
	t.Helper()
	groups, _ := fixture["groups"].([]any)
	gone := map[any]bool{}
	kept := []any{}
	for i, g := range groups {
		g, ok := g.(map[string]any)
		if !ok {
			t.Fatalf("group %d of the fixture is %v", i, g)
		}
		if gone[g["id"]] = i%2 == 1; i%2 == 0 {
			kept = append(kept, g)
		}
	}
	for _, g := range kept {
		g, _ := g.(map[string]any)
		members, _ := g["members"].([]any)
		g["members"] = slices.DeleteFunc(members, func(m any) bool {
			row, _ := m.(map[string]any)
			return gone[row["id"]]
		})
	}
	fixture["groups"] = kept
}

// TestPageInABrowser looks at the page as a manager does: on a telephone and on
// a desk, by day and by night, and on paper.
func TestPageInABrowser(t *testing.T) {
	t.Parallel()
	path, said := badNight(t)
	b := newBrowser(t)
	b.open(path)
	for _, v := range []view{
		{400, "light", "screen"}, {400, "dark", "screen"}, {1200, "light", "screen"}, {1200, "dark", "screen"}, {1200, "light", "print"}, {1200, "dark", "print"},
	} {
		t.Run(v.String(), func(t *testing.T) {
			s, picture := b.see(v)
			if *pictures != "" {
				must(t, os.WriteFile(filepath.Join(*pictures, strings.ReplaceAll(v.String(), " ", "-")+".png"), picture, 0o600))
			}
			if s.Wide > 0 || len(s.Cut) > 0 {
				t.Errorf("it is %d pixels too wide; cut off: %q", s.Wide, s.Cut)
			}
			if len(s.Faint) > 0 {
				t.Errorf("too faint to read: %q", s.Faint)
			}
			if night := v.scheme == "dark" && v.media == "screen"; night != (s.Paper < 0.5) {
				t.Errorf("the luminance of the paper is %.2f", s.Paper)
			}
			if v.media == "print" && len(s.Hidden) > 0 {
				t.Errorf("not on paper: %q", s.Hidden)
			}
			s.tells(t, said)
		})
	}
	if pdf := do(b, chromedp.PrintToPDF()); !bytes.HasPrefix(pdf, []byte("%PDF-")) || len(pdf) < 10_000 {
		t.Errorf("%d bytes were printed: %.20q", len(pdf), pdf)
	}
	if noise, foreign := b.complaints(); len(noise)+len(foreign) > 0 {
		t.Errorf("the console says %q, and it asked for %q", noise, foreign)
	}
}

// tells checks that a reader can see what happened.
func (s sight) tells(t *testing.T, said statement) {
	t.Helper()
	if s.Title == "" || s.Language != "en" {
		t.Errorf("title %q, language %q", s.Title, s.Language)
	}
	first := func(h string) bool { return strings.HasPrefix(h, "h1 ") }
	if len(s.Headings) < 3 || !first(s.Headings[0]) || slices.ContainsFunc(s.Headings[1:], first) {
		t.Errorf("headings: %q", s.Headings)
	}
	for _, r := range said.Refusals {
		for _, what := range []string{"guard " + r.Guard + ": " + r.Text, r.Evidence, "--accept="} {
			if !strings.Contains(s.Text, plain(what)) {
				t.Errorf("the refusal of %s is not to be seen: %q", r.Guard, what)
			}
		}
	}
	for _, c := range said.Withheld {
		if !strings.Contains(s.Text, c.Name) || !strings.Contains(s.Text, plain(c.Group)) {
			t.Errorf("it is not to be seen that %s is withheld, from %s", c.Name, c.Group)
		}
	}
	s.counts(t, said)
}

// plain is a text as a browser shows it: with single spaces.
func plain(s string) string { return strings.Join(strings.Fields(s), " ") }

// counts compares the table with the JSON report: every number under its head,
// and no number that is not zero left out.
func (s sight) counts(t *testing.T, said statement) {
	t.Helper()
	if len(s.Table) != 4 {
		t.Fatalf("the table is %q", s.Table)
	}
	heads := s.Table[0]
	for _, row := range s.Table[1:] {
		counts, ok := said.Counts[row[0]]
		if !ok || len(row) != len(heads) {
			t.Errorf("row %q under %q", row, heads)
			continue
		}
		for what, n := range counts {
			i := slices.Index(heads, what)
			shown := 0
			if i > 0 {
				shown, _ = strconv.Atoi(row[i]) // a dash is for what cannot be
			}
			if shown != n {
				t.Errorf("%s: %s is %d, and the page says %d", row[0], what, n, shown)
			}
		}
	}
}

// TestTheEyeSees shows that what is wrong with a page is seen.
func TestTheEyeSees(t *testing.T) {
	t.Parallel()
	path, err := filepath.Abs("testdata/bad.html")
	must(t, err)
	b := newBrowser(t)
	b.open(path)
	s, _ := b.see(view{400, "dark", "screen"})
	noise, foreign := b.complaints()
	for what, seen := range map[string]bool{
		"wide": s.Wide > 0, "cut": len(s.Cut) == 1, "faint": len(s.Faint) == 1, "hidden": len(s.Hidden) == 1, "bright": s.Paper == 1,
		"headings": len(s.Headings) == 0, "text": !strings.Contains(s.Text, "Nobody sees this"),
		"noise": len(noise) >= 2, "foreign": len(foreign) == 1,
	} {
		if !seen {
			t.Errorf("not seen: %s; %+v, %q, %q", what, s, noise, foreign)
		}
	}
}
