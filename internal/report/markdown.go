package report

import (
	"io"
	"strings"
)

// How much harmless detail a job's summary is worth, which GitHub folds, and
// limits to 1 MiB (GitHub Docs: workflow commands, adding a job summary).
const (
	summaryItems = 100
	summaryNames = 50
	summaryIDs   = 10
)

// titles are the outcomes as headings.
var titles = map[Outcome]string{
	InSync: "in sync", Planned: "planned, nothing was changed", Done: "done", Partial: "done, with exceptions",
	Refused: "refused", Interrupted: "interrupted", Failed: "failed",
}

// Markdown writes a report for pull requests and job summaries, in GitHub's
// dialect. What others chose (names, errors) stands in code spans, where it
// can neither format, link nor mention anybody.
func Markdown(w io.Writer, r Report) error {
	var b strings.Builder
	p := newPage(newDigest(r), limits{items: summaryItems, names: summaryNames, ids: summaryIDs})
	b.WriteString("## ssosync: " + titles[r.Outcome] + "\n\n" + inline(p.headline) + "\n\n")
	if p.mirror != "" {
		b.WriteString(inline(say(p.mirror)) + "\n\n")
	}
	b.WriteString(p.counts.markdown())
	for _, s := range p.sections {
		b.WriteString(s.markdown())
	}
	for _, c := range p.closing {
		b.WriteString(inline(c) + "\n\n")
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

func (g grid) markdown() string {
	if len(g.rows) == 0 {
		return ""
	}
	var b strings.Builder
	row := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	row(g.heads)
	b.WriteString("|:--" + strings.Repeat("|--:", len(g.heads)-1) + "|\n")
	for _, r := range g.rows {
		row(r)
	}
	if g.note != "" {
		b.WriteString("\n" + g.note + "\n")
	}
	return b.String() + "\n"
}

// markdown writes a section, folded unless it is risky.
func (s section) markdown() string {
	var b strings.Builder
	if s.risky {
		b.WriteString("### " + s.title + "\n\n")
	} else {
		b.WriteString("<details><summary>" + s.title + "</summary>\n\n")
	}
	for _, it := range s.items {
		p := it.about
		if len(p) > 0 && len(it.text) > 0 {
			p = append(say(p, ": "), it.text...)
		} else {
			p = append(p, it.text...)
		}
		b.WriteString("- " + inline(p) + "\n")
		for _, below := range it.below {
			b.WriteString("  - " + inline(below) + "\n")
		}
	}
	if s.more > 0 {
		b.WriteString("- " + inline(say("… and ", count(s.more, "line")+" more, all in ", span{code, "--output json"})) + "\n")
	}
	if !s.risky {
		b.WriteString("\n</details>\n")
	}
	return b.String() + "\n"
}

// inline writes a phrase on one line.
func inline(p phrase) string {
	var b strings.Builder
	escape := strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "|", `\|`, "~", `\~`, "$", `\$`)
	for _, s := range p {
		switch {
		case s.manner.foreign():
			b.WriteString(codeSpan(s))
		case s.manner == strong:
			b.WriteString("**" + escape.Replace(s.clean()) + "**")
		default:
			b.WriteString(escape.Replace(s.clean()))
		}
	}
	return b.String()
}

// codeSpan shows a text exactly (GFM §6.3): between more backticks than it has
// in a row, and with blanks that are taken off again where it begins or ends
// with one.
func codeSpan(s span) string {
	text := clean(s.text)
	if s.manner == quote {
		text = s.clean()
	}
	if text == "" {
		text = `""`
	}
	longest, n := 0, 0
	for _, r := range text {
		n++
		if r != '`' {
			n = 0
		}
		longest = max(longest, n)
	}
	fence := strings.Repeat("`", longest+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") || strings.HasPrefix(text, " ") && strings.HasSuffix(text, " ") {
		text = " " + text + " "
	}
	return fence + text + fence
}
