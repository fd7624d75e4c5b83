package auth

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// bound is the wire of one login that a library does for us. It puts the
// caller's context on requests that the library sends without one, and keeps
// the answer and the error that it flattens into a text.
type bound struct {
	ctx   context.Context // lives for one login
	next  http.RoundTripper
	clock *Clock
	op    func(*url.URL) string // nil leaves the context's

	last answer // of the latest request
	url  string // of it
	err  error
}

// context returns what makes the library use b.
func (b *bound) context(ctx context.Context) context.Context {
	client := &http.Client{
		Transport:     b,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // an assertion goes nowhere else
	}
	return context.WithValue(ctx, oauth2.HTTPClient, client)
}

func (b *bound) RoundTrip(req *http.Request) (*http.Response, error) {
	sent := secretsOf(req)
	ctx := b.ctx
	if b.op != nil {
		ctx = httpx.WithOp(ctx, b.op(req.URL))
	}
	b.last, b.url = answer{}, req.URL.String()
	resp, err := b.next.RoundTrip(req.WithContext(ctx))
	b.err = err
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body) // the layers below have bounded it
	if err != nil {
		b.err = err
		return nil, err
	}
	b.last = answer{status: resp.StatusCode, body: body, skew: b.clock.see(resp.Header), secrets: sent}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// secretsOf returns what a request carries that its answer must not be quoted
// with.
func secretsOf(req *http.Request) []secret.String {
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(body)
	form, ok := url.ParseQuery(string(text))
	if err != nil || ok != nil {
		return nil
	}
	return call{form: form}.secrets()
}
