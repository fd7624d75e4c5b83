package auth

import (
	"net/http"
	"sync"
	"time"
)

// A Clock remembers how far the clock of this machine is from that of the
// servers which logins talk to, by the Date of their latest answer (RFC 9110
// §6.6.1), be it a token or a refusal. The zero value has not seen any; a nil
// Clock looks at none. It is safe for concurrent use.
type Clock struct {
	mu   sync.Mutex
	skew time.Duration
	seen bool
}

// Skew returns by how much this machine is behind (ahead if it is negative),
// give or take a second and the time that the answer took. It is false as long
// as no answer said what time it is.
func (c *Clock) Skew() (behind time.Duration, known bool) {
	if c == nil {
		return 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skew, c.seen
}

// see notes the time of an answer, and returns the skew if it has one.
func (c *Clock) see(h http.Header) time.Duration {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	skew := time.Until(date).Round(time.Second)
	if c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.skew, c.seen = skew, true
	}
	return skew
}
