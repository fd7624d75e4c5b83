package bucket

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
)

// A walk lists the segments of a log, a page at a time.
type walk struct {
	b     *Bucket
	under string // what the keys begin with
	seen  int    // the number of the last one
	from  string
}

// pageSize is what S3 lists at the most.
const pageSize = 1000

func (b *Bucket) segments(log string) *walk { return &walk{b: b, under: log + "/"} }

// next returns the numbers of the next page, and whether there are more. That one
// is missing is [ErrDamaged]. Keys that are no segment's, such as that of a folder
// that somebody made in the console, are passed over.
func (w *walk) next(ctx context.Context) (numbers []int, more bool, err error) {
	p, err := w.b.list(ctx, w.under, w.from, pageSize)
	if err != nil {
		return nil, false, err
	}
	for _, key := range p.keys {
		name, ok := strings.CutPrefix(key, w.under)
		n, isOne := segmentNumber(name)
		if !ok || !isOne {
			continue
		}
		if n != w.seen+1 {
			return nil, false, fmt.Errorf("%w: segment %d stands where segment %d should", ErrDamaged, n, w.seen+1)
		}
		w.seen = n
		numbers = append(numbers, n)
	}
	w.from = p.next
	return numbers, p.next != "", nil
}

// atOnce is how many segments are moved at a time.
const atOnce = 8

// moveLog copies a log, be it damaged, to a name that begins with stem, and
// deletes it. The first segment goes first: what is left then is no log that
// anybody takes for whole, however far we come.
func (b *Bucket) moveLog(log, stem string) (string, error) {
	keys, err := b.under(log + "/")
	if err != nil {
		return "", err
	}
	if len(keys) == 0 {
		return "", fmt.Errorf("there is no %s", b.url(log))
	}
	etags := make([]string, len(keys))
	first, err := b.get(b.ctx, keys[0], maxSegment)
	if err != nil {
		return "", err
	}
	etags[0] = first.etag
	aside, err := b.reserve(stem, strings.TrimPrefix(keys[0], log), first.data)
	if err != nil {
		return "", err
	}
	err = b.each(1, len(keys), func(i int) error {
		seen, err := b.get(b.ctx, keys[i], maxSegment)
		if err == nil {
			etags[i] = seen.etag
			_, err = b.put(b.ctx, aside+strings.TrimPrefix(keys[i], log), seen.data, "")
		}
		return err
	})
	if err == nil {
		err = b.remove(b.ctx, keys[0], etags[0])
	}
	if err == nil {
		err = b.each(1, len(keys), func(i int) error { return b.remove(b.ctx, keys[i], etags[i]) })
	}
	return aside, err
}

// under returns all keys that begin with a prefix.
func (b *Bucket) under(prefix string) (keys []string, err error) {
	for from := ""; ; {
		p, err := b.list(b.ctx, prefix, from, pageSize)
		if err != nil {
			return nil, err
		}
		keys = append(keys, p.keys...)
		if from = p.next; from == "" {
			return keys, nil
		}
	}
}

// each does f for the numbers from one up to another, a few at a time.
func (b *Bucket) each(from, to int, f func(i int) error) error {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i := from; i < to; i++ {
		group.Go(func() error { return f(i) })
	}
	return group.Wait()
}

var errReaderClosed = errors.New("read log: it is closed")
