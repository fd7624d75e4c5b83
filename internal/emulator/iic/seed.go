package iic

import (
	"fmt"
	"slices"
	"time"
)

// State is all that is in the directory: users by name, groups by name, assignments in the order in which they were made,
// permission sets and applications by ARN.
type State struct {
	Users  []User
	Groups []Group

	PermissionSets         []PermissionSet
	Applications           []Application
	Assignments            []Assignment
	ApplicationAssignments []ApplicationAssignment
}

// User finds a user by name, without regard to case.
func (st State) User(userName string) (User, bool) {
	i := slices.IndexFunc(st.Users, func(u User) bool { return fold(u.UserName) == fold(userName) })
	if i < 0 {
		return User{}, false
	}
	return st.Users[i], true
}

// Group finds a group by name, without regard to case.
func (st State) Group(displayName string) (Group, bool) {
	i := slices.IndexFunc(st.Groups, func(g Group) bool { return fold(g.DisplayName) == fold(displayName) })
	if i < 0 {
		return Group{}, false
	}
	return st.Groups[i], true
}

// Members are the user names of a group, sorted; nil for a group that is empty or unknown.
func (st State) Members(displayName string) []string {
	g, _ := st.Group(displayName)
	var names []string
	for _, u := range st.Users {
		if slices.Contains(g.Members, u.ID) {
			names = append(names, u.UserName)
		}
	}
	return names
}

// State is a deep copy of the data as they are now, whatever readers are shown.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	var st State
	for _, id := range s.store.users.ids {
		st.Users = append(st.Users, *s.store.users.rows[id].clone())
	}
	for _, id := range s.store.groups.ids {
		g := s.store.groups.rows[id].clone()
		g.Members = slices.Clone(s.store.members[id].ids)
		st.Groups = append(st.Groups, *g)
	}
	sortedBy(st.Users, func(u User) string { return u.UserName })
	sortedBy(st.Groups, func(g Group) string { return g.DisplayName })
	s.store.access.show(&st)
	return st
}

// Seed adds to the directory what somebody else has put there: the console, Control Tower, an earlier provisioning. An object
// whose ID is there already replaces it, members included. Attributes are not validated, since other ways into the directory have
// other rules; an error, and then nothing is done, is a name, e-mail address or external id that is taken, or a member that
// is not there. Seeds are not in the journal and are visible at once.
func (s *Server) Seed(seed State) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.store
	trial := s.store.clone()
	s.store = trial
	if err := s.seed(seed); err != nil {
		s.store = before
		return fmt.Errorf("seed: %w", err)
	}
	s.store.settle(s.options.Switches.Lag)
	return nil
}

func (s *Server) seed(seed State) error {
	now := s.options.Clock()
	for i := range seed.Users {
		u := seed.Users[i].clone()
		stamp(&u.ID, &u.CreatedAt, &u.UpdatedAt, &u.Revision, now, s.newID)
		if attribute := s.store.duplicateUser(u); attribute != "" {
			return fmt.Errorf("user %q: duplicate %s", u.UserName, attribute)
		}
		s.store.putUser(u)
	}
	for i := range seed.Groups {
		g := seed.Groups[i].clone()
		stamp(&g.ID, &g.CreatedAt, &g.UpdatedAt, &g.Revision, now, s.newID)
		if attribute := s.store.duplicateGroup(g, s.options.Switches.SharedGroupExternal); attribute != "" {
			return fmt.Errorf("group %q: duplicate %s", g.DisplayName, attribute)
		}
		s.store.putGroup(g)
		for _, user := range slices.Clone(s.store.members[g.ID].ids) {
			s.store.removeMember(g.ID, user)
		}
		for _, member := range seed.Groups[i].Members {
			id := member
			if byName, ok := s.store.names[fold(member)]; ok {
				id = byName
			}
			if !s.store.users.has(id) {
				return fmt.Errorf("group %q: no member %q", g.DisplayName, member)
			}
			s.store.addMember(&membership{ID: s.newID(), GroupID: g.ID, UserID: id, CreatedAt: g.CreatedAt, CreatedBy: g.CreatedBy})
		}
	}
	s.store.access.seed(seed, now)
	return nil
}

func stamp(id *string, created, updated *time.Time, revision *int, now time.Time, newID func() string) {
	if *id == "" {
		*id = newID()
	}
	if created.IsZero() {
		*created = now
	}
	if updated.IsZero() {
		*updated = *created
	}
	*revision = max(*revision, 1)
}

// Remove takes users and groups away, by id, as somebody else would. Unknown ids are passed over.
func (s *Server) Remove(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if s.store.users.has(id) {
			s.store.removeUser(id)
		}
		if s.store.groups.has(id) {
			s.store.removeGroup(id)
		}
	}
	s.store.settle(s.options.Switches.Lag)
}

func (s *Server) newID() string { return s.store.newID(s.options.Switches.PrefixedIDs) }

// clone is deep as far as rows are replaced and never changed.
func (s *store) clone() *store {
	c := newStore()
	c.prefix, c.made, c.lag = s.prefix, s.made, s.lag
	for _, id := range s.users.ids {
		c.putUser(s.users.rows[id])
	}
	for _, id := range s.groups.ids {
		c.putGroup(s.groups.rows[id])
		for _, m := range s.members[id].rows {
			c.addMember(m)
		}
	}
	c.access = s.access.clone()
	return c
}
