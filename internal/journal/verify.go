package journal

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// ErrTorn says that nothing is wrong with a journal but its end.
var ErrTorn = errors.New("the last line is unfinished: a process was killed while writing; the next run cuts it off")

// A Summary is what a journal holds.
type Summary struct {
	Records     int
	Runs        int
	First, Last time.Time
	Head        Head
	// Killed are the runs without an end, by id. The last one may still be
	// under way.
	Killed    []string
	Recovered []Recovery
}

// A Recovery is what an earlier process left behind, and a later one put
// right.
type Recovery struct {
	At    time.Time
	Bytes int    // of an unfinished line that was cut off
	Aside string // the name of a damaged journal that this one follows, else ""
	Why   string // what was wrong with that one
}

// Verify reads a whole journal and checks that it is what was written: each
// line, the order, and that nothing is missing at the end, as far as the
// witness goes. The error wraps a *DamagedError for the first line that is
// wrong, or [ErrTorn]. The summary holds what stands before it.
func Verify(r io.Reader, witness Head) (Summary, error) {
	var s Summary
	open := ""
	head, torn, err := walk(r, func(rec record) error {
		if rec.Seq == witness.Seq && rec.hash != witness.Hash {
			return &DamagedError{Line: rec.Seq, Why: fmt.Sprintf("record %d is not the one that is remembered: the journal was written anew", rec.Seq)}
		}
		return s.add(rec, &open)
	})
	if open != "" {
		s.Killed = append(s.Killed, open)
	}
	s.Head = head
	if err == nil && head.Seq < witness.Seq {
		err = &DamagedError{Line: head.Seq + 1, Good: head, Why: fmt.Sprintf("records are missing at the end: it ends with record %d, and %d was written", head.Seq, witness.Seq)}
	}
	if err == nil && len(torn) > 0 {
		err = fmt.Errorf("line %d: %w", head.Seq+1, ErrTorn)
	}
	if err != nil {
		return s, fmt.Errorf("verify journal: %w", err)
	}
	return s, nil
}

// add counts a record. open is the run that has no end yet.
func (s *Summary) add(rec record, open *string) error {
	if s.Records++; s.Records == 1 {
		s.First = rec.Time.Time
	}
	s.Last = rec.Time.Time
	switch rec.Type {
	case typeRun:
		s.Runs++
		if *open != "" {
			s.Killed = append(s.Killed, *open)
		}
		*open = rec.RunID
	case typeEnd:
		if *open == rec.RunID {
			*open = ""
		}
	case typeRecovered:
		var r recoveredRecord
		if err := rec.decode(&r); err != nil {
			return err
		}
		s.Recovered = append(s.Recovered, Recovery{At: r.Time.Time, Bytes: r.Bytes, Aside: r.Aside, Why: r.Why})
	}
	return nil
}
