package bucket

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"
)

const (
	// maxLine is the length of the longest line of a log, in bytes.
	maxLine = 4 << 20
	// full is the size from which on a segment is not written again, in bytes. It
	// is what a Sync has to carry at the most besides what is new.
	full = 256 << 10
	// maxPending is how much is kept in memory until it is sent, without a last
	// line.
	maxPending = 1 << 20
	// maxSegment is the size of the largest segment.
	maxSegment = full + maxPending + maxLine + 1
)

// A Log is lines to which lines are added. S3 cannot add to an object, so a log
// is in segments, numbered from 1. Its methods may be called by many goroutines.
//
// A segment of fewer than 256 KiB is written again with what is new, on the
// condition that nobody else has; a fuller one is never touched again, and the
// next one is made, on the condition that nobody else has. So there is one place
// where a log can grow, and of two who try, one learns that he is not alone. And
// so a segment that is small, and not the last, has lost something.
type Log struct {
	b   *Bucket
	key string

	mu      sync.Mutex
	n       int    // the number of the last segment
	etag    string // its version
	tail    []byte // what is in it, unless it is full
	sealed  bool   // it is full
	pending []byte // lines that are not in S3
	broken  error  // why no line can be added any more
}

// OpenLog opens a log, or makes it. Only the holder of the lock may. The error is
// [ErrDamaged] if something of it is missing.
func (b *Bucket) OpenLog(name string) (*Log, error) {
	key, err := b.writable(name)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	l := &Log{b: b, key: key}
	if err := l.open(); err != nil {
		return nil, fmt.Errorf("open log %s: %w", b.url(key), err)
	}
	return l, nil
}

func (l *Log) open() error {
	segments := l.b.segments(l.key)
	for {
		numbers, more, err := segments.next(l.b.ctx)
		if err != nil {
			return err
		}
		l.n += len(numbers)
		if !more {
			break
		}
	}
	if l.n == 0 {
		l.n = 1
		etag, err := l.b.put(l.b.ctx, segmentKey(l.key, 1), nil, "")
		l.etag = etag
		return err
	}
	seen, err := l.b.get(l.b.ctx, segmentKey(l.key, l.n), maxSegment)
	if err != nil {
		return err
	}
	if err := whole(l.n, seen.data, true); err != nil {
		return err
	}
	l.etag = seen.etag
	l.keepTail(seen.data)
	return nil
}

// keepTail remembers what will have to be written again.
func (l *Log) keepTail(data []byte) {
	l.tail, l.sealed = data, len(data) >= full
	if l.sealed {
		l.tail = nil
	}
}

// Torn returns nil: an object is there whole, or not at all.
func (l *Log) Torn() []byte { return nil }

// Append adds a line of up to 4 MiB, which has no line break of its own. It is in
// memory until Sync, or until there is more than a mebibyte. After an error of S3
// the log takes no more lines.
func (l *Log) Append(line []byte) error {
	if bytes.IndexByte(line, '\n') >= 0 {
		return fmt.Errorf("append to %s: a line has a line break in it", l.b.url(l.key))
	}
	if len(line) > maxLine {
		return fmt.Errorf("append to %s: a line would have %d bytes, more than %d", l.b.url(l.key), len(line), maxLine)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken == nil && len(l.pending)+len(line) > maxPending {
		l.flush()
	}
	if l.broken != nil {
		return fmt.Errorf("append to %s: %w", l.b.url(l.key), l.broken)
	}
	l.pending = append(append(l.pending, line...), '\n')
	return nil
}

// Sync returns once all that was appended is in S3.
func (l *Log) Sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken == nil {
		l.flush()
	}
	if l.broken != nil {
		return fmt.Errorf("sync %s: %w", l.b.url(l.key), l.broken)
	}
	return nil
}

// flush sends what is pending.
func (l *Log) flush() {
	if len(l.pending) == 0 {
		return
	}
	n, etag, data := l.n, l.etag, make([]byte, 0, len(l.tail)+len(l.pending))
	if l.sealed {
		n, etag = n+1, ""
	}
	data = append(append(data, l.tail...), l.pending...)
	etag, err := l.b.put(l.b.ctx, segmentKey(l.key, n), data, etag)
	if errors.Is(err, ErrChanged) {
		err = fmt.Errorf("%w; nothing of it is written over: another run may be under way without the lock", err)
	}
	if err != nil {
		l.broken = err
		return
	}
	l.n, l.etag = n, etag
	l.keepTail(data)
	l.pending = l.pending[:0]
}

var errClosed = errors.New("it is closed")

// Close closes the log, and does not sync it.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(l.broken, errClosed) {
		return fmt.Errorf("close log %s: %w", l.b.url(l.key), errClosed)
	}
	l.broken, l.tail, l.pending = errClosed, nil, nil
	return nil
}

// segmentKey returns the key of a segment, in which the number has twenty digits:
// S3 lists keys in the order of their bytes.
func segmentKey(log string, n int) string { return fmt.Sprintf("%s/%020d", log, n) }

// segmentNumber undoes segmentKey, for the part behind the slash.
func segmentNumber(name string) (n int, ok bool) {
	n, err := strconv.Atoi(name)
	return n, err == nil && n > 0 && name == fmt.Sprintf("%020d", n)
}

// whole says what is wrong with a segment.
func whole(n int, data []byte, last bool) error {
	switch {
	case len(data) == 0 && last && n == 1:
		return nil
	case len(data) == 0 || data[len(data)-1] != '\n':
		return fmt.Errorf("%w: segment %d does not end with its line", ErrDamaged, n)
	case len(data) < full && !last:
		return fmt.Errorf("%w: segment %d has %d bytes, and another one follows: it was cut", ErrDamaged, n, len(data))
	}
	return nil
}
