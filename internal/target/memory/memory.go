// Package memory is the plainest target that keeps a target's promises. Tests
// and previews use it; it forgets everything with the process.
package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"ssosync/internal/identity"
)

// A Target keeps its users and groups in memory. The zero value is empty.
type Target struct {
	// Fail is asked before each write and may refuse it; nil refuses none.
	// The arguments name the operation and the object's id or name.
	Fail func(op, object string) error
	// Behind says what is assigned to a user or a group; nil is nothing, to
	// anybody.
	Behind func(kind identity.Kind, id string) (identity.Access, error)
	// Clock is asked when an object is made, or its attributes are changed; nil
	// is no clock, and nobody knows when anything was.
	Clock func() time.Time

	mu     sync.Mutex
	next   int
	held   identity.Held
	writes []string
}

// Read returns a copy of everything, under the target's ids.
func (t *Target) Read(context.Context) (identity.Held, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.init()
	return identity.Held{
		State:   t.held.Clone(),
		Records: identity.Records{Users: maps.Clone(t.held.Records.Users), Groups: maps.Clone(t.held.Records.Groups)},
	}, nil
}

// Access returns what is assigned to what is there.
func (t *Target) Access(_ context.Context, kind identity.Kind, id string) (identity.Access, error) {
	t.mu.Lock()
	_, user := t.held.Users[identity.Key(id)]
	_, group := t.held.Groups[identity.Key(id)]
	t.mu.Unlock()
	switch {
	case kind == identity.KindUser && !user, kind == identity.KindGroup && !group:
		return identity.Access{}, fmt.Errorf("%s %s: %w", kind, id, identity.ErrNotFound)
	case t.Behind == nil:
		return identity.Access{}, nil
	}
	return t.Behind(kind, id)
}

// Writes returns what was written so far, one line for each call.
func (t *Target) Writes() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.writes)
}

func (t *Target) init() {
	if t.held.Users == nil {
		t.held = identity.NewHeld()
	}
}

// begin starts a write, which the caller ends by unlocking.
func (t *Target) begin(op, object string) error {
	t.mu.Lock()
	t.init()
	t.writes = append(t.writes, op+" "+object)
	if t.Fail != nil {
		return t.Fail(op, object)
	}
	return nil
}

// record is what is known of an object that has just changed.
func (t *Target) record(id identity.Key) identity.Record {
	r := identity.Record{ID: string(id)}
	if t.Clock != nil {
		r.UpdatedAt = t.Clock().UTC().Format(time.RFC3339)
	}
	return r
}

func (t *Target) putUser(id identity.Key, u identity.User) {
	t.held.Users[id], t.held.Records.Users[id] = u, t.record(id)
}

func (t *Target) putGroup(id identity.Key, g identity.Group) {
	t.held.Groups[id], t.held.Records.Groups[id] = g, t.record(id)
}

func (t *Target) id(prefix string) identity.Key {
	t.next++
	return identity.Key(prefix + strconv.Itoa(t.next))
}

// userTaken returns an error if another user has a unique value of u.
func (t *Target) userTaken(u identity.User, but identity.Key) error {
	for id, other := range t.held.Users {
		if id == but {
			continue
		}
		switch {
		case identity.Fold(other.UserName) == identity.Fold(u.UserName),
			u.Email != "" && identity.Fold(other.Email) == identity.Fold(u.Email),
			u.ExternalID != "" && other.ExternalID == u.ExternalID:
			return fmt.Errorf("user %s: %w with %s", u.UserName, identity.ErrConflict, id)
		}
	}
	return nil
}

func (t *Target) groupTaken(g identity.Group, but identity.Key) error {
	for id, other := range t.held.Groups {
		if id != but && (identity.Fold(other.Name) == identity.Fold(g.Name) || g.ExternalID != "" && other.ExternalID == g.ExternalID) {
			return fmt.Errorf("group %s: %w with %s", g.Name, identity.ErrConflict, id)
		}
	}
	return nil
}

