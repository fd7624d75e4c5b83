package console

import (
	"io"
	"net/http"
	"strings"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// maxRefusal is how much of an answer that is an error is read, in bytes.
const maxRefusal = 1 << 20

// Transport carries the requests of both sides. It keeps every token that it
// sees out of all output: what a server, or something that stands before it,
// sends back may get into an error's text. Such texts are kept between runs as
// well, so that answers that are errors lose the secrets on their way in. With
// next nil it makes a transport of its own.
func Transport(next http.RoundTripper, sinks ...*Sink) http.RoundTripper {
	if next == nil {
		next = httpx.NewTransport()
	}
	return httpx.Func(func(req *http.Request) (*http.Response, error) {
		seen := []secret.String{secret.New(req.Header.Get("X-Amz-Security-Token"))} // of a role; the SDK's chain has found it
		if token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer "); ok {
			seen = append(seen, secret.New(token))
		}
		for _, s := range sinks {
			s.Hide(seen...)
		}
		resp, err := next.RoundTrip(req)
		if err == nil && resp.StatusCode >= http.StatusBadRequest { // whatever it says of its encoding
			resp.Body = &masked{body: resp.Body, mask: sinks[0].Mask}
			resp.ContentLength = -1
			resp.Header.Del("Content-Length")
		}
		return resp, err
	})
}

// A masked body is read whole before any of it is passed on, without the
// secrets: one of them may begin in one piece and end in the next.
type masked struct {
	body io.ReadCloser
	mask func(string) string
	text *strings.Reader // nil: not read yet
	err  error           // after the text
}

func (m *masked) Read(p []byte) (int, error) {
	if m.text == nil {
		var data []byte
		data, m.err = io.ReadAll(io.LimitReader(m.body, maxRefusal))
		m.text = strings.NewReader(m.mask(string(data)))
	}
	n, err := m.text.Read(p)
	if err == io.EOF && m.err != nil {
		err = m.err
	}
	return n, err //nolint:wrapcheck // It is that of the body.
}

func (m *masked) Close() error { return m.body.Close() } //nolint:wrapcheck // Likewise.
