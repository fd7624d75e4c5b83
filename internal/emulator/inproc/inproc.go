// Package inproc carries HTTP requests to a handler in the same process, so that a client and a server meet without a
// network and inside a testing/synctest bubble. It refuses to hold operating-system resources, and to outlive the requests
// it carries: each request is one goroutine, which ends with its handler.
package inproc

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"syscall"
)

// Client is an http.RoundTripper whose other end is a handler in this process. Make one with Transport or Mux.
//
// What a handler does is seen by the client as over a network:
//   - panic(http.ErrAbortHandler) before anything was written: RoundTrip fails with an error that is syscall.ECONNRESET;
//   - the same after something was written, or a body shorter than its Content-Length: reading the body ends with
//     io.ErrUnexpectedEOF;
//   - when the client's context ends, RoundTrip and reads of the body fail with its error at once, and the handler's
//     context is cancelled; a handler that does not look at its context goes on alone, and Wait waits for it.
//
// Any other panic of a handler is not caught.
type Client struct {
	// RemoteAddr is what handlers see as http.Request.RemoteAddr. Empty means 192.0.2.1:1234 (a documentation address, RFC 5737).
	// Set it before the first request.
	RemoteAddr string

	handlers func(u *url.URL) (http.Handler, error)
	running  sync.WaitGroup
}

// Transport returns a client of h for every host.
func Transport(h http.Handler) *Client {
	return &Client{handlers: func(*url.URL) (http.Handler, error) { return h, nil }}
}

// Mux returns a client that chooses the handler by the host of the URL: first with its port, then without. A host that is
// not in hosts fails like a name that DNS does not know.
func Mux(hosts map[string]http.Handler) *Client {
	return &Client{handlers: func(u *url.URL) (http.Handler, error) {
		for _, host := range []string{u.Host, u.Hostname()} {
			if h, ok := hosts[host]; ok {
				return h, nil
			}
		}
		return nil, &net.OpError{Op: "dial", Net: "inproc", Err: &net.DNSError{Err: "no such host", Name: u.Hostname(), IsNotFound: true}}
	}}
}

// Wait returns when every handler that was started has ended, also those whose client has gone away.
func (c *Client) Wait() { c.running.Wait() }

// RoundTrip calls the handler. It returns when the handler flushes or ends, or when the request's context ends.
func (c *Client) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL == nil {
		return nil, fmt.Errorf("inproc: request without a URL")
	}
	h, err := c.handlers(req.URL)
	body, bodyErr := drain(req)
	if err != nil {
		return nil, err
	}
	if bodyErr != nil {
		return nil, bodyErr
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(req.Context())
	x := newExchange(req.Context(), cancel, req.Method)
	inbound := c.inbound(ctx, req, body)
	c.running.Go(func() {
		defer cancel()
		x.serve(h, inbound)
	})
	select {
	case <-x.headers:
	case <-req.Context().Done():
		cancel()
		return nil, req.Context().Err()
	}
	return x.response(req)
}

// inbound is the request as a server would have parsed it.
func (c *Client) inbound(ctx context.Context, req *http.Request, body []byte) *http.Request {
	in := req.Clone(ctx)
	in.RequestURI = req.URL.RequestURI()
	in.URL.Scheme, in.URL.Host, in.URL.Fragment, in.URL.User = "", "", "", nil
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	if in.Method == "" {
		in.Method = http.MethodGet
	}
	if in.Header == nil {
		in.Header = http.Header{}
	}
	// http.Transport does the same: a User-Agent of its own unless the caller set one, even an empty one.
	switch agent, ok := in.Header["User-Agent"]; {
	case !ok:
		in.Header.Set("User-Agent", "Go-http-client/1.1")
	case len(agent) == 0 || agent[0] == "":
		in.Header.Del("User-Agent")
	}
	in.RemoteAddr = c.RemoteAddr
	if in.RemoteAddr == "" {
		in.RemoteAddr = "192.0.2.1:1234"
	}
	in.Body, in.ContentLength = http.NoBody, 0
	if len(body) > 0 {
		in.Body, in.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	in.GetBody, in.Response = nil, nil
	return in
}

// drain reads and closes the body of req: a RoundTripper must close it, and a handler that outlives its client must not read
// from it.
func drain(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(req.Body)
	if closeErr := req.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("inproc: read request body: %w", err)
	}
	if req.ContentLength > 0 && int64(len(body)) != req.ContentLength {
		return nil, fmt.Errorf("inproc: ContentLength=%d with body length %d", req.ContentLength, len(body))
	}
	return body, nil
}

// reset is the error of a connection that the server closed.
func reset() error {
	return &net.OpError{Op: "read", Net: "inproc", Err: syscall.ECONNRESET}
}
