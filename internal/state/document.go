package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// maxDocument is the size of the largest document, in bytes. A ledger has
	// less than a kilobyte for each object of which there is something to say.
	maxDocument = 256 << 20
	// tempMark is in the name of every temporary file, behind a dot and the name
	// of what it is to become.
	tempMark = ".tmp-"
	// tempAge is how old a temporary file is at least when nobody can be about
	// to use it any more.
	tempAge = LeaseTTL
	// maxAside is how many damaged documents of one name and second there may be.
	maxAside = 100
)

// Read returns a document of up to 256 MiB, whole. The error is fs.ErrNotExist
// if there is none.
func (d *Dir) Read(name string) ([]byte, error) {
	path, err := d.file(name)
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	data, err := readFile(path, maxDocument)
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	return data, nil
}

// Write replaces a document, or makes it. Whatever happens meanwhile, be it that
// the power fails, a reader sees what was there or what is there now, whole; and
// once Write has returned nil, the latter.
func (d *Dir) Write(name string, data []byte) error {
	path, err := d.writable(name)
	if err == nil && len(data) > maxDocument {
		err = fmt.Errorf("%s would have %d bytes, more than %d", path, len(data), maxDocument)
	}
	if err == nil {
		err = d.replace(name, data)
	}
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

// SetAside renames a document that its reader cannot make sense of, so that it
// is in nobody's way and can still be looked at. It returns the new name, such as
// ledger.json.damaged-20261126T101500Z.
func (d *Dir) SetAside(name string, now time.Time) (string, error) {
	path, err := d.writable(name)
	if err != nil {
		return "", fmt.Errorf("set state aside: %w", err)
	}
	if _, err := os.Lstat(path); err != nil {
		return "", fmt.Errorf("set state aside: %w", err)
	}
	stem := name + ".damaged-" + now.UTC().Format("20060102T150405Z")
	aside, err := d.reserve(stem)
	if err != nil {
		return "", fmt.Errorf("set state aside: %w", err)
	}
	to := filepath.Join(d.path, aside)
	if err := os.Rename(path, to); err != nil {
		return "", errors.Join(fmt.Errorf("set state aside: %w", err), os.Remove(to))
	}
	if err := syncDir(d.path); err != nil {
		return "", fmt.Errorf("set state aside: %w", err)
	}
	return aside, nil
}

// reserve makes an empty file of a name that nothing has yet.
func (d *Dir) reserve(stem string) (string, error) {
	name := stem
	for n := 2; ; n++ {
		f, err := os.OpenFile(filepath.Join(d.path, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // The name is ours.
		if err == nil {
			return name, f.Close()
		}
		if !errors.Is(err, fs.ErrExist) || n > maxAside {
			return "", err
		}
		name = fmt.Sprintf("%s-%d", stem, n)
	}
}

// replace writes a file under another name and renames it, which is atomic.
func (d *Dir) replace(name string, data []byte) error {
	tmp, err := d.temp(name, data)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, filepath.Join(d.path, name)); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return syncDir(d.path)
}

// temp writes a temporary file for this user only, and returns its path. It is
// on the disk before it has its final name: otherwise that name might be, and
// what it names not.
func (d *Dir) temp(name string, data []byte) (string, error) {
	f, err := os.CreateTemp(d.path, "."+name+tempMark+"*")
	if err != nil {
		return "", err
	}
	if err := fill(f, data); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// fill writes all there is to be in a file, and closes it.
func fill(f *os.File, data []byte) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// sweep removes what processes that were killed left half-written. It is no
// error if it cannot: the next run tries again.
func (d *Dir) sweep(now time.Time) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") || !strings.Contains(e.Name(), tempMark) {
			continue
		}
		// Another machine may be trying to take the lock right now.
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()).Abs() >= tempAge {
			_ = os.Remove(filepath.Join(d.path, e.Name()))
		}
	}
}

// readFile reads a file of at most so many bytes.
func readFile(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	size := info.Size()
	if size <= most {
		var data []byte
		if data, err = readHead(path, most+1); err != nil {
			return nil, err
		}
		if size = int64(len(data)); size <= most {
			return data, nil
		}
	}
	return nil, fmt.Errorf("%s has %d bytes or more, and at most %d can be read: it is none of ours", path, size, most)
}

// readHead reads what a file has, up to so many bytes.
func readHead(path string, most int64) ([]byte, error) {
	if err := regular(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path) //nolint:gosec // The name is checked.
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written through it
	return io.ReadAll(io.LimitReader(f, most))
}
