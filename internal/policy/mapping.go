package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ssosync/internal/directory"
	"ssosync/internal/identity"
)

// A Mapping says where each attribute comes from, in the order of
// identity.Attrs. An attribute that is not in it is never written.
type Mapping []Mapped

// A Mapped is one attribute and the path of its value in the source.
type Mapped struct {
	Attr identity.Attr
	Path string // see directory.Path
}

// required are the attributes that no user can be created without (SCIM
// guide: CreateUser), and those that tell who is who.
func required(attr string) bool {
	return slices.Contains([]string{"externalId", "userName", "givenName", "familyName", "displayName", "email"}, attr)
}

// needed reports whether a value must be read: it is kept in sync, or a new
// user must have it.
func (m Mapped) needed(synced []string) bool {
	return slices.Contains(synced, m.Attr.Name) || required(m.Attr.Name)
}

// NewMapping returns the default mapping with the given paths in place of the
// defaults, by attribute name; an empty path takes the attribute out.
func NewMapping(paths map[string]string) (Mapping, error) {
	var m Mapping
	var errs []error
	left := maps.Clone(paths)
	for _, a := range identity.Attrs {
		path, given := paths[a.Name]
		delete(left, a.Name)
		if !given {
			path = a.Source
		}
		switch _, err := directory.ParsePath(path); {
		case given && a.Name == "externalId":
			errs = append(errs, errors.New("mapping externalId: it is always the immutable id of the source, which tells who is who"))
		case given && path == "" && required(a.Name):
			errs = append(errs, fmt.Errorf("mapping %s: Identity Center needs it, it cannot be left out", a.Name))
		case path == "":
		case err != nil:
			errs = append(errs, fmt.Errorf("mapping %s: %w", a.Name, err))
		default:
			m = append(m, Mapped{Attr: a, Path: path})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		errs = append(errs, fmt.Errorf("mapping: there is no attribute %q; there are %s", name, strings.Join(attrNames(), ", ")))
	}
	return m, errors.Join(errs...)
}

// ParseAttributes returns the attributes that "core", "all", or a list of
// names and these two words stands for. "all" is all that have a mapping.
func (m Mapping) ParseAttributes(words []string) ([]string, error) {
	chosen := map[string]bool{"externalId": true, "userName": true}
	var errs []error
	for _, w := range words {
		found := false
		for _, mapped := range m {
			a := mapped.Attr
			if w == "all" || w == "core" && a.Core || strings.EqualFold(w, a.Name) {
				chosen[a.Name], found = true, true
			}
		}
		switch {
		case found:
		case slices.ContainsFunc(attrNames(), func(n string) bool { return strings.EqualFold(n, w) }):
			errs = append(errs, fmt.Errorf("attributes: %s has no source; give it one under mapping in the configuration file", w))
		default:
			errs = append(errs, fmt.Errorf("attributes: there is no %q; there are core, all, %s", w, strings.Join(attrNames(), ", ")))
		}
	}
	return slices.DeleteFunc(attrNames(), func(n string) bool { return !chosen[n] }), errors.Join(errs...)
}

func attrNames() []string {
	names := make([]string, len(identity.Attrs))
	for i, a := range identity.Attrs {
		names[i] = a.Name
	}
	return names
}

// user translates an account, without regard to what the target can take.
func (m Mapping) user(a directory.Account, synced []string) identity.User {
	var u identity.User
	for _, mapped := range m {
		if mapped.needed(synced) {
			*mapped.Attr.Field(&u) = value(a, mapped.Path)
		}
	}
	u.ExternalID = a.ID
	u.Active = !a.Suspended && !a.Archived
	return u
}

// value returns the first value at a path.
func value(a directory.Account, path string) string {
	switch path {
	case "id":
		return a.ID
	case "primaryEmail":
		return a.PrimaryEmail
	case "orgUnitPath":
		return a.OrgUnit
	}
	if vs := a.Values[path]; len(vs) > 0 {
		return vs[0]
	}
	return ""
}
