package iic

import (
	"slices"
	"strings"

	"ssosync/internal/identity"
)

// A patch is the body of a PATCH (RFC 7644 §3.5.2).
type patch struct {
	Schemas    []string    `json:"schemas"`
	Operations []operation `json:"Operations"`
}

type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path,omitempty"`
	Value any    `json:"value,omitempty"` // a false is not empty: it is an any
}

func patchOf(ops []operation) patch {
	return patch{Schemas: []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, Operations: ops}
}

func replace(path string, value any) operation { return operation{"replace", path, value} }
func removal(path string) operation            { return operation{Op: "remove", Path: path} }

// set replaces what is at path by value, or removes it if there is none.
func set(path string, value any) operation {
	if value == nil || value == "" {
		return removal(path)
	}
	return replace(path, value)
}

// A family is a set of attributes that PATCH addresses alike.
type family int

const (
	simple family = iota // top-level text, and active
	names
	enterprise
	emails
	phones
	others // addresses, roles: lists as e-mails are, but a service may take one and not the other
)

// A facet is a part of a user that can be patched by itself.
type facet struct {
	head    string
	changed []identity.Attr // none for active
}

// facets returns what differs, in the order of [identity.Attrs].
func facets(before, after identity.User) []facet {
	var fs []facet
	for _, a := range identity.Attrs {
		if *a.Field(&before) == *a.Field(&after) {
			continue
		}
		head := placeOf(a.Path).head
		i := slices.IndexFunc(fs, func(f facet) bool { return f.head == head })
		if i < 0 {
			i = len(fs)
			fs = append(fs, facet{head: head})
		}
		fs[i].changed = append(fs[i].changed, a)
	}
	if before.Active != after.Active {
		fs = append(fs, facet{head: headActive})
	}
	return fs
}

func (f facet) family() family {
	switch f.head {
	case headName:
		return names
	case identity.Enterprise:
		return enterprise
	case headEmails:
		return emails
	case headPhones:
		return phones
	case headAddresses, headRoles:
		return others
	default:
		return simple
	}
}

// forms returns in how many ways the facet can be written. The SCIM guide does
// not say which paths PatchUser takes: one that follows RFC 7644 comes first,
// and those that need less of a parser follow.
func (f facet) forms() int {
	switch f.family() {
	case simple:
		return 1
	case enterprise:
		return 4
	case names, emails, phones, others:
		return 3
	}
	return 1
}

// ops writes the facet in one of its forms.
func (f facet) ops(form int, before, after identity.User) []operation {
	switch f.family() {
	case simple:
		if f.head == headActive {
			return []operation{replace(headActive, after.Active)}
		}
		return []operation{set(f.head, part(after, f.head))}
	case names, enterprise:
		return f.object(form, after)
	case emails, phones, others:
		return f.list(form, before, after)
	}
	return nil
}

// object: each changed part by its path · the whole · the whole, after removing
// the old, where the service merges the two · the whole, without a path.
func (f facet) object(form int, after identity.User) []operation {
	whole := part(after, f.head)
	switch {
	case form == 0:
		return f.each(func(a identity.Attr) string { return a.Path }, after)
	case form == 3:
		return []operation{{Op: "replace", Value: map[string]any{f.head: orEmpty(whole)}}}
	case whole == nil:
		return []operation{removal(f.head)}
	case form == 1:
		return []operation{replace(f.head, whole)}
	default:
		return []operation{removal(f.head), {"add", f.head, whole}}
	}
}

// list: the whole list · each changed part of the work entry · the whole list,
// after removing the old.
func (f facet) list(form int, before, after identity.User) []operation {
	whole := part(after, f.head)
	switch {
	case form == 1 && whole == nil:
		return []operation{removal(f.head + workEntry)}
	case form == 1:
		ops := f.each(func(a identity.Attr) string { return f.head + workEntry + "." + placeOf(a.Path).sub }, after)
		if part(before, f.head) == nil {
			for i := range ops {
				ops[i].Op = "add" // there is no entry to replace a part of (RFC 7644 §3.5.2.3)
			}
		}
		return ops
	case whole == nil:
		return []operation{removal(f.head)}
	case form == 0:
		return []operation{replace(f.head, whole)}
	default:
		return []operation{removal(f.head), {"add", f.head, whole}}
	}
}

const workEntry = `[type eq "work"]`

func (f facet) each(path func(identity.Attr) string, after identity.User) []operation {
	ops := make([]operation, 0, len(f.changed))
	for _, a := range f.changed {
		op := set(path(a), *a.Field(&after))
		if op.Op == "remove" {
			op.Path = strings.TrimSuffix(op.Path, ".value") // a manager is removed whole
		}
		ops = append(ops, op)
	}
	return ops
}

func orEmpty(v any) any {
	if v == nil {
		return map[string]any{}
	}
	return v
}

// ignored reports whether the service has answered well, but still has an old
// value of the facet. One that it stores in its own way is not an old one.
func (f facet) ignored(got, before, after identity.User) bool {
	if f.head == headActive {
		return got.Active != after.Active
	}
	for _, a := range f.changed {
		old, want, is := *a.Field(&before), *a.Field(&after), *a.Field(&got)
		if a.Path != unseen && is != want && is == old {
			return true
		}
	}
	return false
}

// reached reports whether got has all of the facet's wanted values.
func (f facet) reached(got, after identity.User) bool {
	if f.head == headActive {
		return got.Active == after.Active
	}
	for _, a := range f.changed {
		if a.Path == unseen || *a.Field(&got) != *a.Field(&after) {
			return false
		}
	}
	return true
}
