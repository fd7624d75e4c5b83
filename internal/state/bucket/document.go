package bucket

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
)

const (
	// maxDocument is the size of the largest document, in bytes: as in package
	// state.
	maxDocument = 256 << 20
	// maxAside is how many damaged documents of one name and second there may be.
	maxAside = 100
)

// A version is what we know of a document.
type version struct {
	etag string // "" if there is none
	// lost says that it could not be read, so that nobody knows what would be
	// written over.
	lost bool
}

// Read returns a document of up to 256 MiB, whole. The error is fs.ErrNotExist
// if there is none.
func (b *Bucket) Read(name string) ([]byte, error) {
	key, err := b.key(name)
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	seen, err := b.get(b.ctx, key, maxDocument)
	gone := errors.Is(err, fs.ErrNotExist)
	b.remember(name, version{etag: seen.etag, lost: err != nil && !gone})
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	return seen.data, nil
}

// Write replaces the version of a document that was read last, or makes the
// document if there was none; one that nobody has read is replaced as it is. The
// error is [ErrChanged] if it is another one by now: the lock should have kept
// others away. Readers see what was there or what is there now, whole.
func (b *Bucket) Write(name string, data []byte) error {
	key, err := b.writable(name)
	if err == nil && len(data) > maxDocument {
		err = fmt.Errorf("%s would have %d bytes, more than %d", b.url(key), len(data), maxDocument)
	}
	if err == nil {
		err = b.replace(name, key, data)
	}
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

func (b *Bucket) replace(name, key string, data []byte) error {
	b.mu.Lock()
	was, ok := b.known[name]
	b.mu.Unlock()
	if !ok {
		seen, err := b.get(b.ctx, key, maxDocument)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		was = version{etag: seen.etag}
	}
	if was.lost {
		return fmt.Errorf("%s could not be read before, and is not written over unseen: run this again", b.url(key))
	}
	now, err := b.put(b.ctx, key, data, was.etag)
	if errors.Is(err, ErrChanged) {
		return fmt.Errorf("%w; it is left as it is: another run may have been under way without the lock, or somebody changed it by hand; run this again", err)
	}
	if err == nil {
		b.remember(name, version{etag: now})
	}
	return err
}

func (b *Bucket) remember(name string, v version) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known[name] = v
}

// SetAside moves a document, or a log with all its segments, that its reader
// cannot make sense of, so that it is in nobody's way and can still be looked
// at. It returns the new name, such as ledger.json.damaged-20261126T101500Z. It
// copies first: whatever happens meanwhile, nothing is lost.
func (b *Bucket) SetAside(name string, now time.Time) (string, error) {
	key, err := b.writable(name)
	if err != nil {
		return "", fmt.Errorf("set state aside: %w", err)
	}
	stem := "damaged-" + now.UTC().Format("20060102T150405Z")
	seen, err := b.get(b.ctx, key, maxDocument)
	var aside string
	switch {
	case err == nil:
		if aside, err = b.reserve(key+"."+stem, "", seen.data); err == nil {
			err = b.remove(b.ctx, key, seen.etag)
		}
	case errors.Is(err, fs.ErrNotExist):
		aside, err = b.moveLog(key, key+"."+stem)
	}
	if err != nil {
		return "", fmt.Errorf("set state aside: %w", err)
	}
	b.remember(name, version{})
	return aside[len(b.root()):], nil
}

// reserve writes an object under a key that begins with stem, ends with suffix,
// and that nothing has yet. It returns the key without the suffix.
func (b *Bucket) reserve(stem, suffix string, data []byte) (string, error) {
	name := stem
	for n := 2; ; n++ {
		_, err := b.putOnce(b.ctx, name+suffix, data, "")
		if err == nil || !errors.Is(err, ErrChanged) || n > maxAside {
			return name, err
		}
		name = fmt.Sprintf("%s-%d", stem, n)
	}
}