// CreateUser adds a user. One that is there under the same external id is
// updated.
func (t *Target) CreateUser(_ context.Context, u identity.User) (string, error) {
	err := t.begin("create user", u.UserName)
	defer t.mu.Unlock()
	if err != nil {
		return "", err
	}
	for id, other := range t.held.Users {
		if u.ExternalID != "" && other.ExternalID == u.ExternalID {
			if err := t.userTaken(u, id); err != nil {
				return "", err
			}
			t.putUser(id, u)
			return string(id), nil
		}
	}
	if err := t.userTaken(u, ""); err != nil {
		return "", err
	}
	id := t.id("U")
	t.putUser(id, u)
	return string(id), nil
}

// UpdateUser writes what differs between before and after.
func (t *Target) UpdateUser(_ context.Context, id string, before, after identity.User) error {
	err := t.begin("update user", id)
	defer t.mu.Unlock()
	if err != nil {
		return err
	}
	u, ok := t.held.Users[identity.Key(id)]
	if !ok {
		return fmt.Errorf("user %s: %w", id, identity.ErrNotFound)
	}
	for _, a := range identity.Attrs {
		if *a.Field(&before) != *a.Field(&after) {
			*a.Field(&u) = *a.Field(&after)
		}
	}
	if before.Active != after.Active {
		u.Active = after.Active
	}
	if err := t.userTaken(u, identity.Key(id)); err != nil {
		return err
	}
	t.putUser(identity.Key(id), u)
	return nil
}

// DeleteUser removes a user from all groups and from the target.
func (t *Target) DeleteUser(_ context.Context, id string) error {
	err := t.begin("delete user", id)
	defer t.mu.Unlock()
	if err != nil {
		return err
	}
	delete(t.held.Users, identity.Key(id))
	delete(t.held.Records.Users, identity.Key(id))
	maps.DeleteFunc(t.held.Members, func(m identity.Membership, _ bool) bool { return m.User == identity.Key(id) })
	return nil
}

// CreateGroup adds a group with its members. One that is there under the same
// external id is renamed, and gets them too.
func (t *Target) CreateGroup(_ context.Context, g identity.Group, members []string) (string, error) {
	err := t.begin("create group", g.Name)
	defer t.mu.Unlock()
	if err != nil {
		return "", err
	}
	var id identity.Key
	for other, o := range t.held.Groups {
		if g.ExternalID != "" && o.ExternalID == g.ExternalID {
			id = other
		}
	}
	if err := t.groupTaken(g, id); err != nil {
		return "", err
	}
	if id == "" {
		id = t.id("G")
	}
	t.putGroup(id, g)
	return string(id), t.move(id, members, nil)
}

// UpdateGroup renames a group, and lets members join and leave.
func (t *Target) UpdateGroup(_ context.Context, id string, p identity.GroupPatch) error {
	err := t.begin("update group", id)
	defer t.mu.Unlock()
	if err != nil {
		return err
	}
	key := identity.Key(id)
	g, ok := t.held.Groups[key]
	if !ok {
		return fmt.Errorf("group %s: %w", id, identity.ErrNotFound)
	}
	if p.Name != nil {
		g.Name = *p.Name
	}
	if p.ExternalID != nil {
		g.ExternalID = *p.ExternalID
	}
	if err := t.groupTaken(g, key); err != nil {
		return err
	}
	if p.Name != nil || p.ExternalID != nil {
		t.putGroup(key, g)
	}
	return t.move(key, p.Join, p.Leave)
}

// move changes who is in a group, and says who could not join.
func (t *Target) move(group identity.Key, join, leave []string) error {
	refused := map[string]error{}
	for _, id := range leave {
		delete(t.held.Members, identity.Membership{Group: group, User: identity.Key(id)})
	}
	for _, id := range join {
		if _, ok := t.held.Users[identity.Key(id)]; !ok {
			refused[id] = identity.ErrNotFound
			continue
		}
		t.held.Members[identity.Membership{Group: group, User: identity.Key(id)}] = true
	}
	if len(refused) > 0 {
		return &identity.MembersError{Refused: refused}
	}
	return nil
}

// DeleteGroup removes a group.
func (t *Target) DeleteGroup(_ context.Context, id string) error {
	err := t.begin("delete group", id)
	defer t.mu.Unlock()
	if err != nil {
		return err
	}
	delete(t.held.Groups, identity.Key(id))
	delete(t.held.Records.Groups, identity.Key(id))
	maps.DeleteFunc(t.held.Members, func(m identity.Membership, _ bool) bool { return m.Group == identity.Key(id) })
	return nil
}
