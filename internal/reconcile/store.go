package reconcile

import (
	"context"
	"io"
	"time"

	"ssosync/internal/journal"
)

// A Store keeps what has to outlive a run of one target: a ledger, a journal
// and a lock.
type Store interface {
	// Read and Write are for whole documents; Read's error is fs.ErrNotExist
	// if there is none. SetAside renames one that nobody can make sense of.
	Read(name string) ([]byte, error)
	Write(name string, data []byte) error
	SetAside(name string, now time.Time) (string, error)
	// OpenLog opens a log to add to, ReadLog one to read from its beginning.
	OpenLog(name string) (journal.Log, error)
	ReadLog(name string) (io.ReadCloser, error)
	// Lock takes the lock for a run, or returns an error that names who has it.
	Lock(ctx context.Context, run string, kind journal.Kind) (Lock, error)
}

// A Lock keeps other runs of the same target away.
type Lock interface {
	// Lost is closed when the lock may be somebody else's.
	Lost() <-chan struct{}
	Release() error
}

// The names of what is stored.
const (
	LedgerFile  = "ledger.json"
	JournalFile = "journal.jsonl"
)
