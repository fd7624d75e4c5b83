package iic

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"ssosync/internal/identity"
)

type member struct {
	Value string `json:"value"`
}

type newGroup struct {
	Schemas    []string `json:"schemas"`
	ExternalID string   `json:"externalId,omitempty"`
	Name       string   `json:"displayName"`
	Members    []member `json:"members,omitempty"`
}

// CreateGroup creates g with any number of members and returns its id: the
// first hundred ride along, the others are added after. If some members are
// refused the group stands nevertheless: the id is valid, and the error is an
// [identity.MembersError]. As with [Target.CreateUser], a group that is there
// already may be adopted; it keeps the members that it has.
func (t *Target) CreateGroup(ctx context.Context, g identity.Group, members []string) (string, error) {
	if g.Name == "" {
		return "", fmt.Errorf("a group needs a name: %w", identity.ErrRejected)
	}
	members = unique(members)
	along := members[:min(len(members), identity.MaxMembersPerRequest)]
	id, err := t.postGroup(ctx, g, along)
	if len(along) > 0 && refused(err) && !errors.Is(err, identity.ErrConflict) {
		along = nil // one of them may be at fault: the group first, then each on its own
		id, err = t.postGroup(ctx, g, nil)
	}
	if errors.Is(err, identity.ErrConflict) {
		return t.adoptGroup(ctx, g, members, err)
	}
	if err != nil {
		return "", err
	}
	t.known.putGroup(id, g.Name)
	return id, t.UpdateGroup(ctx, id, identity.GroupPatch{Join: members[len(along):]})
}

func (t *Target) postGroup(ctx context.Context, g identity.Group, members []string) (string, error) {
	if err := t.pacer.Take(ctx, opMembers, len(members)); err != nil {
		return "", err
	}
	body := newGroup{Schemas: []string{coreGroup}, ExternalID: g.ExternalID, Name: g.Name, Members: values(members)}
	var made map[string]any
	if err := t.do(ctx, request{op: opCreateGroup, method: http.MethodPost, path: groups, body: body}, &made); err != nil {
		return "", err
	}
	id := decodeRecord(made).ID
	if id == "" {
		return "", fmt.Errorf("%s: the answer has no id", opCreateGroup)
	}
	return id, nil
}

// UpdateGroup changes name, external id and members of a group: who leaves goes
// first, at most a hundred changes per request, as few requests as possible.
// Members that are refused are in an [identity.MembersError], and all others are
// done; a name or an external id that is refused stops no member.
func (t *Target) UpdateGroup(ctx context.Context, id string, p identity.GroupPatch) error {
	if p.Name != nil && *p.Name == "" {
		return fmt.Errorf("a group needs a name: %w", identity.ErrRejected)
	}
	var head []operation
	if p.Name != nil {
		head = append(head, replace("displayName", *p.Name))
	}
	if p.ExternalID != nil {
		head = append(head, set("externalId", *p.ExternalID))
	}
	e := &edit{t: t, group: id, refused: map[string]error{}}
	todo := changesOf(p)
	for len(head)+len(todo) > 0 {
		n := e.fits(todo)
		if err := e.send(ctx, head, todo[:n]); err != nil {
			return errors.Join(e.head, err)
		}
		head, todo = nil, todo[n:]
	}
	if p.Name != nil && e.head == nil {
		t.known.putGroup(id, *p.Name)
	}
	if len(e.refused) > 0 {
		return errors.Join(e.head, &identity.MembersError{Refused: e.refused})
	}
	return e.head
}

// DeleteGroup deletes a group for good, with all assignments. One that is gone
// is no error.
func (t *Target) DeleteGroup(ctx context.Context, id string) error {
	return t.remove(ctx, opDeleteGroup, at(groups, id))
}

// unique keeps the first of each.
func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		was := seen[id]
		seen[id] = true
		return was
	})
}

func values(ids []string) []member {
	ms := make([]member, 0, len(ids))
	for _, id := range ids {
		ms = append(ms, member{id})
	}
	return ms
}
