package doctor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// A TextOptions says how a report is to look.
type TextOptions struct {
	Width int  // of a line, in characters; 0: no line is broken
	Color bool // colours never say more than the signs beside them
	ASCII bool // the terminal has no other characters
	Exit  int  // the exit code, for the last line
}

// The names have a column of their own.
const nameWidth = 15

// Text writes a report for people: a line for each finding, with its cause and
// its remedy below where there is something to do, and counts at the end.
func Text(w io.Writer, r Report, o TextOptions) error {
	var b strings.Builder
	side, told := "", map[string]string{}
	for _, f := range r.Findings {
		if f.Side != side {
			side = f.Side
			b.WriteString(side + "\n")
		}
		o.finding(&b, f, told)
	}
	b.WriteString(o.lastLine(r) + "\n")
	text := b.String()
	if o.ASCII {
		text = plain(text)
	}
	_, err := io.WriteString(w, text)
	return err
}

// A sign is what stands for a status; each differs from the others without
// colours, too.
func (o TextOptions) sign(s Status) string {
	sign, ascii, color := "✘", "x", "31"
	switch s {
	case OK:
		sign, ascii, color = "✔", "+", "32"
	case Warning:
		sign, ascii, color = "!", "!", "33"
	case Skipped:
		sign, ascii, color = "–", "-", "2"
	case Error:
	}
	if o.ASCII {
		sign = ascii
	}
	if o.Color {
		return "\x1b[" + color + "m" + sign + "\x1b[0m"
	}
	return sign
}

// finding writes one finding. Told holds which earlier one had the same cause and
// remedy, which are not worth reading twice.
func (o TextOptions) finding(b *strings.Builder, f Finding, told map[string]string) {
	head := fmt.Sprintf("%-*s  ", nameWidth, f.Name)
	indent := strings.Repeat(" ", 4)
	for i, line := range o.wrap(head+f.Fact, 4) {
		if i == 0 {
			b.WriteString("  " + o.sign(f.Status) + " " + line + "\n")
			continue
		}
		b.WriteString(indent + strings.Repeat(" ", 2) + line + "\n")
	}
	why := f.Cause + "\n" + f.Remedy
	if f.Status != Error && f.Status != Warning || why == "\n" {
		return
	}
	if name, ok := told[why]; ok {
		b.WriteString("      cause and remedy as for: " + name + "\n")
		return
	}
	told[why] = f.Name
	for _, part := range []struct{ name, text string }{{"cause", f.Cause}, {"remedy", f.Remedy}} {
		if part.text == "" {
			continue
		}
		lines := o.wrap(part.text, 14)
		if hasCommand(part.text) {
			lines = strings.Split(part.text, "\n") // to be copied in one piece, though the terminal breaks it
		}
		for i, line := range lines {
			label := strings.Repeat(" ", 8)
			if i == 0 {
				label = fmt.Sprintf("%-8s", part.name+":")
			}
			b.WriteString("      " + label + line + "\n")
		}
	}
}

// wrap breaks a text at its blanks, where there is something to break it for.
// What has none, such as a list of scopes to paste, stays in one piece, and so
// does a line that is a command, or drawn, as a caret below another is.
func (o TextOptions) wrap(text string, indent int) []string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if o.Width == 0 || whole(line) {
			lines = append(lines, line)
			continue
		}
		lines = append(lines, broken(line, max(o.Width-indent-2, 20))...)
	}
	return lines
}

// hasCommand reports whether a text holds what is to be copied.
func hasCommand(text string) bool {
	for _, sign := range []string{"gcloud ", "aws ", "timedatectl ", "https://www.googleapis.com/auth/"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

func whole(line string) bool {
	return strings.HasPrefix(line, " ") || strings.HasPrefix(line, "aws ") || strings.HasPrefix(line, "gcloud ") || strings.HasPrefix(line, "https://")
}

func broken(line string, width int) []string {
	var lines []string
	for len([]rune(line)) > width {
		runes := []rune(line)
		at := strings.LastIndexByte(string(runes[:width+1]), ' ')
		if at <= 0 || strings.TrimSpace(line[:at]) == "" {
			if at = strings.IndexByte(line, ' '); at <= 0 {
				break
			}
		}
		lines, line = append(lines, strings.TrimRight(line[:at], " ")), strings.TrimLeft(line[at:], " ")
	}
	return append(lines, line)
}

func (o TextOptions) lastLine(r Report) string {
	parts := []string{fmt.Sprintf("%d ok", r.Count(OK)), count(r.Count(Warning), "warning"), count(r.Count(Error), "error")}
	if n := r.Count(Skipped); n > 0 {
		parts = append(parts, fmt.Sprintf("%d not checked", n))
	}
	return fmt.Sprintf("%s; %s to Google, %s to AWS; exit %d", strings.Join(parts, ", "), count(r.Calls.Google, "call"), count(r.Calls.AWS, "call"), o.Exit)
}

// plain replaces what is not ASCII by something like it.
func plain(text string) string {
	text = strings.NewReplacer("→", "->", "…", "...", "–", "-", "−", "-", "“", `"`, "”", `"`, "·", "*").Replace(text)
	return strings.Map(func(r rune) rune {
		if r > '~' {
			return '?'
		}
		return r
	}, text)
}

// JSON writes a report for programs. Its members are those of [Finding], below
// "checks", and counts.
func JSON(w io.Writer, r Report, exit int) error {
	doc := struct {
		Version  int       `json:"version"` // of this form: 1
		Exit     int       `json:"exit"`
		OK       int       `json:"ok"`
		Warnings int       `json:"warnings"`
		Errors   int       `json:"errors"`
		Skipped  int       `json:"skipped"`
		Calls    Calls     `json:"calls"`
		Checks   []Finding `json:"checks"`
	}{1, exit, r.Count(OK), r.Count(Warning), r.Count(Error), r.Count(Skipped), r.Calls, append([]Finding{}, r.Findings...)}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
