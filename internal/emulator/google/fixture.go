package google

// A Fixture is the content of a [Directory] as plain data: what a JSON file
// holds and what a test builds. Empty ids are filled in when it is loaded.
type Fixture struct {
	Customer        Customer         `json:"customer"`
	Domains         []Domain         `json:"domains,omitempty"`
	OrgUnits        []OrgUnit        `json:"orgUnits,omitempty"`
	Schemas         []Schema         `json:"schemas,omitempty"`
	Users           []User           `json:"users,omitempty"`
	DeletedUsers    []User           `json:"deletedUsers,omitempty"`
	Groups          []Group          `json:"groups,omitempty"`
	Roles           []Role           `json:"roles,omitempty"`
	RoleAssignments []RoleAssignment `json:"roleAssignments,omitempty"`
	ServiceAccounts []ServiceAccount `json:"serviceAccounts,omitempty"`
	Providers       []Provider       `json:"providers,omitempty"`
	RefreshTokens   []RefreshToken   `json:"refreshTokens,omitempty"`
	Metadata        Metadata         `json:"metadata,omitzero"`
	GitHub          GitHub           `json:"github,omitzero"`
	Project         Project          `json:"project,omitzero"`
}

// A Customer is the Workspace account (Directory API reference: customers).
type Customer struct {
	// ID is "C" and eight letters or digits.
	ID             string `json:"id"`
	Domain         string `json:"customerDomain"`
	AlternateEmail string `json:"alternateEmail,omitempty"`
	Language       string `json:"language,omitempty"`
	PhoneNumber    string `json:"phoneNumber,omitempty"`
	CreationTime   string `json:"customerCreationTime,omitempty"`
	// APIBlocked makes every call answer 403 domainCannotUseApis.
	APIBlocked bool `json:"apiBlocked,omitempty"`
}

// A Domain belongs to the customer (Directory API reference: domains).
type Domain struct {
	Name     string   `json:"domainName"`
	Primary  bool     `json:"isPrimary,omitempty"`
	Verified bool     `json:"verified,omitempty"`
	Aliases  []string `json:"domainAliases,omitempty"`
}

// An OrgUnit is a node of the tree of organizational units; the root "/" is
// implied (Directory API reference: orgunits).
type OrgUnit struct {
	ID          string `json:"orgUnitId,omitempty"`
	Path        string `json:"orgUnitPath"`
	Description string `json:"description,omitempty"`
}

// A Schema is a set of custom user fields (Directory API reference: schemas).
type Schema struct {
	ID          string        `json:"schemaId,omitempty"`
	Name        string        `json:"schemaName"`
	DisplayName string        `json:"displayName,omitempty"`
	Fields      []SchemaField `json:"fields"`
}

// A SchemaField is one custom field. Type is one of STRING, INT64, BOOL,
// DOUBLE, EMAIL, PHONE and DATE.
type SchemaField struct {
	ID          string `json:"fieldId,omitempty"`
	Name        string `json:"fieldName"`
	DisplayName string `json:"displayName,omitempty"`
	Type        string `json:"fieldType"`
	MultiValued bool   `json:"multiValued,omitempty"`
	// Unindexed fields cannot be searched; the vendor's default is indexed.
	Unindexed bool `json:"unindexed,omitempty"`
	// Numeric allows ranges and comparisons (numericIndexingSpec).
	Numeric    bool   `json:"numeric,omitempty"`
	AccessType string `json:"readAccessType,omitempty"`
}

// A User is an account of the customer (Directory API reference: users). The
// multi-valued fields keep the vendor's free form.
type User struct {
	ID                 string           `json:"id,omitempty"`
	PrimaryEmail       string           `json:"primaryEmail"`
	Name               Name             `json:"name"`
	Suspended          bool             `json:"suspended,omitempty"`
	SuspensionReason   string           `json:"suspensionReason,omitempty"`
	SuspensionTime     string           `json:"suspensionTime,omitempty"`
	Archived           bool             `json:"archived,omitempty"`
	ArchivalTime       string           `json:"archivalTime,omitempty"`
	IsAdmin            bool             `json:"isAdmin,omitempty"`
	IsDelegatedAdmin   bool             `json:"isDelegatedAdmin,omitempty"`
	IsEnrolledIn2Sv    bool             `json:"isEnrolledIn2Sv,omitempty"`
	IsEnforcedIn2Sv    bool             `json:"isEnforcedIn2Sv,omitempty"`
	IsGuestUser        bool             `json:"isGuestUser,omitempty"`
	GuestEmail         string           `json:"guestEmail,omitempty"`
	NoMailbox          bool             `json:"noMailbox,omitempty"`
	NeverLoggedIn      bool             `json:"neverLoggedIn,omitempty"` // the terms are not accepted either
	CreationTime       string           `json:"creationTime,omitempty"`
	LastLoginTime      string           `json:"lastLoginTime,omitempty"`
	DeletionTime       string           `json:"deletionTime,omitempty"`
	OrgUnitPath        string           `json:"orgUnitPath,omitempty"`
	Aliases            []string         `json:"aliases,omitempty"`
	NonEditableAliases []string         `json:"nonEditableAliases,omitempty"`
	Emails             []map[string]any `json:"emails,omitempty"` // derived from the addresses when empty
	ExternalIDs        []map[string]any `json:"externalIds,omitempty"`
	Organizations      []map[string]any `json:"organizations,omitempty"`
	Phones             []map[string]any `json:"phones,omitempty"`
	Addresses          []map[string]any `json:"addresses,omitempty"`
	Relations          []map[string]any `json:"relations,omitempty"`
	Languages          []map[string]any `json:"languages,omitempty"`
	Locations          []map[string]any `json:"locations,omitempty"`
	Ims                []map[string]any `json:"ims,omitempty"`
	ThumbnailPhotoURL  string           `json:"thumbnailPhotoUrl,omitempty"`
	// CustomSchemas holds schema name → field name → value; a multi-valued
	// field is a list of objects with a "value".
	CustomSchemas map[string]map[string]any `json:"customSchemas,omitempty"`
}

