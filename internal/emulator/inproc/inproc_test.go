package inproc_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"ssosync/internal/emulator/inproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func request(ctx context.Context, t interface{ Fatal(...any) }, method, url, body string) *http.Request {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// Whatever bytes go in come back, in whatever pieces the handler writes them, flushed or not.
func TestEcho(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "body")
		piece := rapid.IntRange(1, 700).Draw(t, "piece")
		flush := rapid.Bool().Draw(t, "flush")
		declare := rapid.Bool().Draw(t, "declare")
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got, _ := io.ReadAll(r.Body)
			if declare {
				w.Header().Set("Content-Length", r.Header.Get("Content-Length-Was"))
			}
			w.WriteHeader(http.StatusTeapot)
			for len(got) > 0 {
				n := min(piece, len(got))
				_, _ = w.Write(got[:n])
				got = got[n:]
				if flush {
					w.(http.Flusher).Flush()
				}
			}
		})
		req := request(context.Background(), t, http.MethodPost, "http://example.com/x", string(sent))
		if declare {
			req.Header.Set("Content-Length-Was", itoa(len(sent)))
		}
		res, err := inproc.Transport(h).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		got, err := io.ReadAll(res.Body)
		if err != nil || !bytes.Equal(got, sent) || res.StatusCode != http.StatusTeapot {
			t.Fatalf("status %d, %d bytes of %d, err %v", res.StatusCode, len(got), len(sent), err)
		}
		if declare && res.ContentLength != int64(len(sent)) {
			t.Fatalf("content length %d, want %d", res.ContentLength, len(sent))
		}
	})
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

func TestTheServersSide(t *testing.T) {
	var got *http.Request
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r })
	c := inproc.Transport(h)
	do := func(req *http.Request) {
		t.Helper()
		res, err := c.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	do(request(t.Context(), t, "", "https://example.com:8443/a%2Fb?x=1", "hello"))
	switch {
	case got.Method != http.MethodGet, got.Host != "example.com:8443", got.URL.Host != "", got.RequestURI != "/a%2Fb?x=1",
		got.ContentLength != 5, got.RemoteAddr != "192.0.2.1:1234", got.UserAgent() != "Go-http-client/1.1":
		t.Errorf("the handler saw %+v", got)
	}
	c.RemoteAddr = "198.51.100.7:1"
	req := request(t.Context(), t, http.MethodGet, "https://example.com/", "")
	req.Header.Set("User-Agent", "")
	do(req)
	if _, ok := got.Header["User-Agent"]; ok || got.RemoteAddr != "198.51.100.7:1" {
		t.Errorf("user agent %v, remote %s", got.Header, got.RemoteAddr)
	}
}

func TestWhatAServerAdds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				w.WriteHeader(http.StatusNoContent)
				if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrBodyNotAllowed) {
					t.Errorf("a body with 204: %v", err)
				}
				return
			}
			w.WriteHeader(http.StatusProcessing)
			_, _ = io.WriteString(w, "<html>")
		})
		c := inproc.Transport(h)
		res, err := c.RoundTrip(request(t.Context(), t, http.MethodGet, "http://example.com/", ""))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK || res.Status != "200 OK" || res.ContentLength != 6 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") ||
			res.Header.Get("Date") != "Sat, 01 Jan 2000 00:00:00 GMT" {
			t.Errorf("%+v", res)
		}
		for _, method := range []string{http.MethodDelete, http.MethodHead} {
			res, err = c.RoundTrip(request(t.Context(), t, method, "http://example.com/", ""))
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(res.Body); len(b) != 0 || err != nil {
				t.Errorf("%s: body %q, %v", method, b, err)
			}
			res.Body.Close()
		}
	})
}

func TestBrokenConnections(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		before  bool // the error comes from RoundTrip
		body    string
	}{
		{"abort before anything", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true, ""},
		{"abort after a header set but not sent", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", "y")
			panic(http.ErrAbortHandler)
		}, true, ""},
		{"abort in the body", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			panic(http.ErrAbortHandler)
		}, false, "half"},
		{"abort in a flushed body", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, false, "half"},
		{"shorter than declared", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "8")
			_, _ = io.WriteString(w, "half")
		}, false, "half"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := inproc.Transport(tt.handler)
			res, err := c.RoundTrip(request(t.Context(), t, http.MethodGet, "http://example.com/", ""))
			if tt.before {
				var op *net.OpError
				if !errors.Is(err, syscall.ECONNRESET) || !errors.As(err, &op) {
					t.Fatalf("err = %v, want a reset connection", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if b, err := io.ReadAll(res.Body); string(b) != tt.body || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("body %q, err %v", b, err)
			}
		})
	}
}

