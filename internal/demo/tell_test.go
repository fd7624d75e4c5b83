package demo

import (
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCut(t *testing.T) {
	t.Parallel()
	const text = `done  create  kept
users      1     2

Users
  + a
      b
  + c
  + d

Groups
  ~ e

Done.
`
	for name, tt := range map[string]struct {
		c    cut
		want string
	}{
		"whole":          {nil, text},
		"unknown":        {cut{"Read": 0}, text},
		"not at all":     {cut{"Groups": 0, counts: 0}, "Users\n  + a\n      b\n  + c\n  + d\n\nDone.\n"},
		"in part":        {cut{"Users": 2, counts: 0, "Groups": 0}, "Users\n  + a\n      b\n  … 2 more lines\n\nDone.\n"},
		"one line less":  {cut{"Users": 3, counts: 0, "Groups": 0}, "Users\n  + a\n      b\n  + c\n  + d\n\nDone.\n"},
		"more than that": {cut{"Users": 9, "Groups": 1}, text},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.c.apply(text, text)); diff != "" {
				t.Error(diff)
			}
			loud := strings.ReplaceAll(text, "Users\n", "\x1b[1mUsers\x1b[0m\n")
			want := strings.ReplaceAll(tt.want, "Users\n", "\x1b[1mUsers\x1b[0m\n")
			if diff := cmp.Diff(want, tt.c.apply(text, loud)); diff != "" {
				t.Errorf("in colour: %s", diff)
			}
		})
	}
}

// Wrapping loses no word, and no line is too long unless a word is.
func TestWrap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-zé美]{1,12}`), 1, 40).Draw(t, "words")
		width := rapid.IntRange(40, 110).Draw(t, "width")
		var out strings.Builder
		tell := &teller{w: &out, width: width}
		tell.item("%s", strings.Join(words, " "))
		if got := strings.Fields(out.String())[1:]; !cmp.Equal(got, words) {
			t.Fatalf("%q became %q", words, got)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		for i, line := range lines {
			if lipgloss.Width(line) > width || strings.HasSuffix(line, " ") || !strings.HasPrefix(line, map[bool]string{true: "  · ", false: "    "}[i == 0]) {
				t.Fatalf("%q in %d columns", line, width)
			}
			if i > 0 {
				first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
				if lipgloss.Width(lines[i-1])+1+lipgloss.Width(first) <= width {
					t.Fatalf("%q has room for %q", lines[i-1], first)
				}
			}
		}
	})
}

func TestTitle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		width         int
		text, command string
		want          string
	}{
		{80, "1  Title", "", "\n1  Title\n"},
		{80, "1  Title", "do", "\n1  Title" + strings.Repeat(" ", 42) + "$ do\n"},
		{40, "1  Title", "do this and that", "\n1  Title" + strings.Repeat(" ", 14) + "$ do this and that\n"},
		{40, "1  A title", "do this and that and the other", "\n1  A title\n  $ do this and that and the other\n"},
	} {
		var out strings.Builder
		(&teller{w: &out, width: tt.width}).title(tt.text, tt.command)
		if diff := cmp.Diff(tt.want, out.String()); diff != "" {
			t.Errorf("%+v: %s", tt, diff)
		}
	}
}

func TestBar(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	b := &bar{teller: &teller{w: &out}}
	b.end() // nothing was done: nothing is drawn
	for i := range 7 {
		b.step(i+1, 7)
	}
	b.end()
	if want := "  [" + strings.Repeat("=", barWidth) + "] 7 of 7\n"; out.String() != want {
		t.Errorf("%q", out.String())
	}
	out.Reset()
	b = &bar{teller: &teller{w: &out}}
	b.step(30, 100)
	b.end()
	if want := "  [" + strings.Repeat("=", 15) + "\n"; out.String() != want {
		t.Errorf("stopped: %q", out.String())
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"": "''", "a b$c": "'a b$c'", "o'neil": `'o'\''neil'`, "'": `''\'''`} {
		if got := quote(s); got != want {
			t.Errorf("%q became %s", s, got)
		}
	}
}
