package httpx

import "errors"

// maxIdle is how many pages in a row may add nothing. A filter may leave pages
// empty, but not a thousand of them.
const maxIdle = 1000

var (
	errRepeats = errors.New("the listing never ends: the server gave the same token for the next page twice")
	errBarren  = errors.New("the listing never ends: a thousand pages in a row had nothing new in them")
)

// A Listing sees to it that one reading of a list comes to an end, whatever the
// server says. The zero value is a listing that has not begun.
type Listing struct {
	tokens, ids map[string]bool
	idle        int
}

// Page notes a page that is not the last: the token of the next one, and what
// is on it. The error says that the list would never end.
func (l *Listing) Page(next string, ids ...string) error {
	if l.tokens == nil {
		l.tokens, l.ids = map[string]bool{}, map[string]bool{}
	}
	if l.tokens[next] {
		return errRepeats
	}
	l.tokens[next] = true
	l.idle++
	for _, id := range ids {
		if !l.ids[id] {
			l.ids[id], l.idle = true, 0
		}
	}
	if l.idle >= maxIdle {
		return errBarren
	}
	return nil
}
