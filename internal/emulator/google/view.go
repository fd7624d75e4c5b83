package google

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A view is the directory at one moment: indexed, sorted, never changed. A
// request reads one view from start to end, and a frozen search index is
// nothing but an old view.
type view struct {
	f         Fixture
	users     map[string]*userRow  // by id and by every folded address
	groups    map[string]*groupRow // by id and by every folded address
	userList  []*userRow           // by primary address
	groupList []*groupRow          // by address
	external  map[string]bool      // ids and folded addresses of rows that are not ours
	domains   map[string]bool      // ours, aliases too
	accounts  map[string]*ServiceAccount
	schemas   map[string]*Schema // by folded name
}

type userRow struct {
	User
	sortKey string
	once    sync.Once
	wire    map[string]any
}

type groupRow struct {
	Group
	sortKey string
	direct  int // direct members of type USER
	rows    []memberRow
	once    sync.Once
	wire    map[string]any
}

// A memberRow is a member as the API shows it.
type memberRow struct {
	id, email, role, kind, status string
	sortKey                       string
}

func newView(f Fixture) *view {
	v := &view{
		f: f, users: map[string]*userRow{}, groups: map[string]*groupRow{},
		external: map[string]bool{}, domains: map[string]bool{},
		accounts: map[string]*ServiceAccount{}, schemas: map[string]*Schema{},
	}
	for _, d := range v.f.Domains {
		v.domains[fold(d.Name)] = true
		for _, a := range d.Aliases {
			v.domains[fold(a)] = true
		}
	}
	for i := range v.f.ServiceAccounts {
		v.accounts[fold(v.f.ServiceAccounts[i].Email)] = &v.f.ServiceAccounts[i]
	}
	for i := range v.f.Schemas {
		v.schemas[fold(v.f.Schemas[i].Name)] = &v.f.Schemas[i]
	}
	v.indexUsers()
	v.indexGroups()
	return v
}

func (v *view) indexUsers() {
	for _, u := range v.f.Users {
		row := &userRow{User: u, sortKey: fold(u.PrimaryEmail) + "\x00" + u.ID}
		v.userList = append(v.userList, row)
		v.users[u.ID] = row
		for _, a := range slices.Concat([]string{u.PrimaryEmail}, u.Aliases, u.NonEditableAliases) {
			v.users[fold(a)] = row
		}
	}
	slices.SortFunc(v.userList, func(a, b *userRow) int { return strings.Compare(a.sortKey, b.sortKey) })
}

func (v *view) indexGroups() {
	for _, g := range v.f.Groups {
		row := &groupRow{Group: g, sortKey: fold(g.Email) + "\x00" + g.ID}
		v.groupList = append(v.groupList, row)
		v.groups[g.ID] = row
		for _, a := range slices.Concat([]string{g.Email}, g.Aliases, g.NonEditableAliases) {
			v.groups[fold(a)] = row
		}
	}
	slices.SortFunc(v.groupList, func(a, b *groupRow) int { return strings.Compare(a.sortKey, b.sortKey) })
	for _, g := range v.groupList {
		for _, m := range g.Members {
			row := v.memberRow(m)
			g.rows = append(g.rows, row)
			if row.kind == TypeUser {
				g.direct++
			}
		}
		slices.SortFunc(g.rows, byKey)
	}
}

func byKey(a, b memberRow) int { return cmp.Compare(a.sortKey, b.sortKey) }

// memberRow is a member as the API shows it: an own account's address and
// status are those of the account, an external one has no status, and
// everyone (CUSTOMER) has neither status nor address.
func (v *view) memberRow(m Member) memberRow {
	r := memberRow{id: m.ID, email: m.Email, role: m.Role, kind: m.Type, status: m.Status}
	switch u, g := v.users[m.ID], v.groups[m.ID]; {
	case m.Type == TypeCustomer:
		r.email, r.status = "", ""
	case u != nil && m.Type == TypeUser:
		r.email, r.status = cmp.Or(m.Alias, u.PrimaryEmail), u.memberStatus()
	case g != nil && m.Type == TypeGroup:
		r.email, r.status = g.Email, "ACTIVE"
	default:
		v.external[m.ID] = true
		v.external[fold(m.Email)] = true
	}
	r.sortKey = fold(r.email) + "\x00" + r.id
	return r
}

