package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// An entry is an element of a sorted list.
type entry[T any] interface {
	title() string // of the list
	check() error  // nil unless it cannot be true
	compare(T) int
}

// A list is sorted, and has nothing twice. It is decoded entry by entry, and
// ends with the first one that is wrong: a short text must not make a big list.
type list[T entry[T]] []T

// UnmarshalJSON returns an error that says which entry is wrong, counted from 0.
func (l *list[T]) UnmarshalJSON(data []byte) error {
	var none T
	*l = nil
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if open, err := dec.Token(); err != nil || open != json.Delim('[') {
		return fmt.Errorf("%s: this is no list", none.title())
	}
	for dec.More() {
		var e T
		err := dec.Decode(&e)
		if err == nil {
			err = e.check()
		}
		if n := len(*l); err == nil && n > 0 {
			err = order((*l)[n-1].compare(e))
		}
		if err != nil {
			return fmt.Errorf("%s: entry %d: %w", e.title(), len(*l), err)
		}
		*l = append(*l, e)
	}
	return nil // what follows was found to be well-formed before
}

// order takes how the entry before compares with this one.
func order(before int) error {
	switch {
	case before == 0:
		return errors.New("it is there twice")
	case before > 0:
		return errors.New("it is out of order")
	}
	return nil
}
