package config

import "strings"

// maxDepth is how deep a file may nest. The settings take three levels; a parser
// that is handed thousands of them may not come back.
const maxDepth = 20

// tooDeep returns the first line, from 1, of a YAML text that nests deeper than
// maxDepth, and 0 if there is none. It knows just enough of YAML for that: blocks
// nest by their columns (YAML 1.2.2 §8), and brackets count where a value may
// begin with one (§7.4).
func tooDeep(text string) int {
	var d depth
	for i, line := range strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n") {
		if d.line(line); len(d.blocks)+d.brackets > maxDepth {
			return i + 1
		}
	}
	return 0
}

type depth struct {
	blocks   []int // their columns
	brackets int   // open ones
	quote    byte  // that is open, or 0
}

func (d *depth) line(line string) {
	rest := strings.TrimLeft(line, " ")
	if d.quote == 0 && (rest == "" || rest[0] == '#') {
		return
	}
	if d.quote == 0 && d.brackets == 0 {
		rest = d.block(rest, len(line)-len(rest))
	}
	d.flow(rest)
}

// block notes where a line begins, and what "- - ? x" opens at once. It returns
// what is behind that.
func (d *depth) block(rest string, column int) string {
	for len(d.blocks) > 0 && d.blocks[len(d.blocks)-1] >= column {
		d.blocks = d.blocks[:len(d.blocks)-1]
	}
	d.blocks = append(d.blocks, column)
	for len(rest) > 1 && strings.IndexByte("-?:", rest[0]) >= 0 && (rest[1] == ' ' || rest[1] == '\t') {
		after := strings.TrimLeft(rest[1:], " \t")
		column += len(rest) - len(after)
		d.blocks = append(d.blocks, column)
		rest = after
	}
	return rest
}

// flow counts brackets outside of quotes and comments.
func (d *depth) flow(rest string) {
	begins := true // a value may begin here
	for i := 0; i < len(rest) && d.brackets <= maxDepth; i++ {
		c := rest[i]
		switch {
		case d.quote == '"' && c == '\\':
			i++
		case d.quote != 0:
			d.unquote(c)
		case c == ' ' || c == '\t':
		case c == '#' && (i == 0 || rest[i-1] == ' ' || rest[i-1] == '\t'):
			return
		default:
			begins = d.plain(c, begins)
		}
	}
}

func (d *depth) unquote(c byte) {
	if c == d.quote {
		d.quote = 0
	}
}

// plain takes one character outside of quotes, and says whether a value may begin
// behind it.
func (d *depth) plain(c byte, begins bool) bool {
	switch {
	case begins && (c == '"' || c == '\''):
		d.quote = c
	case (begins || d.brackets > 0) && (c == '[' || c == '{'):
		d.brackets++
		return true
	case d.brackets > 0 && (c == ']' || c == '}'):
		d.brackets--
	}
	return strings.IndexByte(",:-?", c) >= 0
}
