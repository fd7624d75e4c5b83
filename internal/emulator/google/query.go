package google

import (
	"slices"
	"strings"
	"unicode"
)

// A clause is one test of a search (Directory API guides: search for users,
// search for groups). Clauses are AND-ed; there is no OR.
type clause struct {
	field  string // folded; "" for a bare value
	op     string // = : > >= < <= prefix range, "" for a bare value
	value  string
	values []string // the bounds of a range
}

func invalidQuery() *apiError { return invalidInput("query") }

// parseQuery splits a search into clauses. Values with spaces or punctuation
// are in single quotes, with \' for a quote.
func parseQuery(text string) ([]clause, error) {
	p := queryParser{rest: text}
	var all []clause
	for {
		p.rest = strings.TrimLeft(p.rest, " \t\n")
		if p.rest == "" {
			break
		}
		c, err := p.clause()
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, invalidQuery()
	}
	return all, nil
}

type queryParser struct{ rest string }

func (p *queryParser) clause() (clause, error) {
	if strings.HasPrefix(p.rest, "'") {
		v, err := p.quoted()
		return clause{value: v}, err
	}
	end := strings.IndexAny(p.rest, " \t\n=:<>'")
	if end < 0 || strings.ContainsRune(" \t\n", rune(p.rest[end])) {
		if end < 0 {
			end = len(p.rest)
		}
		c := clause{value: p.rest[:end]}
		p.rest = p.rest[end:]
		return c, nil
	}
	c := clause{field: fold(p.rest[:end])}
	p.rest = p.rest[end:]
	if c.field == "" || p.rest[0] == '\'' {
		return clause{}, invalidQuery()
	}
	for _, op := range []string{">=", "<=", "=", ":", ">", "<"} {
		if rest, ok := strings.CutPrefix(p.rest, op); ok {
			c.op, p.rest = op, rest
			break
		}
	}
	err := p.value(&c)
	return c, err
}

// value reads what follows an operator: a range, a quoted or a plain value,
// and after a colon perhaps the star of a prefix. Nothing but space may follow.
func (p *queryParser) value(c *clause) error {
	if c.op == ":" && strings.HasPrefix(p.rest, "[") {
		return p.bounds(c)
	}
	var err error
	var star bool
	if strings.HasPrefix(p.rest, "'") {
		if c.value, err = p.quoted(); err != nil {
			return err
		}
		p.rest, star = cutStar(p.rest, c.op, strings.CutPrefix)
	} else {
		end := strings.IndexAny(p.rest+" ", " \t\n")
		c.value, p.rest = p.rest[:end], p.rest[end:]
		c.value, star = cutStar(c.value, c.op, strings.CutSuffix)
	}
	if star {
		c.op = "prefix"
	}
	if c.value == "" || !p.atSpace() {
		return invalidQuery()
	}
	return nil
}

// cutStar takes the star of a prefix off a text, after a colon only.
func cutStar(text, op string, cut func(s, fix string) (string, bool)) (string, bool) {
	if op != ":" {
		return text, false
	}
	return cut(text, "*")
}

// bounds reads [MIN,MAX].
func (p *queryParser) bounds(c *clause) error {
	inner, rest, closed := strings.Cut(p.rest[1:], "]")
	low, high, both := strings.Cut(inner, ",")
	c.op, c.values, p.rest = "range", []string{strings.TrimSpace(low), strings.TrimSpace(high)}, rest
	if !closed || !both || !p.atSpace() {
		return invalidQuery()
	}
	return nil
}

func (p *queryParser) atSpace() bool {
	return p.rest == "" || strings.ContainsRune(" \t\n", rune(p.rest[0]))
}

func (p *queryParser) quoted() (string, error) {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch ch := p.rest[i]; {
		case ch == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		case ch == '\'':
			p.rest = p.rest[i+1:]
			return b.String(), nil
		default:
			b.WriteByte(ch)
		}
	}
	return "", invalidQuery()
}

// words are the runs of letters and digits of a text, folded.
func words(s string) []string {
	return strings.FieldsFunc(fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// containsWords says whether the words of part are in text, in this order and
// next to each other (Directory API guide: search for users, operator ":").
func containsWords(text, part string) bool {
	have, want := words(text), words(part)
	if len(want) == 0 {
		return false
	}
	for i := range have {
		if len(have)-i >= len(want) && slices.Equal(have[i:i+len(want)], want) {
			return true
		}
	}
	return false
}

// test compares one text with the clause.
func (c clause) test(have string) bool {
	switch c.op {
	case "=":
		return fold(have) == fold(c.value)
	case ":":
		return containsWords(have, c.value)
	case "prefix":
		return have != "" && strings.HasPrefix(fold(have), fold(c.value))
	default:
		return false
	}
}

func (c clause) testAny(have []string) bool { return slices.ContainsFunc(have, c.test) }
