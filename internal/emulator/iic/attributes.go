package iic

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The patterns of the SCIM guide and of the API reference, as error messages print them.
const (
	wordPattern = `[\p{L}\p{M}\p{S}\p{N}\p{P}]+`
	textPattern = `[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+`
)

// constraint is what a string attribute has to satisfy.
type constraint struct {
	max     int    // characters
	pattern string // as printed
	extra   string // what is allowed besides letters, marks, symbols, numbers and punctuation
}

// The constraints of the API reference: CreateUser, CreateGroup, ExternalId.
func word(n int) constraint     { return constraint{n, wordPattern, ""} }
func text() constraint          { return constraint{1024, textPattern, "\t\n\r \u00a0\u3000"} }
func groupNameText() constraint { return constraint{1024, textPattern, "\t\n\r \u00a0"} }
func (c constraint) allowed(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.S, unicode.N, unicode.P) || strings.ContainsRune(c.extra, r)
}

// violations are the sentences about value at path, in the service's order.
func (c constraint) violations(path, value string) []string {
	at := "Value at '" + path + "' failed to satisfy constraint: "
	var v []string
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return !c.allowed(r) }) {
		v = append(v, at+"Member must satisfy regular expression pattern: "+c.pattern)
	}
	if value == "" {
		v = append(v, at+"Member must have length greater than or equal to 1")
	}
	if utf8.RuneCountInString(value) > c.max {
		v = append(v, fmt.Sprintf("%sMember must have length less than or equal to %d", at, c.max))
	}
	return v
}

// violated turns sentences into an exception; none is no error.
func violated(sentences []string) error {
	switch n := len(sentences); n {
	case 0:
		return nil
	case 1:
		return invalid("1 validation error detected: %s", sentences[0])
	default:
		return invalid("%d validation errors detected: %s", n, strings.Join(sentences, "; "))
	}
}

// attribute is a string attribute of a user.
type attribute struct {
	path     string // as in SCIM; sub-attributes with a dot
	of       func(*User) *string
	limit    constraint
	required bool // SCIM guide: CreateUser
}

// userAttributes are the string attributes of a user outside its lists.
func userAttributes() []attribute {
	const ext = enterpriseSchema
	return []attribute{
		{"userName", func(u *User) *string { return &u.UserName }, word(128), true},
		{"externalId", func(u *User) *string { return &u.ExternalID }, word(256), false},
		{"displayName", func(u *User) *string { return &u.DisplayName }, text(), true},
		{"nickName", func(u *User) *string { return &u.NickName }, text(), false},
		{"profileUrl", func(u *User) *string { return &u.ProfileURL }, text(), false},
		{"title", func(u *User) *string { return &u.Title }, text(), false},
		{"userType", func(u *User) *string { return &u.UserType }, text(), false},
		{"preferredLanguage", func(u *User) *string { return &u.PreferredLanguage }, text(), false},
		{"locale", func(u *User) *string { return &u.Locale }, text(), false},
		{"timezone", func(u *User) *string { return &u.Timezone }, text(), false},
		{"name.formatted", func(u *User) *string { return &u.Name.Formatted }, text(), false},
		{"name.givenName", func(u *User) *string { return &u.Name.GivenName }, text(), true},
		{"name.familyName", func(u *User) *string { return &u.Name.FamilyName }, text(), true},
		{"name.middleName", func(u *User) *string { return &u.Name.MiddleName }, text(), false},
		{"name.honorificPrefix", func(u *User) *string { return &u.Name.HonorificPrefix }, text(), false},
		{"name.honorificSuffix", func(u *User) *string { return &u.Name.HonorificSuffix }, text(), false},
		{ext + ".employeeNumber", func(u *User) *string { return &u.Enterprise.EmployeeNumber }, text(), false},
		{ext + ".costCenter", func(u *User) *string { return &u.Enterprise.CostCenter }, text(), false},
		{ext + ".organization", func(u *User) *string { return &u.Enterprise.Organization }, text(), false},
		{ext + ".division", func(u *User) *string { return &u.Enterprise.Division }, text(), false},
		{ext + ".department", func(u *User) *string { return &u.Enterprise.Department }, text(), false},
		{ext + ".manager.value", func(u *User) *string { return &u.Enterprise.Manager }, text(), false},
	}
}

// attributeAt finds an attribute; names are without case (RFC 7643 §2.1).
func attributeAt(path string) (attribute, bool) {
	all := userAttributes()
	i := slices.IndexFunc(all, func(a attribute) bool { return strings.EqualFold(a.path, path) })
	if i < 0 {
		return attribute{}, false
	}
	return all[i], true
}

// reserved names belong to AWS (API reference: CreateUser, CreateGroup).
func reserved(name string) bool {
	return strings.EqualFold(name, "Administrator") || strings.EqualFold(name, "AWSAdministrators")
}

// checkUser judges what differs between two states of a user: before is nil for a new one. Attributes that nobody touches
// may be what they are, since users come into the directory in other ways too.
func (s *Server) checkUser(u, before *User) error {
	if before == nil {
		before = &User{}
	}
	if err := violated(changedBadly(u, before)); err != nil {
		return err
	}
	if u.UserName != before.UserName && reserved(u.UserName) {
		return invalid("'%s' is a reserved name", u.UserName)
	}
	if u.ExternalID != before.ExternalID && s.options.Switches.RejectColon && strings.Contains(u.ExternalID, ":") {
		return invalid("Invalid externalId")
	}
	return checkLists(u, before)
}

// changedBadly are the sentences about string attributes.
func changedBadly(u, before *User) []string {
	var bad []string
	for _, a := range userAttributes() {
		now, was := *a.of(u), *a.of(before)
		switch {
		case now == "" && a.required && (before.ID == "" || was != ""):
			bad = append(bad, "Value at '"+a.path+"' failed to satisfy constraint: Member must not be null")
		case now != "" && now != was:
			bad = append(bad, a.limit.violations(a.path, now)...)
		}
	}
	return bad
}

// checkLists allows one value in each list, and only a primary e-mail address (SCIM guide: CreateUser, "Constraints").
func checkLists(u, before *User) error {
	switch {
	case len(u.Emails) > 1:
		return invalid("List attribute emails exceeds allowed limit of 1")
	case len(u.Addresses) > 1:
		return invalid("List attribute addresses allowed limit of 1")
	case len(u.PhoneNumbers) > 1:
		return invalid("List attribute phoneNumbers exceeds allowed limit of 1")
	case len(u.Roles) > 1:
		return invalid("List attribute roles exceeds allowed limit of 1")
	}
	if len(u.Emails) == 1 && !slices.Equal(u.Emails, before.Emails) {
		if !u.Emails[0].Primary {
			return invalid("emails must be marked as primary")
		}
		if u.Emails[0].Value == "" {
			return violated([]string{"Value at 'emails.value' failed to satisfy constraint: Member must not be null"})
		}
	}
	return nil
}
