package iic

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/identitystore/types"

	"ssosync/internal/identity"
)

// storeUser reads a user of the Identity Store. A store that does not tell the
// status of its users (it came in November 2025) has no way to disable them.
func storeUser(u types.User) identity.User {
	out := identity.User{
		ExternalID: externalID(u.ExternalIds), UserName: tidy(u.UserName), DisplayName: tidy(u.DisplayName),
		NickName: tidy(u.NickName), ProfileURL: tidy(u.ProfileUrl), Title: tidy(u.Title), UserType: tidy(u.UserType),
		PreferredLanguage: tidy(u.PreferredLanguage), Locale: tidy(u.Locale), Timezone: tidy(u.Timezone),
		Active: u.UserStatus != types.UserStatusDisabled,
	}
	if n := u.Name; n != nil {
		out.GivenName, out.FamilyName, out.MiddleName = tidy(n.GivenName), tidy(n.FamilyName), tidy(n.MiddleName)
		out.FormattedName, out.HonorificPrefix, out.HonorificSuffix = tidy(n.Formatted), tidy(n.HonorificPrefix), tidy(n.HonorificSuffix)
	}
	if e, ok := primary(u.Emails, func(e types.Email) bool { return e.Primary }); ok {
		out.Email = tidy(e.Value)
	}
	if p, ok := primary(u.PhoneNumbers, func(p types.PhoneNumber) bool { return p.Primary }); ok {
		out.Phone = tidy(p.Value)
	}
	if r, ok := primary(u.Roles, func(r types.Role) bool { return r.Primary }); ok {
		out.Role = tidy(r.Value)
	}
	if a, ok := primary(u.Addresses, func(a types.Address) bool { return a.Primary }); ok {
		out.AddressFormatted, out.StreetAddress, out.Locality = tidy(a.Formatted), tidy(a.StreetAddress), tidy(a.Locality)
		out.Region, out.PostalCode, out.Country = tidy(a.Region), tidy(a.PostalCode), tidy(a.Country)
	}
	readExtension(&out, u)
	return out
}

// primary returns the primary one of a list, or else the first.
func primary[T any](list []T, is func(T) bool) (one T, ok bool) {
	for _, v := range list {
		if is(v) {
			return v, true
		}
	}
	if len(list) == 0 {
		return one, false
	}
	return list[0], true
}

// readExtension reads the enterprise attributes. The shape of the document is
// SCIM's (RFC 7643 §4.3); that of its keys' case is not documented, nor whether
// the manager is an object.
func readExtension(u *identity.User, from types.User) {
	doc := from.Extensions[enterpriseExtension]
	if doc == nil {
		return
	}
	var values map[string]any
	if doc.UnmarshalSmithyDocument(&values) != nil {
		return // a document of another shape has none of them
	}
	for _, a := range identity.Attrs {
		at := placeOf(a.Path)
		if at.head != identity.Enterprise {
			continue
		}
		head, sub, _ := strings.Cut(at.sub, ".")
		for k, v := range values {
			if !strings.EqualFold(k, head) {
				continue
			}
			*a.Field(u) = dig(v, "")
			if inner, ok := v.(map[string]any); ok {
				*a.Field(u) = first(dig(inner[sub], ""), dig(inner["Value"], ""))
			}
		}
	}
}
