package iic

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// patchable are the attributes that a PATCH of a user may name; roles are not among them (SCIM guide: PatchUser).
func patchable(attr string) bool {
	return slices.ContainsFunc([]string{
		"userName", "active", "externalId", "displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage",
		"locale", "timezone", "name", "emails", "addresses", "phoneNumbers", enterpriseSchema,
	}, func(a string) bool { return strings.EqualFold(a, attr) })
}

func isList(attr string) bool {
	return strings.EqualFold(attr, "emails") || strings.EqualFold(attr, "addresses") || strings.EqualFold(attr, "phoneNumbers")
}

// patchUser: SCIM guide, PatchUser. All operations are done, or none.
func (s *Server) patchUser(q *request) (response, error) {
	before, err := s.userAt(q)
	if err != nil {
		return response{}, err
	}
	ops, err := s.patchOps(q)
	if err != nil {
		return response{}, err
	}
	e := &editor{user: before.clone()}
	if err := s.patchAll(e, ops); err != nil {
		return response{}, err
	}
	if err := s.judge(e, before); err != nil {
		return response{}, err
	}
	s.storeUser(q, e.user)
	return response{http.StatusOK, viewOfUser(e.user)}, nil
}

// patchAll refuses several operations on userName or on active in one request (SCIM guide: PatchUser, "Not supported").
func (s *Server) patchAll(e *editor, ops []patchOp) error {
	seen := map[string]int{}
	for _, op := range flatten(ops) {
		if op.op != "remove" && op.value == nil {
			return invalid("Missing value in PATCH request")
		}
		if op.path == "" {
			return invalid("Missing path in PATCH request")
		}
		t, err := parseTarget(op.path)
		if err != nil {
			return err
		}
		if !patchable(t.attr) {
			return invalid("unsupported attribute '%s'", t.attr)
		}
		name := strings.ToLower(t.attr)
		seen[name]++
		if seen[name] > 1 && (name == "username" || name == "active") {
			return invalid("Multiple PATCH operations on %s", t.attr)
		}
		if err := s.patchOne(e, op, t); err != nil {
			return err
		}
	}
	return nil
}

// flatten turns an add or replace without a path, whose value is an object of attributes, into one for each attribute
// (RFC 7644 §3.5.2.1).
func flatten(ops []patchOp) []patchOp {
	var flat []patchOp
	for _, op := range ops {
		m, ok := op.value.(map[string]any)
		if op.path != "" || op.op == "remove" || !ok {
			flat = append(flat, op)
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(m)) {
			flat = append(flat, patchOp{op.op, key, m[key]})
		}
	}
	return flat
}

func (s *Server) patchOne(e *editor, op patchOp, t target) error {
	if err := s.pathAllowed(op, t); err != nil {
		return err
	}
	switch {
	case isList(t.attr):
		return e.patchList(op, t)
	case t.filtered:
		return invalid("Invalid path '%s' in PATCH request", op.path)
	case op.op == "remove":
		return e.remove(t)
	case t.sub == "":
		return e.set(t.attr, op.value)
	case t.attr == enterpriseSchema && strings.EqualFold(t.sub, "manager"):
		return e.setManager(op.value)
	}
	return e.setString(t.attr+"."+t.sub, op.value)
}

// pathAllowed applies the switches about forms that the guide does not show.
func (s *Server) pathAllowed(op patchOp, t target) error {
	w := s.options.Switches
	if (w.RejectDotted && strings.EqualFold(t.attr, "name") && t.sub != "") ||
		(w.RejectWholeList && strings.EqualFold(t.attr, "emails") && !t.filtered && t.sub == "") ||
		(w.RejectEnterprise && t.attr == enterpriseSchema && t.sub != "") {
		return invalid("Invalid path '%s' in PATCH request", op.path)
	}
	return nil
}

// remove clears an attribute. userName and active cannot be removed (SCIM guide: PatchUser), and what is required will be
// missed when the result is judged.
func (e *editor) remove(t target) error {
	path := t.attr
	if t.sub != "" {
		path += "." + t.sub
	}
	switch strings.ToLower(path) {
	case "username", "active":
		return invalid("Remove is not supported for %s", path)
	case "name":
		e.user.Name = Name{}
		return nil
	case strings.ToLower(enterpriseSchema):
		e.user.Enterprise = Enterprise{}
		return nil
	case strings.ToLower(enterpriseSchema + ".manager"):
		e.user.Enterprise.Manager = ""
		return nil
	}
	a, ok := attributeAt(path)
	if !ok {
		return invalid("unsupported attribute '%s'", path)
	}
	*a.of(e.user) = ""
	return nil
}

// patchList changes a list as a list of objects, and assigns it back.
func (e *editor) patchList(op patchOp, t target) error {
	list := e.list(t.attr)
	var err error
	switch {
	case t.filtered:
		list, err = patchFiltered(list, op, t)
	case t.sub != "":
		err = invalid("Invalid path '%s' in PATCH request", op.path)
	case op.op == "remove":
		list = nil
	default:
		values, ok := op.value.([]any)
		if !ok {
			values = []any{op.value}
		}
		if op.op == "add" {
			values = slices.Concat(list, slices.DeleteFunc(values, func(v any) bool { return contains(list, v) }))
		}
		list = values
	}
	if err != nil {
		return err
	}
	if list == nil {
		list = []any{}
	}
	return e.set(t.attr, list)
}

// patchFiltered changes the values that the filter selects. Nothing selected is an error (RFC 7644 §3.5.2.3), save for an add to
// an empty list, which makes the value that the filter describes.
func patchFiltered(list []any, op patchOp, t target) ([]any, error) {
	selected := func(v any) bool {
		m, _ := v.(map[string]any)
		return m != nil && m[t.filterAttr] == t.filterValue
	}
	if !slices.ContainsFunc(list, selected) {
		if op.op != "add" || len(list) > 0 || t.sub == "" {
			return nil, invalid("No value matches the filter of path '%s'", op.path)
		}
		list = []any{map[string]any{t.filterAttr: t.filterValue, "primary": true}}
	}
	if op.op == "remove" && t.sub == "" {
		return slices.DeleteFunc(list, selected), nil
	}
	for _, v := range list {
		if m, ok := v.(map[string]any); ok && selected(v) {
			if err := patchValue(m, op, t); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// patchValue changes one value of a list.
func patchValue(m map[string]any, op patchOp, t target) error {
	sub, ok := op.value.(map[string]any)
	switch {
	case op.op == "remove":
		delete(m, t.sub)
	case t.sub != "":
		m[t.sub] = op.value
	case ok:
		maps.Copy(m, sub)
	default:
		return invalid("Value at '%s' is not an object", op.path)
	}
	return nil
}
