package google

import (
	"fmt"
	"slices"
)

// AddUser adds an account and returns its id, which is made when u has none.
// An address that is taken is an error.
func (d *Directory) AddUser(u User) (id string, err error) {
	err = d.edit(func(f *Fixture) error {
		next := f.shallow()
		next.Users = append(next.Users, u.clone())
		next.complete(d.clock())
		if err := next.check(); err != nil {
			return fmt.Errorf("add user: %w", err)
		}
		*f, id = next, next.Users[len(next.Users)-1].ID
		return nil
	})
	return id, err
}

// AddGroup adds a group and returns its id.
func (d *Directory) AddGroup(g Group) (id string, err error) {
	err = d.edit(func(f *Fixture) error {
		next := f.shallow()
		next.Groups = append(next.Groups, g.clone())
		next.complete(d.clock())
		if err := next.check(); err != nil {
			return fmt.Errorf("add group: %w", err)
		}
		*f, id = next, next.Groups[len(next.Groups)-1].ID
		return nil
	})
	return id, err
}

// AddServiceAccount adds a service account, or replaces the one with that address.
func (d *Directory) AddServiceAccount(sa ServiceAccount) {
	d.Update(func(f *Fixture) {
		f.ServiceAccounts = slices.DeleteFunc(f.ServiceAccounts, func(x ServiceAccount) bool { return x.Email == sa.Email })
		f.ServiceAccounts = append(f.ServiceAccounts, sa.clone())
	})
}

// EditUser changes one account in any way. The key is an id or an address.
func (d *Directory) EditUser(key string, change func(*User)) error {
	return d.edit(func(f *Fixture) error {
		i := f.user(key)
		if i < 0 {
			return unknown("user", key)
		}
		u := f.Users[i].clone()
		change(&u)
		f.Users[i] = u
		return nil
	})
}

// EditGroup changes one group in any way. The key is an id or an address.
func (d *Directory) EditGroup(key string, change func(*Group)) error {
	return d.edit(func(f *Fixture) error {
		i := f.group(key)
		if i < 0 {
			return unknown("group", key)
		}
		g := f.Groups[i].clone()
		change(&g)
		f.Groups[i] = g
		return nil
	})
}

// Suspend sets or lifts a suspension by an administrator.
func (d *Directory) Suspend(key string, suspended bool) error {
	now := d.now()
	return d.EditUser(key, func(u *User) {
		u.Suspended, u.SuspensionReason, u.SuspensionTime = suspended, "", ""
		if suspended {
			u.SuspensionReason, u.SuspensionTime = "ADMIN", stamp(now)
		}
	})
}

// Archive archives an account or takes it back. It is independent of Suspend.
func (d *Directory) Archive(key string, archived bool) error {
	now := d.now()
	return d.EditUser(key, func(u *User) {
		u.Archived, u.ArchivalTime = archived, ""
		if archived {
			u.ArchivalTime = stamp(now)
		}
	})
}

// RenameUser gives an account another primary address; the old one stays as
// an alias (Admin console help: rename a user).
func (d *Directory) RenameUser(key, email string) error {
	return d.edit(func(f *Fixture) error {
		i := f.user(key)
		if i < 0 {
			return unknown("user", key)
		}
		next := f.shallow()
		u := next.Users[i].clone()
		u.Aliases = slices.DeleteFunc(append(u.Aliases, u.PrimaryEmail), func(a string) bool { return fold(a) == fold(email) })
		u.PrimaryEmail, u.Emails = email, nil
		next.Users[i] = u
		if err := next.check(); err != nil {
			return fmt.Errorf("rename user: %w", err)
		}
		*f = next
		return nil
	})
}

// RenameGroup gives a group another name and, unless email is empty, another
// address; the old address stays as an alias.
func (d *Directory) RenameGroup(key, name, email string) error {
	return d.edit(func(f *Fixture) error {
		i := f.group(key)
		if i < 0 {
			return unknown("group", key)
		}
		next := f.shallow()
		g := next.Groups[i].clone()
		g.Name = name
		if email != "" && fold(email) != fold(g.Email) {
			g.Aliases = slices.DeleteFunc(append(g.Aliases, g.Email), func(a string) bool { return fold(a) == fold(email) })
			g.Email = email
		}
		next.Groups[i] = g
		if err := next.check(); err != nil {
			return fmt.Errorf("rename group: %w", err)
		}
		*f = next
		return nil
	})
}

// MoveUser puts an account into another organizational unit.
func (d *Directory) MoveUser(key, orgUnitPath string) error {
	return d.EditUser(key, func(u *User) { u.OrgUnitPath = orgUnitPath })
}

