package httpx

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func debugLog(to io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

func TestLogLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		s := &script{lines: []string{"503", "reset", "cut", "hang", "200"}, header: http.Header{"X-Amzn-Requestid": {"4f0c-1a"}}, takes: 20 * time.Millisecond}
		rt := Resilient(s, Options{Log: debugLog(&out), Timeout: time.Second})
		req, _ := http.NewRequestWithContext(WithOp(t.Context(), "users.list"), http.MethodGet,
			"https://u:p@api.example.com/v1/a%20b?pageToken=abc&cursor=d%2Fe&token=t1&access_token=t2&maxResults=500&pageToken=2#frag", http.NoBody)
		if _, _, err := send(rt, req); err != nil {
			t.Fatal(err)
		}
		const head = "level=DEBUG msg=request "
		const mid = `op=users.list method=GET url="https://api.example.com/v1/a%20b?access_token=[redacted]&cursor=d%2Fe&maxResults=500&pageToken=abc&pageToken=2&token=[redacted]" `
		want := head + mid + "status=503 took=20ms attempt=1 request_id=4f0c-1a\n" +
			head + "err=*errors.errorString " + mid + "status=0 took=20ms attempt=2 request_id=\"\"\n" +
			head + "err=\"unexpected EOF\" " + mid + "status=200 took=20ms attempt=3 request_id=4f0c-1a\n" +
			head + "err=\"no answer to users.list within 1s\" " + mid + "status=0 took=1s attempt=4 request_id=\"\"\n" +
			head + mid + "status=200 took=20ms attempt=5 request_id=4f0c-1a\n"
		if got := out.String(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

func TestNoLogAboveDebug(t *testing.T) {
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, nil))
	if _, _, err := get(t.Context(), Resilient(&script{lines: []string{"200"}}, Options{Log: log})); err != nil || out.String() != "" {
		t.Errorf("%v; logged %q", err, out.String())
	}
}

// TestLogLaw puts a secret everywhere that a secret can be, and looks for it in
// the log.
func TestLogLaw(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		secret := rapid.StringMatching(`S3cr3t[A-Za-z0-9+/=.~-]{4,40}`).Draw(rt, "secret")
		name := rapid.SampledFrom([]string{"token", "access_token", "key", "X-Amz-Security-Token", "assertion", "code", "sig", "a b", ""}).Draw(rt, "name")
		outcome := rapid.IntRange(0, 5).Draw(rt, "outcome")
		q := url.Values{name: {secret, "x" + secret}, "maxResults": {"5"}}
		u := url.URL{Scheme: "https", User: url.UserPassword(secret, secret), Host: "api.example.com", Path: "/v1", RawQuery: q.Encode(), Fragment: secret}
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, u.String(), strings.NewReader(secret))
		if err != nil {
			rt.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+secret)
		base := Func(func(*http.Request) (*http.Response, error) {
			plain := errors.New("server said " + secret)
			switch outcome {
			case 1:
				return nil, plain
			case 2:
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: plain}
			case 3:
				return nil, &url.Error{Op: "Post", URL: u.String(), Err: fmt.Errorf("%s: %w", secret, io.EOF)}
			case 4:
				return nil, fmt.Errorf("%s: %w: %w", secret, plain, context.Canceled)
			}
			res := &http.Response{StatusCode: http.StatusBadRequest, Status: "400 " + secret, Body: io.NopCloser(strings.NewReader(secret)), Header: http.Header{}}
			res.Header.Set("X-Amzn-Requestid", "Bearer "+secret)
			res.Header.Set("Set-Cookie", secret)
			res.Header.Set("Retry-After", secret)
			if outcome == 5 {
				res.Body = io.NopCloser(io.MultiReader(strings.NewReader(secret), readerFunc(func([]byte) (int, error) { return 0, plain })))
			}
			return res, nil
		})
		var out bytes.Buffer
		_, _, _ = send(Resilient(base, Options{Log: debugLog(&out), Attempts: 1}), req)
		if out.Len() == 0 {
			rt.Fatal("nothing was logged")
		}
		if strings.Contains(out.String(), "S3cr3t") {
			rt.Fatalf("logged the secret: %s", out.String())
		}
	})
}

func TestDescribe(t *testing.T) {
	addr := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 443}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&net.OpError{Op: "dial", Net: "tcp", Addr: addr, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "dial tcp 10.0.0.1:443: connection refused"},
		{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("Forbidden by hand")}, "proxyconnect tcp: *errors.errorString"},
		{&net.DNSError{Err: "no such host", Name: "api.example.com"}, "lookup api.example.com: no such host"},
		{fmt.Errorf("a: %w", fmt.Errorf("b: %w", io.ErrUnexpectedEOF)), "unexpected EOF"},
		{fmt.Errorf("a: %w: %w", context.Canceled, errReset), "context canceled: *errors.errorString"},
		{errors.New("http2: client connection lost"), "http2: client connection lost"},
		{x509.HostnameError{Certificate: &x509.Certificate{}, Host: "api.example.com"}, x509.HostnameError{Certificate: &x509.Certificate{}, Host: "api.example.com"}.Error()},
		{&url.Error{Op: "Get", URL: "https://x", Err: nil}, "*url.Error"},
		{&tokenError{op: "x", err: errReset}, "*errors.errorString"},
	} {
		if got := describe(tt.err); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestRequestID(t *testing.T) {
	for _, tt := range []struct {
		h    http.Header
		want string
	}{
		{http.Header{"X-Amzn-Requestid": {"a-1"}}, "a-1"},
		{http.Header{"X-Amz-Request-Id": {"b2"}}, "b2"},
		{http.Header{"X-Request-Id": {"c3"}}, "c3"},
		{http.Header{"X-Goog-Request-Id": {"d4"}}, "d4"},
		{http.Header{"X-Amzn-Requestid": {"Bearer x"}, "X-Request-Id": {"c3"}}, "c3"},
		{http.Header{"X-Request-Id": {strings.Repeat("a", 65)}}, ""},
		{http.Header{}, ""},
	} {
		if got := requestID(tt.h); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.h, got, tt.want)
		}
	}
}
