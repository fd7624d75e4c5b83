package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrDamaged says that a line of a journal is not what was written. The error
// that wraps it is a *DamagedError.
var ErrDamaged = errors.New("the journal is damaged")

// A DamagedError is the first thing that is wrong with a journal.
type DamagedError struct {
	Line int
	Why  string
	Good Head // the last record before it
}

func (e *DamagedError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Why) }

// Unwrap returns ErrDamaged.
func (e *DamagedError) Unwrap() error { return ErrDamaged }

// A record is a line that has its right place in the chain. Its bytes are
// valid until the next one is read.
type record struct {
	header
	hash string
	raw  []byte
}

// decode reads a record's own fields. Those that it does not know are passed
// over.
func (r record) decode(into any) error {
	if err := json.Unmarshal(r.raw, into); err != nil {
		return &DamagedError{Line: r.Seq, Why: fmt.Sprintf("its %s cannot be read: %s", bounded(r.Type), bounded(err.Error()))}
	}
	return nil
}

// walk reads a journal from its beginning, one line at a time, and shows each
// record to visit. It returns the last record that was right, and the
// unfinished line behind it if there is one. The error is a *DamagedError, that
// of visit, or that of r.
func walk(r io.Reader, visit func(record) error) (head Head, torn []byte, err error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	head = Head{Hash: zeroHash}
	var line []byte
	for {
		line, err = readLine(lines, line[:0])
		switch {
		case errors.Is(err, io.EOF):
			return head, line, nil
		case errors.Is(err, bufio.ErrTooLong):
			return head, nil, &DamagedError{Line: head.Seq + 1, Why: fmt.Sprintf("it is longer than %d bytes", maxLine), Good: head}
		case err != nil:
			return head, nil, fmt.Errorf("read journal: %w", err)
		}
		rec, why := check(line, head)
		if why != "" {
			return head, nil, &DamagedError{Line: head.Seq + 1, Why: why, Good: head}
		}
		if err := visit(rec); err != nil {
			if d, ok := errors.AsType[*DamagedError](err); ok {
				d.Good = head
			}
			return head, nil, err
		}
		head = Head{rec.Seq, rec.hash}
	}
}

// readLine appends the next line to buf, without its end. With io.EOF, it is
// what stands behind the last line end.
func readLine(r *bufio.Reader, buf []byte) ([]byte, error) {
	for {
		part, err := r.ReadSlice('\n')
		buf = append(buf, part...)
		if len(buf) > maxLine+1 || len(buf) == maxLine+1 && err != nil {
			return nil, bufio.ErrTooLong
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSuffix(buf, []byte("\n")), err
		}
	}
}

// check reads a line, and says what is wrong with it as the one after head.
func check(line []byte, head Head) (rec record, why string) {
	hash, raw, ok := split(line)
	if !ok {
		return rec, "it is not a line of a journal"
	}
	rec = record{hash: hash, raw: raw}
	if err := json.Unmarshal(raw, &rec.header); err != nil {
		return rec, "its record cannot be read: " + bounded(err.Error())
	}
	if rec.Seq != head.Seq+1 {
		return rec, fmt.Sprintf("record %d stands where record %d should: lines are missing, doubled or in disorder", rec.Seq, head.Seq+1)
	}
	if hash != hashOf(head.Hash, raw) {
		return rec, "its hash does not fit: this line was changed, or what stood before it"
	}
	return rec, ""
}
