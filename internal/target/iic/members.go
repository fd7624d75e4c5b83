package iic

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"ssosync/internal/identity"
)

// A change is one user who joins or leaves a group.
type change struct {
	user string
	join bool
}

// changesOf lists the changes of p, who leaves first.
func changesOf(p identity.GroupPatch) []change {
	var cs []change
	for _, id := range unique(p.Leave) {
		cs = append(cs, change{id, false})
	}
	for _, id := range unique(p.Join) {
		cs = append(cs, change{id, true})
	}
	return cs
}

// An edit is one UpdateGroup under way. Its methods return errors that end it;
// what the service refuses is collected.
type edit struct {
	t       *Target
	group   string
	exists  bool             // asked, and there
	head    error            // why name or external id were refused
	refused map[string]error // by user
}

// fits returns how many of the changes go into the next request: a hundred
// (SCIM guide: PatchGroup), and all of a kind if the service does not mix.
func (e *edit) fits(cs []change) int {
	n := min(len(cs), identity.MaxMembersPerRequest)
	if !e.t.noMixed.Load() {
		return n
	}
	leaves, _ := byKind(cs[:n])
	if len(leaves) > 0 {
		return len(leaves)
	}
	return n
}

// byKind splits changes, which have those who leave first.
func byKind(cs []change) (leaves, joins []change) {
	n := 0
	for n < len(cs) && !cs[n].join {
		n++
	}
	return cs[:n], cs[n:]
}

// patch sends one request: name and external id, and some members.
func (e *edit) patch(ctx context.Context, head []operation, cs []change) error {
	ops := append([]operation(nil), head...)
	leaves, joins := byKind(cs)
	for _, some := range []struct {
		op string
		cs []change
	}{{"remove", leaves}, {"add", joins}} {
		if len(some.cs) == 0 {
			continue
		}
		ids := make([]string, 0, len(some.cs))
		for _, c := range some.cs {
			ids = append(ids, c.user)
		}
		ops = append(ops, operation{some.op, "members", values(ids)})
	}
	if err := e.t.pacer.Take(ctx, opMembers, len(cs)); err != nil {
		return err
	}
	return e.t.do(ctx, request{op: opPatchGroup, method: http.MethodPatch, path: at(groups, e.group), body: patchOf(ops)}, nil)
}

// send carries out head and changes. When the service refuses the request, it
// is taken apart until what is at fault stands alone.
func (e *edit) send(ctx context.Context, head []operation, cs []change) error {
	err := e.patch(ctx, head, cs)
	if err == nil || !refused(err) {
		return err
	}
	if errors.Is(err, identity.ErrNotFound) {
		if err := e.there(ctx); err != nil {
			return err
		}
	}
	if len(head) > 0 {
		if err := e.sendHead(ctx, head, err, len(cs) == 0); err != nil || len(cs) == 0 {
			return err
		}
		return e.send(ctx, nil, cs)
	}
	leaves, joins := byKind(cs)
	if len(leaves) == 0 || len(joins) == 0 {
		return e.narrow(ctx, cs, err, true)
	}
	return e.apart(ctx, leaves, joins)
}

// there returns an error if the group is not there at all, so that its members
// need not be asked about one by one.
func (e *edit) there(ctx context.Context) error {
	if e.exists {
		return nil
	}
	_, err := e.t.getGroup(ctx, e.group)
	e.exists = err == nil
	if err != nil {
		return fmt.Errorf("group %s: %w", e.group, err)
	}
	return nil
}

// apart sends those who leave and those who join in two requests. If that helps,
// it was the mixing.
func (e *edit) apart(ctx context.Context, leaves, joins []change) error {
	mixing := true
	for _, cs := range [][]change{leaves, joins} {
		err := e.patch(ctx, nil, cs)
		if refused(err) {
			mixing = false
			err = e.narrow(ctx, cs, err, true)
		}
		if err != nil {
			return err
		}
	}
	if mixing && !e.t.noMixed.Swap(true) {
		e.t.log.Debug("the service does not add and remove members in one request; using two")
	}
	return nil
}

// sendHead sends name and external id without members; err is what came of
// sending both, alone if tried.
func (e *edit) sendHead(ctx context.Context, head []operation, err error, tried bool) error {
	if !tried {
		err = e.patch(ctx, head, nil)
	}
	if len(head) > 1 && refused(err) {
		for _, op := range head {
			if err := e.sendHead(ctx, []operation{op}, nil, false); err != nil {
				return err
			}
		}
		return nil
	}
	if !refused(err) {
		return err
	}
	e.head = errors.Join(e.head, e.t.groupTaken(ctx, e.group, head[0], err))
	return nil
}

// groupTaken says who has the name that a group was to get. Whether the service
// calls that a conflict is not documented.
func (t *Target) groupTaken(ctx context.Context, self string, op operation, err error) error {
	name, _ := op.Value.(string)
	if op.Path != "displayName" {
		return fmt.Errorf("%s %q: %w", op.Path, name, err)
	}
	id, _, lookErr := t.groupNamed(ctx, name)
	switch {
	case lookErr != nil || id == "":
		return fmt.Errorf("%s %q: %w", op.Path, name, err)
	case id == self: // the name has been given; only the answer was lost
		return nil
	default:
		return fmt.Errorf("group name %q is taken by group %s: %w: %w", name, id, identity.ErrConflict, err)
	}
}

// narrow finds out which of some changes of one kind are at fault, having seen
// them refused. First those that are done already are left out: a request
// whose answer was lost, sent again, is refused whole.
func (e *edit) narrow(ctx context.Context, cs []change, cause error, look bool) error {
	if errors.Is(cause, identity.ErrNotFound) {
		if err := e.there(ctx); err != nil {
			return err
		}
	}
	if len(cs) == 1 {
		return e.judge(ctx, cs[0], cause)
	}
	if look {
		if rest := e.pending(ctx, cs); len(rest) < len(cs) {
			return e.retry(ctx, rest)
		}
	}
	for _, half := range [][]change{cs[:len(cs)/2], cs[len(cs)/2:]} {
		if err := e.retry(ctx, half); err != nil {
			return err
		}
	}
	return nil
}

// retry sends changes of one kind, and takes them apart if they are refused.
func (e *edit) retry(ctx context.Context, cs []change) error {
	if len(cs) == 0 {
		return nil
	}
	err := e.patch(ctx, nil, cs)
	if !refused(err) {
		return err
	}
	return e.narrow(ctx, cs, err, false)
}

// pending returns those changes that are not done yet, as far as can be seen.
func (e *edit) pending(ctx context.Context, cs []change) []change {
	in, err := e.t.insiders(ctx, e.group)
	if err != nil {
		return cs
	}
	var rest []change
	for _, c := range cs {
		if in[c.user] != c.join {
			rest = append(rest, c)
		}
	}
	return rest
}

// judge ends the matter of a single change that was refused: it is done
// already, or it cannot be done.
func (e *edit) judge(ctx context.Context, c change, cause error) error {
	in, err := e.t.isMember(ctx, e.group, c.user)
	switch {
	case err != nil && !refused(err):
		return err
	case err == nil && in == c.join:
		return nil
	default:
		e.refused[c.user] = cause
		return nil
	}
}
