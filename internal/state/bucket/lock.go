package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"ssosync/internal/state"
)

const (
	// leaseTick is how often a holder looks whether it is time to renew the lease,
	// or too late. It is also the pause after a renewal that failed.
	leaseTick = 5 * time.Second
	// claimTries is how often others may be quicker before we give up.
	claimTries = 4
)

// A Lock is held until Release, or until it is lost. It is a lease, lock.json,
// which S3 gives to one: it is made only where there is none, and changed and
// deleted only by who knows its ETag.
type Lock struct {
	b    *Bucket
	stop chan struct{}
	done chan struct{} // the lease is not renewed any more
	lost chan struct{}
	// ctx ends with the lease: a renewal that comes too late is none.
	ctx    context.Context
	cancel context.CancelFunc

	// Of keep, and of Release once that is done:
	mine   state.Lease
	etag   string
	expiry *time.Timer // at the end of the lease, be it that a renewal hangs
	from   time.Time   // since when the lease runs, at the latest

	mu   sync.Mutex
	why  error // the last renewal failed, or why the lock is lost
	gone bool

	release  sync.Once
	released error
}

// Lock takes the lock for o, or returns a *[state.HeldError] that names who has
// it. It does not wait for them. The end of ctx does not end the lock.
func (b *Bucket) Lock(ctx context.Context, o state.Owner) (*Lock, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("lock state: %w", err)
	}
	l, err := b.take(o)
	if err != nil {
		return nil, err
	}
	go l.keep()
	return l, nil
}

// take is Lock without what keeps the lock.
func (b *Bucket) take(o state.Owner) (*Lock, error) {
	if b.o.ReadOnly {
		return nil, fmt.Errorf("lock state: %s: %w", b.Path(), errReadOnly)
	}
	l := &Lock{
		b: b, mine: state.NewLease(o),
		stop: make(chan struct{}), done: make(chan struct{}), lost: make(chan struct{}),
	}
	l.ctx, l.cancel = context.WithCancel(b.ctx)
	err := l.claim()
	if err == nil && b.custom {
		err = l.prove()
	}
	if err != nil {
		l.cancel()
		if held := (*state.HeldError)(nil); errors.As(err, &held) {
			return nil, held
		}
		return nil, fmt.Errorf("lock state: %w", err)
	}
	l.expiry = time.AfterFunc(time.Until(l.from.Add(state.LeaseTTL)), func() { l.lose(nil) })
	return l, nil
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
	return fmt.Errorf("the lock of %s is lost: %w", l.b.Path(), l.why)
}

// Release gives the lock back. A lease that is somebody else's by now stays.
// From the second time on it does nothing, and returns the same.
func (l *Lock) Release() error {
	l.release.Do(func() {
		close(l.stop)
		<-l.done
		l.cancel()
		if err := l.remove(); err != nil {
			l.released = fmt.Errorf("release the lock of %s: %w", l.b.Path(), err)
		}
	})
	return l.released
}

// remove takes the lease away if it is still ours. It looks first, for the sake
// of servers that delete without looking.
func (l *Lock) remove() error {
	seen, err := l.b.find()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case seen.lease.Token != l.mine.Token:
		return nil
	}
	err = l.b.remove(l.b.ctx, l.key(), seen.etag)
	if errors.Is(err, ErrChanged) {
		return nil
	}
	return err
}

func (l *Lock) key() string { return l.b.root() + state.LeaseName }

// keep renews the lease until the lock is released or lost.
func (l *Lock) keep() {
	defer close(l.done)
	defer l.expiry.Stop()
	tick := time.NewTicker(leaseTick)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-l.lost:
			return
		case <-tick.C:
		}
		age := l.age()
		if age < state.LeaseTTL/3 {
			continue
		}
		err := l.renew()
		held := (*state.HeldError)(nil)
		switch l.note(err); {
		case errors.As(err, &held):
			l.lose(held)
		case err != nil && age >= state.LeaseTTL:
			l.lose(nil)
		}
		if err == nil {
			l.expiry.Reset(time.Until(l.from.Add(state.LeaseTTL)))
		}
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
func (l *Lock) lose(held *state.HeldError) {
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
		l.why = errors.New("its lease has expired, and renewing it takes too long, or this machine slept")
	}
	l.gone = true
	l.cancel()
	close(l.lost)
}
