package google

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// complete fills in what a hand-written fixture leaves out. It never changes
// what is there.
func (f *Fixture) complete(now time.Time) {
	f.completeCustomer()
	taken := f.ids()
	for i := range f.Users {
		u := &f.Users[i]
		u.ID = unused(u.ID, taken, func(try int) string { return userID(u.PrimaryEmail, try) })
		if u.OrgUnitPath == "" {
			u.OrgUnitPath = "/"
		}
		if u.CreationTime == "" {
			u.CreationTime = stamp(now)
		}
	}
	for i := range f.Groups {
		g := &f.Groups[i]
		g.ID = unused(g.ID, taken, func(try int) string { return groupID(g.Email, try) })
	}
	f.completeOrgUnits()
	f.completeMembers()
	for i := range f.ServiceAccounts {
		if sa := &f.ServiceAccounts[i]; sa.ClientID == "" {
			sa.ClientID = "1" + number(20, "serviceAccount", sa.Email)
		}
	}
}

func (f *Fixture) completeCustomer() {
	c := &f.Customer
	if c.Domain == "" {
		c.Domain = "example.com"
	}
	if c.ID == "" {
		c.ID = customerID(c.Domain)
	}
	if c.CreationTime == "" {
		c.CreationTime = "2015-03-01T08:00:00.000Z"
	}
	if !slices.ContainsFunc(f.Domains, func(d Domain) bool { return fold(d.Name) == fold(c.Domain) }) {
		f.Domains = append(f.Domains, Domain{Name: c.Domain, Primary: true, Verified: true})
	}
	if f.Project.Number == "" {
		f.Project.Number = "123456789012"
	}
}

// completeOrgUnits adds the units, and their parents, that users are in.
func (f *Fixture) completeOrgUnits() {
	known := map[string]bool{"/": true}
	for _, o := range f.OrgUnits {
		known[fold(o.Path)] = true
	}
	add := func(path string) {
		for ; path != "" && path != "/" && !known[fold(path)]; path = parentPath(path) {
			known[fold(path)] = true
			f.OrgUnits = append(f.OrgUnits, OrgUnit{Path: path})
		}
	}
	for _, o := range slices.Clone(f.OrgUnits) {
		add(parentPath(o.Path))
	}
	for _, u := range f.Users {
		add(u.OrgUnitPath)
	}
	for i := range f.OrgUnits {
		if o := &f.OrgUnits[i]; o.ID == "" {
			o.ID = "id:" + groupID("orgunit:"+o.Path, 0)
		}
	}
}

