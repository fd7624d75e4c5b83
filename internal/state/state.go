// Package state keeps what has to outlive a run in a local directory: documents
// that are replaced whole, logs that only grow, and a lock. It does not know
// what is in them, and refuses to leave half of a document or of a line behind.
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// maxName is the length of the longest name, in bytes: with all that we append
// to one it stays below the 255 that file systems allow.
const maxName = 128

// A Dir is the state of one target. Its methods may be called by many
// goroutines; a name is that of a document or a log: up to 128 letters, digits,
// dots, hyphens and underscores, the first not a dot.
type Dir struct {
	path     string
	readOnly bool
	// lockFile takes the operating system's lock on a file.
	lockFile func(path string) (unlock func() error, err error)
}

// DefaultRoot returns where state is kept unless somebody says otherwise:
// $XDG_STATE_HOME/ssosync, else $HOME/.local/state/ssosync. Relative paths in
// these variables are ignored, as the XDG Base Directory Specification demands;
// ok is false if no variable is left.
func DefaultRoot(getenv func(string) string) (dir string, ok bool) {
	if xdg := getenv("XDG_STATE_HOME"); filepath.IsAbs(xdg) {
		return filepath.Join(xdg, "ssosync"), true
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "ssosync"), true
	}
	return "", false
}

// Open returns the state of target below root. It makes the directories that
// are missing, for nobody but this user, and proves that they can be written to;
// an error names the directory and what to do about it. A target is a name as
// that of a document is.
func Open(root, target string) (*Dir, error) {
	d, err := locate(root, target)
	if err != nil {
		return nil, err
	}
	err = makeDir(d.path)
	if err == nil {
		err = d.prove()
	}
	if err != nil {
		return nil, fmt.Errorf("keep state in %s: %w; %s", d.path, err, remedy(err))
	}
	return d, nil
}

// OpenReadOnly returns the state of target below root for those who only look.
// It makes nothing: a directory that is not there is as good as an empty one.
func OpenReadOnly(root, target string) (*Dir, error) {
	d, err := locate(root, target)
	if err != nil {
		return nil, err
	}
	d.readOnly = true
	return d, nil
}

// Path returns the directory, for people to read.
func (d *Dir) Path() string { return d.path }

func locate(root, target string) (*Dir, error) {
	if root == "" {
		return nil, errors.New("keep state: no directory is given")
	}
	if !IsName(target) {
		return nil, fmt.Errorf("keep state in %s: %.140q is no name of a target", root, target)
	}
	path, err := filepath.Abs(filepath.Join(root, target))
	if err != nil {
		return nil, fmt.Errorf("keep state in %s: %w", root, err)
	}
	return &Dir{path: path, lockFile: lockFile}, nil
}

// file returns the path of a document or a log.
func (d *Dir) file(name string) (string, error) {
	if !IsDocument(name) {
		return "", fmt.Errorf("%.140q is no name of a document", name)
	}
	return filepath.Join(d.path, name), nil
}

// writable returns the path of a document or a log that is about to change.
func (d *Dir) writable(name string) (string, error) {
	path, err := d.file(name)
	if err == nil && d.readOnly {
		err = fmt.Errorf("%s was opened to be read only", d.path)
	}
	return path, err
}

// IsDocument reports whether a name is that of a document or a log: not of the
// lock, that is.
func IsDocument(name string) bool {
	return IsName(name) && !strings.EqualFold(name, lockName) && !strings.EqualFold(name, LeaseName)
}

// IsName reports whether s can be the name of a file anywhere, of one that is
// not hidden: temporary files are, and thus no name is that of one.
func IsName(s string) bool {
	if s == "" || len(s) > maxName || s[0] == '.' || strings.Contains(s, "..") {
		return false
	}
	for _, r := range s {
		if ('a' > r || r > 'z') && ('A' > r || r > 'Z') && ('0' > r || r > '9') && !strings.ContainsRune("._-", r) {
			return false
		}
	}
	return true
}

// makeDir makes a directory and those above it that are missing.
func makeDir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if parent := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && parent != dir {
		if err := makeDir(parent); err != nil {
			return err
		}
		err = os.Mkdir(dir, 0o700)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil // if it is a file, whoever writes there finds out
	}
	if err == nil {
		// It may be that we may not read the directory above. Then all that can
		// be lost is a directory that is as good as empty.
		_ = syncDir(filepath.Dir(dir))
	}
	return err
}

// prove writes a block and takes it away again.
func (d *Dir) prove() error {
	tmp, err := d.temp("probe", make([]byte, 4096))
	if err != nil {
		return err
	}
	return os.Remove(tmp)
}

func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return "move that file away, or choose another directory with --state"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "free some space, or choose another directory with --state"
	default:
		return "let this user write there, or choose another directory with --state"
	}
}

// regular returns an error if there is something else than a file at path,
// such as a pipe, which would have us wait for ever.
func regular(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", path)
	}
	return nil // whoever opens it next sees the error, or makes the file
}

// syncDir makes what was done to the names in a directory last.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // its directories cannot be synced
	}
	f, err := os.Open(dir) //nolint:gosec // The operator names it.
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // nothing was written through it
	// "fd is bound to a special file … which does not support synchronization":
	// EINVAL in fsync(2), seen with directories of network file systems.
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
