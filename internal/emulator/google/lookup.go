package google

import "slices"

// user is the index of the account with this id or address, or -1.
func (f *Fixture) user(key string) int {
	return slices.IndexFunc(f.Users, func(u User) bool {
		return u.ID == key || named(key, u.PrimaryEmail, u.Aliases, u.NonEditableAliases)
	})
}

// group is the index of the group with this id or address, or -1.
func (f *Fixture) group(key string) int {
	return slices.IndexFunc(f.Groups, func(g Group) bool {
		return g.ID == key || named(key, g.Email, g.Aliases, g.NonEditableAliases)
	})
}

// resolve is the id of an own user or group, or the key itself.
func (f *Fixture) resolve(key string) string {
	if i := f.user(key); i >= 0 {
		return f.Users[i].ID
	}
	if i := f.group(key); i >= 0 {
		return f.Groups[i].ID
	}
	return key
}

func named(key, email string, aliases ...[]string) bool {
	k := fold(key)
	return fold(email) == k || slices.ContainsFunc(slices.Concat(aliases...), func(a string) bool { return fold(a) == k })
}

// dropMember removes the rows of an id everywhere.
func (f *Fixture) dropMember(id string) {
	for i := range f.Groups {
		f.Groups[i].Members = slices.DeleteFunc(f.Groups[i].Members, func(m Member) bool { return m.ID == id })
	}
}

// reaches says whether the group from contains, at any depth, the group to.
func (f *Fixture) reaches(from, to string) bool {
	if from == to {
		return true
	}
	rows := map[string][]Member{}
	for _, g := range f.Groups {
		rows[g.ID] = g.Members
	}
	seen := map[string]bool{}
	for todo := []string{from}; len(todo) > 0; {
		id := todo[0]
		todo = todo[1:]
		for _, m := range rows[id] {
			if m.ID == to {
				return true
			}
			if m.Type == TypeGroup && !seen[m.ID] {
				seen[m.ID] = true
				todo = append(todo, m.ID)
			}
		}
	}
	return false
}
