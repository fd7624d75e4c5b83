package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"

	"ssosync/internal/httpx"
)

// OpToken is the name under which token requests are counted and logged.
const OpToken = "token"

// A Delegation logs a service account in by its key, to act as an
// administrator of the domain (Google Identity: OAuth 2.0 for server to server
// applications; domain-wide delegation). With Subject "" the service account
// acts as itself, which takes an admin role of its own.
type Delegation struct {
	Key     Key
	Subject string   // e-mail of the administrator
	Scopes  []string // nil means [ReadScopes]

	Base      http.RoundTripper // nil means a transport of its own
	Meter     *httpx.Meter
	Log       *slog.Logger
	UserAgent string
}

// NewTokens returns the tokens of the delegation, or says what is missing.
func (d Delegation) NewTokens() (*Tokens, error) {
	if d.Key.private.Empty() {
		return nil, errors.New("log in to Google: no service-account key")
	}
	if d.Scopes == nil {
		d.Scopes = ReadScopes()
	}
	wire := d.Base
	if wire == nil {
		wire = httpx.NewTransport()
	}
	if d.UserAgent != "" {
		wire = httpx.Chain(wire, httpx.UserAgent(d.UserAgent))
	}
	wire = httpx.Resilient(wire, httpx.Options{Classify: Classify, Meter: d.Meter, Log: d.Log})
	return NewTokens(delegated{Delegation: d, wire: wire}), nil
}

// delegated is a delegation that is ready for use.
type delegated struct {
	Delegation
	wire http.RoundTripper
}

// Login asks for a new token. A refusal is an [*Error].
func (d delegated) Login(ctx context.Context) (*oauth2.Token, error) {
	wire := &bound{ctx: httpx.WithOp(ctx, OpToken), next: d.wire}
	conf := jwt.Config{
		Email: d.Key.ClientEmail, PrivateKey: []byte(d.Key.private.Reveal()), PrivateKeyID: d.Key.KeyID,
		Subject: d.Subject, Scopes: d.Scopes, TokenURL: d.Key.TokenURI,
	}
	client := &http.Client{
		Transport:     wire,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the assertion goes nowhere else
	}
	token, err := conf.TokenSource(context.WithValue(ctx, oauth2.HTTPClient, client)).Token()
	if err == nil {
		return token, nil
	}
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return nil, d.explain(refusal.Response.StatusCode, refusal.Body)
	}
	if wire.err != nil { // the library keeps only its text
		err = wire.err
	}
	return nil, fmt.Errorf("get a token from %s: %w", d.Key.TokenURI, err)
}

// bound puts the caller's context on requests that the library sends without
// one, and keeps the error that it flattens.
type bound struct {
	ctx  context.Context // lives for one request
	next http.RoundTripper
	err  error
}

func (b *bound) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(req.WithContext(b.ctx))
	b.err = err
	return resp, err
}

// Classify says what to do about an answer of the token endpoint: only what
// RFC 6749 §5.2 does not define as a refusal is worth another try.
func Classify(status int, body []byte, err error) httpx.Verdict {
	code, _ := oauthError(body)
	switch {
	case err != nil:
		return httpx.ByStatus(0, nil, err)
	case status == http.StatusTooManyRequests:
		return httpx.Throttled
	case status >= http.StatusInternalServerError, code == "internal_failure", code == "temporarily_unavailable":
		return httpx.Transient
	case status < http.StatusOK || status >= http.StatusMultipleChoices:
		return httpx.Fatal
	case !json.Valid(body):
		return httpx.Transient
	}
	return httpx.OK
}

// oauthError reads the error of RFC 6749 §5.2.
func oauthError(body []byte) (code, description string) {
	var e struct {
		Error       any    `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &e) != nil {
		return "", ""
	}
	code, _ = e.Error.(string)
	return code, e.Description
}
