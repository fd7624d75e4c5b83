package iic

import (
	"slices"
	"time"
)

// User is a user of the directory, in Seed and State. Empty strings are attributes that the user does not have.
type User struct {
	ID         string // empty in a seed: one is made
	UserName   string
	ExternalID string // empty: made in the console or by Control Tower, not by provisioning
	Issuer     string // of ExternalID, as the Identity Store shows it; empty: this server's SCIM tenant

	Name              Name
	DisplayName       string
	NickName          string
	ProfileURL        string
	Title             string
	UserType          string
	PreferredLanguage string
	Locale            string
	Timezone          string
	Active            bool

	Emails       []Email
	Addresses    []Address
	PhoneNumbers []Phone
	Roles        []Role
	Enterprise   Enterprise

	// The Identity Store has these, SCIM has not.
	Website   string
	Birthdate string
	Photos    []Photo

	CreatedAt, UpdatedAt time.Time
	CreatedBy, UpdatedBy string
	Revision             int // counts the writes; shown by the Identity Store only
}

// Name is the SCIM name attribute.
type Name struct {
	Formatted       string `json:"formatted,omitempty"`
	FamilyName      string `json:"familyName,omitempty"`
	GivenName       string `json:"givenName,omitempty"`
	MiddleName      string `json:"middleName,omitempty"`
	HonorificPrefix string `json:"honorificPrefix,omitempty"`
	HonorificSuffix string `json:"honorificSuffix,omitempty"`
}

// Email is the one e-mail address of a user.
type Email struct {
	Value   string `json:"value,omitempty"`
	Type    string `json:"type,omitempty"`
	Primary bool   `json:"primary"`
}

// Address is the one postal address of a user.
type Address struct {
	Formatted     string `json:"formatted,omitempty"`
	StreetAddress string `json:"streetAddress,omitempty"`
	Locality      string `json:"locality,omitempty"`
	Region        string `json:"region,omitempty"`
	PostalCode    string `json:"postalCode,omitempty"`
	Country       string `json:"country,omitempty"`
	Type          string `json:"type,omitempty"`
	Primary       *bool  `json:"primary,omitempty"` // nil: never sent, and then never echoed
}

// Phone is the one telephone number of a user.
type Phone struct {
	Value   string `json:"value,omitempty"`
	Type    string `json:"type,omitempty"`
	Primary *bool  `json:"primary,omitempty"` // nil: never sent, and then never echoed
}

// Role is the one role of a user.
type Role struct {
	Value   string `json:"value,omitempty"`
	Type    string `json:"type,omitempty"`
	Primary *bool  `json:"primary,omitempty"`
}

// Photo is one of the photos of a user.
type Photo struct {
	Value   string
	Type    string `json:",omitempty"`
	Display string `json:",omitempty"`
	Primary bool
}

// Enterprise is the extension urn:ietf:params:scim:schemas:extension:enterprise:2.0:User (RFC 7643 §4.3).
type Enterprise struct {
	EmployeeNumber string
	CostCenter     string
	Organization   string
	Division       string
	Department     string
	Manager        string // a user id
}

// Group is a group of the directory, in Seed and State.
type Group struct {
	ID          string // empty in a seed: one is made
	DisplayName string
	ExternalID  string // empty: made in the console or by Control Tower, not by provisioning
	Issuer      string // of ExternalID; empty: this server's SCIM tenant
	Description string // the Identity Store's only
	// Members are user ids, sorted. In a seed they may also be user names.
	Members []string

	CreatedAt, UpdatedAt time.Time
	CreatedBy, UpdatedBy string
	Revision             int
}

// Person is an active user as provisioning makes them: display name and work e-mail follow from the arguments.
func Person(userName, given, family, externalID string) User {
	return User{
		UserName: userName, ExternalID: externalID, Active: true,
		Name: Name{GivenName: given, FamilyName: family}, DisplayName: given + " " + family,
		Emails: []Email{{Value: userName, Type: "work", Primary: true}},
	}
}

func (u *User) clone() *User {
	c := *u
	c.Emails = slices.Clone(u.Emails)
	c.Addresses = slices.Clone(u.Addresses)
	for i := range c.Addresses {
		c.Addresses[i].Primary = cloneBool(c.Addresses[i].Primary)
	}
	c.PhoneNumbers = slices.Clone(u.PhoneNumbers)
	for i := range c.PhoneNumbers {
		c.PhoneNumbers[i].Primary = cloneBool(c.PhoneNumbers[i].Primary)
	}
	c.Roles = slices.Clone(u.Roles)
	for i := range c.Roles {
		c.Roles[i].Primary = cloneBool(c.Roles[i].Primary)
	}
	c.Photos = slices.Clone(u.Photos)
	return &c
}

func (g *Group) clone() *Group {
	c := *g
	c.Members = nil
	return &c
}

func cloneBool(p *bool) *bool {
	if p == nil {
		return nil
	}
	return new(*p)
}

// email is the address that must be unique.
func (u *User) email() string {
	if len(u.Emails) == 0 {
		return ""
	}
	return u.Emails[0].Value
}
