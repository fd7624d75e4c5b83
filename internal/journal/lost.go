package journal

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
)

// A Scope is what something is to be given back to. One field is set.
type Scope struct {
	Run string // as [Show] takes it
	// User and Group are a name, case ignored, an id of the target's, or a key.
	User, Group string
}

// Lost returns what can be given back: changes that took something away, and
// that were made or may have been, as a whole or in part. Of a run, these are all memberships that
// ended, deactivations, deletions and updates, renames among them. Of a user
// or a group, they are those of the newest run in which they lost access or
// members, or were deleted; none if there is no such run.
func Lost(r io.Reader, scope Scope) ([]Change, error) {
	switch {
	case scope.Run != "" && scope.User == "" && scope.Group == "":
		run, err := Show(r, scope.Run)
		if err != nil {
			return nil, err
		}
		return run.pick(takes), nil
	case scope.User != "" && scope.Run == "" && scope.Group == "":
		return lastLoss(r, "user", scope.User, userLoss)
	case scope.Group != "" && scope.Run == "" && scope.User == "":
		return lastLoss(r, "group", scope.Group, groupLoss)
	}
	return nil, errors.New("find what was lost: name one run, user or group")
}

// lastLoss returns the losses of the newest run in which loses says that what
// is asked for lost something. loses also returns whose loss it is.
func lastLoss(r io.Reader, kind, asked string, loses func(c Change, asked string) (identity.Key, bool)) ([]Change, error) {
	var newest []Change
	err := eachRun(r, everyRun, func(run RunRecord) error {
		some := run.pick(func(c Change) bool {
			_, ok := loses(c, asked)
			return ok
		})
		if len(some) > 0 {
			newest = some
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find what %s %s lost: %w", kind, bounded(asked), err)
	}
	var keys []string
	seen := map[identity.Key]bool{}
	for _, c := range newest {
		if key, _ := loses(c, asked); !seen[key] {
			seen[key] = true
			keys = append(keys, string(key))
		}
	}
	if len(keys) > 1 {
		return nil, fmt.Errorf("find what %s %s lost: run %s knew %d of that name; ask for one by its key: %s",
			kind, bounded(asked), newest[0].Run, len(keys), bounded(strings.Join(keys, ", ")))
	}
	return newest, nil
}

// pick returns the changes that were made, or may have been, and are wanted.
func (r RunRecord) pick(wanted func(Change) bool) []Change {
	deleted := map[object]bool{}
	for _, c := range r.Changes {
		if c.Op == apply.Delete && c.mayBeMade() {
			deleted[object{c.Kind, c.Key}] = true
		}
	}
	var some []Change
	for _, c := range r.Changes {
		// Who is deleted is in no group any more, whatever became of the
		// request to leave.
		swept := c.Op == apply.Leave && (deleted[object{identity.KindUser, c.Key}] || deleted[object{identity.KindGroup, c.Group}])
		if (swept || c.mayBeMade()) && wanted(c) {
			some = append(some, c)
		}
	}
	return some
}

type object struct {
	kind identity.Kind
	key  identity.Key
}

// mayBeMade reports whether the target may have it, as a whole or in part.
func (c Change) mayBeMade() bool {
	return c.Status == Done || c.Status == Unknown || c.inParts()
}

// inParts reports whether a change takes more than one request, so that some
// of it may be done although the rest failed, or was not tried any more. Who is
// deactivated and renamed loses access first; who swaps names steps aside to
// another first; a manager who does not exist keeps nothing else from being
// written.
func (c Change) inParts() bool {
	before, after := c.Before.User, c.After.User
	return (c.Op == apply.Deactivate || c.Op == apply.Update) &&
		(before.UserName != after.UserName || before.Email != after.Email || before.Manager != after.Manager ||
			c.Before.Group.Name != c.After.Group.Name)
}

// takes reports whether a change takes something away, or replaces it.
func takes(c Change) bool {
	switch c.Op {
	case apply.Leave, apply.Deactivate, apply.Delete, apply.Update:
		return true
	default:
		return false
	}
}

// userLoss reports whether a change took something from a user.
func userLoss(c Change, asked string) (identity.Key, bool) {
	if c.Kind != identity.KindUser || c.Op != apply.Leave && c.Op != apply.Deactivate && c.Op != apply.Delete {
		return "", false
	}
	return c.Key, named(asked, c.Key, c.ID, c.Name, c.Before.User.UserName, c.After.User.UserName)
}

// groupLoss reports whether a change took a member from a group, or the group
// away.
func groupLoss(c Change, asked string) (identity.Key, bool) {
	switch {
	case c.Op == apply.Leave:
		return c.Group, named(asked, c.Group, c.GroupID, c.GroupName)
	case c.Op == apply.Delete && c.Kind == identity.KindGroup:
		return c.Key, named(asked, c.Key, c.ID, c.Name, c.Before.Group.Name)
	}
	return "", false
}

// named reports whether somebody who asks means an object.
func named(asked string, key identity.Key, id string, names ...string) bool {
	if asked == string(key) || asked == id {
		return true
	}
	for _, name := range names {
		if name != "" && identity.Fold(name) == identity.Fold(asked) {
			return true
		}
	}
	return false
}

// Since returns the runs that come after one, whose id is given, with all of
// their changes but without values, the oldest first. One that is under way is
// among them. Of a run that is not in the journal, later ones are those with a
// later time in their ids.
func Since(r io.Reader, run string) ([]RunRecord, error) {
	const moment = 10 // characters of an id that are its time (ULID specification)
	var all []RunRecord
	err := eachRun(r, func(string) bool { return false }, func(rec RunRecord) error {
		switch {
		case rec.ID == run:
			all = nil // ids of one moment have no order
		case len(run) < moment || len(rec.ID) < moment || rec.ID[:moment] >= run[:moment]:
			all = append(all, rec)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find the runs since %s: %w", run, err)
	}
	return all, nil
}
