package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	// guardName is that of the lease on the right to take the other one, or to
	// give it back.
	guardName = ".lock.json.guard"
	// guardTries and guardPause say how long we wait for others who look at the
	// lease: more than they can need.
	guardTries = 300
	guardPause = 10 * time.Millisecond
)

var errGuarded = errors.New("other processes keep taking and giving back the lock")

// claim takes the lease if it is nobody's, or nobody's any more, or ours.
func (l *Lock) claim() error {
	take := func() error {
		seen, err := l.dir.find(LeaseName)
		if err != nil {
			return err
		}
		if now := time.Now(); l.barred(seen, now) {
			return seen.refusal(now)
		}
		return l.extend()
	}
	seen, err := l.dir.find(LeaseName)
	switch now := time.Now(); {
	case err != nil:
	case l.barred(seen, now): // there is no need to queue for that
		err = seen.refusal(now)
	default:
		err = l.guarded(take)
	}
	held := (*HeldError)(nil)
	switch {
	case err == nil || errors.As(err, &held):
		return err
	case errors.Is(err, errGuarded):
		return &HeldError{}
	default:
		return fmt.Errorf("lock state: %w", err)
	}
}

// remove takes the lease away if it is still ours.
func (l *Lock) remove() error {
	seen, err := l.dir.find(LeaseName)
	if err != nil || !seen.readable || seen.lease.Token != l.mine.Token {
		return err
	}
	return os.Remove(filepath.Join(l.dir.path, LeaseName))
}

// extend writes the lease with a new end.
func (l *Lock) extend() error {
	next := l.mine
	// Without the monotonic clock, which stands still while a machine sleeps.
	next.Expires = time.Now().Add(LeaseTTL).UTC().Round(0)
	data, err := next.Encode()
	if err == nil {
		err = l.dir.replace(LeaseName, data)
	}
	if err == nil {
		l.mine = next
	}
	return err
}

// barred reports whether a lease keeps us out. One that has not expired does,
// unless it is ours, or a dead process's of this machine: were that alive, it
// would have the file lock that we have.
func (l *Lock) barred(seen found, now time.Time) bool {
	if _, held := seen.holds(now); !held {
		return false
	}
	if !seen.readable {
		return true
	}
	dead := l.unlock != nil && seen.lease.Owner.Host != "" && seen.lease.Owner.Host == l.mine.Owner.Host
	return seen.lease.Token != l.mine.Token && !dead
}

// guarded does f while nobody else on any machine does the like: to look at a
// lease and to change it are two steps. It waits for a moment for its turn; the
// error is errGuarded if that does not come. The guard is a lease itself, lest
// one who dies on guard keeps everybody out.
func (l *Lock) guarded(f func() error) error {
	guard := l.mine
	for range guardTries {
		seen, err := l.dir.find(guardName)
		if err != nil {
			return err
		}
		if now := time.Now(); l.barred(seen, now) {
			time.Sleep(guardPause)
			continue
		}
		if seen.there {
			if err := l.dir.displace(guardName, seen); err != nil {
				return err
			}
		}
		guard.Expires = time.Now().Add(LeaseTTL).UTC().Round(0)
		data, err := guard.Encode()
		if err != nil {
			return err
		}
		err = l.dir.place(guardName, data)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		err = f()
		_ = l.dir.displace(guardName, found{data: data}) // else it expires
		return err
	}
	return errGuarded
}
