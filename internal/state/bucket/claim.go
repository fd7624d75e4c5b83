package bucket

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"ssosync/internal/state"
)

// claim takes the lease if it is nobody's, or nobody's any more, or ours.
func (l *Lock) claim() error {
	for range claimTries {
		err := l.write("")
		if !errors.Is(err, ErrChanged) {
			return err
		}
		seen, err := l.b.find()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was given back just now
		}
		if err != nil {
			return err
		}
		if _, held := seen.holds(); held && seen.lease.Token != l.mine.Token {
			return seen.refusal()
		}
		if err = l.write(seen.etag); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return &state.HeldError{} // by somebody else at every turn
}

// write makes the lease ours from now on, in the place of the version that has
// this ETag, "" if there is none. The error is [ErrChanged] if that is not what
// is there. The lease runs from before the request on: S3 cannot have written it
// any earlier.
func (l *Lock) write(etag string) error {
	next, now := l.mine, time.Now()
	next.Expires = now.Add(state.LeaseTTL).UTC().Round(0) // for people; see found.holds
	data, err := next.Encode()
	if err != nil {
		return err
	}
	if etag, err = l.b.put(l.ctx, l.key(), data, etag); err != nil {
		return err
	}
	l.mine, l.etag, l.from = next, etag, now
	return nil
}

// age is how old the lease is by the clock on the wall: the other one stands
// still while a machine sleeps or a Lambda is frozen.
func (l *Lock) age() time.Duration { return time.Now().Round(0).Sub(l.from.Round(0)) }

// renew writes the lease anew. A *HeldError says that it is somebody else's.
func (l *Lock) renew() error {
	err := l.write(l.etag)
	if !errors.Is(err, ErrChanged) {
		return err
	}
	seen, err := l.b.find()
	switch {
	case errors.Is(err, fs.ErrNotExist) && l.age() >= state.LeaseTTL:
		return &state.HeldError{} // somebody took it, and gave it back
	case errors.Is(err, fs.ErrNotExist):
		return l.claim() // somebody deleted it by hand
	case err != nil:
		return err
	case !seen.readable:
		return fmt.Errorf("what is in %s cannot be read", l.b.url(l.key()))
	case seen.lease.Token != l.mine.Token:
		return seen.refusal()
	}
	return l.write(seen.etag) // an earlier renewal, whose answer was lost for good
}

// prove sees that a server that is not AWS's does look at conditions: one that
// passes over them gives the lock to everybody.
func (l *Lock) prove() error {
	data, err := l.mine.Encode()
	if err != nil {
		return err
	}
	for _, etag := range []string{"", `"00000000000000000000000000000000"`} {
		_, err = l.b.putOnce(l.ctx, l.key(), data, etag)
		if err == nil {
			err = &setupError{errors.New(remedyPlain)}
		}
		if !errors.Is(err, ErrChanged) {
			return errors.Join(err, l.remove())
		}
	}
	return nil
}