// parentPath is "/" for a unit below the root and for the root itself.
func parentPath(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

// completeMembers joins the rows to the accounts: an own user or group is
// kept by id, so that a rename is followed (Directory API reference: members,
// id is the user's or the group's).
func (f *Fixture) completeMembers() {
	byAddress := map[string]Member{}
	kind := map[string]string{}
	for _, u := range f.Users {
		kind[u.ID] = TypeUser
		for _, a := range slices.Concat(u.Aliases, u.NonEditableAliases) {
			byAddress[fold(a)] = Member{ID: u.ID, Type: TypeUser, Alias: a}
		}
		byAddress[fold(u.PrimaryEmail)] = Member{ID: u.ID, Type: TypeUser}
	}
	for _, g := range f.Groups {
		kind[g.ID] = TypeGroup
		for _, a := range slices.Concat(g.Aliases, g.NonEditableAliases, []string{g.Email}) {
			byAddress[fold(a)] = Member{ID: g.ID, Type: TypeGroup}
		}
	}
	for i := range f.Groups {
		for j := range f.Groups[i].Members {
			f.Groups[i].Members[j].join(byAddress, kind, f.Customer.ID)
		}
	}
}

func (m *Member) join(byAddress map[string]Member, kind map[string]string, customer string) {
	if m.Role == "" {
		m.Role = RoleMember
	}
	switch own, found := byAddress[fold(m.Email)]; {
	case m.Type == TypeCustomer || m.ID != "" && m.ID == customer:
		m.Type, m.ID = TypeCustomer, customer
	case m.ID != "" && kind[m.ID] != "":
		m.Type, m.Email = kind[m.ID], ""
	case m.ID == "" && found:
		m.ID, m.Type, m.Alias, m.Email = own.ID, own.Type, own.Alias, ""
	case m.ID == "":
		m.ID = userID("external:"+m.Email, 0)
		fallthrough
	default:
		if m.Type == "" {
			m.Type = TypeUser
		}
	}
}

// ids are all ids in use, those of deleted users too: an address that comes
// back is another account with another id.
func (f *Fixture) ids() map[string]bool {
	taken := map[string]bool{}
	for _, u := range slices.Concat(f.Users, f.DeletedUsers) {
		taken[u.ID] = true
	}
	for _, g := range f.Groups {
		taken[g.ID] = true
	}
	return taken
}

func unused(id string, taken map[string]bool, next func(try int) string) string {
	for try := 0; id == ""; try++ {
		if c := next(try); !taken[c] {
			id = c
		}
	}
	taken[id] = true
	return id
}

// stamp is the form of every time in the API: RFC 3339 with milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// check finds what the service could never hold: an address or an id used
// twice, an address that is none.
func (f *Fixture) check() error {
	seen := map[string]string{}
	claim := func(key, owner string) error {
		if other, dup := seen[key]; dup {
			return fmt.Errorf("%q is used by %s and by %s", key, other, owner)
		}
		seen[key] = owner
		return nil
	}
	for _, u := range f.Users {
		if err := claimAll(claim, "user "+u.PrimaryEmail, u.ID, u.PrimaryEmail, u.Aliases, u.NonEditableAliases); err != nil {
			return err
		}
	}
	for _, g := range f.Groups {
		if err := claimAll(claim, "group "+g.Email, g.ID, g.Email, g.Aliases, g.NonEditableAliases); err != nil {
			return err
		}
	}
	return nil
}

func claimAll(claim func(key, owner string) error, owner, id, email string, aliases ...[]string) error {
	if !strings.Contains(email, "@") {
		return fmt.Errorf("%s: %q is no address", owner, email)
	}
	if strings.Contains(id, "@") {
		return fmt.Errorf("%s: %q is no id", owner, id)
	}
	if err := claim(id, owner); err != nil {
		return err
	}
	for _, a := range slices.Concat([]string{email}, slices.Concat(aliases...)) {
		if err := claim(fold(a), owner); err != nil {
			return err
		}
	}
	return nil
}

// clone is a deep copy, as deep as JSON goes.
func (f *Fixture) clone() Fixture {
	c := *f
	c.Domains = slices.Clone(f.Domains)
	c.OrgUnits = slices.Clone(f.OrgUnits)
	c.Schemas = slices.Clone(f.Schemas)
	for i := range c.Schemas {
		c.Schemas[i].Fields = slices.Clone(c.Schemas[i].Fields)
	}
	c.Users = cloneEach(f.Users, User.clone)
	c.DeletedUsers = cloneEach(f.DeletedUsers, User.clone)
	c.Groups = cloneEach(f.Groups, Group.clone)
	c.Roles = slices.Clone(f.Roles)
	c.RoleAssignments = slices.Clone(f.RoleAssignments)
	c.ServiceAccounts = cloneEach(f.ServiceAccounts, ServiceAccount.clone)
	c.Providers = slices.Clone(f.Providers)
	for i := range c.Providers {
		p := &c.Providers[i]
		p.Callers, p.Secrets = maps.Clone(p.Callers), maps.Clone(p.Secrets)
		p.AllowedRoles, p.AllowedRepositories = slices.Clone(p.AllowedRoles), slices.Clone(p.AllowedRepositories)
		p.AllowedAudiences, p.JWKS = slices.Clone(p.AllowedAudiences), slices.Clone(p.JWKS)
	}
	c.RefreshTokens = slices.Clone(f.RefreshTokens)
	for i := range c.RefreshTokens {
		c.RefreshTokens[i].Scopes = slices.Clone(c.RefreshTokens[i].Scopes)
	}
	c.Metadata.Scopes = slices.Clone(f.Metadata.Scopes)
	return c
}

func cloneEach[T any](in []T, clone func(T) T) []T {
	if in == nil {
		return nil
	}
	out := make([]T, len(in))
	for i, v := range in {
		out[i] = clone(v)
	}
	return out
}

func (u User) clone() User {
	u.Aliases = slices.Clone(u.Aliases)
	u.NonEditableAliases = slices.Clone(u.NonEditableAliases)
	for _, l := range []*[]map[string]any{
		&u.Emails, &u.ExternalIDs, &u.Organizations, &u.Phones, &u.Addresses, &u.Relations, &u.Languages, &u.Locations, &u.Ims,
	} {
		*l = cloneEach(*l, maps.Clone)
	}
	u.CustomSchemas = maps.Clone(u.CustomSchemas)
	for name, fields := range u.CustomSchemas {
		u.CustomSchemas[name] = maps.Clone(fields)
	}
	return u
}

func (g Group) clone() Group {
	g.Aliases = slices.Clone(g.Aliases)
	g.NonEditableAliases = slices.Clone(g.NonEditableAliases)
	g.Members = slices.Clone(g.Members)
	return g
}

func (sa ServiceAccount) clone() ServiceAccount {
	sa.Keys = slices.Clone(sa.Keys)
	sa.DelegatedScopes = slices.Clone(sa.DelegatedScopes)
	sa.TokenCreators = slices.Clone(sa.TokenCreators)
	sa.IdentityUsers = slices.Clone(sa.IdentityUsers)
	return sa
}

// toMap is v as the JSON object that it is, numbers kept as written.
func toMap(v any) map[string]any {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("fixture holds what JSON cannot say: %v", err))
	}
	m := map[string]any{}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		panic(fmt.Sprintf("fixture is no object: %v", err))
	}
	return m
}
