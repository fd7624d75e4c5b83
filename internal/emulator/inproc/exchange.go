package inproc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// exchange is one request and its answer. The handler writes into it and never waits for the reader; the reader waits for
// the handler or for its own context.
type exchange struct {
	ctx     context.Context // of the client; the body of a response outlives the call that made it
	cancel  context.CancelFunc
	method  string
	header  http.Header   // the handler's
	headers chan struct{} // closed when the response can be given to the client

	mu       sync.Mutex
	sent     bool // headers is closed
	status   int  // 0 until WriteHeader
	snapshot http.Header
	declared int64 // Content-Length, or -1
	written  int64
	body     []byte
	done     bool
	err      error         // how the body ends, io.EOF when well
	more     chan struct{} // closed and replaced when the handler flushes or ends
}

func newExchange(ctx context.Context, cancel context.CancelFunc, method string) *exchange {
	return &exchange{
		ctx: ctx, cancel: cancel, method: method, header: http.Header{}, declared: -1,
		headers: make(chan struct{}), more: make(chan struct{}),
	}
}

// serve runs the handler to its end.
func (x *exchange) serve(h http.Handler, r *http.Request) {
	aborted := true
	defer func() {
		if aborted {
			v := recover()
			if err, ok := v.(error); v != nil && (!ok || !errors.Is(err, http.ErrAbortHandler)) {
				panic(v)
			}
		}
		x.finish(aborted)
	}()
	h.ServeHTTP(x, r)
	aborted = false
}

// finish closes the answer. An aborted one without a status is a reset connection; one with a status is cut.
func (x *exchange) finish(aborted bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case aborted && x.status == 0:
		x.err = reset()
	case aborted:
		x.err = io.ErrUnexpectedEOF
	default:
		x.writeHeader(http.StatusOK)
		x.err = io.EOF
		if !x.bodyless() && x.declared >= 0 && x.written < x.declared {
			x.err = io.ErrUnexpectedEOF
		}
		if !x.sent && x.declared < 0 && !x.bodyless() {
			x.declared = x.written
			x.snapshot.Set("Content-Length", strconv.FormatInt(x.written, 10))
		}
	}
	x.done = true
	x.send()
	x.wake()
}

// response is what the client gets once headers is closed.
func (x *exchange) response(req *http.Request) (*http.Response, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.status == 0 {
		return nil, x.err
	}
	return &http.Response{
		Status:     fmt.Sprintf("%03d %s", x.status, http.StatusText(x.status)),
		StatusCode: x.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: x.snapshot, ContentLength: x.declared,
		Body: &body{x: x}, Request: req,
	}, nil
}

// Header implements http.ResponseWriter.
func (x *exchange) Header() http.Header { return x.header }

// WriteHeader implements http.ResponseWriter. Informational answers are dropped.
func (x *exchange) WriteHeader(status int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.writeHeader(status)
}

func (x *exchange) writeHeader(status int) {
	if x.status != 0 || status < http.StatusOK {
		return
	}
	x.status = status
	x.snapshot = maps.Clone(x.header)
	if x.snapshot.Get("Date") == "" {
		x.snapshot.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	if n, err := strconv.ParseInt(x.snapshot.Get("Content-Length"), 10, 64); err == nil && n >= 0 {
		x.declared = n
	}
	if x.bodyless() && x.method != http.MethodHead {
		x.declared = 0
	}
}

// bodyless reports answers that have no body on the wire (RFC 9110 §6.4.1).
func (x *exchange) bodyless() bool {
	return x.method == http.MethodHead || x.status == http.StatusNoContent || x.status == http.StatusNotModified
}

// Write implements http.ResponseWriter.
func (x *exchange) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.status == 0 && x.header.Get("Content-Type") == "" {
		x.header.Set("Content-Type", http.DetectContentType(p))
	}
	x.writeHeader(http.StatusOK)
	if x.bodyless() {
		if x.method == http.MethodHead {
			return len(p), nil
		}
		return 0, http.ErrBodyNotAllowed
	}
	if x.declared >= 0 && x.written+int64(len(p)) > x.declared {
		return 0, http.ErrContentLength
	}
	x.body = append(x.body, p...)
	x.written += int64(len(p))
	return len(p), nil
}

// Flush implements http.Flusher: the client gets what there is.
func (x *exchange) Flush() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.writeHeader(http.StatusOK)
	x.send()
	x.wake()
}

func (x *exchange) send() {
	if !x.sent {
		x.sent = true
		close(x.headers)
	}
}

func (x *exchange) wake() {
	close(x.more)
	x.more = make(chan struct{})
}

// body is the reader's end.
type body struct {
	x      *exchange
	closed bool
}

// Read returns what the handler has written so far, or waits for more.
func (b *body) Read(p []byte) (int, error) {
	x := b.x
	for {
		x.mu.Lock()
		switch {
		case b.closed:
			x.mu.Unlock()
			return 0, http.ErrBodyReadAfterClose
		case len(x.body) > 0:
			n := copy(p, x.body)
			x.body = x.body[n:]
			x.mu.Unlock()
			return n, nil
		case x.done:
			x.mu.Unlock()
			return 0, x.err // written before done, and never again
		}
		more := x.more
		x.mu.Unlock()
		select {
		case <-more:
		case <-x.ctx.Done():
			return 0, x.ctx.Err()
		}
	}
}

// Close tells the handler, through its context, that nobody listens any more.
func (b *body) Close() error {
	b.x.mu.Lock()
	defer b.x.mu.Unlock()
	b.closed = true
	b.x.body = nil
	b.x.cancel()
	return nil
}
