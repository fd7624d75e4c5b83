package demo

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"ssosync/internal/report"
)

// A teller writes to a person: lines that are not too long, and colours only
// where they are wanted. After the first error it writes nothing more.
type teller struct {
	w     io.Writer
	color bool
	width int
	err   error
}

func (t *teller) write(s string) {
	if t.err == nil {
		_, t.err = io.WriteString(t.w, s)
	}
}

func (t *teller) paint(s lipgloss.Style, text string) string {
	if !t.color {
		return text
	}
	return s.Render(text)
}

// gap writes an empty line.
func (t *teller) gap() { t.write("\n") }

// title writes a heading after a gap, and the command line that it is about.
func (t *teller) title(text, command string) {
	t.gap()
	head := t.paint(lipgloss.NewStyle().Bold(true), text)
	if command == "" {
		t.write(head + "\n")
		return
	}
	command = "$ " + command
	room := t.width - lipgloss.Width(text) - lipgloss.Width(command)
	if room < 2 {
		t.write(head + "\n")
		t.command(command)
		return
	}
	t.write(head + strings.Repeat(" ", min(room, max(2, commandColumn-lipgloss.Width(text)))) + t.code(command) + "\n")
}

// commandColumn is where commands begin beside a heading, if they fit.
const commandColumn = 50

func (t *teller) code(text string) string {
	return t.paint(lipgloss.NewStyle().Foreground(lipgloss.Cyan), text)
}

// say writes a sentence.
func (t *teller) say(format string, args ...any) {
	t.wrap("", "", fmt.Sprintf(format, args...))
}

// item writes a sentence of a list.
func (t *teller) item(format string, args ...any) {
	t.wrap("  · ", "    ", fmt.Sprintf(format, args...))
}

// command writes what can be pasted, in one line however long it is.
func (t *teller) command(line string) {
	t.write("  " + t.code(line) + "\n")
}

// wrap breaks a text at its blanks.
func (t *teller) wrap(first, rest, text string) {
	line := first
	empty := true
	for word := range strings.FieldsSeq(text) {
		if !empty && lipgloss.Width(line)+1+lipgloss.Width(word) > t.width {
			t.write(line + "\n")
			line, empty = rest, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	t.write(line + "\n")
}

// A cut says how many lines of a section of a report are shown, by its title;
// the title of the counts is [counts]. Sections that it does not name are shown
// whole.
type cut map[string]int

// report writes a report, or an excerpt of it.
func (t *teller) report(rep report.Report, c cut) {
	plain, err := textOf(rep, report.TextOptions{Width: t.width})
	shown := plain
	if err == nil && t.color {
		shown, err = textOf(rep, report.TextOptions{Width: t.width, Color: true})
	}
	if err != nil {
		t.err = errors.Join(t.err, err)
		return
	}
	t.write(c.apply(plain, shown))
}

func textOf(rep report.Report, o report.TextOptions) (string, error) {
	var b strings.Builder
	if err := report.Text(&b, rep, o); err != nil {
		return "", fmt.Errorf("write the report: %w", err)
	}
	return b.String(), nil
}

// counts stands for the table at the top of a report, which has no title.
const counts = "counts"

// apply cuts a text whose sections are apart by empty lines. It is the plain
// text that says where; colours do not move lines.
func (c cut) apply(plain, shown string) string {
	lines := strings.Split(strings.TrimSuffix(shown, "\n"), "\n")
	var kept []string
	for section := range strings.SplitSeq(strings.TrimSuffix(plain, "\n"), "\n\n") {
		text := strings.Split(section, "\n")
		part := lines[:len(text)]
		lines = lines[min(len(text)+1, len(lines)):]
		title := text[0]
		if len(kept) == 0 && strings.HasSuffix(title, "kept") {
			title = counts
		}
		if most, named := c[title]; named {
			if most == 0 {
				continue
			}
			part = shorten(part, text, most)
		}
		kept = append(kept, strings.Join(part, "\n"))
	}
	return strings.Join(kept, "\n\n") + "\n"
}

// shorten cuts a section after so many lines; the title does not count.
func shorten(part, text []string, most int) []string {
	hidden := len(text) - 1 - most
	if hidden < 2 {
		return part
	}
	return append(slices.Clone(part[:1+most]), fmt.Sprintf("  … %d more lines", hidden))
}
