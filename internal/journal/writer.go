package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// A Writer adds to a journal. It is safe for concurrent use.
//
// Once the log has returned an error, nothing is written any more and every
// method returns that error: what came after a gap would prove nothing.
// Whether a run goes on without its journal is the caller's decision.
type Writer struct {
	mu      sync.Mutex
	log     Log
	head    Head
	safe    Head      // the newest record that survives a loss of power
	synced  time.Time // when that was made sure
	stopped error
	run     *openRun // nil between runs
}

// errClosed is what a closed writer returns.
var errClosed = errors.New("write journal: it is closed")

// Open returns a writer that adds to log, whose lines so far are read from
// existing. If an unfinished line was cut off, the first record says so.
//
// The error wraps a *DamagedError if a line is not what was written: then
// nothing can be added. Set the log aside, open a new one with nothing in it,
// and call [Writer.Follow].
func Open(log Log, existing io.Reader) (*Writer, error) {
	head, tail, err := walk(existing, func(record) error { return nil })
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	torn := log.Torn()
	if len(tail) > 0 && !bytes.Equal(tail, torn) {
		return nil, fmt.Errorf("open journal: %w", &DamagedError{Line: head.Seq + 1, Why: "it is unfinished, and was not cut off", Good: head})
	}
	w := &Writer{log: log, head: head, safe: head}
	if len(torn) > 0 {
		if err := w.recovered(recoveredRecord{Bytes: len(torn)}); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Follow records that this journal follows a damaged one, which is kept under
// the name aside; why is the error that [Open] returned for it.
func (w *Writer) Follow(aside string, why error) error {
	return w.recovered(recoveredRecord{Aside: bounded(aside), Why: textOf(why)})
}

func (w *Writer) recovered(r recoveredRecord) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	r.header = w.header(typeRecovered)
	if err := w.write(r); err != nil {
		return err
	}
	return w.sync()
}

// Head returns the newest record that is known to survive a loss of power.
func (w *Writer) Head() Head {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.safe
}

// Close makes sure that everything is kept, and closes the log. A run that is
// under way has no end then.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if errors.Is(w.stopped, errClosed) {
		return nil
	}
	err := w.sync()
	w.stopped = errClosed
	if cerr := w.log.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("close journal: %w", cerr)
	}
	return err
}

// header begins the next record.
func (w *Writer) header(of string) header {
	h := header{Seq: w.head.Seq + 1, Time: stamp{time.Now()}, Type: of}
	if w.run != nil {
		h.RunID = w.run.id
	}
	return h
}

// write appends a record.
func (w *Writer) write(rec any) error {
	if w.stopped != nil {
		return w.stopped
	}
	raw, err := json.Marshal(rec)
	if err != nil {
		return w.stop(err)
	}
	hash := hashOf(w.head.Hash, raw)
	line := join(hash, raw)
	if len(line) > maxLine {
		return w.stop(fmt.Errorf("record %d has %d bytes, more than %d", w.head.Seq+1, len(line), maxLine))
	}
	if err := w.log.Append(line); err != nil {
		return w.stop(err)
	}
	w.head = Head{w.head.Seq + 1, hash}
	return nil
}

// sync makes sure that what was written is kept.
func (w *Writer) sync() error {
	if w.stopped != nil || w.safe == w.head {
		return w.stopped
	}
	if err := w.log.Sync(); err != nil {
		return w.stop(err)
	}
	w.safe, w.synced = w.head, time.Now()
	return nil
}

func (w *Writer) stop(err error) error {
	w.stopped = fmt.Errorf("write journal: %w", err)
	return w.stopped
}
