package httpx

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter returns how long the server asks us to stay away, or 0. Retry-After
// is seconds or an HTTP-date (RFC 9110 §10.2.3); a date is measured against the
// server's own Date, since our clock may be wrong. X-Amz-Retry-After is
// milliseconds (AWS SDKs and Tools Reference Guide: retry behaviour). Of two, the
// longer one counts.
func retryAfter(h http.Header, now time.Time) time.Duration {
	var d time.Duration
	if ms, ok := whole(h.Get("X-Amz-Retry-After"), time.Millisecond); ok {
		d = ms
	}
	v := h.Get("Retry-After")
	if s, ok := whole(v, time.Second); ok {
		return max(d, s)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return d
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(d, at.Sub(now))
}

// whole reads a number of units that is not negative. One that is too large to
// be a duration is as good as for ever.
func whole(s string, unit time.Duration) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	const forever = 1<<63 - 1
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > forever/int64(unit) {
		return forever, true
	}
	return time.Duration(n) * unit, true
}