// A Name is a person's name. FullName is derived when empty.
type Name struct {
	GivenName   string `json:"givenName"`
	FamilyName  string `json:"familyName"`
	FullName    string `json:"fullName,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
}

// A Group holds its direct members (Directory API reference: groups).
type Group struct {
	ID                 string   `json:"id,omitempty"`
	Email              string   `json:"email"`
	Name               string   `json:"name"`
	Description        string   `json:"description,omitempty"`
	UserCreated        bool     `json:"userCreated,omitempty"` // adminCreated is the usual
	Aliases            []string `json:"aliases,omitempty"`
	NonEditableAliases []string `json:"nonEditableAliases,omitempty"`
	Members            []Member `json:"members,omitempty"`
}

// The kinds of member (Directory API reference: members, field type).
const (
	TypeUser     = "USER"
	TypeGroup    = "GROUP"
	TypeCustomer = "CUSTOMER"
)

// The roles of a member in a group.
const (
	RoleOwner   = "OWNER"
	RoleManager = "MANAGER"
	RoleMember  = "MEMBER"
)

// A Member is a row of a group. For users and groups of the customer either
// ID or Email is enough, and the address and status follow the account; what
// is in neither list is external and keeps what is written here.
type Member struct {
	ID    string `json:"id,omitempty"`
	Email string `json:"email,omitempty"`
	Role  string `json:"role,omitempty"` // MEMBER when empty
	Type  string `json:"type,omitempty"` // found out when empty
	// Status is for external rows only; it is absent there by default.
	Status string `json:"status,omitempty"`
	// Alias is the address under which an own user was added, when that is
	// not the primary one: rows then show it.
	Alias string `json:"alias,omitempty"`
}

// A Role is a set of privileges (Directory API reference: roles).
type Role struct {
	ID          string   `json:"roleId"`
	Name        string   `json:"roleName"`
	Description string   `json:"roleDescription,omitempty"`
	SuperAdmin  bool     `json:"isSuperAdminRole,omitempty"`
	System      bool     `json:"isSystemRole,omitempty"`
	Privileges  []string `json:"privileges,omitempty"` // USERS_RETRIEVE, GROUPS_ALL …
}

// A RoleAssignment gives a role to a user id, a group id or a service
// account's numeric client id (Directory API reference: roleAssignments).
type RoleAssignment struct {
	ID         string `json:"roleAssignmentId"`
	RoleID     string `json:"roleId"`
	AssignedTo string `json:"assignedTo"`
}

// A ServiceAccount is an account of the Cloud project. It may hold keys, a
// domain-wide delegation grant, and admin roles (by RoleAssignments on its
// ClientID).
type ServiceAccount struct {
	Email     string `json:"email"`
	ClientID  string `json:"clientId"` // 21 digits
	ProjectID string `json:"projectId,omitempty"`
	Keys      []Key  `json:"keys,omitempty"`
	// DelegatedScopes are the scopes of the domain-wide delegation grant;
	// none means that there is no grant.
	DelegatedScopes []string `json:"delegatedScopes,omitempty"`
	// TokenCreators may sign JWTs and mint tokens as this account
	// (roles/iam.serviceAccountTokenCreator); IdentityUsers may only mint
	// tokens (roles/iam.workloadIdentityUser). Both hold IAM members such as
	// "serviceAccount:a@b" and "principalSet://iam.googleapis.com/…".
	TokenCreators []string `json:"tokenCreators,omitempty"`
	IdentityUsers []string `json:"identityUsers,omitempty"`
	Disabled      bool     `json:"disabled,omitempty"`
	Deleted       bool     `json:"deleted,omitempty"`
}

// A Key is the public half of a service account's key.
type Key struct {
	ID        string `json:"id"`
	PublicKey string `json:"publicKey"` // PEM, PKIX
	TokenURI  string `json:"tokenUri,omitempty"`
	Disabled  bool   `json:"disabled,omitempty"`
}

// A Project is the Cloud project that calls the API.
type Project struct {
	Number      string `json:"number,omitempty"`
	AdminAPIOff bool   `json:"adminApiOff,omitempty"`
	IAMAPIOff   bool   `json:"iamApiOff,omitempty"`
	STSAPIOff   bool   `json:"stsApiOff,omitempty"`
}