// memberStatus is the status of an own user's rows (Directory API reference:
// members, status; ARCHIVED is undocumented but answered).
func (u *userRow) memberStatus() string {
	switch {
	case u.Suspended:
		return "SUSPENDED"
	case u.Archived:
		return "ARCHIVED"
	default:
		return "ACTIVE"
	}
}

// user finds an account by id or address.
func (v *view) user(key string) *userRow {
	if u := v.users[key]; u != nil {
		return u
	}
	return v.users[fold(key)]
}

// group finds a group by id or address.
func (v *view) group(key string) *groupRow {
	if g := v.groups[key]; g != nil {
		return g
	}
	return v.groups[fold(key)]
}

// resolve is the id of an own user or group, or the key itself.
func (v *view) resolve(key string) string {
	if u := v.user(key); u != nil {
		return u.ID
	}
	if g := v.group(key); g != nil {
		return g.ID
	}
	return key
}

// foreign says that a key belongs to somebody else: an address in a domain
// that is not ours, or the id of an external member row.
func (v *view) foreign(key string) bool {
	if strings.Contains(key, "@") {
		return !v.domains[domainOf(key)]
	}
	return v.external[key]
}

// body is the user as the API shows it to an administrator, with all custom
// fields. It is made once and must not be changed.
func (u *userRow) body(customer string) map[string]any {
	u.once.Do(func() {
		m := toMap(u.User)
		for _, k := range []string{"guestEmail", "noMailbox", "neverLoggedIn", "deletionTime"} {
			delete(m, k)
		}
		m["kind"] = "admin#directory#user"
		for k, b := range map[string]bool{
			"suspended": u.Suspended, "archived": u.Archived,
			"isAdmin": u.IsAdmin, "isDelegatedAdmin": u.IsDelegatedAdmin,
			"isEnrolledIn2Sv": u.IsEnrolledIn2Sv, "isEnforcedIn2Sv": u.IsEnforcedIn2Sv,
			"agreedToTerms": !u.NeverLoggedIn, "isMailboxSetup": !u.NoMailbox,
			"ipWhitelisted": false, "changePasswordAtNextLogin": false, "includeInGlobalAddressList": true,
		} {
			m[k] = b
		}
		if u.GuestEmail != "" {
			m["guestAccountInfo"] = map[string]any{"primaryGuestEmail": u.GuestEmail}
		}
		if u.LastLoginTime == "" {
			m["lastLoginTime"] = "1970-01-01T00:00:00.000Z" // never logged in
		}
		m["customerId"] = customer
		name := map[string]any{"givenName": u.Name.GivenName, "familyName": u.Name.FamilyName, "fullName": u.fullName()}
		if u.Name.DisplayName != "" {
			name["displayName"] = u.Name.DisplayName
		}
		m["name"] = name
		if len(u.Emails) == 0 {
			m["emails"] = u.emails()
		}
		m["etag"] = etag(m)
		u.wire = m
	})
	return u.wire
}

func (u *User) fullName() string {
	return cmp.Or(u.Name.FullName, strings.TrimSpace(u.Name.GivenName+" "+u.Name.FamilyName))
}

// emails lists the primary address and the aliases (Directory API reference:
// users, emails).
func (u *User) emails() []any {
	list := []any{map[string]any{"address": u.PrimaryEmail, "primary": true}}
	for _, a := range slices.Concat(u.Aliases, u.NonEditableAliases) {
		list = append(list, map[string]any{"address": a})
	}
	return list
}

// body is the group as the API shows it. directMembersCount is an int64 and so
// a JSON string, and counts direct users only (Directory API reference: groups).
func (g *groupRow) body(etagCounts bool) map[string]any {
	g.once.Do(func() {
		m := toMap(g.Group)
		delete(m, "members")
		delete(m, "userCreated")
		m["kind"] = "admin#directory#group"
		m["adminCreated"] = !g.UserCreated
		m["description"] = g.Description
		g.wire = m
	})
	m := maps.Clone(g.wire)
	if !etagCounts {
		m["etag"] = etag(m)
	}
	m["directMembersCount"] = strconv.Itoa(g.direct)
	if etagCounts {
		m["etag"] = etag(m)
	}
	return m
}

// body is the row as the API shows it.
func (r memberRow) body() map[string]any {
	m := map[string]any{"kind": "admin#directory#member", "id": r.id, "role": r.role, "type": r.kind}
	if r.email != "" {
		m["email"] = r.email
	}
	if r.status != "" {
		m["status"] = r.status
	}
	m["etag"] = etag(m)
	return m
}
