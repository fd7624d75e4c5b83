package apply

import (
	"context"
	"errors"

	"ssosync/internal/identity"
)

// A budget ends a run in which nearly everything fails: what is wrong then is
// not the single record, and to go on would only be a burden to the service.
//
// It counts objects. The memberships of a group count as one, since they may
// all have been in the same request.
type budget struct {
	most         int // failures; less than 0: any number
	stop         context.CancelCauseFunc
	failed, done map[any]bool
}

// share is how many must fail for one that is done.
const share = 9

// movesOf stands for all memberships of a group.
type movesOf identity.Key

// count takes down what came of a change. What was not tried says nothing.
func (b *budget) count(k any, err error) {
	switch m := k.(type) {
	case joinKey:
		k = movesOf(m.Group)
	case leaveKey:
		k = movesOf(m.Group)
	}
	switch {
	case errors.Is(err, ErrSkipped):
		return
	case err == nil:
		b.done[k] = true
		delete(b.failed, k)
	case !b.done[k]:
		b.failed[k] = true
	}
	if n := len(b.failed); b.most >= 0 && n >= b.most && n >= share*len(b.done) {
		b.stop(ErrBudget)
	}
}
