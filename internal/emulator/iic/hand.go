package iic

import (
	"errors"
	"fmt"
	"slices"
)

// ErrUnknown is in the error of a Hand whose object is not in the directory.
var ErrUnknown = errors.New("not in the directory")

// ErrTaken is in the error of a Hand that would use a name, address or external id twice.
var ErrTaken = errors.New("taken")

// Hand edits the directory past the APIs, as somebody in the console or another program does. Its edits raise Revision and
// UpdatedAt like any write, are in no journal, and lists show them as late as any other. Users and groups are named by id or by
// name; an error, and then nothing is done, is ErrUnknown or ErrTaken with what it is about.
type Hand struct {
	s  *Server
	by string
}

// By is the hand of the principal with this ARN, such as arn:aws:sts::111122223333:assumed-role/Admin/ada. CreatedBy and UpdatedBy
// of what it touches show it, where they show SCIM for what provisioning wrote.
func (s *Server) By(arn string) Hand { return Hand{s, arn} }

// EditUser changes one user in any way but its ID.
func (h Hand) EditUser(key string, change func(*User)) error {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	before, err := h.user(key)
	if err != nil {
		return err
	}
	u := before.clone()
	change(u)
	u.ID = before.ID
	return h.keepUser(u)
}

// AddUser makes a user and returns its id.
func (h Hand) AddUser(u User) (id string, err error) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	made := u.clone()
	made.ID, made.CreatedAt, made.CreatedBy, made.Revision = h.s.newID(), h.s.options.Clock(), h.by, 0
	if err := h.keepUser(made); err != nil {
		return "", err
	}
	return made.ID, nil
}

func (h Hand) keepUser(u *User) error {
	if attribute := h.s.store.duplicateUser(u); attribute != "" {
		return fmt.Errorf("user %q: %s: %w", u.UserName, attribute, ErrTaken)
	}
	now := h.s.options.Clock()
	u.UpdatedAt, u.UpdatedBy = now, h.by
	u.Revision++
	h.s.store.putUser(u)
	h.s.store.written(now)
	return nil
}

// RenameUser gives a user another name.
func (h Hand) RenameUser(key, userName string) error {
	return h.EditUser(key, func(u *User) { u.UserName = userName })
}

// SetActive enables or disables a user's access.
func (h Hand) SetActive(key string, active bool) error {
	return h.EditUser(key, func(u *User) { u.Active = active })
}

// DeleteUser deletes a user and its memberships. Its assignments stay, under the old id.
func (h Hand) DeleteUser(key string) error {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	u, err := h.user(key)
	if err != nil {
		return err
	}
	h.s.store.removeUser(u.ID)
	h.s.store.written(h.s.options.Clock())
	return nil
}

// EditGroup changes one group in any way but its ID and its members.
func (h Hand) EditGroup(key string, change func(*Group)) error {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	before, err := h.group(key)
	if err != nil {
		return err
	}
	g := before.clone()
	change(g)
	g.ID, g.Members = before.ID, nil
	return h.keepGroup(g)
}

// AddGroup makes a group without members and returns its id.
func (h Hand) AddGroup(g Group) (id string, err error) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	made := g.clone()
	made.ID, made.CreatedAt, made.CreatedBy, made.Revision = h.s.newID(), h.s.options.Clock(), h.by, 0
	if err := h.keepGroup(made); err != nil {
		return "", err
	}
	return made.ID, nil
}

func (h Hand) keepGroup(g *Group) error {
	if attribute := h.s.store.duplicateGroup(g, h.s.options.Switches.SharedGroupExternal); attribute != "" {
		return fmt.Errorf("group %q: %s: %w", g.DisplayName, attribute, ErrTaken)
	}
	h.touch(g)
	return nil
}

func (h Hand) touch(g *Group) {
	now := h.s.options.Clock()
	g.UpdatedAt, g.UpdatedBy = now, h.by
	g.Revision++
	h.s.store.putGroup(g)
	h.s.store.written(now)
}

// RenameGroup gives a group another name.
func (h Hand) RenameGroup(key, displayName string) error {
	return h.EditGroup(key, func(g *Group) { g.DisplayName = displayName })
}

// DeleteGroup deletes a group. Its assignments stay, under the old id.
func (h Hand) DeleteGroup(key string) error {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	g, err := h.group(key)
	if err != nil {
		return err
	}
	h.s.store.removeGroup(g.ID)
	h.s.store.written(h.s.options.Clock())
	return nil
}

// AddMember puts a user into a group. Who is there already stays there.
func (h Hand) AddMember(group, user string) error {
	return h.member(group, user, func(g *Group, u *User) {
		if h.s.store.members[g.ID].has(u.ID) {
			return
		}
		h.s.store.addMember(&membership{ID: h.s.newID(), GroupID: g.ID, UserID: u.ID, CreatedAt: h.s.options.Clock(), CreatedBy: h.by})
	})
}

// RemoveMember takes a user out of a group. Who is not there stays away.
func (h Hand) RemoveMember(group, user string) error {
	return h.member(group, user, func(g *Group, u *User) { h.s.store.removeMember(g.ID, u.ID) })
}

// member changes a membership; whether that touches the group is for Switches.TouchOnMembership to say, as with any writer.
func (h Hand) member(group, user string, change func(*Group, *User)) error {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	g, err := h.group(group)
	if err != nil {
		return err
	}
	u, err := h.user(user)
	if err != nil {
		return err
	}
	before := slices.Clone(h.s.store.members[g.ID].ids)
	change(g, u)
	if h.s.options.Switches.TouchOnMembership && !slices.Equal(before, h.s.store.members[g.ID].ids) {
		h.touch(g.clone())
		return nil
	}
	h.s.store.written(h.s.options.Clock())
	return nil
}

func (h Hand) user(key string) (*User, error) {
	if u := h.s.store.users.rows[key]; u != nil {
		return u, nil
	}
	if u := h.s.store.users.rows[h.s.store.names[fold(key)]]; u != nil {
		return u, nil
	}
	return nil, fmt.Errorf("user %q: %w", key, ErrUnknown)
}

func (h Hand) group(key string) (*Group, error) {
	if g := h.s.store.groups.rows[key]; g != nil {
		return g, nil
	}
	if g := h.s.store.groups.rows[h.s.store.groupNames[fold(key)]]; g != nil {
		return g, nil
	}
	return nil, fmt.Errorf("group %q: %w", key, ErrUnknown)
}
