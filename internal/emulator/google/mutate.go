package google

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrUnknown is in the error of a mutator whose subject is not in the directory.
var ErrUnknown = errors.New("not in the directory")

func unknown(kind, key string) error { return fmt.Errorf("%s %q: %w", kind, key, ErrUnknown) }

// AddUser adds an account and returns its id, which is made when u has none.
// An address that is taken is an error.
func (d *Directory) AddUser(u User) (id string, err error) {
	err = d.edit("add user", func(next *Fixture, _ time.Time) error {
		next.Users = append(next.Users, u.clone())
		return nil
	})
	if err != nil {
		return "", err
	}
	return d.UserID(u.PrimaryEmail), nil
}

// AddGroup adds a group and returns its id.
func (d *Directory) AddGroup(g Group) (id string, err error) {
	err = d.edit("add group", func(next *Fixture, _ time.Time) error {
		next.Groups = append(next.Groups, g.clone())
		return nil
	})
	if err != nil {
		return "", err
	}
	return d.GroupID(g.Email), nil
}

// AddServiceAccount adds a service account, or replaces the one with that address.
func (d *Directory) AddServiceAccount(sa ServiceAccount) {
	d.Update(func(f *Fixture) {
		f.ServiceAccounts = slices.DeleteFunc(f.ServiceAccounts, func(x ServiceAccount) bool { return fold(x.Email) == fold(sa.Email) })
		f.ServiceAccounts = append(f.ServiceAccounts, sa.clone())
	})
}

// EditUser changes one account in any way. The key is an id or an address.
func (d *Directory) EditUser(key string, change func(*User)) error {
	return d.editUser("edit user", key, func(u *User, _ time.Time) { change(u) })
}

func (d *Directory) editUser(what, key string, change func(*User, time.Time)) error {
	return d.edit(what, func(next *Fixture, now time.Time) error {
		i := next.user(key)
		if i < 0 {
			return unknown("user", key)
		}
		change(&next.Users[i], now)
		return nil
	})
}

// EditGroup changes one group in any way. The key is an id or an address.
func (d *Directory) EditGroup(key string, change func(*Group)) error {
	return d.editGroup("edit group", key, func(_ *Fixture, g *Group) error {
		change(g)
		return nil
	})
}

func (d *Directory) editGroup(what, key string, change func(*Fixture, *Group) error) error {
	return d.edit(what, func(next *Fixture, _ time.Time) error {
		i := next.group(key)
		if i < 0 {
			return unknown("group", key)
		}
		return change(next, &next.Groups[i])
	})
}

// Suspend sets or lifts a suspension by an administrator.
func (d *Directory) Suspend(key string, suspended bool) error {
	return d.editUser("suspend", key, func(u *User, now time.Time) {
		u.Suspended, u.SuspensionReason, u.SuspensionTime = suspended, "", ""
		if suspended {
			u.SuspensionReason, u.SuspensionTime = "ADMIN", stamp(now)
		}
	})
}

// Archive archives an account or takes it back. It is independent of Suspend.
func (d *Directory) Archive(key string, archived bool) error {
	return d.editUser("archive", key, func(u *User, now time.Time) {
		u.Archived, u.ArchivalTime = archived, ""
		if archived {
			u.ArchivalTime = stamp(now)
		}
	})
}

// MoveUser puts an account into another organizational unit.
func (d *Directory) MoveUser(key, orgUnitPath string) error {
	return d.editUser("move user", key, func(u *User, _ time.Time) { u.OrgUnitPath = orgUnitPath })
}

// RenameUser gives an account another primary address; the old one stays as
// an alias (Admin console help: change a user's name or email address).
func (d *Directory) RenameUser(key, email string) error {
	return d.editUser("rename user", key, func(u *User, _ time.Time) {
		u.Aliases = renamed(u.Aliases, u.PrimaryEmail, email)
		u.PrimaryEmail, u.Emails = email, nil
	})
}

// RenameGroup gives a group another name and, unless email is empty, another
// address; the old address stays as an alias.
func (d *Directory) RenameGroup(key, name, email string) error {
	return d.EditGroup(key, func(g *Group) {
		g.Name = name
		if email != "" {
			g.Aliases = renamed(g.Aliases, g.Email, email)
			g.Email = email
		}
	})
}

