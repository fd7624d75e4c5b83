// Package auth obtains the access tokens with which the Directory API is read,
// and explains refusals so that an administrator knows what to click. It
// refuses to print, log or put into an error anything made from a private key.
package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// The scopes that reading a directory takes. They are a subset of what the
// guides for AWS tell administrators to grant, because a token request with
// delegation fails as a whole when one of its scopes is not granted
// (Directory API guide: choose scopes).
const (
	ScopeUsers  = "https://www.googleapis.com/auth/admin.directory.user.readonly"
	ScopeGroups = "https://www.googleapis.com/auth/admin.directory.group.readonly"
)

// ReadScopes returns the scopes that reading users, groups and members takes.
func ReadScopes() []string { return []string{ScopeUsers, ScopeGroups} }

// A Login is one way of obtaining an access token: a service-account key with
// delegation, federation, an admin role. Each call asks the provider anew.
type Login interface {
	Login(ctx context.Context) (*oauth2.Token, error)
}

// early is how long before its end a token is no longer handed out: longer
// than a request and its queueing take, short against the hour it lives.
const early = time.Minute

// Tokens hands out the token of a [Login] for as long as it is good. It is
// safe for concurrent use, and asks for one token at a time.
type Tokens struct {
	login Login
	turn  chan struct{} // holds one element while somebody has the turn
	token *oauth2.Token
}

// NewTokens returns a cache of the tokens that login gives.
func NewTokens(login Login) *Tokens {
	return &Tokens{login: login, turn: make(chan struct{}, 1)}
}

// Token returns an access token that is good for a minute or more. A token
// that the API has refused (401) is passed as refused, and another one is
// obtained, unless that has been done since; "" refuses none. One that no header
// can hold (RFC 6750 §2.1) is an error. It waits for others that are obtaining one, but not longer than ctx.
func (t *Tokens) Token(ctx context.Context, refused string) (string, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if t.good() && t.token.AccessToken != refused {
		return t.token.AccessToken, nil
	}
	token, err := t.login.Login(ctx)
	if err != nil {
		return "", err
	}
	if token.AccessToken == "" {
		return "", errors.New("the token endpoint answered without an access token")
	}
	if strings.ContainsFunc(token.AccessToken, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("the token endpoint answered with an access token that has characters in it that no token has")
	}
	t.token = token
	return token.AccessToken, nil
}

// good reports whether the token at hand may be handed out. One without an
// expiry is good until it is refused.
func (t *Tokens) good() bool {
	return t.token != nil && (t.token.Expiry.IsZero() || time.Until(t.token.Expiry) > early)
}
