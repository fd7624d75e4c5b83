package httpx

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestChain(t *testing.T) {
	var order []string
	layer := func(name string) Layer {
		return func(next http.RoundTripper) http.RoundTripper {
			return Func(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(r)
			})
		}
	}
	base := Func(func(*http.Request) (*http.Response, error) {
		order = append(order, "base")
		return nil, errReset
	})
	_, _, err := get(t.Context(), Chain(base, layer("outer"), layer("middle"), layer("inner")))
	if diff := cmp.Diff([]string{"outer", "middle", "inner", "base"}, order); diff != "" || !errors.Is(err, errReset) {
		t.Error(err, diff)
	}
}

func TestOp(t *testing.T) {
	ctx := t.Context()
	if got := Op(ctx); got != Unnamed {
		t.Errorf("%q, want %q", got, Unnamed)
	}
	if got := Op(WithOp(ctx, "")); got != Unnamed {
		t.Errorf("%q, want %q", got, Unnamed)
	}
	if got := Op(WithOp(WithOp(ctx, "users.list"), "users.get")); got != "users.get" {
		t.Errorf("%q, want the last", got)
	}
}

func TestAuthorizeAndUserAgent(t *testing.T) {
	n := 0
	token := func(ctx context.Context) (string, error) {
		n++
		return fmt.Sprintf("%s-%d", Op(ctx), n), nil
	}
	var seen []string
	s := &script{lines: []string{"503", "200"}}
	spy := func(next http.RoundTripper) http.RoundTripper {
		return Func(func(r *http.Request) (*http.Response, error) {
			seen = append(seen, r.Header.Get("Authorization")+" "+r.Header.Get("User-Agent"))
			return next.RoundTrip(r)
		})
	}
	rt := Resilient(Chain(s, Authorize(token), UserAgent("ssosync/1"), spy), Options{Base: time.Nanosecond, Max: time.Nanosecond})
	req, _ := http.NewRequestWithContext(WithOp(t.Context(), "op"), http.MethodGet, "https://api.example.com", http.NoBody)
	req.Header.Set("User-Agent", "other")
	if _, _, err := send(rt, req); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Bearer op-1 ssosync/1", "Bearer op-2 ssosync/1"}, seen); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(http.Header{"User-Agent": {"other"}}, req.Header); diff != "" {
		t.Error("the caller's request was changed: ", diff)
	}
	if _, _, err := send(Chain(s, Authorize(token)), req); err != nil || req.Header.Get("Authorization") != "" {
		t.Errorf("%v; the caller's request was authorized: %v", err, req.Header)
	}
	if _, _, err := send(Chain(s, UserAgent("ssosync/1")), req); err != nil || req.Header.Get("User-Agent") != "other" {
		t.Errorf("%v; the caller's request was changed: %v", err, req.Header)
	}
}

func TestNoToken(t *testing.T) {
	errNo := errors.New("invalid_grant")
	closed := 0
	s := &script{lines: []string{"200"}}
	rt := Resilient(Chain(s, Authorize(func(context.Context) (string, error) { return "", errNo })), Options{})
	req, _ := http.NewRequestWithContext(WithOp(t.Context(), "users.list"), http.MethodPost, "https://api.example.com", closeSpy{strings.NewReader("x"), &closed})
	_, _, err := send(rt, req)
	if !errors.Is(err, errNo) || err.Error() != "get a token for users.list: invalid_grant" {
		t.Errorf("%v", err)
	}
	if closed != 1 || len(s.at) != 0 {
		t.Errorf("body closed %d times, %d requests sent; want 1 and 0", closed, len(s.at))
	}
}

// TestTokenStaysHome follows redirects: the token goes where it was meant for,
// and nowhere else.
func TestTokenStaysHome(t *testing.T) {
	for _, tt := range []struct{ to, want string }{
		{"https://api.example.com/b", "Bearer t"},
		{"https://evil.example.net/b", ""},
		{"http://api.example.com/b", ""},
		{"https://api.example.com:8443/b", ""},
	} {
		var last string
		base := Func(func(r *http.Request) (*http.Response, error) {
			last = r.Header.Get("Authorization")
			res := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}
			switch r.URL.Path {
			case "/a":
				res.StatusCode = 302
				res.Header.Set("Location", tt.to)
			case "/b":
				res.StatusCode = 302
				res.Header.Set("Location", "/c")
			}
			return res, nil
		})
		c := &http.Client{Transport: Resilient(Chain(base, Authorize(func(context.Context) (string, error) { return "t", nil })), Options{})}
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/a", http.NoBody)
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.Request.URL.Path != "/c" || last != tt.want {
			t.Errorf("redirected to %s, ended at %s with %q, want %q", tt.to, res.Request.URL, last, tt.want)
		}
	}
}

