package query

import "strings"

// render writes clauses as Google reads them.
func render(clauses []clause) string {
	var texts []string
	for _, c := range clauses {
		if c.is(orgUnitPath) && c.op == "=" && c.value == "/" {
			continue
		}
		texts = append(texts, c.String())
	}
	return strings.Join(texts, " ")
}

// String writes the clause with single quotes, where quotes are needed.
func (c clause) String() string {
	switch {
	case c.op == rangeOp:
		return c.field + ":[" + quote(c.value) + "," + quote(c.max) + "]"
	case !c.star:
		return c.field + c.op + quote(c.value)
	case c.op == "=" && c.value != "":
		return c.field + c.op + quote(c.value) + "*"
	}
	// Where a star means a prefix, it does so within quotes as well.
	if plain(c.value) {
		return c.field + c.op + c.value + "*"
	}
	return c.field + c.op + quote(c.value+"*")
}

// quote puts quotes around what is more than a word, and escapes within
// (Directory API guide: search for users, value types).
func quote(s string) string {
	if s != "" && plain(s) {
		return s
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// plain reports whether s can do without quotes wherever it stands.
func plain(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !inName(r) && r != '@' && r != '/' && r != '+' }) < 0
}