// What a handler does to its headers after they are sent changes nothing.
func TestHeadersAreSentOnce(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X", "first")
		w.WriteHeader(http.StatusAccepted)
		w.Header().Set("X", "second")
		w.WriteHeader(http.StatusTeapot)
	})
	res, err := inproc.Transport(h).RoundTrip(request(t.Context(), t, http.MethodGet, "http://example.com/", ""))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusAccepted || res.Header.Get("X") != "first" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}

func TestLongerThanDeclared(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "2")
		if _, err := io.WriteString(w, "long"); !errors.Is(err, http.ErrContentLength) {
			t.Errorf("err = %v", err)
		}
	})
	res, err := inproc.Transport(h).RoundTrip(request(t.Context(), t, http.MethodGet, "http://example.com/", ""))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

// A sleeping handler advances virtual time and costs no real time.
func TestSleepIsVirtual(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := &http.Client{Transport: inproc.Transport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Hour) }))}
		res, err := c.Do(request(t.Context(), t, http.MethodGet, "http://example.com/", ""))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if d := time.Since(start); d != time.Hour {
			t.Errorf("took %v", d)
		}
	})
}

func TestContextEndsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var cause error
		c := inproc.Transport(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Hour)
			cause = r.Context().Err()
		}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.RoundTrip(request(ctx, t, http.MethodGet, "http://example.com/", "")) //nolint:bodyclose // there is none
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("err %v after %v", err, time.Since(start))
		}
		c.Wait()
		if cause == nil || time.Since(start) != time.Hour {
			t.Errorf("handler: context %v, ended after %v", cause, time.Since(start))
		}
		if _, err := c.RoundTrip(request(ctx, t, http.MethodGet, "http://example.com/", "")); !errors.Is(err, context.DeadlineExceeded) { //nolint:bodyclose // there is none
			t.Errorf("a request that is over before it begins: %v", err)
		}
	})
}

func TestContextEndsTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := inproc.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "first")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		res, err := c.RoundTrip(request(ctx, t, http.MethodGet, "http://example.com/", ""))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if b, err := io.ReadAll(res.Body); string(b) != "first" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("body %q, err %v", b, err)
		}
		c.Wait()
	})
}

// Closing the body without reading it sets the handler free.
func TestCloseEndsTheHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := inproc.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}))
		res, err := c.RoundTrip(request(t.Context(), t, http.MethodGet, "http://example.com/", ""))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		c.Wait()
		if _, err := res.Body.Read(make([]byte, 1)); !errors.Is(err, http.ErrBodyReadAfterClose) {
			t.Errorf("read after close: %v", err)
		}
	})
}

// A handler that has ended has a context that has ended, even if nobody closes the body.
func TestHandlersContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended <-chan struct{}
		c := inproc.Transport(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ended = r.Context().Done() }))
		res, err := c.RoundTrip(request(t.Context(), t, http.MethodGet, "http://example.com/", ""))
		if err != nil {
			t.Fatal(err)
		}
		c.Wait()
		select {
		case <-ended:
		default:
			t.Error("it lives on")
		}
		res.Body.Close()
	})
}

func TestMux(t *testing.T) {
	say := func(s string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, s) })
	}
	c := &http.Client{Transport: inproc.Mux(map[string]http.Handler{"a.example.com": say("a"), "a.example.com:81": say("a81")})}
	for url, want := range map[string]string{"http://a.example.com/": "a", "https://a.example.com:80/": "a", "http://a.example.com:81/": "a81"} {
		res, err := c.Do(request(t.Context(), t, http.MethodGet, url, ""))
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(res.Body); string(b) != want {
			t.Errorf("%s: %q", url, b)
		}
		res.Body.Close()
	}
	_, err := c.Do(request(t.Context(), t, http.MethodGet, "http://b.example.com/", "")) //nolint:bodyclose // there is none
	var dns *net.DNSError
	if !errors.As(err, &dns) || !dns.IsNotFound {
		t.Errorf("unknown host: %v", err)
	}
}

type badBody struct{ closed bool }

func (*badBody) Read([]byte) (int, error) { return 0, errors.New("disk on fire") }
func (b *badBody) Close() error           { b.closed = true; return nil }

func TestRequestBody(t *testing.T) {
	c := inproc.Transport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the handler was called") }))
	b := &badBody{}
	req := request(t.Context(), t, http.MethodPost, "http://example.com/", "")
	req.Body = b
	if _, err := c.RoundTrip(req); err == nil || !strings.Contains(err.Error(), "disk on fire") || !b.closed { //nolint:bodyclose // there is none
		t.Errorf("err %v, closed %v", err, b.closed)
	}
	req = request(t.Context(), t, http.MethodPost, "http://example.com/", "four")
	req.ContentLength = 5
	if _, err := c.RoundTrip(req); err == nil { //nolint:bodyclose // there is none
		t.Error("a body that is not as long as it says was sent")
	}
}
