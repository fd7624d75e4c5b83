package bucket

import (
	"errors"
	"time"

	"ssosync/internal/state"
)

// leaseGrace is how much longer than its lease a holder keeps others out: S3
// tells its time to the second, and its servers may differ by a little.
const leaseGrace = 5 * time.Second

// A found lease is what is there in its place.
type found struct {
	object
	lease    state.Lease
	readable bool
}

// find reads the lease, be it garbage. The error is fs.ErrNotExist if there is
// none.
func (b *Bucket) find() (f found, err error) {
	f.object, err = b.get(b.ctx, b.root()+state.LeaseName, state.MaxLease)
	if err != nil && !errors.Is(err, errOdd) {
		return found{}, err
	}
	if err == nil {
		f.lease, err = state.DecodeLease(f.data)
	}
	f.readable = err == nil
	return f, nil
}

// holds reports whether what was found keeps everybody but its owner out, and
// until when. It asks S3's own clock for both ends: a holder writes the lease
// again before it is as old as one can be, and what any machine thinks of the
// time does not matter. Only where a server tells no time is the holder's and
// ours all that there is.
func (f found) holds() (until time.Time, held bool) {
	now := f.seen
	switch {
	case !f.written.IsZero() && !now.IsZero():
		until = f.written.Add(state.LeaseTTL + leaseGrace)
	case f.readable:
		now, until = time.Now(), f.lease.Expires.Add(leaseGrace)
	default:
		return time.Time{}, true
	}
	return until.UTC(), now.Before(until)
}

// refusal names the owner, as far as the lease tells.
func (f found) refusal() *state.HeldError {
	until, _ := f.holds()
	return &state.HeldError{Owner: f.lease.Owner, Expires: until} // the zero Owner, if it is not readable
}
