package state

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

const lockName = "lock"

// errHasOwner is the file lock's own way to say so.
var errHasOwner = errors.New("another process has the file lock")

// A Lock is held until Release, or until it is lost.
//
// There are two locks in one. The operating system's lock on a file is the truth
// on one machine: it ends with its process, however that ends. A lease beside it
// is for machines that share the directory and not its file locks. Only what is
// in the lease has an owner to show.
type Lock struct {
	dir    *Dir
	unlock func() error // the file lock; nil where there are none
	stop   chan struct{}
	done   chan struct{} // the lease is not renewed any more
	lost   chan struct{}
	expiry *time.Timer // until the lease expires, be it that a renewal hangs

	mine Lease // of keep, and of Release once that is done

	mu   sync.Mutex
	why  error // the last renewal failed, or why the lock is lost
	gone bool

	release  sync.Once
	released error
}

// Lock takes the lock for o, or returns a *HeldError that names who has it. It
// does not wait, but for the name. The end of ctx does not end the lock.
func (d *Dir) Lock(ctx context.Context, o Owner) (*Lock, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("lock state: %w", err)
	}
	if d.readOnly {
		return nil, fmt.Errorf("lock state: %s was opened to be read only", d.path)
	}
	unlock, err := d.lockFile(filepath.Join(d.path, lockName))
	switch {
	case errors.Is(err, errHasOwner):
		return nil, d.holder(ctx).refusal(time.Now())
	case errors.Is(err, syscall.ENOLCK), errors.Is(err, errors.ErrUnsupported):
		unlock = nil // this file system has none; the lease is all there is
	case err != nil:
		return nil, fmt.Errorf("lock state: %w", err)
	}
	l := &Lock{
		dir: d, unlock: unlock, mine: NewLease(o),
		stop: make(chan struct{}), done: make(chan struct{}), lost: make(chan struct{}),
	}
	if err := l.claim(); err != nil {
		if unlock != nil {
			err = errors.Join(err, unlock())
		}
		return nil, err
	}
	d.sweep(time.Now())
	l.expiry = time.AfterFunc(time.Until(l.mine.Expires), func() { l.lose(nil) })
	go l.keep()
	return l, nil
}

// holder returns the lease of whoever has the lock of the file. One who has just
// taken it writes the lease a moment later.
func (d *Dir) holder(ctx context.Context) found {
	for end := time.Now().Add(leaseSoon); ; {
		seen, err := d.find(LeaseName)
		switch {
		case err == nil && seen.there && seen.readable:
			return seen
		case ctx.Err() != nil || time.Now().After(end):
			if err != nil {
				seen = found{} // it would only have told the name
			}
			return seen
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Lost is closed when the lock is somebody else's, or may be: nothing new may be
// started then.
func (l *Lock) Lost() <-chan struct{} { return l.lost }

// Err says why the lock was lost; nil if it was not.
func (l *Lock) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		return nil
	}
	return fmt.Errorf("the lock of %s is lost: %w", l.dir.path, l.why)
}

// Release gives the lock back. A lease that is somebody else's by now stays.
// From the second time on it does nothing, and returns the same.
func (l *Lock) Release() error {
	l.release.Do(func() {
		close(l.stop)
		<-l.done
		l.expiry.Stop()
		err := l.guarded(l.remove)
		if l.unlock != nil {
			err = errors.Join(err, l.unlock())
		}
		if err != nil {
			l.released = fmt.Errorf("release the lock of %s: %w", l.dir.path, err)
		}
	})
	return l.released
}

// keep renews the lease until the lock is released or lost.
func (l *Lock) keep() {
	defer close(l.done)
	next := time.NewTimer(LeaseTTL / 3)
	defer next.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-l.lost:
			return
		case <-next.C:
		}
		err := l.renew()
		if held := (*HeldError)(nil); errors.As(err, &held) {
			l.lose(held)
			return
		}
		l.note(err)
		if err != nil {
			next.Reset(leaseRetry)
			continue
		}
		l.expiry.Reset(time.Until(l.mine.Expires))
		next.Reset(LeaseTTL / 3)
	}
}

// note remembers how the last renewal went. That it failed is no loss yet: until
// the lease expires nobody else takes it, and the next one may do better.
func (l *Lock) note(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.why = err
	}
}

// lose says that the lock is lost to held; nil if the lease has expired, and
// nobody knows whose it is.
func (l *Lock) lose(held *HeldError) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.gone:
		return
	case held != nil:
		l.why = held
	case l.why != nil:
		l.why = fmt.Errorf("its lease has expired, and could not be renewed: %w", l.why)
	default:
		l.why = errors.New("its lease has expired, and renewing it takes too long")
	}
	l.gone = true
	close(l.lost)
}

// renew writes the lease anew. A *HeldError says that it is somebody else's.
func (l *Lock) renew() error {
	now := time.Now()
	seen, err := l.dir.find(LeaseName)
	alive := now.Before(l.mine.Expires)
	switch {
	case err != nil:
		return err
	case !seen.there && !alive:
		return &HeldError{} // somebody took it, and gave it back
	case !seen.there:
		return l.claim()
	case !seen.readable:
		return fmt.Errorf("what is in %s cannot be read", LeaseName)
	case seen.lease.Token != l.mine.Token:
		return seen.refusal(now)
	case !alive:
		return l.claim() // as this machine slept; others may be about to take it
	}
	return l.extend()
}

// lockFile takes the operating system's lock on a file. The file stays for ever:
// were it deleted, two processes could have the lock on two files of its name.
func lockFile(path string) (unlock func() error, err error) {
	if err := regular(path); err != nil {
		return nil, err
	}
	f := flock.New(path)
	ok, err := f.TryLock()
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errHasOwner
	}
	return f.Unlock, nil
}
