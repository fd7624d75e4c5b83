package iic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"ssosync/internal/httpx"
	"ssosync/internal/identity"
	"ssosync/internal/secret"
)

// A request is one call of a SCIM operation.
type request struct {
	op     string
	method string
	path   string // below the endpoint
	query  string // encoded
	body   any
}

// do carries req out and decodes the answer into out, if there is one to be
// decoded. A token that is refused is replaced by the other one, once.
func (t *Target) do(ctx context.Context, req request, out any) error {
	usedFallback := t.tokens.switched.Load()
	err := t.once(ctx, req, out)
	if e, ok := errors.AsType[*APIError](err); ok && e.Status == http.StatusUnauthorized && t.tokens.next(usedFallback) {
		t.log.Warn("the SCIM access token was refused; going on with the other one", "request_id", e.RequestID)
		err = t.once(ctx, req, out)
	}
	return err
}

func (t *Target) once(ctx context.Context, req request, out any) error {
	r, err := t.compose(ctx, req)
	if err != nil {
		return fmt.Errorf("%s: %w", req.op, err)
	}
	res, err := t.http.Do(r)
	if err != nil {
		return fmt.Errorf("%s: %w", req.op, err)
	}
	defer func() { _ = res.Body.Close() }() // it was read whole before we got it
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("%s: read the answer: %w", req.op, err)
	}
	if res.StatusCode < http.StatusOK || res.StatusCode >= http.StatusMultipleChoices {
		e := decodeError(req.op, res.StatusCode, res.Header, answer)
		e.Detail = secret.Scrub(e.Detail, t.o.Token, t.o.Fallback)
		return e
	}
	if out == nil || len(bytes.TrimSpace(answer)) == 0 && req.method != http.MethodGet {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s: %d with an answer that is not SCIM: %s", req.op, res.StatusCode, httpx.Said(err.Error(), maxDetail)) // it may quote a number of any length
	}
	return nil
}

func (t *Target) compose(ctx context.Context, req request) (*http.Request, error) {
	var body io.Reader
	if req.body != nil {
		b, err := json.Marshal(req.body)
		if err != nil {
			return nil, fmt.Errorf("encode: %w", err)
		}
		body = bytes.NewReader(b)
	}
	u := *t.base
	u.Path += req.path
	u.RawQuery = req.query
	r, err := http.NewRequestWithContext(httpx.WithOp(ctx, req.op), req.method, u.String(), body)
	if err == nil && body != nil {
		r.Header.Set("Content-Type", "application/scim+json") // RFC 7644 §3.1
	}
	return r, err
}

// at is the path of one object. Ids come from the service, but may have been
// through a file.
func at(collection, id string) string { return collection + "/" + url.PathEscape(id) }

const (
	users  = "/Users"
	groups = "/Groups"
)

func (t *Target) getUser(ctx context.Context, id string) (identity.User, error) {
	var obj map[string]any
	err := t.do(ctx, request{op: opGetUser, method: http.MethodGet, path: at(users, id)}, &obj)
	return decodeUser(obj), err
}

func (t *Target) getGroup(ctx context.Context, id string) (identity.Group, error) {
	var obj map[string]any
	err := t.do(ctx, request{op: opGetGroup, method: http.MethodGet, path: at(groups, id)}, &obj)
	return decodeGroup(obj), err
}

// remove deletes an object. One that is gone already is what we wanted.
func (t *Target) remove(ctx context.Context, op, path string) error {
	err := t.do(ctx, request{op: op, method: http.MethodDelete, path: path}, nil)
	if errors.Is(err, identity.ErrNotFound) {
		return nil
	}
	return err
}

// Ping makes the cheapest call that needs the token (SCIM guide:
// ServiceProviderConfig).
func (t *Target) Ping(ctx context.Context) error {
	return t.do(ctx, request{op: opPing, method: http.MethodGet, path: "/ServiceProviderConfig"}, nil)
}