func TestByStatus(t *testing.T) {
	for status, want := range map[int]Verdict{
		200: OK, 201: OK, 204: OK, 304: OK, 400: Fatal, 401: Fatal, 403: Fatal, 404: Fatal, 408: Transient, 409: Fatal,
		412: Fatal, 429: Throttled, 500: Transient, 501: Fatal, 502: Transient, 503: Transient, 504: Transient, 505: Fatal,
	} {
		if got := ByStatus(status, nil, nil); got != want {
			t.Errorf("%d is %v, want %v", status, got, want)
		}
	}
	for _, tt := range []struct {
		err  error
		want Verdict
	}{
		{io.EOF, Transient},
		{&net.OpError{Op: "read", Err: errReset}, Transient},
		{&net.DNSError{IsTemporary: true}, Transient},
		{&net.DNSError{IsNotFound: true}, Fatal},
		{context.Canceled, Fatal},
		{context.DeadlineExceeded, Fatal},
		{&tls.CertificateVerificationError{Err: errReset}, Fatal},
		{x509.UnknownAuthorityError{}, Fatal},
		{x509.HostnameError{Certificate: &x509.Certificate{}}, Fatal},
		{&tokenError{err: io.EOF}, Fatal},
	} {
		if got := ByStatus(0, nil, fmt.Errorf("wrapped: %w", tt.err)); got != tt.want {
			t.Errorf("%T is %v, want %v", tt.err, got, tt.want)
		}
	}
	names := fmt.Sprint(OK, Throttled, Transient, Fatal, Verdict(9))
	if want := "ok throttled transient fatal unknown"; names != want {
		t.Errorf("%q, want %q", names, want)
	}
}

func TestMeter(t *testing.T) {
	var none *Meter
	none.add(Count{Op: "a"})
	if got := none.Counts(); got != nil {
		t.Errorf("%v from no meter", got)
	}
	var m Meter
	var all sync.WaitGroup
	for _, op := range []string{"b", "a", "c", "a"} {
		all.Go(func() {
			for range 100 {
				m.add(Count{Op: op, Calls: 2, Retries: 1, Throttles: 3, Waited: time.Second})
				_ = m.Counts()
			}
		})
	}
	all.Wait()
	want := []Count{
		{"a", 400, 200, 600, 200 * time.Second},
		{"b", 200, 100, 300, 100 * time.Second},
		{"c", 200, 100, 300, 100 * time.Second},
	}
	if diff := cmp.Diff(want, m.Counts()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Count{"", 800, 400, 1200, 400 * time.Second}, m.Total()); diff != "" {
		t.Error(diff)
	}
}

// TestRealWire breaks answers off on a real connection, plain and compressed.
func TestRealWire(t *testing.T) {
	var mu sync.Mutex
	calls := map[string]int{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		calls[r.URL.Path]++
		first := calls[r.URL.Path] == 1
		mu.Unlock()
		var body bytes.Buffer
		if r.URL.Path == "/gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(&body)
			_, _ = z.Write([]byte("whole"))
			_ = z.Close()
		} else {
			body.WriteString("whole")
		}
		w.Header().Set("Content-Length", fmt.Sprint(body.Len()))
		if !first {
			_, _ = w.Write(body.Bytes())
			return
		}
		_, _ = w.Write(body.Bytes()[:3])
		_ = http.NewResponseController(w).Flush()
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Close()
	}))
	defer srv.Close()
	transport := NewTransport()
	defer transport.CloseIdleConnections()
	rt := Resilient(transport, Options{Base: time.Millisecond})
	for _, path := range []string{"/plain", "/gzip"} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+path, http.NoBody)
		if status, body, err := send(rt, req); status != 200 || body != "whole" || err != nil || calls[path] != 2 {
			t.Errorf("%s: %d %q %v after %d calls", path, status, body, err, calls[path])
		}
	}
}

// TestTransport counts connections: one for all on HTTP/2, and on HTTP/1 as many
// as were in flight, kept for the next round.
func TestTransport(t *testing.T) {
	const crowd = 20
	for proto, want := range map[string]int{"HTTP/1.1": crowd, "HTTP/2.0": 1} {
		t.Run(proto, func(t *testing.T) {
			var mu sync.Mutex
			var round *sync.WaitGroup
			conns := 0
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if r.Proto != proto {
					t.Errorf("%s, want %s", r.Proto, proto)
				}
				round.Done()
				round.Wait() // all of a round are in flight at once
			}))
			srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
				mu.Lock()
				defer mu.Unlock()
				if s == http.StateNew {
					conns++
				}
			}
			srv.EnableHTTP2 = proto == "HTTP/2.0"
			srv.StartTLS()
			defer srv.Close()
			transport := NewTransport()
			defer transport.CloseIdleConnections()
			transport.TLSClientConfig.RootCAs = x509.NewCertPool()
			transport.TLSClientConfig.RootCAs.AddCert(srv.Certificate())
			rt := Resilient(transport, Options{})
			for _, n := range []int{1, crowd, crowd, crowd} {
				round = &sync.WaitGroup{}
				round.Add(n)
				var all sync.WaitGroup
				for range n {
					all.Go(func() {
						req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, http.NoBody)
						if status, _, err := send(rt, req); status != 200 || err != nil {
							t.Error(status, err)
						}
					})
				}
				all.Wait()
			}
			mu.Lock()
			defer mu.Unlock()
			if conns != want {
				t.Errorf("%d connections, want %d", conns, want)
			}
		})
	}
	if NewTransport().Proxy == nil {
		t.Error("no proxy from the environment")
	}
	if NewTransport().TLSClientConfig.MinVersion < tls.VersionTLS12 {
		t.Error("TLS before 1.2")
	}
}
