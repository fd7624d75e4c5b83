package ledger

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"ssosync/internal/identity"
)

// A document is a ledger as it is written: one line of JSON. Its checksum comes
// last, and is that of everything before the comma in front of it.
type document struct {
	Version int           `json:"version"` // first, so that others' can be told
	Target  string        `json:"target"`
	Born    time.Time     `json:"born"`
	Head    Head          `json:"head"`
	Run     string        `json:"run,omitempty"`
	Good    *Good         `json:"good,omitempty"`
	Leavers list[Leaver]  `json:"leavers,omitempty"`
	Failing list[Failure] `json:"failing,omitempty"`
	Left    left          `json:"left"`
	Sum     string        `json:"sha256,omitempty"`
}

const (
	versionMark = `{"version":`
	sumMark     = `,"sha256":"`
	sumEnd      = "\"}\n"
	sumLen      = len(sumMark) + 2*sha256.Size + len(sumEnd)
)

// Encode returns the ledger as one line of JSON. Equal ledgers give equal bytes.
func (l *Ledger) Encode() []byte {
	d := document{
		Version: version, Target: l.Target, Born: moment(l.Born), Head: l.Head, Run: l.Run,
		Leavers: l.Leavers(), Failing: l.Failing(), Left: l.left,
	}
	if l.Good != nil {
		good := *l.Good
		good.At = moment(good.At)
		d.Good = &good
	}
	// There is no error: texts, numbers and flags can always be written, and so
	// can what moment returns.
	text, _ := json.Marshal(d)
	text = bytes.TrimSuffix(text, []byte("}"))
	return append(text, ending(text)...)
}

// ending returns what ends a document: the checksum of the rest.
func ending(text []byte) string {
	sum := sha256.Sum256(text)
	return sumMark + hex.EncodeToString(sum[:]) + sumEnd
}

// Decode undoes Encode. The error says what is wrong: that the ledger is of
// another version or another target, or in which way it is damaged. Whatever the
// data is, what is made of it is not much larger.
func Decode(data []byte, target string) (*Ledger, error) {
	l, err := decode(data, target)
	if err != nil {
		return nil, fmt.Errorf("decode ledger: %w", err)
	}
	return l, nil
}

func decode(data []byte, target string) (*Ledger, error) {
	if err := intact(data); err != nil {
		return nil, err
	}
	var d document
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return nil, errors.New(clip(err.Error())) // it may quote any of the data
	}
	switch {
	case dec.InputOffset() != int64(len(data))-1: // but for the line break
		return nil, errors.New("something follows its end")
	case d.Version != version:
		return nil, fmt.Errorf("version %d is not known", d.Version)
	case d.Target != target:
		return nil, fmt.Errorf("it is of the target %.140q, not of %.140q", d.Target, target)
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	return d.ledger(), nil
}

// intact returns an error if data is not what Encode wrote, or was written by
// another version, which may have summed it up in another way.
func intact(data []byte) error {
	after, ok := bytes.CutPrefix(data, []byte(versionMark))
	if !ok {
		return errors.New("it is damaged: this is no ledger")
	}
	digits, _, _ := bytes.Cut(after[:min(len(after), 20)], []byte(","))
	if v, err := strconv.Atoi(string(digits)); err == nil && v != version {
		return fmt.Errorf("version %d is not known", v)
	}
	if len(data) < sumLen || !bytes.HasSuffix(data, []byte(sumEnd)) {
		return errors.New("it is damaged: its end is missing")
	}
	if n := len(data) - sumLen; ending(data[:n]) != string(data[n:]) {
		return errors.New("it is damaged: the checksum is another")
	}
	return nil
}

// check finds what no run would have written. Lists have checked their entries.
func (d document) check() error {
	if err := plausible(d.Born); err != nil {
		return fmt.Errorf("born: %w", err)
	}
	if d.Head.Seq < 0 {
		return errors.New("head: a count is negative")
	}
	if d.Good != nil {
		if err := d.Good.check(); err != nil {
			return fmt.Errorf("good: %w", err)
		}
		for i, m := range d.Good.Matches {
			if err := m.check(); err != nil {
				return fmt.Errorf("good: match %d: %w", i, err)
			}
		}
	}
	if err := d.Left.check(); err != nil {
		return fmt.Errorf("left: %w", err)
	}
	return nil
}

func (d document) ledger() *Ledger {
	l := New(d.Target, d.Born)
	l.Head, l.Run, l.Good, l.left = d.Head, d.Run, d.Good, d.Left
	if l.Good != nil {
		l.Good.At = l.Good.At.UTC()
	}
	for _, o := range d.Leavers {
		o.Since = o.Since.UTC()
		l.leavers[object{o.Kind, o.ID}] = o
	}
	for _, f := range d.Failing {
		f.Since, f.Next = f.Since.UTC(), f.Next.UTC()
		l.failures[f.Thing] = f
	}
	return l
}

// plausible returns an error for a time at which no run was: before this
// millennium, or in a distant future.
func plausible(t time.Time) error {
	if y := t.UTC().Year(); y < 2000 || y >= 2200 {
		return fmt.Errorf("%s cannot be", t.UTC().Format(time.DateOnly))
	}
	return nil
}

// known returns an error for a kind that there is not.
func known(k identity.Kind) error {
	if k != identity.KindUser && k != identity.KindGroup {
		return fmt.Errorf("there is no kind %.140q", k)
	}
	return nil
}

// ascending reports whether all is sorted, and nothing there twice.
func ascending[T cmp.Ordered](all []T) bool {
	for i := 1; i < len(all); i++ {
		if all[i-1] >= all[i] {
			return false
		}
	}
	return true
}
