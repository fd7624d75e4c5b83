package bucket

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"sync"
)

// readAhead is how many segments are fetched before they are asked for.
const readAhead = 3

// A reader reads the segments of a log in their order, as one.
type reader struct {
	cancel context.CancelFunc
	queue  chan chan part // one for each segment, in order
	all    sync.WaitGroup

	left []byte
	err  error
}

// A part is a segment, or why there is none.
type part struct {
	data []byte
	err  error
}

// ReadLog opens a log to be read from its beginning. The error is fs.ErrNotExist
// if there is none. Where something is missing, reading ends with [ErrDamaged]:
// there is no gap that goes unnoticed, but at the end, which only the ledger
// knows.
func (b *Bucket) ReadLog(name string) (io.ReadCloser, error) {
	key, err := b.key(name)
	if err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	segments := b.segments(key)
	numbers, more, err := segments.next(b.ctx)
	if err == nil && len(numbers) == 0 && !more {
		err = fmt.Errorf("%s: %w", b.url(key), fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	ctx, cancel := context.WithCancel(b.ctx)
	r := &reader{cancel: cancel, queue: make(chan chan part, readAhead)}
	r.all.Go(func() {
		defer close(r.queue)
		b.fetch(ctx, r, key, segments, numbers, more)
	})
	return r, nil
}

// fetch puts the segments in the queue. Whether one is the last is known once the
// listing has gone on.
func (b *Bucket) fetch(ctx context.Context, r *reader, key string, segments *walk, numbers []int, more bool) {
	for {
		for len(numbers) > 0 && (len(numbers) > 1 || !more) {
			n, last := numbers[0], len(numbers) == 1
			numbers = numbers[1:]
			if !r.enqueue(ctx, func() part { return b.segment(ctx, key, n, last) }) {
				return
			}
		}
		if !more {
			return
		}
		next, again, err := segments.next(ctx)
		if err != nil {
			r.enqueue(ctx, func() part { return part{err: err} })
			return
		}
		numbers, more = append(numbers, next...), again
	}
}

// segment reads one segment, and checks it.
func (b *Bucket) segment(ctx context.Context, log string, n int, last bool) part {
	seen, err := b.get(ctx, segmentKey(log, n), maxSegment)
	if err == nil {
		err = whole(n, seen.data, last)
	}
	return part{seen.data, err}
}

// enqueue starts to fetch a part, once there is room for it.
func (r *reader) enqueue(ctx context.Context, fetch func() part) bool {
	c := make(chan part, 1)
	select {
	case r.queue <- c:
	case <-ctx.Done():
		return false
	}
	r.all.Go(func() { c <- fetch() })
	return true
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	for len(r.left) == 0 && r.err == nil {
		c, ok := <-r.queue
		if !ok {
			r.err = io.EOF
			break
		}
		next := <-c
		if r.left, r.err = next.data, nil; next.err != nil {
			r.left, r.err = nil, fmt.Errorf("read log: %w", next.err)
		}
	}
	if len(r.left) == 0 {
		return 0, r.err
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

// Close implements io.Closer. It ends what is being fetched.
func (r *reader) Close() error {
	r.cancel()
	r.all.Wait()
	r.left, r.err = nil, errReaderClosed
	return nil
}
