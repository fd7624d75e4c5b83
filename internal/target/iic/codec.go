package iic

import (
	"strings"
	"time"

	"ssosync/internal/identity"
)

// Where the parts of a user are (RFC 7643 §4.1, §8.7.1).
const (
	coreUser  = "urn:ietf:params:scim:schemas:core:2.0:User"
	coreGroup = "urn:ietf:params:scim:schemas:core:2.0:Group"

	headEmails    = "emails"
	headPhones    = "phoneNumbers"
	headAddresses = "addresses"
	headRoles     = "roles"
	headName      = "name"
	headActive    = "active"
)

// unseen is the attribute that no SCIM answer shows, although it is accepted
// (SCIM guide: CreateUser, GetUser). Comparing it would never end.
const unseen = "profileUrl"

// A place is an [identity.Attr.Path] taken apart: the attribute that holds the
// value, and the way to go within it, "" if it is the value itself.
type place struct{ head, sub string }

func placeOf(path string) place {
	if sub, ok := strings.CutPrefix(path, identity.Enterprise+":"); ok {
		return place{identity.Enterprise, sub}
	}
	head, sub, _ := strings.Cut(path, ".")
	return place{head, sub}
}

// listed tells the multi-valued attributes. The service holds at most one
// value of each (SCIM guide: CreateUser, constraints).
func listed(head string) bool {
	return head == headEmails || head == headPhones || head == headAddresses || head == headRoles
}

// encode makes the body of a CreateUser. Empty values are left out, since the
// service refuses empty strings, and active is always there: the default is
// not documented.
func encode(u identity.User) map[string]any {
	obj := map[string]any{headActive: u.Active}
	schemas := []string{coreUser}
	for _, a := range identity.Attrs {
		head := placeOf(a.Path).head
		if obj[head] != nil {
			continue
		}
		if value := part(u, head); value != nil {
			obj[head] = value
		}
	}
	if obj[identity.Enterprise] != nil {
		schemas = append(schemas, identity.Enterprise)
	}
	obj["schemas"] = schemas
	return obj
}

// part returns what u has under head, in the shape of SCIM, or nil: a string,
// an object, or a list of one object.
func part(u identity.User, head string) any {
	obj := map[string]any{}
	for _, a := range identity.Attrs {
		at, v := placeOf(a.Path), *a.Field(&u)
		switch {
		case at.head != head || v == "":
		case at.sub == "":
			return v
		default:
			put(obj, at.sub, v)
		}
	}
	switch {
	case len(obj) == 0:
		return nil
	case !listed(head):
		return obj
	}
	obj["type"] = "work"
	if head != headPhones {
		obj["primary"] = true // an e-mail address must be (SCIM guide: CreateUser)
	}
	return []any{obj}
}

func put(obj map[string]any, path, v string) {
	head, sub, deeper := strings.Cut(path, ".")
	if !deeper {
		obj[head] = v
		return
	}
	in, _ := obj[head].(map[string]any)
	if in == nil {
		in = map[string]any{}
		obj[head] = in
	}
	put(in, sub, v)
}

// decodeUser reads a user of any shape. What is not where it should be, or of
// another type, is empty.
func decodeUser(obj map[string]any) identity.User {
	var u identity.User
	for _, a := range identity.Attrs {
		at := placeOf(a.Path)
		*a.Field(&u) = dig(obj[at.head], at.sub)
	}
	switch active := obj[headActive].(type) {
	case bool:
		u.Active = active
	case string: // as in the examples of the SCIM guide: PatchUser
		u.Active = strings.EqualFold(active, "true")
	}
	return u
}

func dig(v any, path string) string {
	if list, ok := v.([]any); ok {
		v = chosen(list)
	}
	if path == "" {
		s, _ := v.(string)
		s, _ = clean(s)
		return s
	}
	obj, _ := v.(map[string]any)
	head, sub, _ := strings.Cut(path, ".")
	return dig(obj[head], sub)
}

// chosen is the primary one of a list, or else the first.
func chosen(list []any) any {
	for _, v := range list {
		if obj, ok := v.(map[string]any); ok && obj["primary"] == true {
			return obj
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func decodeGroup(obj map[string]any) identity.Group {
	return identity.Group{ExternalID: dig(obj["externalId"], ""), Name: dig(obj["displayName"], "")}
}

// decodeRecord reads what is not an attribute. SCIM has no revision; the time
// of the last change is the nearest thing.
func decodeRecord(obj map[string]any) identity.Record {
	id, _ := obj["id"].(string)
	meta, _ := obj["meta"].(map[string]any)
	said, _ := meta["lastModified"].(string)
	at, err := time.Parse(time.RFC3339, said)
	updated := moment(at)
	if err != nil || updated == "" {
		return identity.Record{ID: id} // in another form, it could not be compared
	}
	return identity.Record{ID: id, Revision: at.UTC().Format(time.RFC3339Nano), UpdatedAt: updated}
}

// moment writes a time as both ways of reading do: in whole seconds of UTC, or
// not at all if RFC 3339 has no way to write it.
func moment(at time.Time) string {
	at = at.UTC()
	if at.Year() < 1 || at.Year() > 9999 {
		return ""
	}
	return at.Format(time.RFC3339)
}
