package iic

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ssosync/internal/identity"
)

// waits is how long to wait before each look for what stands in the way of a
// create. Right after a lost answer, it may not be visible yet.
func waits() []time.Duration {
	return []time.Duration{0, 250 * time.Millisecond, time.Second, 3 * time.Second}
}

// adoptUser ends a create that met a conflict: the user is there already, or
// something else has the name.
func (t *Target) adoptUser(ctx context.Context, want identity.User, conflict error) (string, error) {
	var id string
	var found identity.User
	err := t.await(ctx, func() (bool, error) {
		var err error
		id, found, err = t.findUser(ctx, want)
		return id != "" || err != nil || t.known.mail(want.Email) != "", err
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("look for what is in the way of user %q: %w", want.UserName, err)
	case id == "":
		return "", t.nameHolder("", want, conflict)
	case !sameUser(found, want) && (t.o.AdoptUser == nil || !t.o.AdoptUser(found)):
		return "", fmt.Errorf("user name %q is taken by user %s with %s: %w", want.UserName, id, external(found.ExternalID), conflict)
	}
	t.log.Debug("user was there already; adopting it", "id", id, "name", want.UserName)
	if err := t.UpdateUser(ctx, id, found, overlay(found, want)); err != nil {
		return "", fmt.Errorf("adopt user %s: %w", id, err)
	}
	t.known.putUser(id, want)
	return id, nil
}

// sameUser reports whether found is what an earlier attempt to create want has
// left: it has our external id, or, where we give none, all that we gave it.
func sameUser(found, want identity.User) bool {
	if want.ExternalID != "" {
		return found.ExternalID == want.ExternalID
	}
	return found.ExternalID == "" && len(facets(found, overlay(found, want))) == 0 && strings.EqualFold(found.UserName, want.UserName)
}

// overlay returns found with all that want says. What it does not say was
// written by others, and stays.
func overlay(found, want identity.User) identity.User {
	for _, a := range identity.Attrs {
		if v := *a.Field(&want); v != "" {
			*a.Field(&found) = v
		}
	}
	found.Active = want.Active
	return found
}

// findUser looks for a user by external id, then by name. An id of "" is none.
func (t *Target) findUser(ctx context.Context, want identity.User) (string, identity.User, error) {
	if want.ExternalID != "" {
		id, u, err := t.lookUpUser(ctx, eq("externalId", want.ExternalID), func(u identity.User) bool { return u.ExternalID == want.ExternalID })
		if id != "" || err != nil {
			return id, u, err
		}
	}
	named := func(u identity.User) bool { return fold(u.UserName) == fold(want.UserName) }
	id, u, err := t.lookUpUser(ctx, eq("userName", want.UserName), named)
	if id != "" || err != nil {
		return id, u, err
	}
	if id = t.known.user(want.UserName); id == "" {
		return "", identity.User{}, nil
	}
	u, err = t.getUser(ctx, id)
	if refused(err) || err == nil && !named(u) {
		return "", identity.User{}, nil
	}
	return id, u, err
}

// lookUpUser returns the first user that a filter finds and that is the one. A
// filter that is refused finds none.
func (t *Target) lookUpUser(ctx context.Context, filter string, is func(identity.User) bool) (string, identity.User, error) {
	objs, err := t.lookUp(ctx, opListUsers, users, filter)
	if err != nil && !refused(err) {
		return "", identity.User{}, err
	}
	for _, obj := range objs {
		if u, id := decodeUser(obj), decodeRecord(obj).ID; id != "" && is(u) {
			return id, u, nil
		}
	}
	return "", identity.User{}, nil
}

// nameHolder adds to a conflict what we know of who has the name or the address
// that u, whose id is self, was to get.
func (t *Target) nameHolder(self string, u identity.User, err error) error {
	if !errors.Is(err, identity.ErrConflict) {
		return err
	}
	if id := t.known.user(u.UserName); id != "" && id != self {
		return fmt.Errorf("user name %q is taken by user %s: %w", u.UserName, id, err)
	}
	if id := t.known.mail(u.Email); id != "" && id != self {
		return fmt.Errorf("e-mail address %q is taken by user %s: %w", u.Email, id, err)
	}
	return fmt.Errorf("the name, the e-mail address or the external id of user %q is taken by another user, whom no filter finds: %w", u.UserName, err)
}

// findGroup looks for a group by external id, then by name. An id of "" is none.
func (t *Target) findGroup(ctx context.Context, want identity.Group) (string, identity.Group, error) {
	if want.ExternalID != "" {
		objs, err := t.lookUp(ctx, opListGroups, groups, eq("externalId", want.ExternalID))
		if err != nil && !refused(err) {
			return "", identity.Group{}, err
		}
		for _, obj := range objs {
			if g, id := decodeGroup(obj), decodeRecord(obj).ID; id != "" && g.ExternalID == want.ExternalID {
				return id, g, nil
			}
		}
	}
	return t.groupNamed(ctx, want.Name)
}

// groupNamed looks for a group by name. Names that contain " and " have been
// seen to break the filter, so that one that finds nothing proves nothing.
func (t *Target) groupNamed(ctx context.Context, name string) (string, identity.Group, error) {
	objs, err := t.lookUp(ctx, opListGroups, groups, eq("displayName", name))
	if err != nil && !refused(err) {
		return "", identity.Group{}, err
	}
	for _, obj := range objs {
		if g, id := decodeGroup(obj), decodeRecord(obj).ID; id != "" && fold(g.Name) == fold(name) {
			return id, g, nil
		}
	}
	id := t.known.group(name)
	if id == "" {
		return "", identity.Group{}, nil
	}
	g, err := t.getGroup(ctx, id)
	if refused(err) || err == nil && fold(g.Name) != fold(name) {
		return "", identity.Group{}, nil
	}
	return id, g, err
}

// adoptGroup is [Target.adoptUser] for groups. All members are added.
func (t *Target) adoptGroup(ctx context.Context, want identity.Group, members []string, conflict error) (string, error) {
	var id string
	var found identity.Group
	err := t.await(ctx, func() (bool, error) {
		var err error
		id, found, err = t.findGroup(ctx, want)
		return id != "" || err != nil, err
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("look for what is in the way of group %q: %w", want.Name, err)
	case id == "":
		return "", fmt.Errorf("the name or the external id of group %q is taken by another group, which no filter finds: %w", want.Name, conflict)
	case found != want && (want.ExternalID == "" || found.ExternalID != want.ExternalID) && (t.o.AdoptGroup == nil || !t.o.AdoptGroup(found)):
		return "", fmt.Errorf("group name %q is taken by group %s with %s: %w", want.Name, id, external(found.ExternalID), conflict)
	}
	t.log.Debug("group was there already; adopting it", "id", id, "name", want.Name)
	t.known.putGroup(id, want.Name)
	p := identity.GroupPatch{Join: t.outsiders(ctx, id, members)}
	if found.Name != want.Name {
		p.Name = &want.Name
	}
	if want.ExternalID != "" && found.ExternalID != want.ExternalID {
		p.ExternalID = &want.ExternalID
	}
	return id, t.UpdateGroup(ctx, id, p)
}

// outsiders returns those who are not known to be in the group.
func (t *Target) outsiders(ctx context.Context, group string, ids []string) []string {
	if len(ids) == 0 {
		return nil
	}
	in, err := t.insiders(ctx, group)
	if err != nil {
		return ids // adding who is in it already does no harm
	}
	var out []string
	for _, id := range ids {
		if !in[id] {
			out = append(out, id)
		}
	}
	return out
}

// insiders returns the ids of all members of a group.
func (t *Target) insiders(ctx context.Context, group string) (map[string]bool, error) {
	in := map[string]bool{}
	err := t.membersOf(ctx, group, func(objs []map[string]any) error {
		for _, obj := range objs {
			in[decodeRecord(obj).ID] = true
		}
		return nil
	})
	return in, err
}

// await calls look until it is done, with a few pauses.
func (t *Target) await(ctx context.Context, look func() (done bool, err error)) error {
	for _, wait := range waits() {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		if done, err := look(); done || err != nil {
			return err
		}
	}
	return nil
}

func external(id string) string {
	if id == "" {
		return "no external id"
	}
	return fmt.Sprintf("external id %q", id)
}
