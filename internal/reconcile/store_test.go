package reconcile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"sync"
	"time"

	"ssosync/internal/journal"
	"ssosync/internal/reconcile"
)

// A disk is a store in memory, which can fail as disks do.
type disk struct {
	mu    sync.Mutex
	files map[string][]byte
	aside []string
	fail  func(op, name string) error // nil: nothing fails
	held  bool
	lost  chan struct{}
}

func newDisk() *disk { return &disk{files: map[string][]byte{}, lost: make(chan struct{})} }

func (d *disk) broken(op, name string) error {
	if d.fail == nil {
		return nil
	}
	return d.fail(op, name)
}

func (d *disk) Read(name string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.broken("read", name); err != nil {
		return nil, err
	}
	data, ok := d.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(data), nil
}

func (d *disk) Write(name string, data []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.broken("write", name); err != nil {
		return err
	}
	d.files[name] = bytes.Clone(data)
	return nil
}

func (d *disk) SetAside(name string, _ time.Time) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	to := fmt.Sprintf("%s.damaged-%d", name, len(d.aside))
	d.aside = append(d.aside, to)
	d.files[to] = d.files[name]
	delete(d.files, name)
	return to, nil
}

func (d *disk) ReadLog(name string) (io.ReadCloser, error) {
	data, err := d.Read(name)
	return io.NopCloser(bytes.NewReader(data)), err
}

func (d *disk) OpenLog(name string) (journal.Log, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.broken("open", name); err != nil {
		return nil, err
	}
	whole := d.files[name]
	end := bytes.LastIndexByte(whole, '\n') + 1
	l := &diskLog{d: d, name: name, torn: bytes.Clone(whole[end:])}
	d.files[name] = slices.Clip(whole[:end])
	return l, nil
}

type diskLog struct {
	d    *disk
	name string
	torn []byte
}

func (l *diskLog) Append(line []byte) error {
	l.d.mu.Lock()
	defer l.d.mu.Unlock()
	if err := l.d.broken("append", l.name); err != nil {
		return err
	}
	l.d.files[l.name] = append(append(l.d.files[l.name], line...), '\n')
	return nil
}

func (l *diskLog) Sync() error  { return l.d.broken("sync", l.name) }
func (l *diskLog) Close() error { return nil }
func (l *diskLog) Torn() []byte { return l.torn }

var errHeld = errors.New("somebody else has the lock")

func (d *disk) Lock(context.Context, string, journal.Kind) (reconcile.Lock, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held {
		return nil, errHeld
	}
	d.held = true
	return diskLock{d, d.lost}, nil
}

type diskLock struct {
	d    *disk
	lost chan struct{}
}

func (l diskLock) Lost() <-chan struct{} { return l.lost }

func (l diskLock) Release() error {
	l.d.mu.Lock()
	defer l.d.mu.Unlock()
	l.d.held = false
	return nil
}

// splitLines and join take a log apart, line by line.
func splitLines(log []byte) iter.Seq[[]byte] { return bytes.SplitAfterSeq(log, []byte("\n")) }

func join(lines [][]byte) []byte { return bytes.Join(lines, nil) }
