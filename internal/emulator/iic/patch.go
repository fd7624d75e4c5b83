package iic

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// patchOp is one operation of a PATCH (RFC 7644 §3.5.2).
type patchOp struct {
	op    string // add, replace, remove
	path  string // empty: the value is an object of attributes
	value any    // nil: absent
}

// patchOps reads the envelope.
func (s *Server) patchOps(q *request) ([]patchOp, error) {
	m, err := q.object()
	if err != nil {
		return nil, err
	}
	schemas, _ := m["schemas"].([]any)
	if m["schemas"] != nil && !slices.Contains(schemas, any(patchSchema)) {
		return nil, invalid("schemas of a PATCH must contain %s", patchSchema)
	}
	var list struct{ Operations []json.RawMessage }
	if err := json.Unmarshal(q.body, &list); err != nil || len(list.Operations) == 0 {
		return nil, invalid("Missing Operations in PATCH request")
	}
	var ops []patchOp
	for _, raw := range list.Operations {
		var o struct {
			Op, Path string
			Value    any
		}
		if err := json.Unmarshal(raw, &o); err != nil {
			return nil, invalid("Invalid JSON from RequestBody")
		}
		op := o.Op
		if !s.options.Switches.CaseSensitiveOp {
			op = strings.ToLower(op)
		}
		if op != "add" && op != "replace" && op != "remove" {
			return nil, invalid("Unsupported op '%s' in PATCH request", o.Op)
		}
		ops = append(ops, patchOp{op, o.Path, o.Value})
	}
	return ops, nil
}

// target is a parsed path: attr, attr.sub, attr[filterAttr eq "filterValue"], attr[…].sub, or an extension's URN, alone or with
// a colon and an attribute (RFC 7644 §3.10).
type target struct {
	attr, sub               string
	filterAttr, filterValue string
	filtered                bool
}

var pathPattern = regexp.MustCompile(`^([A-Za-z]+)(?:\[\s*([A-Za-z]+)\s+(?i:eq)\s+("(?:[^"\\]|\\.)*")\s*\])?(?:\.([A-Za-z]+))?$`)

func parseTarget(path string) (target, error) {
	if len(path) >= len(enterpriseSchema) && strings.EqualFold(path[:len(enterpriseSchema)], enterpriseSchema) {
		rest := path[len(enterpriseSchema):]
		sub, colon := strings.CutPrefix(rest, ":")
		if rest != "" && (!colon || sub == "") {
			return target{}, invalid("Invalid path '%s' in PATCH request", path)
		}
		return target{attr: enterpriseSchema, sub: sub}, nil
	}
	m := pathPattern.FindStringSubmatch(strings.TrimPrefix(path, userSchema+":"))
	if m == nil {
		return target{}, invalid("Invalid path '%s' in PATCH request", path)
	}
	t := target{attr: m[1], sub: m[4], filterAttr: m[2], filtered: m[2] != ""}
	if t.filtered {
		if err := json.Unmarshal([]byte(m[3]), &t.filterValue); err != nil {
			return target{}, invalid("Invalid path '%s' in PATCH request", path)
		}
	}
	return t, nil
}
