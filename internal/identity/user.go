package identity

// A User is a person as the target stores them. It is flat and comparable on
// purpose: two users are in sync when they are ==.
type User struct {
	ExternalID        string
	UserName          string
	GivenName         string
	FamilyName        string
	DisplayName       string
	Email             string
	Active            bool
	FormattedName     string
	MiddleName        string
	HonorificPrefix   string
	HonorificSuffix   string
	NickName          string
	ProfileURL        string
	Title             string
	UserType          string
	PreferredLanguage string
	Locale            string
	Timezone          string
	Phone             string
	AddressFormatted  string
	StreetAddress     string
	Locality          string
	Region            string
	PostalCode        string
	Country           string
	Role              string
	EmployeeNumber    string
	CostCenter        string
	Organization      string
	Division          string
	Department        string
	// Manager is the key of another user of the same state: the source's id
	// in a wanted state, the target's id in what was read. Match translates.
	Manager string
}

// Enterprise is the URN of SCIM's enterprise user extension (RFC 7643 §4.3).
const Enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// An Attr is one textual attribute of a [User]. [User.Active] is the only
// attribute that is not textual, and stands outside of the table.
type Attr struct {
	// Name is what an operator types in --attributes and mapping.
	Name string
	// Path is where SCIM keeps it (RFC 7644 §3.10). An attribute of the one
	// address, phone, e-mail or role has the filter-less form, such as
	// "addresses.locality": Identity Center holds at most one of each.
	Path string
	// Field is where we keep it.
	Field func(*User) *string
	// Core marks the attributes that are synced unless others are asked for.
	Core bool
	// Source is the default mapping: the path of the value in the source's
	// own record, "" if there is none.
	Source string
	// Max is the longest value that the target takes, in characters
	// (Identity Store API reference: data types).
	Max int
	// Final marks an attribute that the target takes when a user is created
	// and cannot change afterwards (SCIM guide: PatchUser, the list of
	// attributes that can be modified).
	Final bool
}

// Attrs lists the attributes that are synced, in the order they are shown. A
// row here is all that the diff, the plan's output, the codecs and the
// generated reference need to know of an attribute.
var Attrs = []Attr{
	{"externalId", "externalId", func(u *User) *string { return &u.ExternalID }, true, "id", 256, false},
	{"userName", "userName", func(u *User) *string { return &u.UserName }, true, "primaryEmail", 128, false},
	{"givenName", "name.givenName", func(u *User) *string { return &u.GivenName }, true, "name.givenName", 1024, false},
	{"familyName", "name.familyName", func(u *User) *string { return &u.FamilyName }, true, "name.familyName", 1024, false},
	{"displayName", "displayName", func(u *User) *string { return &u.DisplayName }, true, "name.fullName", 1024, false},
	{"email", "emails.value", func(u *User) *string { return &u.Email }, true, "primaryEmail", 1024, false},
	{"formattedName", "name.formatted", func(u *User) *string { return &u.FormattedName }, false, "name.fullName", 1024, false},
	{"middleName", "name.middleName", func(u *User) *string { return &u.MiddleName }, false, "", 1024, false},
	{"honorificPrefix", "name.honorificPrefix", func(u *User) *string { return &u.HonorificPrefix }, false, "", 1024, false},
	{"honorificSuffix", "name.honorificSuffix", func(u *User) *string { return &u.HonorificSuffix }, false, "", 1024, false},
	{"nickName", "nickName", func(u *User) *string { return &u.NickName }, false, "name.displayName", 1024, false},
	{"profileUrl", "profileUrl", func(u *User) *string { return &u.ProfileURL }, false, "", 1024, false},
	{"title", "title", func(u *User) *string { return &u.Title }, false, "organizations[primary].title", 1024, false},
	{"userType", "userType", func(u *User) *string { return &u.UserType }, false, "organizations[primary].description", 1024, false},
	{"preferredLanguage", "preferredLanguage", func(u *User) *string { return &u.PreferredLanguage }, false, "languages[preference=preferred].languageCode", 1024, false},
	{"locale", "locale", func(u *User) *string { return &u.Locale }, false, "", 1024, false},
	{"timezone", "timezone", func(u *User) *string { return &u.Timezone }, false, "", 1024, false},
	{"phone", "phoneNumbers.value", func(u *User) *string { return &u.Phone }, false, "phones[type=work].value", 1024, false},
	{"address", "addresses.formatted", func(u *User) *string { return &u.AddressFormatted }, false, "addresses[type=work].formatted", 1024, false},
	{"streetAddress", "addresses.streetAddress", func(u *User) *string { return &u.StreetAddress }, false, "addresses[type=work].streetAddress", 1024, false},
	{"locality", "addresses.locality", func(u *User) *string { return &u.Locality }, false, "addresses[type=work].locality", 1024, false},
	{"region", "addresses.region", func(u *User) *string { return &u.Region }, false, "addresses[type=work].region", 1024, false},
	{"postalCode", "addresses.postalCode", func(u *User) *string { return &u.PostalCode }, false, "addresses[type=work].postalCode", 1024, false},
	{"country", "addresses.country", func(u *User) *string { return &u.Country }, false, "addresses[type=work].country", 1024, false},
	{"role", "roles.value", func(u *User) *string { return &u.Role }, false, "", 1024, true},
	{"employeeNumber", Enterprise + ":employeeNumber", func(u *User) *string { return &u.EmployeeNumber }, false, "externalIds[type=organization].value", 1024, false},
	{"costCenter", Enterprise + ":costCenter", func(u *User) *string { return &u.CostCenter }, false, "organizations[primary].costCenter", 1024, false},
	{"organization", Enterprise + ":organization", func(u *User) *string { return &u.Organization }, false, "organizations[primary].name", 1024, false},
	{"division", Enterprise + ":division", func(u *User) *string { return &u.Division }, false, "organizations[primary].domain", 1024, false},
	{"department", Enterprise + ":department", func(u *User) *string { return &u.Department }, false, "organizations[primary].department", 1024, false},
	{"manager", Enterprise + ":manager.value", func(u *User) *string { return &u.Manager }, false, "relations[type=manager].value", 1024, false},
}
