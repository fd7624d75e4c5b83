// Package policy decides what should be true of the target: who is in scope,
// what they are called, what becomes of those who left. All choices of a run
// are made here, by shaping the wanted state; the diff that follows has no
// options at all, and nothing here reads or writes anything.
package policy

import (
	"fmt"
	"slices"
	"strings"

	"ssosync/internal/directory"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/policy/query"
)

// Deprovision is what becomes of a managed object that is no longer in scope.
type Deprovision string

// The ways to deprovision, mildest first.
const (
	Keep       Deprovision = "keep"
	Deactivate Deprovision = "deactivate" // users: no sign-in, out of the groups
	Empty      Deprovision = "empty"      // groups: no members; id and assignments stay
	Delete     Deprovision = "delete"
)

// NameConflict is what becomes of groups that want one name.
type NameConflict string

// The ways to treat groups that want one name.
const (
	FailGroup   NameConflict = "fail-group"   // the newcomer is a conflict
	SuffixEmail NameConflict = "suffix-email" // the newcomer's name gets its address
)

// Rules are an operator's choices. The zero value manages nothing.
type Rules struct {
	GroupMatch, UserMatch query.Set
	IgnoreUsers           Globs // addresses; such users and groups are not touched
	IgnoreGroups          Globs
	IncludeGroups         Globs // addresses; nil includes every matched group
	ProtectUsers          Globs // names in the target; not even matched
	ProtectGroups         Globs

	Mapping    Mapping
	Attributes []string // names of identity.Attrs that updates keep in sync

	GroupName    func(directory.Group) string
	NameConflict NameConflict
	Adopt        match.Adopt

	DeprovisionUsers  Deprovision
	DeprovisionGroups Deprovision
	DeleteUnmanaged   bool // the old mirror: what is not ours goes as well
	Suspended         bool // create suspended people too, inactive
	GroupsOnly        bool // users are somebody else's: matched, never written
	// LeaveUnknownMembers keeps members that the source does not know in
	// groups that we manage (the sync method users_groups).
	LeaveUnknownMembers bool

	// Canonical brings a user into the form that the target stores; nil
	// leaves them as they are. CanonicalGroup does the same for groups.
	Canonical      func(identity.User) (identity.User, []identity.Flaw)
	CanonicalGroup func(identity.Group) (identity.Group, []identity.Flaw)
}

// Needs says what the rules have to know of a directory.
func (r Rules) Needs() directory.Needs {
	n := directory.Needs{Group: r.groupInScope, AllAccounts: !r.UserMatch.Empty()}
	paths := map[string]bool{}
	for _, m := range r.Mapping {
		if m.needed(r.Attributes) {
			paths[m.Path] = true
			n.AllAccounts = n.AllAccounts || m.Attr.Name == "manager"
		}
	}
	for _, q := range r.UserMatch.Queries() {
		if !q.Local() {
			n.UserQueries = append(n.UserQueries, q.Server())
		}
		for _, p := range q.Paths() {
			paths[p] = true
		}
	}
	for _, q := range r.GroupMatch.Queries() {
		if !q.Local() {
			n.GroupQueries = append(n.GroupQueries, q.Server())
		}
		n.AllMembers = n.AllMembers || q.Local() && q.NeedsMembers()
	}
	// What the search index does not return says nothing about people: who is
	// gone or suspended must be seen in the listing.
	n.AllAccounts = n.AllAccounts || len(n.GroupQueries) > 0
	for p := range paths {
		n.Paths = append(n.Paths, p)
	}
	slices.Sort(n.Paths)
	return n
}

// groupInScope decides by what the group listing says. Queries that need more
// than that are decided later, with everything at hand.
func (r Rules) groupInScope(g directory.Group) bool {
	if r.excluded(g) {
		return false
	}
	return slices.ContainsFunc(r.GroupMatch.Queries(), func(q query.Query) bool { return q.Group(g, nil, "") })
}

func (r Rules) excluded(g directory.Group) bool {
	return r.ignoresGroup(g) || len(r.IncludeGroups) > 0 && !r.IncludeGroups.Match(append([]string{g.Email}, g.Aliases...)...)
}

func (r Rules) ignoresGroup(g directory.Group) bool {
	return r.IgnoreGroups.Match(append([]string{g.Email}, g.Aliases...)...)
}

func (r Rules) ignoresAccount(a directory.Account) bool {
	return r.IgnoreUsers.Match(append([]string{a.PrimaryEmail}, a.Aliases...)...)
}

// Protected reports whether an object of the target must not be matched.
func (r Rules) Protected(kind identity.Kind, name string) bool {
	if kind == identity.KindUser {
		return r.ProtectUsers.Match(name)
	}
	return r.ProtectGroups.Match(name)
}

// Presets are lists of groups that others keep in Identity Center, by name.
var Presets = map[string]Preset{
	// Control Tower guide: groups that AWS Control Tower sets up.
	"control-tower": {Groups: Globs{
		"AWSAccountFactory", "AWSAuditAccountAdmins", "AWSControlTowerAdmins", "AWSLogArchiveAdmins",
		"AWSLogArchiveViewers", "AWSSecurityAuditors", "AWSSecurityAuditPowerUsers", "AWSServiceCatalogAdmins",
	}},
	// Identity Store API reference: UserName and DisplayName, reserved names.
	"aws-reserved": {Users: Globs{"Administrator", "AWSAdministrators"}, Groups: Globs{"Administrator", "AWSAdministrators"}},
}

// A Preset is a list of names to protect.
type Preset struct{ Users, Groups Globs }

// Protect adds the named presets to the rules, or says which one is unknown.
func (r *Rules) Protect(presets ...string) error {
	for _, name := range presets {
		p, ok := Presets[name]
		if !ok {
			return fmt.Errorf("protect: there is no preset %q", name)
		}
		r.ProtectUsers = append(slices.Clip(r.ProtectUsers), p.Users...)
		r.ProtectGroups = append(slices.Clip(r.ProtectGroups), p.Groups...)
	}
	return nil
}

// ParseGroupName returns the function behind --group-name: "name", "email",
// or a template with {name}, {email}, {email.local} and {email.domain}.
func ParseGroupName(s string) (func(directory.Group) string, error) {
	switch s {
	case "name":
		s = "{name}"
	case "email":
		s = "{email}"
	}
	probe := groupName(s, directory.Group{Name: "n", Email: "l@d"})
	if probe == s || strings.ContainsAny(probe, "{}") {
		return nil, fmt.Errorf("group name %q: want name, email, or a text with {name}, {email}, {email.local} or {email.domain}", s)
	}
	return func(g directory.Group) string { return groupName(s, g) }, nil
}

func groupName(template string, g directory.Group) string {
	local, domain, _ := strings.Cut(g.Email, "@")
	name := g.Name
	if strings.TrimSpace(name) == "" {
		name = local // Google allows a group without a name, AWS does not
	}
	return strings.NewReplacer("{name}", name, "{email}", g.Email, "{email.local}", local, "{email.domain}", domain).Replace(template)
}
