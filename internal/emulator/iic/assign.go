package iic

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// editor puts JSON values into a user. POST, PUT and PATCH all go through it, so that an attribute means the same in each.
type editor struct {
	user *User
	bad  []string // violated constraints that cannot be seen in the result: empty strings
}

// setAll assigns every attribute of an object, in the order of their names.
func (e *editor) setAll(m map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if err := e.set(key, m[key]); err != nil {
			return err
		}
	}
	return nil
}

// set assigns one attribute at the top of the resource. What is null is as if it were not there (RFC 7643 §2.5).
func (e *editor) set(key string, v any) error {
	switch strings.ToLower(key) {
	case "schemas", "id", "meta": // read-only, or about the message; ignored (RFC 7643 §3.1)
		return nil
	case "active":
		return e.setActive(v)
	case "emails":
		return setList(e, "emails", v, &e.user.Emails)
	case "addresses":
		return setList(e, "addresses", v, &e.user.Addresses)
	case "phonenumbers":
		return setList(e, "phoneNumbers", v, &e.user.PhoneNumbers)
	case "roles":
		return setList(e, "roles", v, &e.user.Roles)
	case "name":
		return e.setObject("name", v)
	case strings.ToLower(enterpriseSchema):
		return e.setObject(enterpriseSchema, v)
	}
	return e.setString(key, v)
}

func (e *editor) setString(path string, v any) error {
	a, ok := attributeAt(path)
	if !ok {
		return invalid("unsupported attribute '%s'", path)
	}
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		if v == "" {
			e.bad = append(e.bad, a.limit.violations(a.path, v)...)
			return nil
		}
		*a.of(e.user) = v
		return nil
	}
	return invalid("Value at '%s' is not a string", path)
}

// setActive takes a boolean, and also the string that the guide's example of PatchUser sends.
func (e *editor) setActive(v any) error {
	switch v := v.(type) {
	case nil:
		return nil
	case bool:
		e.user.Active = v
		return nil
	case string:
		if strings.EqualFold(v, "true") || strings.EqualFold(v, "false") {
			e.user.Active = strings.EqualFold(v, "true")
			return nil
		}
	}
	return invalid("Value at 'active' is not a boolean")
}

// setObject assigns the sub-attributes that are named and leaves the others alone (RFC 7644 §3.5.2.3).
func (e *editor) setObject(path string, v any) error {
	if v == nil {
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return invalid("Value at '%s' is not an object", path)
	}
	for _, sub := range slices.Sorted(maps.Keys(m)) {
		var err error
		if path == enterpriseSchema && strings.EqualFold(sub, "manager") {
			err = e.setManager(m[sub])
		} else {
			err = e.setString(path+"."+sub, m[sub])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// setManager takes the complex value or the bare id. Its $ref is read and forgotten; its displayName is not supported (SCIM guide:
// CreateUser).
func (e *editor) setManager(v any) error {
	const path = enterpriseSchema + ".manager.value"
	m, ok := v.(map[string]any)
	if !ok {
		return e.setString(path, v)
	}
	for sub := range m {
		if !strings.EqualFold(sub, "value") && sub != "$ref" {
			return invalid("unsupported attribute '%s.manager.%s'", enterpriseSchema, sub)
		}
	}
	return e.setString(path, m["value"])
}

// setList replaces a list. Unknown sub-attributes, like display, are not supported (SCIM guide: CreateUser).
func setList[T any](e *editor, path string, v any, list *[]T) error {
	if v == nil {
		return nil
	}
	values, ok := v.([]any)
	if !ok {
		return invalid("Value at '%s' is not a list", path)
	}
	for _, value := range values {
		m, ok := value.(map[string]any)
		if !ok {
			return invalid("Value at '%s' is not an object", path)
		}
		for _, sub := range slices.Sorted(maps.Keys(m)) {
			if s, ok := m[sub].(string); ok {
				e.bad = append(e.bad, text().violations(path+"."+sub, s)...)
			}
		}
	}
	raw, err := json.Marshal(values)
	if err != nil {
		return invalid("Value at '%s' is malformed", path)
	}
	var decoded []T
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&decoded); err != nil {
		return invalid("Value at '%s' is malformed: %v", path, err)
	}
	*list = decoded
	return nil
}

// list is one of the user's lists as a PATCH sees it: JSON objects.
func (e *editor) list(attr string) []any {
	var typed any
	switch strings.ToLower(attr) {
	case "emails":
		typed = e.user.Emails
	case "addresses":
		typed = e.user.Addresses
	case "phonenumbers":
		typed = e.user.PhoneNumbers
	}
	raw, err := json.Marshal(typed)
	if err != nil {
		return nil
	}
	var list []any
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return list
}

// contains compares values as JSON does: adding a value that is there changes nothing (RFC 7644 §3.5.2.1).
func contains(list []any, v any) bool {
	return slices.ContainsFunc(list, func(have any) bool { return reflect.DeepEqual(have, v) })
}
