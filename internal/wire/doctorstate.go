package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"ssosync/internal/config"
	"ssosync/internal/doctor"
	"ssosync/internal/reconcile"
	"ssosync/internal/state"
)

// memoryOf is what is kept between runs, as a doctor looks at it; nil is nothing.
func memoryOf(cfg config.Config, o DoctorOptions) doctor.Memory {
	switch {
	case o.State == "":
		return nil
	case strings.Contains(o.State, "://"):
		return bucketMemory{where: o.State, open: o.Open}
	}
	return dirMemory{root: o.State, target: TargetID(cfg.Endpoint)}
}

// A dirMemory is state in a directory.
type dirMemory struct{ root, target string }

// Look implements doctor.Memory. It makes nothing: whether the directory can be
// made is told by the one above it.
func (m dirMemory) Look(context.Context) (where, held string, err error) {
	dir, err := state.OpenReadOnly(m.root, m.target)
	if err != nil {
		return "", "", err
	}
	if err := mayWrite(dir.Path()); err != nil {
		return "", "", fmt.Errorf("keep state in %s: %w", dir.Path(), err)
	}
	if _, err := dir.Read(reconcile.LedgerFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", err
	}
	return dir.Path() + ", writable", leaseAt(filepath.Join(dir.Path(), state.LeaseName), time.Now()), nil
}

// mayWrite reports why a directory, or the first above it that is there, cannot
// be written to.
func mayWrite(dir string) error {
	info, err := os.Stat(dir)
	gone := func() bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) }
	for parent := filepath.Dir(dir); gone() && parent != dir; parent = filepath.Dir(dir) {
		dir = parent
		info, err = os.Stat(dir)
	}
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is a file", dir)
	}
	if err := writable(dir); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}

// leaseAt says who holds the lock by the lease at path, "" if it is nobody. It
// does not try the lock itself, which would be to take it.
func leaseAt(path string, now time.Time) string {
	f, err := os.Open(path) //nolint:gosec // It is in the directory that the operator names.
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, state.MaxLease))
	if err != nil {
		return ""
	}
	return holder(data, now)
}

func holder(data []byte, now time.Time) string {
	lease, err := state.DecodeLease(data)
	if err != nil || !now.Before(lease.Expires) {
		return ""
	}
	text, _, _ := strings.Cut((&state.HeldError{Owner: lease.Owner}).Error(), " holds the lock")
	return text
}

// A bucketMemory is state in S3.
type bucketMemory struct {
	where string
	open  func() (reconcile.Store, error)
}

// Look implements doctor.Memory. That it can be written to shows only when it is,
// and a doctor writes nothing.
func (m bucketMemory) Look(context.Context) (where, held string, err error) {
	store, err := m.open()
	if err != nil {
		return "", "", err
	}
	if store == nil {
		return "", "", errors.New("keep state in " + m.where + ": it cannot be reached")
	}
	if _, err := store.Read(reconcile.LedgerFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", fmt.Errorf("read the state in %s: %w", m.where, err)
	}
	lease, err := store.Read(state.LeaseName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", fmt.Errorf("read the lock in %s: %w", m.where, err)
	}
	return m.where + ", can be read; whether it can be written to shows when a run does", holder(lease, time.Now()), nil
}
