package query

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A clause is one condition as it was written, without its quotes.
type clause struct {
	field string // "" for a value alone
	op    string // "" for a value alone; rangeOp has max
	value string
	max   string
	star  bool   // a "*" that means more than itself
	at    int    // where it begins in the text
	valAt int    // where its value begins
	id    string // of memberKey, once resolved
}

const rangeOp = ":[]"

// is reports whether the clause is about a field, given in lower case.
func (c clause) is(field string) bool { return strings.EqualFold(c.field, field) }

// anything reports whether the clause is "*".
func (c clause) anything() bool { return c.field == "" && c.star && c.value == "" }

// A part is what is between two commas.
type part struct {
	text    string
	clauses []clause
}

// A syntaxError is a problem at a place.
type syntaxError struct {
	at      int
	problem string
}

func (e *syntaxError) Error() string { return e.problem }

func wrong(at int, format string, args ...any) error {
	return &syntaxError{at: at, problem: fmt.Sprintf(format, args...)}
}

// A scanner reads clauses from a text.
type scanner struct {
	text string
	at   int
}

// parse splits a text into parts. Parts without a clause are passed over, so that
// a comma at the end does no harm.
func parse(text string) ([]part, error) {
	s := scanner{text: text}
	var parts []part
	var p part
	from := 0
	finish := func() {
		if p.text = strings.TrimSpace(text[from:s.at]); len(p.clauses) > 0 {
			parts = append(parts, p)
		}
		p = part{}
	}
	for {
		s.space()
		if s.done() {
			finish()
			return parts, nil
		}
		if s.skip(",") {
			s.at--
			finish()
			s.at++
			from = s.at
			continue
		}
		c, err := s.clause()
		if err != nil {
			return nil, err
		}
		p.clauses = append(p.clauses, c)
	}
}

func (s *scanner) done() bool { return s.at >= len(s.text) }

func (s *scanner) rest() string { return s.text[s.at:] }

func (s *scanner) skip(token string) bool {
	if strings.HasPrefix(s.rest(), token) {
		s.at += len(token)
		return true
	}
	return false
}

func (s *scanner) space() {
	s.at = len(s.text) - len(strings.TrimLeftFunc(s.rest(), unicode.IsSpace))
}

// clause reads a clause; there is at least one character that is neither space
// nor comma.
func (s *scanner) clause() (clause, error) {
	c := clause{at: s.at}
	c.field, c.op = s.head()
	if c.op != "" && c.field == "" {
		return c, wrong(c.at, "%q needs the name of a field before it, without a space", c.op)
	}
	c.valAt = s.at
	if c.op == ":" && s.skip("[") {
		err := s.bounds(&c)
		return c, err
	}
	quoted, err := s.value(&c)
	if err != nil {
		return c, err
	}
	c.prefix(quoted)
	if c.value == "" && !c.star {
		return c, wrong(c.valAt, "a value is missing here (no space after %q)", c.op)
	}
	return c, nil
}

// prefix takes off the "*" of a prefix. In quotes, "=" takes it for what it is.
func (c *clause) prefix(quoted bool) {
	if c.op == ":" || c.op == "" || (c.op == "=" && !quoted) {
		text, star := strings.CutSuffix(c.value, "*")
		c.value, c.star = text, c.star || star
	}
}

// head reads a field and its operator, or nothing where a value stands alone.
func (s *scanner) head() (field, op string) {
	from := s.at
	field = s.rest()[:len(s.rest())-len(strings.TrimLeftFunc(s.rest(), inName))]
	s.at += len(field)
	for _, op := range []string{">=", "<=", ">", "<", "=", ":"} {
		if s.skip(op) {
			return field, op
		}
	}
	s.at = from
	return "", ""
}

func inName(r rune) bool {
	return r == '.' || r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// value reads a value, and a "*" after its quotes.
func (s *scanner) value(c *clause) (quoted bool, err error) {
	if !s.done() && (s.text[s.at] == '\'' || s.text[s.at] == '"') {
		if c.value, err = s.quote(); err != nil {
			return true, err
		}
		if !strings.ContainsAny(c.op, "<>") && s.skip("*") {
			c.star = true
		}
		if r, _ := utf8.DecodeRuneInString(s.rest()); !s.done() && r != ',' && !unicode.IsSpace(r) {
			return true, wrong(s.at, "a space or a comma must follow the quote (write \\%c for a quote inside)", s.text[c.valAt])
		}
		return true, nil
	}
	c.value = s.until(func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	return false, nil
}

// quote reads a text in quotes; escapes are \' \" and \\.
func (s *scanner) quote() (string, error) {
	from, mark := s.at, s.text[s.at]
	for i := from + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case mark:
			s.at = i + 1
			return unescape(s.text[from+1 : i]), nil
		}
	}
	return "", wrong(from, "this quote is not closed")
}

// until reads a text without quotes.
func (s *scanner) until(end func(rune) bool) string {
	n := strings.IndexFunc(s.rest(), end)
	if n < 0 {
		n = len(s.rest())
	}
	s.at += n
	return unescape(s.text[s.at-n : s.at])
}

func unescape(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\"`, `"`).Replace(s)
}

// bounds reads min,max] of a range.
func (s *scanner) bounds(c *clause) error {
	c.op = rangeOp
	var ends [2]string
	for i, after := range []string{",", "]"} {
		s.space()
		if !s.done() && (s.text[s.at] == '\'' || s.text[s.at] == '"') {
			text, err := s.quote()
			if err != nil {
				return err
			}
			ends[i] = text
		} else {
			ends[i] = s.until(func(r rune) bool { return r == ',' || r == ']' || unicode.IsSpace(r) })
		}
		s.space()
		if ends[i] == "" || !s.skip(after) {
			return wrong(s.at, "a range is written [min,max]: %q is missing here", after)
		}
	}
	c.value, c.max = ends[0], ends[1]
	return nil
}

// explain shows where in the text a problem is.
func explain(what, text string, err error) error {
	e, ok := err.(*syntaxError) //nolint:errorlint // It is ours, and never wrapped.
	if !ok {
		return err
	}
	flat := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	// Map keeps the number of runes, so the mark is counted in runes.
	column := utf8.RuneCountInString(text[:e.at])
	return fmt.Errorf("%s: %w\n    %s\n    %s^", what, err, flat, strings.Repeat(" ", column))
}
