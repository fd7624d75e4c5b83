package iic_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

func (f *fake) patchGroup(id, body string) *problem {
	var in struct {
		Operations []struct {
			Op, Path string
			Value    any
		}
	}
	if json.Unmarshal([]byte(body), &in) != nil || len(in.Operations) == 0 {
		return &problem{400, "ValidationException"}
	}
	obj, members := maps.Clone(f.groups[id]), maps.Clone(f.members[id])
	n, kinds := 0, map[string]bool{}
	for _, op := range in.Operations {
		if op.Path != "members" {
			if op.Op == "remove" {
				delete(obj, op.Path)
				continue
			}
			obj[op.Path] = op.Value
			if f.taken(f.groups, id, obj) {
				return &problem{max(f.renameTaken, 400), "duplicate"}
			}
			continue
		}
		list, _ := op.Value.([]any)
		n, kinds[op.Op] = n+len(list), true
		if len(list) == 0 || n > 100 || f.noMixed && len(kinds) > 1 {
			return &problem{400, "Request is unparsable, syntactically incorrect, or violates schema."}
		}
		for _, m := range list {
			if p := f.change(members, op.Op, m.(map[string]any)["value"].(string)); p != nil {
				if f.partial {
					f.groups[id], f.members[id] = obj, members
				}
				return p
			}
		}
	}
	f.groups[id], f.members[id] = obj, members
	return nil
}

func (f *fake) change(members map[string]bool, op, who string) *problem {
	switch {
	case f.users[who] == nil:
		return &problem{f.unknown(), "unknown member"}
	case op == "add" && members[who] && f.addExisting != 0:
		return &problem{f.addExisting, "is a member"}
	case op == "remove" && !members[who] && f.removeMissing != 0:
		return &problem{f.removeMissing, "is no member"}
	case op == "add":
		members[who] = true
	default:
		delete(members, who)
	}
	return nil
}

func (f *fake) patchUser(id, body string) *problem {
	var in struct{ Operations []map[string]any }
	if json.Unmarshal([]byte(body), &in) != nil || len(in.Operations) == 0 {
		return &problem{400, "ValidationException"}
	}
	obj := copyJSON(f.users[id])
	for _, op := range in.Operations {
		path, _ := op["path"].(string)
		if f.refusePath != nil && f.refusePath(path, op["value"]) {
			return &problem{400, "Request is unparsable, syntactically incorrect, or violates schema."}
		}
		if f.ignorePath != nil && f.ignorePath(path) {
			continue
		}
		if err := apply(obj, op, f.merge); err != nil {
			return &problem{400, err.Error()}
		}
	}
	if f.taken(f.users, id, obj) {
		return &problem{409, "duplicate"}
	}
	f.users[id] = obj
	return nil
}

func copyJSON(obj map[string]any) map[string]any {
	b, _ := json.Marshal(obj)
	var out map[string]any
	_ = json.Unmarshal(b, &out)
	return out
}

var steps = regexp.MustCompile(`^(urn:[^\[]*:2\.0:User|[A-Za-z]+)(?:\[type eq "([a-z]+)"\])?(?:[.:]([A-Za-z]+))?(?:\.([A-Za-z]+))?$`)

// apply is a PATCH interpreter for one operation (RFC 7644 §3.5.2).
func apply(obj, op map[string]any, merge bool) error {
	verb, _ := op["op"].(string)
	path, _ := op["path"].(string)
	value := op["value"]
	if verb != "remove" && value == nil || value == "" {
		return fmt.Errorf("a value is required")
	}
	if path == "" {
		whole, ok := value.(map[string]any)
		if !ok || verb == "remove" {
			return fmt.Errorf("no path")
		}
		maps.Copy(obj, whole)
		return nil
	}
	m := steps.FindStringSubmatch(path)
	if m == nil {
		return fmt.Errorf("path %q", path)
	}
	at, keys := obj, []string{m[1]}
	if m[2] != "" {
		list, _ := obj[m[1]].([]any)
		i := slices.IndexFunc(list, func(v any) bool { return v.(map[string]any)["type"] == m[2] })
		switch {
		case i < 0 && verb == "add":
			at = map[string]any{"type": m[2]}
			obj[m[1]] = append(list, at)
		case i < 0:
			return fmt.Errorf("no target")
		case m[3] == "":
			obj[m[1]] = slices.Delete(list, i, i+1)
			return nil
		default:
			at = list[i].(map[string]any)
		}
		keys = nil
	}
	for _, k := range m[3:] {
		if k != "" {
			keys = append(keys, k)
		}
	}
	for _, k := range keys[:len(keys)-1] {
		in, ok := at[k].(map[string]any)
		if !ok {
			in = map[string]any{}
			at[k] = in
		}
		at = in
	}
	last := keys[len(keys)-1]
	old, isObject := at[last].(map[string]any)
	switch {
	case verb == "remove":
		delete(at, last)
	case isObject && merge:
		maps.Copy(old, value.(map[string]any))
	default:
		at[last] = value
	}
	return nil
}
