package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"

	"ssosync/internal/httpx"
)

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
	Clock     *Clock
}

// NewTokens returns the tokens of the delegation, or says what is missing.
func (d Delegation) NewTokens() (*Tokens, error) { return tokensOf(d, d.Scopes) }

// For returns a login by the key. The tokens come from where the key says.
func (d Delegation) For(scopes ...string) (Login, error) {
	if d.Key.private.Empty() {
		return nil, errors.New("no service-account key")
	}
	d.Scopes = scopes
	net := Net{Base: d.Base, Meter: d.Meter, Log: d.Log, UserAgent: d.UserAgent}
	return delegated{Delegation: d, wire: net.wire(httpx.Options{})}, nil
}

// Profile says which account logs in by which key.
func (d Delegation) Profile() Profile {
	id := httpx.ID(d.Key.KeyID)
	if len(id) > shownOfKey {
		id = id[:shownOfKey] + "…"
	}
	return Profile{
		Text:    fmt.Sprintf("service account %s, by key %s, %s", d.Key.ClientEmail, id, acting(d.Subject)),
		Account: d.Key.ClientEmail, ClientID: d.Key.ClientID, Subject: d.Subject, Scopes: scopesOr(d.Scopes),
		Member: "serviceAccount:" + d.Key.ClientEmail,
	}
}

// shownOfKey is how much of a key's id people compare.
const shownOfKey = 8

// scopesOr returns the scopes, those for reading if they are nil.
func scopesOr(scopes []string) []string {
	if scopes == nil {
		return ReadScopes()
	}
	return scopes
}

// delegated is a delegation that is ready for use.
type delegated struct {
	Delegation
	wire http.RoundTripper
}

// Login asks for a new token. A refusal is an [*Error].
func (d delegated) Login(ctx context.Context) (*oauth2.Token, error) {
	wire := &bound{ctx: httpx.WithOp(ctx, OpToken), next: d.wire, clock: d.Clock}
	conf := jwt.Config{
		Email: d.Key.ClientEmail, PrivateKey: []byte(d.Key.private.Reveal()), PrivateKeyID: d.Key.KeyID,
		Subject: d.Subject, Scopes: d.Scopes, TokenURL: d.Key.TokenURI,
	}
	token, err := conf.TokenSource(wire.context(ctx)).Token()
	if err == nil {
		return token, nil
	}
	if _, refused := errors.AsType[*oauth2.RetrieveError](err); refused {
		return nil, d.topic().explain(wire.last)
	}
	if wire.err != nil { // the library keeps only its text
		err = wire.err
	}
	return nil, fmt.Errorf("get a token from %s: %w", d.Key.TokenURI, err)
}

func (d Delegation) topic() topic {
	return topic{rows: tokenRefusals(), names: append(d.Profile().names(), "{key}", d.Key.KeyID, "{uri}", d.Key.TokenURI)}
}
