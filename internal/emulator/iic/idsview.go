package iic

import (
	"slices"
	"strconv"
)

// The shapes of the API have the fields of ours under capitalised names.
type (
	idsName struct {
		Formatted       string `json:",omitempty"`
		FamilyName      string `json:",omitempty"`
		GivenName       string `json:",omitempty"`
		MiddleName      string `json:",omitempty"`
		HonorificPrefix string `json:",omitempty"`
		HonorificSuffix string `json:",omitempty"`
	}
	idsEmail struct {
		Value   string `json:",omitempty"`
		Type    string `json:",omitempty"`
		Primary bool
	}
	idsAddress struct {
		Formatted     string `json:",omitempty"`
		StreetAddress string `json:",omitempty"`
		Locality      string `json:",omitempty"`
		Region        string `json:",omitempty"`
		PostalCode    string `json:",omitempty"`
		Country       string `json:",omitempty"`
		Type          string `json:",omitempty"`
		Primary       *bool  `json:",omitempty"`
	}
	idsValue struct {
		Value   string `json:",omitempty"`
		Type    string `json:",omitempty"`
		Primary *bool  `json:",omitempty"`
	}
)

type idsUserView struct {
	IdentityStoreID   string `json:"IdentityStoreId"`
	UserID            string `json:"UserId"`
	UserArn           string
	UserName          string                     `json:",omitempty"`
	ExternalIDs       []externalID               `json:"ExternalIds,omitempty"`
	Name              *idsName                   `json:",omitempty"`
	DisplayName       string                     `json:",omitempty"`
	NickName          string                     `json:",omitempty"`
	ProfileURL        string                     `json:"ProfileUrl,omitempty"`
	Emails            []idsEmail                 `json:",omitempty"`
	Addresses         []idsAddress               `json:",omitempty"`
	PhoneNumbers      []idsValue                 `json:",omitempty"`
	Roles             []idsValue                 `json:",omitempty"`
	UserType          string                     `json:",omitempty"`
	Title             string                     `json:",omitempty"`
	PreferredLanguage string                     `json:",omitempty"`
	Locale            string                     `json:",omitempty"`
	Timezone          string                     `json:",omitempty"`
	Website           string                     `json:",omitempty"`
	Birthdate         string                     `json:",omitempty"`
	Photos            []Photo                    `json:",omitempty"`
	Extensions        map[string]*enterpriseView `json:",omitempty"`
	UserStatus        string
	CreatedAt         float64
	CreatedBy         string `json:",omitempty"`
	UpdatedAt         float64
	UpdatedBy         string `json:",omitempty"`
	Revision          string
}

func (s *Server) idsViewOfUser(u *User, extensions []string) idsUserView {
	v := idsUserView{
		IdentityStoreID: s.options.IdentityStoreID, UserID: u.ID, UserArn: userArn(u.ID),
		UserName: u.UserName, ExternalIDs: s.externalIDs(u.ExternalID, u.Issuer), DisplayName: u.DisplayName,
		NickName: u.NickName, ProfileURL: u.ProfileURL, UserType: u.UserType, Title: u.Title,
		PreferredLanguage: u.PreferredLanguage, Locale: u.Locale, Timezone: u.Timezone,
		Website: u.Website, Birthdate: u.Birthdate, Photos: u.Photos, UserStatus: "DISABLED",
		CreatedAt: epoch(u.CreatedAt), CreatedBy: u.CreatedBy, UpdatedAt: epoch(u.UpdatedAt), UpdatedBy: u.UpdatedBy,
		Revision: strconv.Itoa(u.Revision),
	}
	if u.Active {
		v.UserStatus = "ENABLED"
	}
	if u.Name != (Name{}) {
		v.Name = new(idsName(u.Name))
	}
	for _, e := range u.Emails {
		v.Emails = append(v.Emails, idsEmail(e))
	}
	for _, a := range u.Addresses {
		v.Addresses = append(v.Addresses, idsAddress(a))
	}
	for _, p := range u.PhoneNumbers {
		v.PhoneNumbers = append(v.PhoneNumbers, idsValue(p))
	}
	for _, r := range u.Roles {
		v.Roles = append(v.Roles, idsValue(r))
	}
	if slices.Contains(extensions, enterpriseExtension) && u.Enterprise != (Enterprise{}) {
		v.Extensions = map[string]*enterpriseView{enterpriseExtension: viewOfEnterprise(u.Enterprise)}
	}
	return v
}

func userArn(id string) string { return "arn:aws:identitystore:::user/" + id }
