package config

import (
	"encoding/json"
	"strings"
)

// A lineProblem is something wrong in a file; its text quotes no value.
type lineProblem struct {
	line int
	text string
}

// parseDotEnv reads NAME=VALUE lines, of which it keeps those that wanted
// says. It knows "export ", comments, quotes over several lines, any line end,
// and JSON or base64 that goes on over several lines without quotes, as base64
// prints it. It expands no variables. Lines that are not understood are left
// alone, because the file may belong to another program, unless they hold a
// wanted name.
func parseDotEnv(text string, wanted func(name string) bool) (map[string]variable, []lineProblem) {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return nil, []lineProblem{{1, "the file is UTF-16; save it as UTF-8"}}
	}
	text = strings.TrimPrefix(text, "\ufeff")
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	vars := map[string]variable{}
	var problems []lineProblem
	for i := 0; i < len(lines); {
		at := i
		name, rest, ok := assignment(lines[i])
		i++
		if !ok {
			continue
		}
		value, used, closed := read(rest, lines[i:], wanted(name))
		if closed {
			i += used
		}
		switch {
		case !wanted(name):
			continue
		case !closed:
			problems = append(problems, lineProblem{at + 1, "the quote of " + name + " is never closed"})
			continue
		}
		vars[name] = variable{value, at + 1}
	}
	return vars, problems
}

// read returns the value that begins with rest and may go on over more lines,
// of which it says how many it used. A quote that is never closed is not ok. What
// nobody wants is not looked at for a key over several lines, which takes time.
func read(rest string, more []string, wanted bool) (value string, used int, ok bool) {
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		return quoted(rest, more)
	}
	if value = unquoted(rest); !wanted {
		return value, 0, true
	}
	value, used = continued(value, more)
	return value, used, true
}

// assignment splits a line into a name and the text after its "=".
func assignment(line string) (name, rest string, ok bool) {
	line = strings.TrimLeft(line, " \t")
	if after, ok := strings.CutPrefix(line, "export "); ok {
		line = after
	}
	name, rest, ok = strings.Cut(line, "=")
	name = strings.TrimSpace(name)
	if !ok || name == "" || strings.ContainsAny(name, " \t\"'#") {
		return "", "", false
	}
	return name, strings.TrimLeft(rest, " \t"), true
}

// unquoted drops a comment, which begins after white space.
func unquoted(s string) string {
	if strings.HasPrefix(s, "#") {
		return ""
	}
	for i := 1; i < len(s); i++ {
		if s[i] == '#' && (s[i-1] == ' ' || s[i-1] == '\t') {
			s = s[:i]
			break
		}
	}
	return strings.TrimSpace(s)
}

// quoted reads the value after a quote, which may close on a later line, and
// says how many of those it used. Within double quotes a backslash makes \n,
// \r, \t, and makes a quote, a dollar and itself plain; others stay.
func quoted(first string, more []string) (value string, used int, ok bool) {
	quote, text := first[0], first[1:]
	var b strings.Builder
	for {
		for i := 0; i < len(text); i++ {
			switch {
			case text[i] == quote:
				return b.String(), used, true
			case quote == '"' && text[i] == '\\' && i+1 < len(text):
				i++
				b.WriteString(unescape(text[i]))
			default:
				b.WriteByte(text[i])
			}
		}
		if used == len(more) {
			return "", 0, false
		}
		b.WriteByte('\n')
		text = more[used]
		used++
	}
}

func unescape(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	case '"', '\\', '$', '`':
		return string(c)
	default:
		return `\` + string(c)
	}
}

// continued joins the lines after an unquoted value that is the beginning of a
// key: JSON, or base64 of JSON, that is not complete yet. It gives up, joining
// none, if it is never complete.
func continued(value string, more []string) (joined string, used int) {
	if !opensKey(value) || completeKey(value) {
		return value, 0
	}
	base64 := value[0] != '{'
	joined = value
	for used < min(len(more), 500) {
		line := strings.TrimSpace(more[used])
		if base64 && !isBase64(line) {
			break
		}
		joined += "\n" + line
		used++
		if completeKey(joined) {
			return joined, used
		}
	}
	return value, 0
}

// opensKey reports whether s begins like a JSON object or base64 of one: "{"
// and then white space or a quote encode as "ew" or "ey".
func opensKey(s string) bool {
	return strings.HasPrefix(s, "{") || ((strings.HasPrefix(s, "ew") || strings.HasPrefix(s, "ey")) && isBase64(s))
}

func completeKey(s string) bool {
	if strings.HasPrefix(s, "{") {
		return json.Valid([]byte(s))
	}
	data, ok := decodeBase64(s)
	return ok && json.Valid(data)
}
