package auth

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"golang.org/x/oauth2"

	"ssosync/internal/secret"
)

// An AccessToken is a token that somebody else has obtained. It cannot be
// renewed: when it is refused, the login is over.
type AccessToken struct {
	Token  secret.String
	Scopes []string // what it should be good for; nil means [ReadScopes]
}

// NewTokens returns the one token, or says that it is missing.
func (a AccessToken) NewTokens() (*Tokens, error) { return tokensOf(a, a.Scopes) }

// For returns the login that hands out the token once. Whoever asks again has
// seen it refused. What its scopes are shows only when it is used.
func (a AccessToken) For(scopes ...string) (Login, error) {
	if a.Token.Empty() {
		return nil, errors.New("no access token")
	}
	a.Scopes = scopes
	var given atomic.Bool
	return loginFunc(func(context.Context) (*oauth2.Token, error) {
		if given.Swap(true) {
			t := topic{doing: "log in to Google", names: a.Profile().names(), rows: []refusal{{
				cause:  "the access token that was given has expired, or was revoked, or is not for these scopes; it lives for an hour and cannot be renewed here",
				remedy: "give a new one, for the scopes {scopes}, in --google-access-token (SSOSYNC_GOOGLE_ACCESS_TOKEN), or log in in a way that renews its tokens, such as --google-impersonate-service-account",
			}}}
			return nil, t.explain(answer{status: http.StatusUnauthorized})
		}
		return &oauth2.Token{AccessToken: a.Token.Reveal()}, nil
	}), nil
}

// Profile says that it is not known who logs in.
func (a AccessToken) Profile() Profile {
	return Profile{Text: "a ready access token, of whom it was made for, until it expires", Scopes: scopesOr(a.Scopes)}
}
