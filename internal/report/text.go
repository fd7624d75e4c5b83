package report

import (
	"io"
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
)

// TextOptions are those of a terminal. The zero value is right for a file.
type TextOptions struct {
	// Color adds colours. They never say more than the words beside them.
	Color bool
	// Width is how many columns there are; 0 means 80. Names and commands
	// are not broken, and may be wider.
	Width int
	// Full cuts no list short.
	Full bool
	// Calls shows the API calls of each operation in any case.
	Calls bool
}

// What fits on one screen.
const (
	screenItems = 12
	screenNames = 8
	screenIDs   = 2
	screenWidth = 80
	leastWidth  = 40
)

// Text writes a report for people: counts, then what is risky, then the rest,
// then the [Line], and how to go on. Names are shown with control characters made visible, so
// that no name can move the cursor or change a colour.
func Text(w io.Writer, r Report, o TextOptions) error {
	l := limits{items: screenItems, names: screenNames, ids: screenIDs}
	if o.Full {
		l = limits{}
	}
	if o.Width == 0 {
		o.Width = screenWidth
	}
	t := typist{TextOptions: o}
	t.Width = max(o.Width, leastWidth)
	d := newDigest(r)
	p := newPage(d, l)
	t.grid(p.counts)
	var worth []section
	for _, s := range p.sections {
		if t.worth(s, d) {
			worth = append(worth, s)
		}
	}
	if t.quiet = len(p.counts.rows) == 0 && len(worth) == 1 && !worth[0].risky; t.quiet {
		worth[0].title = ""
	}
	for _, s := range worth {
		t.section(s)
	}
	t.gap()
	if p.mirror != "" {
		t.line("", "", say(p.mirror))
	}
	t.line("", "", p.headline)
	for _, c := range p.closing {
		t.line("", "  ", c)
	}
	_, err := io.WriteString(w, t.out.String())
	return err
}

// worth reports whether a section should be read: API calls are told of where
// something was retried or throttled, or where there was much to do.
func (t *typist) worth(s section, d digest) bool {
	if s.title != "API calls" || t.Calls {
		return true
	}
	_, retries, throttles := d.calls()
	return retries+throttles > 0 || len(d.Results) > 0
}

// A typist writes lines of a width.
type typist struct {
	TextOptions
	out   strings.Builder
	quiet bool // there is so little to say that it needs no titles
}

func (t *typist) gap() {
	if t.out.Len() > 0 && !t.quiet {
		t.out.WriteByte('\n')
	}
}

func (t *typist) section(s section) {
	t.gap()
	manner := strong
	if s.risky {
		manner = bad
	}
	if s.title != "" {
		t.out.WriteString(t.paint(manner, s.title) + "\n")
	}
	column := 0
	for _, it := range s.items {
		column = max(column, lipgloss.Width(it.about.String()))
	}
	column = min(column, t.Width*2/5)
	for _, it := range s.items {
		p := say(it.mark, " ")
		if len(it.about) > 0 {
			p = append(p, it.about...)
			if len(it.text) > 0 {
				pad := max(0, column-lipgloss.Width(it.about.String()))
				p = append(p, span{gap, strings.Repeat(" ", pad+2)})
			}
		}
		t.line("  ", "      ", append(p, it.text...))
		for _, b := range it.below {
			t.line("      ", "      ", b)
		}
	}
	if s.more > 0 {
		t.line("  ", "  ", say("… and ", count(s.more, "line")+" more, all in ", span{code, "--output json"}))
	}
}

// line writes a phrase, broken where it has to be.
func (t *typist) line(first, rest string, p phrase) {
	at := lipgloss.Width(first)
	t.out.WriteString(first)
	fresh := true
	for _, w := range words(p) {
		n := 0
		for _, s := range w.spans {
			n += lipgloss.Width(s.text)
		}
		if !fresh && at+len(w.gap)+n > t.Width {
			t.out.WriteString("\n" + rest)
			at, fresh = lipgloss.Width(rest), true
		}
		if !fresh {
			t.out.WriteString(w.gap)
			at += len(w.gap)
		}
		for _, s := range w.spans {
			t.out.WriteString(t.paint(s.manner, s.text))
		}
		at, fresh = at+n, false
	}
	t.out.WriteByte('\n')
}

// A word is some spans without a place to break a line at, and the blanks
// before it.
type word struct {
	gap   string
	spans []span
}

// words splits a phrase where a line may be broken: at the blanks, but not
// within what is called or typed. The words are clean.
func words(p phrase) []word {
	var all []word
	var w word
	end := func(gap string) {
		if len(w.spans) > 0 {
			all = append(all, w)
		}
		w = word{gap: gap}
	}
	for _, s := range p {
		text := s.clean()
		switch s.manner {
		case gap:
			end(text)
			continue
		case name, code, glue:
			w.spans = append(w.spans, span{s.manner, text})
			continue
		case plain, strong, dim, good, warn, bad, quote:
		}
		for i, part := range strings.Split(text, " ") {
			if i > 0 {
				end(" ")
			}
			if part != "" {
				w.spans = append(w.spans, span{s.manner, part})
			}
		}
	}
	end("")
	return all
}

// paint colours a text that is clean, with the 16 colours that every terminal
// has and its user has chosen.
func (t *typist) paint(m manner, text string) string {
	if !t.Color {
		return text
	}
	s := lipgloss.NewStyle()
	switch m {
	case strong:
		s = s.Bold(true)
	case dim:
		s = s.Faint(true)
	case good:
		s = s.Foreground(lipgloss.Green)
	case warn:
		s = s.Foreground(lipgloss.Yellow)
	case bad:
		s = s.Foreground(lipgloss.Red).Bold(true)
	case code:
		s = s.Foreground(lipgloss.Cyan)
	case plain, name, quote, glue, gap:
		return text
	}
	return s.Render(text)
}

// grid writes a table of counts, upright if it is too wide.
func (t *typist) grid(g grid) {
	if len(g.rows) == 0 {
		return
	}
	lines := t.table(g)
	if lipgloss.Width(lines) > t.Width {
		lines = t.table(g.turned())
	}
	t.out.WriteString(lines + "\n")
	if g.note != "" {
		t.line("", "", say(span{dim, g.note}))
	}
}

func (t *typist) table(g grid) string {
	return table.New().Headers(g.heads...).Rows(g.rows...).Border(lipgloss.HiddenBorder()).
		BorderTop(false).BorderBottom(false).BorderLeft(false).BorderRight(false).BorderHeader(false).BorderColumn(false).
		StyleFunc(func(row, col int) lipgloss.Style {
			s := lipgloss.NewStyle().PaddingRight(1)
			if col > 0 {
				s = lipgloss.NewStyle().Align(lipgloss.Right).PaddingLeft(2)
			}
			if row == table.HeaderRow && t.Color {
				s = s.Faint(true)
			}
			return s
		}).Render()
}

// turned swaps rows and columns.
func (g grid) turned() grid {
	out := grid{heads: g.heads[:1:1]}
	for _, r := range g.rows {
		out.heads = append(out.heads, r[0])
	}
	for i, h := range g.heads[1:] {
		row := []string{h}
		for _, r := range g.rows {
			row = append(row, r[i+1])
		}
		out.rows = append(out.rows, row)
	}
	return out
}
