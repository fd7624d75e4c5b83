package directory

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Path finds values in an account's record as the source returned it:
//
//	name.givenName                      a field of an object
//	organizations[primary].title        of the element whose "primary" is true, else of the first one
//	phones[type=work].value             of the elements where type is "work"
//	emails[].address                    of every element
//	customSchemas.AWS.costCenter        custom schemas work alike
//
// The first step is a field of Google's user resource (Directory API
// reference: users).
type Path struct{ steps []step }

type step struct {
	name   string
	list   bool
	key    string // of the filter; "" selects every element
	equals string // "" with a key selects the one that is marked, or the first
}

var stepRE = regexp.MustCompile(`^([A-Za-z0-9_-]+)(\[(?:([A-Za-z0-9_]+)(?:=([^\]=]+))?)?\])?$`)

// ParsePath parses a path, or says what is wrong with it.
func ParsePath(s string) (Path, error) {
	var p Path
	for part := range strings.SplitSeq(s, ".") {
		m := stepRE.FindStringSubmatch(part)
		if m == nil {
			return Path{}, fmt.Errorf("path %q: %q is neither name, name[], name[flag] nor name[key=value]", s, part)
		}
		p.steps = append(p.steps, step{name: m[1], list: m[2] != "", key: m[3], equals: m[4]})
	}
	return p, nil
}

// Mask returns the field mask of the path, such as name/givenName; masks of
// several paths may be joined by commas. It asks for a whole root where a filter
// or a custom schema is involved.
func (p Path) Mask() string {
	if p.Root() == "customSchemas" {
		return p.Root()
	}
	names := make([]string, len(p.steps))
	for i, s := range p.steps {
		names[i] = s.name
	}
	// A filter reads a field beside the one that is wanted: ask for all.
	for _, s := range p.steps {
		if s.key != "" {
			return p.Root()
		}
	}
	return strings.Join(names, "/")
}

// Root returns the first field of the path.
func (p Path) Root() string {
	if len(p.steps) == 0 {
		return ""
	}
	return p.steps[0].name
}

// Schema returns the name of the custom schema that the path reads, if any.
func (p Path) Schema() (name string, ok bool) {
	if p.Root() != "customSchemas" || len(p.steps) < 2 {
		return "", false
	}
	return p.steps[1].name, true
}

// Lookup returns the values at the path in a record decoded by encoding/json,
// as text: numbers and booleans as JSON writes them. Empty texts are left out.
// A multi-valued custom field, whose elements are objects with a value, gives
// the values (Directory API guide: manage custom user fields).
func (p Path) Lookup(record map[string]any) []string {
	nodes := []any{record}
	for _, s := range p.steps {
		var next []any
		for _, n := range nodes {
			obj, _ := n.(map[string]any)
			next = append(next, s.pick(obj[s.name])...)
		}
		nodes = next
	}
	var texts []string
	for _, n := range nodes {
		texts = append(texts, leaf(n)...)
	}
	return texts
}

func (s step) pick(v any) []any {
	list, isList := v.([]any)
	switch {
	case !isList:
		return []any{v}
	case !s.list || s.key == "":
		return list
	}
	var hits []any
	for _, e := range list {
		obj, _ := e.(map[string]any)
		switch at := obj[s.key]; {
		case s.equals != "" && strings.EqualFold(text(at), s.equals), s.equals == "" && at == true:
			hits = append(hits, e)
		}
	}
	if s.equals == "" && len(hits) == 0 && len(list) > 0 {
		hits = list[:1]
	}
	return hits
}

func leaf(n any) []string {
	switch v := n.(type) {
	case []any:
		var all []string
		for _, e := range v {
			all = append(all, leaf(e)...)
		}
		return all
	case map[string]any:
		return leaf(v["value"])
	}
	if t := text(n); t != "" {
		return []string{t}
	}
	return nil
}

func text(n any) string {
	switch v := n.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}