// renamed is the list of aliases after old became email.
func renamed(aliases []string, old, email string) []string {
	return slices.DeleteFunc(append(aliases, old), func(a string) bool { return fold(a) == fold(email) })
}

// DeleteUser removes an account and its memberships. For 20 days it is listed
// with showDeleted=true (Directory API guide: undelete a user).
func (d *Directory) DeleteUser(key string) error {
	return d.edit("delete user", func(next *Fixture, now time.Time) error {
		i := next.user(key)
		if i < 0 {
			return unknown("user", key)
		}
		u := next.Users[i]
		u.DeletionTime = stamp(now)
		next.Users = slices.Delete(next.Users, i, i+1)
		next.DeletedUsers = append(next.DeletedUsers, u)
		next.dropMember(u.ID)
		return nil
	})
}

// UndeleteUser brings a deleted account back under its old id, without its
// memberships. Of several with one address it is the last that was deleted.
func (d *Directory) UndeleteUser(key string) error {
	return d.edit("undelete user", func(next *Fixture, _ time.Time) error {
		for i, u := range slices.Backward(next.DeletedUsers) {
			if u.ID == key || fold(u.PrimaryEmail) == fold(key) {
				u.DeletionTime = ""
				next.DeletedUsers = slices.Delete(next.DeletedUsers, i, i+1)
				next.Users = append(next.Users, u)
				return nil
			}
		}
		return unknown("deleted user", key)
	})
}

// DeleteGroup removes a group for good, and its row in other groups.
func (d *Directory) DeleteGroup(key string) error {
	return d.edit("delete group", func(next *Fixture, _ time.Time) error {
		i := next.group(key)
		if i < 0 {
			return unknown("group", key)
		}
		id := next.Groups[i].ID
		next.Groups = slices.Delete(next.Groups, i, i+1)
		next.dropMember(id)
		return nil
	})
}

// AddMember adds a row to a group. A second row for the same member and a
// cycle of groups are errors (Directory API reference: members, role).
func (d *Directory) AddMember(groupKey string, m Member) error {
	return d.editGroup("add member", groupKey, func(next *Fixture, g *Group) error {
		g.Members = append(g.Members, m)
		next.completeMembers()
		last := len(g.Members) - 1
		m = g.Members[last]
		if slices.ContainsFunc(g.Members[:last], func(x Member) bool { return x.ID == m.ID }) {
			return fmt.Errorf("%s is a member of %q already", m.ID, groupKey)
		}
		if next.reaches(m.ID, g.ID) {
			return fmt.Errorf("%q: cyclic memberships not allowed", groupKey)
		}
		return nil
	})
}

// RemoveMember removes a member, by id or by address, from a group.
func (d *Directory) RemoveMember(groupKey, memberKey string) error {
	return d.editGroup("remove member", groupKey, func(next *Fixture, g *Group) error {
		id, before := next.resolve(memberKey), len(g.Members)
		g.Members = slices.DeleteFunc(g.Members, func(m Member) bool {
			return m.ID == id || m.Email != "" && fold(m.Email) == fold(memberKey)
		})
		if len(g.Members) == before {
			return unknown("member", memberKey)
		}
		return nil
	})
}

// Assign gives an administrator role, by name, to a user, group or service
// account, by address.
func (d *Directory) Assign(roleName, email string) error {
	return d.edit("assign role", func(next *Fixture, _ time.Time) error {
		r := slices.IndexFunc(next.Roles, func(r Role) bool { return r.Name == roleName })
		if r < 0 {
			return unknown("role", roleName)
		}
		to := next.resolve(email)
		if i := slices.IndexFunc(next.ServiceAccounts, func(sa ServiceAccount) bool { return fold(sa.Email) == fold(email) }); i >= 0 {
			to = next.ServiceAccounts[i].ClientID
		}
		if to == email {
			return unknown("account", email)
		}
		if i := next.user(email); i >= 0 {
			next.Users[i].IsDelegatedAdmin = true
		}
		next.RoleAssignments = append(next.RoleAssignments, RoleAssignment{
			ID: number(18, roleName, to), RoleID: next.Roles[r].ID, AssignedTo: to,
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