// DeleteUser removes an account. For 20 days it is listed with
// showDeleted=true (Directory API guide: undelete a user); its memberships go.
func (d *Directory) DeleteUser(key string) error {
	now := d.now()
	return d.edit(func(f *Fixture) error {
		i := f.user(key)
		if i < 0 {
			return unknown("user", key)
		}
		u := f.Users[i].clone()
		u.DeletionTime = stamp(now)
		f.Users = slices.Delete(slices.Clone(f.Users), i, i+1)
		f.DeletedUsers = append(slices.Clone(f.DeletedUsers), u)
		f.dropMember(u.ID)
		return nil
	})
}

// UndeleteUser brings a deleted account back under its old id, without its
// memberships.
func (d *Directory) UndeleteUser(key string) error {
	return d.edit(func(f *Fixture) error {
		i := slices.IndexFunc(f.DeletedUsers, func(u User) bool { return u.ID == key || fold(u.PrimaryEmail) == fold(key) })
		if i < 0 {
			return unknown("deleted user", key)
		}
		next := f.shallow()
		u := next.DeletedUsers[i].clone()
		u.DeletionTime = ""
		next.DeletedUsers = slices.Delete(next.DeletedUsers, i, i+1)
		next.Users = append(next.Users, u)
		if err := next.check(); err != nil {
			return fmt.Errorf("undelete user: %w", err)
		}
		*f = next
		return nil
	})
}

// DeleteGroup removes a group for good, and its row in other groups.
func (d *Directory) DeleteGroup(key string) error {
	return d.edit(func(f *Fixture) error {
		i := f.group(key)
		if i < 0 {
			return unknown("group", key)
		}
		id := f.Groups[i].ID
		f.Groups = slices.Delete(slices.Clone(f.Groups), i, i+1)
		f.dropMember(id)
		return nil
	})
}

// AddMember adds a row to a group. A second row for the same member and a
// cycle of groups are errors (Directory API reference: members, role).
func (d *Directory) AddMember(groupKey string, m Member) error {
	return d.edit(func(f *Fixture) error {
		i := f.group(groupKey)
		if i < 0 {
			return unknown("group", groupKey)
		}
		next := f.shallow()
		g := next.Groups[i].clone()
		g.Members = append(g.Members, m)
		next.Groups[i] = g
		next.completeMembers()
		m = g.Members[len(g.Members)-1]
		if slices.ContainsFunc(g.Members[:len(g.Members)-1], func(x Member) bool { return x.ID == m.ID }) {
			return fmt.Errorf("add member to %q: %s is a member already", groupKey, m.ID)
		}
		if next.reaches(m.ID, g.ID) {
			return fmt.Errorf("add member to %q: cyclic memberships not allowed", groupKey)
		}
		*f = next
		return nil
	})
}

// RemoveMember removes a member, by id or by address, from a group.
func (d *Directory) RemoveMember(groupKey, memberKey string) error {
	return d.edit(func(f *Fixture) error {
		i := f.group(groupKey)
		if i < 0 {
			return unknown("group", groupKey)
		}
		g := f.Groups[i].clone()
		id := f.resolve(memberKey)
		before := len(g.Members)
		g.Members = slices.DeleteFunc(g.Members, func(m Member) bool {
			return m.ID == id || m.Email != "" && fold(m.Email) == fold(memberKey)
		})
		if len(g.Members) == before {
			return unknown("member", memberKey)
		}
		f.Groups[i] = g
		return nil
	})
}

// Assign gives an administrator role, by name, to a user, group or service
// account, by address.
func (d *Directory) Assign(roleName, email string) error {
	return d.edit(func(f *Fixture) error {
		r := slices.IndexFunc(f.Roles, func(r Role) bool { return r.Name == roleName })
		if r < 0 {
			return unknown("role", roleName)
		}
		to := f.resolve(email)
		if i := slices.IndexFunc(f.ServiceAccounts, func(sa ServiceAccount) bool { return sa.Email == email }); i >= 0 {
			to = f.ServiceAccounts[i].ClientID
		}
		if to == email {
			return unknown("account", email)
		}
		if i := f.user(email); i >= 0 {
			f.Users[i].IsDelegatedAdmin = true
		}
		f.RoleAssignments = append(slices.Clone(f.RoleAssignments), RoleAssignment{
			ID: number(18, roleName, to), RoleID: f.Roles[r].ID, AssignedTo: to,
		})
		return nil
	})
}

// UserID is the id of the account with this address, or "".
func (d *Directory) UserID(email string) string {
	if u := d.snapshot().users[fold(email)]; u != nil {
		return u.ID
	}
	return ""
}

// GroupID is the id of the group with this address, or "".
func (d *Directory) GroupID(email string) string {
	if g := d.snapshot().groups[fold(email)]; g != nil {
		return g.ID
	}
	return ""
}
