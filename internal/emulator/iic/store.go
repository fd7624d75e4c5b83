package iic

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"
)

// membership is one user in one group. Its id is the Identity Store's; SCIM does not know it.
type membership struct {
	ID, GroupID, UserID string
	CreatedAt           time.Time
	CreatedBy           string
}

// view is what a reader can see.
type view struct {
	users   *table[User]
	groups  *table[Group]
	members map[string]*table[membership] // by group id, then by user id
}

func newView() view {
	return view{users: newTable[User](), groups: newTable[Group](), members: map[string]*table[membership]{}}
}

func (v view) clone() view {
	c := view{users: v.users.clone(), groups: v.groups.clone(), members: make(map[string]*table[membership], len(v.members))}
	for id, t := range v.members {
		c.members[id] = t.clone()
	}
	return c
}

// store is the data, with the indexes that uniqueness needs.
type store struct {
	view
	names, emails, externals map[string]string // folded value → user id
	groupNames               map[string]string // folded displayName → group id
	groupExternals           map[string]int    // folded externalId → how many
	memberships              map[string]*membership
	access                   access
	prefix                   string // of ids; see Switches.PrefixedIDs
	made                     int    // ids so far
	lag                      time.Duration
	history                  []moment
}

// moment is what was there to see from a time on.
type moment struct {
	at   time.Time
	view view
}

func newStore() *store {
	return &store{
		view: newView(), names: map[string]string{}, emails: map[string]string{}, externals: map[string]string{},
		groupNames: map[string]string{}, groupExternals: map[string]int{}, memberships: map[string]*membership{},
		access: newAccess(),
	}
}

// fold makes names comparable without case. User and group names are caseExact false (SCIM guide: ListSchemas).
func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// newID makes an id that was never used before: deleting and creating again gives another one (user guide: troubleshooting).
func (s *store) newID(prefixed bool) string {
	s.made++
	h := sha256.Sum256(fmt.Appendf(nil, "%s/%d", s.prefix, s.made))
	uuid := fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
	if prefixed {
		return s.prefix + "-" + uuid
	}
	return uuid
}

// duplicateUser names the attribute that another user than id has already, or is empty.
func (s *store) duplicateUser(u *User) string {
	taken := func(index map[string]string, v string) bool {
		id, ok := index[fold(v)]
		return v != "" && ok && id != u.ID
	}
	switch {
	case taken(s.names, u.UserName):
		return "UserName"
	case taken(s.emails, u.email()):
		return "Email"
	case taken(s.externals, u.ExternalID):
		return "ExternalId"
	}
	return ""
}

// duplicateGroup is duplicateUser for groups.
func (s *store) duplicateGroup(g *Group, sharedExternal bool) string {
	if id, ok := s.groupNames[fold(g.DisplayName)]; ok && id != g.ID {
		return "GroupDisplayName"
	}
	if g.ExternalID == "" || sharedExternal {
		return ""
	}
	others := s.groupExternals[fold(g.ExternalID)]
	if old := s.groups.rows[g.ID]; old != nil && fold(old.ExternalID) == fold(g.ExternalID) {
		others--
	}
	if others > 0 {
		return "ExternalId"
	}
	return ""
}

func (s *store) putUser(u *User) {
	if old := s.users.rows[u.ID]; old != nil {
		s.unindexUser(old)
	}
	s.users.put(u.ID, u)
	s.names[fold(u.UserName)] = u.ID
	if v := u.email(); v != "" {
		s.emails[fold(v)] = u.ID
	}
	if u.ExternalID != "" {
		s.externals[fold(u.ExternalID)] = u.ID
	}
}

func (s *store) unindexUser(u *User) {
	delete(s.names, fold(u.UserName))
	delete(s.emails, fold(u.email()))
	delete(s.externals, fold(u.ExternalID))
}

// removeUser takes the memberships along. Assignments stay and dangle (user guide: troubleshooting).
func (s *store) removeUser(id string) {
	s.unindexUser(s.users.rows[id])
	s.users.remove(id)
	for group := range s.members {
		s.removeMember(group, id)
	}
}

func (s *store) putGroup(g *Group) {
	if old := s.groups.rows[g.ID]; old != nil {
		s.unindexGroup(old)
	} else {
		s.members[g.ID] = newTable[membership]()
	}
	s.groups.put(g.ID, g)
	s.groupNames[fold(g.DisplayName)] = g.ID
	if g.ExternalID != "" {
		s.groupExternals[fold(g.ExternalID)]++
	}
}

func (s *store) unindexGroup(g *Group) {
	delete(s.groupNames, fold(g.DisplayName))
	if g.ExternalID != "" {
		s.groupExternals[fold(g.ExternalID)]--
	}
}

func (s *store) removeGroup(id string) {
	s.unindexGroup(s.groups.rows[id])
	s.groups.remove(id)
	for _, m := range s.members[id].rows {
		delete(s.memberships, m.ID)
	}
	delete(s.members, id)
}

func (s *store) addMember(m *membership) {
	s.members[m.GroupID].put(m.UserID, m)
	s.memberships[m.ID] = m
}

func (s *store) removeMember(group, user string) {
	if m := s.members[group].rows[user]; m != nil {
		s.members[group].remove(user)
		delete(s.memberships, m.ID)
	}
}

// written remembers the view after a write, for readers that are behind.
func (s *store) written(now time.Time) {
	if s.lag > 0 {
		s.history = append(s.history, moment{now, s.view.clone()})
	}
}

// settle makes everything visible at once: after seeding, and when the lag changes.
func (s *store) settle(lag time.Duration) {
	s.lag, s.history = lag, nil
	if lag > 0 {
		s.history = []moment{{view: s.view.clone()}}
	}
}

// visible is what a list shows now.
func (s *store) visible(now time.Time) view {
	if s.lag == 0 {
		return s.view
	}
	horizon := now.Add(-s.lag)
	for len(s.history) > 1 && !s.history[1].at.After(horizon) {
		s.history = s.history[1:]
	}
	return s.history[0].view
}

func sortedBy[T any](rows []T, key func(T) string) []T {
	slices.SortFunc(rows, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return rows
}
