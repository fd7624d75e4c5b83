// Package fault breaks HTTP answers on purpose: it wraps any handler, and rules say which calls go wrong, when and how. It
// refuses to know what the handler does, and to be random without a seed.
package fault

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// Fault handles one request wrongly. next is the rest of the chain: the other rules that fire and then the real handler.
type Fault func(w http.ResponseWriter, r *http.Request, next http.Handler)

// Answer is a response made up by a fault.
type Answer struct {
	Code   int // HTTP status
	Body   string
	Header http.Header
	// RetryAfter, when positive, sends a Retry-After header: seconds, rounded up (RFC 9110 §10.2.3).
	RetryAfter time.Duration
	// AsDate sends RetryAfter as an HTTP-date instead: now + RetryAfter, rounded up to a whole second.
	AsDate bool
}

func (a Answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.Header)
	if a.RetryAfter > 0 {
		value := strconv.Itoa(int((a.RetryAfter + time.Second - 1) / time.Second))
		if a.AsDate {
			at := time.Now().Add(a.RetryAfter + time.Second - 1).Truncate(time.Second)
			value = at.UTC().Format(http.TimeFormat)
		}
		w.Header().Set("Retry-After", value)
	}
	w.WriteHeader(a.Code)
	_, _ = io.WriteString(w, a.Body)
}

// Status answers in the handler's place. The handler is not called.
func Status(a Answer) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { a.write(w) }
}

// Delay waits, then lets the request go on. It gives up, as a reset connection, when the client goes away first.
func Delay(d time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
}

// Reset closes the connection without an answer. The handler is not called.
func Reset() Fault {
	return func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }
}

// Truncate runs the handler and sends the first half of its body under the Content-Length of the whole. An answer without a
// body passes unharmed.
func Truncate() Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		rec := record(next, r)
		rec.header.Set("Content-Length", strconv.Itoa(rec.body.Len()))
		rec.copyTo(w, rec.body.Len()/2)
	}
}

// TruncateAbort runs the handler, sends the first half of its body without a length, and closes the connection. An answer
// without a body passes unharmed.
func TruncateAbort() Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		rec := record(next, r)
		rec.header.Del("Content-Length")
		rec.copyTo(w, rec.body.Len()/2)
		if rec.body.Len() > 0 {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}
}

// LostAnswer runs the handler to its end, throws its answer away, and lets then answer instead: "dropped success". Typical
// values of then are Status and Reset.
func LostAnswer(then Fault) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		record(next, r)
		then(w, r, http.NotFoundHandler())
	}
}

// NotJSON answers 200 with an HTML page, as a proxy or a captive portal does. The handler is not called.
func NotJSON() Fault {
	return Status(Answer{
		Code: http.StatusOK, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		Body: "<!DOCTYPE html><html><body>Please sign in to continue.</body></html>",
	})
}

// EmptyBody runs the handler and sends its status and headers with no body at all.
func EmptyBody() Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		rec := record(next, r)
		rec.header.Del("Content-Length")
		rec.copyTo(w, 0)
	}
}

// recorder keeps an answer in memory.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func record(h http.Handler, r *http.Request) *recorder {
	rec := &recorder{header: http.Header{}}
	h.ServeHTTP(rec, r)
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	return rec
}

// copyTo sends the recorded answer with the first n bytes of its body.
func (rec *recorder) copyTo(w http.ResponseWriter, n int) {
	maps.Copy(w.Header(), rec.header)
	w.WriteHeader(rec.status)
	if n > 0 {
		_, _ = w.Write(rec.body.Bytes()[:n])
	}
}

// Header implements http.ResponseWriter.
func (rec *recorder) Header() http.Header { return rec.header }

// WriteHeader implements http.ResponseWriter.
func (rec *recorder) WriteHeader(status int) {
	if rec.status == 0 && status >= http.StatusOK {
		rec.status = status
	}
}

// Write implements http.ResponseWriter.
func (rec *recorder) Write(p []byte) (int, error) {
	rec.WriteHeader(http.StatusOK)
	return rec.body.Write(p)
}
