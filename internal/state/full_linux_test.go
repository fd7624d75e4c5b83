package state

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestNoSpaceAtAll takes the device that is always full.
func TestNoSpaceAtAll(t *testing.T) {
	full := func() *os.File {
		f, err := os.OpenFile("/dev/full", os.O_RDWR|os.O_APPEND, 0)
		must(t, err)
		return f
	}
	l := &Log{path: "journal.jsonl", f: full()}
	defer l.Close()
	for range 2 {
		if err := l.Append([]byte("x")); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "journal.jsonl") {
			t.Errorf("Append: %v", err)
		}
	}
	f := full()
	if err := fill(f, []byte("x")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("fill: %v", err)
	}
	if _, err := f.Write(nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("it is still open: %v", err)
	}
	for err, want := range map[error]string{syscall.ENOSPC: "free some space", syscall.EDQUOT: "free some space", syscall.EROFS: "let this user"} {
		if got := remedy(fmt.Errorf("write: %w", err)); !strings.Contains(got, want) {
			t.Errorf("%v: %s", err, got)
		}
	}
}

// TestAFileThatIsLargerThanItSays: those of /proc say that they have no bytes.
func TestAFileThatIsLargerThanItSays(t *testing.T) {
	if data, err := readFile("/proc/self/status", 10); err == nil {
		t.Errorf("read %d bytes", len(data))
	}
}
