package state

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

const (
	// maxLine is the length of the longest line of a log, in bytes. What is torn
	// is never longer, and can thus be kept.
	maxLine = 16 << 20
	// tailStep is how much of a log is read at first, from its end, in search of
	// the last line break; then twice as much, and so on.
	tailStep = 64 << 10
)

// A Log is a file of lines to which lines are added. Its methods may be called
// by many goroutines.
type Log struct {
	path string
	torn []byte

	mu   sync.Mutex
	f    *os.File
	size int64 // up to the last line break that we know of
	// broken is why no line can be added any more: half of one is at the end.
	broken error
}

// OpenLog opens a log, or makes it. What follows the last line break was being
// written by a process that was killed. It was never said to be there: it is cut
// off, and Torn returns it. Since it might just as well be somebody's who is
// still writing, only the holder of the lock may open a log.
func (d *Dir) OpenLog(name string) (*Log, error) {
	path, err := d.writable(name)
	if err == nil {
		err = regular(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600) //nolint:gosec // The name is checked.
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	l := &Log{path: path, f: f}
	err = l.mend()
	if err == nil {
		err = syncDir(filepath.Dir(path)) // we may have made it
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open log %s: %w", path, err), f.Close())
	}
	return l, nil
}

// ReadLog opens a log to be read from its beginning. The error is fs.ErrNotExist
// if there is none. Without the lock, the last line may be one that is just being
// written.
func (d *Dir) ReadLog(name string) (io.ReadCloser, error) {
	path, err := d.file(name)
	if err == nil {
		err = regular(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	f, err := os.Open(path) //nolint:gosec // The name is checked.
	if err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	return f, nil
}

// mend cuts off what follows the last line break.
func (l *Log) mend() error {
	info, err := l.f.Stat()
	if err != nil {
		return err
	}
	l.size = info.Size()
	for l.size > 0 {
		step := make([]byte, min(max(tailStep, int64(len(l.torn))), l.size))
		if _, err := l.f.ReadAt(step, l.size-int64(len(step))); err != nil {
			return err
		}
		whole := bytes.LastIndexByte(step, '\n') + 1
		l.torn = append(step[whole:], l.torn...)
		l.size -= int64(len(step) - whole)
		if len(l.torn) > maxLine {
			return fmt.Errorf("it ends in more than %d bytes without a line break, and is none of ours: move it away", maxLine)
		}
		if whole > 0 {
			break
		}
	}
	if len(l.torn) == 0 {
		return nil
	}
	if err := l.f.Truncate(l.size); err != nil {
		return err
	}
	return l.f.Sync()
}

// Torn returns the half line that was cut off when the log was opened; nil if
// there was none.
func (l *Log) Torn() []byte {
	if len(l.torn) == 0 {
		return nil
	}
	return bytes.Clone(l.torn)
}

// Append adds a line of up to 16 MiB, which has no line break of its own, in one
// write. After an error the log is as it was before, or takes no more lines.
// What is appended outlives the process, and after Sync the power as well.
func (l *Log) Append(line []byte) error {
	if bytes.IndexByte(line, '\n') >= 0 {
		return fmt.Errorf("append to %s: a line has a line break in it", l.path)
	}
	if len(line) > maxLine {
		return fmt.Errorf("append to %s: a line would have %d bytes, more than %d", l.path, len(line), maxLine)
	}
	whole := append(bytes.Clone(line), '\n')
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return l.broken
	}
	n, err := l.f.Write(whole)
	if err != nil {
		return l.cut(n, fmt.Errorf("append to %s: %w", l.path, err))
	}
	l.size += int64(n)
	return nil
}

// cut takes back the n bytes of a line that did not fit. Where the file is not
// as long as it should be, somebody else writes to it, and nothing is cut.
func (l *Log) cut(n int, why error) error {
	if n == 0 {
		return why
	}
	info, err := l.f.Stat()
	if err == nil && info.Size() != l.size+int64(n) {
		err = errors.New("somebody else has written to it")
	}
	if err == nil {
		err = l.f.Truncate(l.size)
	}
	if err != nil {
		l.broken = fmt.Errorf("%w; half a line is left at its end: %w", why, err)
		return l.broken
	}
	return why
}

// Sync returns once all that was appended is on the disk.
func (l *Log) Sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.f.Sync(); err != nil {
		return fmt.Errorf("sync log: %w", err)
	}
	return nil
}

// Close closes the log, and does not sync it.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.f.Close(); err != nil {
		return fmt.Errorf("close log: %w", err)
	}
	return nil
}
