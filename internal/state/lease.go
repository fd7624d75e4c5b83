package state

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	// LeaseName is that of the lease.
	LeaseName    = "lock.json"
	leaseVersion = 1
	// LeaseTTL is how long a dead run keeps other machines out at most. It is
	// renewed three times as often.
	LeaseTTL = 2 * time.Minute
	// leaseRetry is the pause after a renewal that failed.
	leaseRetry = 5 * time.Second
	// leaseSoon is how long whoever has the file lock may take to write the lease.
	leaseSoon = time.Second
	// MaxLease is the size of the largest lease that is read, in bytes.
	MaxLease = 64 << 10
	// maxAhead is how far ahead a lease may end. One that ends later was written
	// by a clock that is wrong, and must not keep everybody out until then.
	maxAhead = 24 * time.Hour
)

// A Lease says who has the lock and until when, to those who do not see the
// file lock.
type Lease struct {
	Version int       `json:"version"`
	Token   string    `json:"token"` // nobody else has it, whatever names they use
	Owner   Owner     `json:"owner"`
	Expires time.Time `json:"expires"`
}

// NewLease returns a lease of o that has no end yet, with a token of its own.
func NewLease(o Owner) Lease {
	return Lease{Version: leaseVersion, Token: rand.Text(), Owner: o.cleaned()}
}

// Encode returns l as it is kept: JSON for people to read.
func (l Lease) Encode() ([]byte, error) {
	data, err := json.MarshalIndent(l, "", "  ")
	return append(data, '\n'), err
}

// DecodeLease takes what any process may have written. Its owner can be shown.
func DecodeLease(data []byte) (Lease, error) {
	var l Lease
	if err := json.Unmarshal(data, &l); err != nil {
		return Lease{}, fmt.Errorf("decode lease: %w", err)
	}
	if l.Version != leaseVersion {
		return Lease{}, fmt.Errorf("decode lease: version %d is not known", l.Version)
	}
	if l.Token == "" || l.Expires.IsZero() {
		return Lease{}, errors.New("decode lease: it has no token or no end")
	}
	l.Owner = l.Owner.cleaned()
	l.Expires = l.Expires.UTC()
	return l, nil
}

// A found lease is what is there in its place.
type found struct {
	there    bool
	data     []byte
	written  time.Time // by the clock of the file system
	lease    Lease
	readable bool
}

// holds reports whether what was found keeps everybody but its owner out, and
// until when.
//
// What cannot be read, or ends in a future that is too far to be true, is judged
// by its age: an owner who lives writes it again before it is as old as a lease
// can be.
func (f found) holds(now time.Time) (until time.Time, held bool) {
	if !f.there {
		return time.Time{}, false
	}
	if !f.readable || f.lease.Expires.After(now.Add(maxAhead)) {
		return f.written.Add(LeaseTTL), now.Sub(f.written).Abs() < LeaseTTL
	}
	return f.lease.Expires, now.Before(f.lease.Expires)
}

// refusal names the owner, as far as the lease tells.
func (f found) refusal(now time.Time) *HeldError {
	until, held := f.holds(now)
	switch {
	case !held:
		return &HeldError{}
	case !f.readable:
		return &HeldError{Expires: until.UTC()}
	default:
		return &HeldError{Owner: f.lease.Owner, Expires: until.UTC()}
	}
}

// find reads the lease of a name, be it garbage.
func (d *Dir) find(name string) (found, error) {
	path := filepath.Join(d.path, name)
	info, err := os.Stat(path)
	f := found{there: true}
	if err == nil {
		f.written = info.ModTime()
		f.data, err = readHead(path, MaxLease)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return found{}, nil
	}
	if err != nil {
		return found{}, err
	}
	f.lease, err = DecodeLease(f.data)
	f.readable = err == nil
	return f, nil
}

// place writes a lease where there is none. Of several that try, one does, and
// the others' error is fs.ErrExist.
func (d *Dir) place(name string, data []byte) error {
	tmp, err := d.temp(name, data)
	if err != nil {
		return err
	}
	err = link(tmp, filepath.Join(d.path, name), data)
	_ = os.Remove(tmp) // else it is swept up one day
	return err
}

// link gives a file a second name, which nothing may have yet. Where a file
// system knows no second names, the file is written there, and a reader may see
// half of it, which to him is a lease that he cannot read.
func link(tmp, path string, data []byte) error {
	if err := os.Link(tmp, path); err == nil {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // The name is ours.
	if err != nil {
		return err
	}
	if err := fill(f, data); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// displace takes a lease away that was seen and has expired. It moves it aside
// first, which only one process can do; if what it moved is not what was seen,
// somebody was quicker, and gets it back.
func (d *Dir) displace(name string, seen found) error {
	path := filepath.Join(d.path, name)
	aside := filepath.Join(d.path, "."+name+tempMark+rand.Text())
	if err := os.Rename(path, aside); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	data, err := readHead(aside, MaxLease)
	if err == nil && !bytes.Equal(data, seen.data) {
		err = link(aside, path, data)
	}
	_ = os.Remove(aside) // else it is swept up one day
	if errors.Is(err, fs.ErrExist) {
		return nil // a third was quicker still
	}
	return err
}
