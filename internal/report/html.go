package report

import (
	"bytes"
	_ "embed" // the template of the page
	"fmt"
	"html/template"
	"io"
	"time"
	"unicode/utf8"
)

//go:embed page.html
var pageHTML string

// sheetIDs is how many accounts are named before the rest is folded away.
const sheetIDs = 5

// unfolded is how many characters of harmless detail are shown without being
// asked for.
const unfolded = 2000

// A sheet is what the template of the page sees.
type sheet struct {
	Title, Heading string
	Facts          []fact
	Plainly        []string
	Headline       []bit
	Mirror         string
	Counts         *counts
	Sections       []part
	Steps          [][]bit
}

// A fact is a line of the head of the page.
type fact struct {
	Name, Value string
	Time        string // RFC 3339, of one that is a time
}

// counts are a grid with its first row and column apart.
type counts struct {
	Corner string
	Heads  []string
	Rows   []countsRow
	Note   string
}

type countsRow struct {
	Head  string
	Cells []string
}

// A part is a section of the page; one that is not risky can be folded.
type part struct {
	ID          string
	Title       string
	Risky, Open bool
	Items       []entryLine
}

// An entryLine is an item of a section.
type entryLine struct {
	Mark, Tone  string
	About, Text []bit
	Below       [][]bit
	Folded      [][]bit
}

// A bit is a span: Class is "" for words of ours.
type bit struct{ Class, Text string }

// HTML writes a report as one page that needs nothing else: no script, no
// style sheet, no picture. It is well-formed XML as well, and what others
// chose (names, errors) can be nothing but text in it. Equal reports give
// equal bytes.
func HTML(w io.Writer, r Report) error {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("parse the page: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, newSheet(newDigest(r))); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

func newSheet(d digest) sheet {
	p := newPage(d, limits{ids: sheetIDs})
	s := sheet{Heading: "ssosync: " + titles[d.Outcome], Headline: bits(p.headline), Mirror: clean(p.mirror), Plainly: d.plainly(), Facts: d.facts()}
	s.Title = s.Heading
	for _, f := range s.Facts[:min(2, len(s.Facts))] {
		s.Title += ", " + f.Value
	}
	if len(p.counts.rows) > 0 {
		s.Counts = &counts{Corner: p.counts.heads[0], Heads: p.counts.heads[1:], Note: p.counts.note}
		for _, r := range p.counts.rows {
			s.Counts.Rows = append(s.Counts.Rows, countsRow{r[0], r[1:]})
		}
	}
	for i, x := range p.sections {
		s.Sections = append(s.Sections, x.part(fmt.Sprintf("part-%d", i+1)))
	}
	if apply := d.apply(); len(apply) > 0 {
		s.Steps = append(s.Steps, bits(apply))
	}
	if d.Run != "" && d.changed() > 0 {
		s.Steps = append(s.Steps, bits(d.recorded()))
	}
	return s
}

// facts are what this is, of when, and of where.
func (d digest) facts() []fact {
	var fs []fact
	at := func(name string, t time.Time) {
		if !t.IsZero() {
			fs = append(fs, fact{name, t.UTC().Format("2006-01-02 15:04") + " UTC", t.UTC().Format(time.RFC3339)})
		}
	}
	word := func(name, value string) {
		if value != "" {
			fs = append(fs, fact{Name: name, Value: clean(value)})
		}
	}
	at("Made", d.Started)
	word("Writes to", d.Host)
	word("Plan", d.Saved.ID)
	at("Valid until", d.Saved.Expires)
	word("Run", d.Run)
	return fs
}

func (s section) part(id string) part {
	p := part{ID: id, Title: clean(s.title), Risky: s.risky}
	size := 0
	for _, it := range s.items {
		line := entryLine{Mark: it.mark.clean(), Tone: it.mark.manner.class(), About: bits(it.about), Text: bits(it.text)}
		size += utf8.RuneCountInString(it.about.String() + it.text.String())
		for _, b := range it.below {
			line.Below = append(line.Below, bits(b))
			size += utf8.RuneCountInString(b.String())
		}
		for _, f := range it.folded {
			line.Folded = append(line.Folded, bits(f))
		}
		p.Items = append(p.Items, line)
	}
	p.Open = size <= unfolded
	return p
}

// bits are the spans of a phrase, made safe. Names stand apart by the look of
// them, and need no quotes.
func bits(p phrase) []bit {
	bs := make([]bit, 0, len(p))
	for _, s := range p {
		text := s.clean()
		if s.manner == name {
			text = clean(s.text)
		}
		if text == "" {
			text = `""`
		}
		bs = append(bs, bit{s.manner.class(), text})
	}
	return bs
}

// class is the name of a manner in the page, "" for words of ours.
func (m manner) class() string {
	switch m {
	case name:
		return "name"
	case code:
		return "code"
	case quote:
		return "quote"
	case strong:
		return "strong"
	case dim:
		return "dim"
	case good:
		return "good"
	case warn:
		return "warn"
	case bad:
		return "bad"
	case plain, glue, gap:
	}
	return ""
}
