package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// A person is the login of somebody by gcloud auth application-default login.
type person struct {
	clientID              string
	clientSecret, refresh secret.String
	uri, quota            string
	direct                bool // reads the directory itself
	scopes                []string
	Net
}

func (p person) For(scopes ...string) (Login, error) {
	doc, err := json.Marshal(map[string]string{
		"type": "authorized_user", "client_id": p.clientID, "client_secret": p.clientSecret.Reveal(),
		"refresh_token": p.refresh.Reveal(), "token_uri": p.uri,
	})
	if err != nil {
		return nil, fmt.Errorf("read a person's credentials: %w", err)
	}
	wire := p.wire(httpx.Options{})
	return loginFunc(func(ctx context.Context) (*oauth2.Token, error) {
		b := &bound{ctx: httpx.WithOp(ctx, OpToken), next: wire, clock: p.Clock}
		token, err := libraryToken(b.context(ctx), doc, google.AuthorizedUser, scopes)
		switch {
		case err == nil:
			return token, p.lacks(token, scopes, b.last)
		case b.err != nil:
			return nil, fmt.Errorf("get a token from %s: %w", p.uri, b.err)
		case b.last.status != 0 && !b.last.ok():
			return nil, p.topic(scopes).explain(b.last)
		}
		return nil, fmt.Errorf("get a token from %s: %s", p.uri, httpx.Said(secret.Scrub(err.Error(), b.last.secrets...), longest))
	}), nil
}

// libraryToken has Google's library get a token by a document of one kind.
func libraryToken(ctx context.Context, doc []byte, kind google.CredentialsType, scopes []string) (*oauth2.Token, error) {
	c, err := google.CredentialsFromJSONWithType(ctx, doc, kind, scopes...)
	if err != nil {
		return nil, err
	}
	return c.TokenSource.Token()
}

// lacks is an error if the token is known not to be for all scopes: what a
// person's login is good for was decided when they logged in, and a wider scope
// includes a narrower one.
func (p person) lacks(token *oauth2.Token, scopes []string, a answer) error {
	text, _ := token.Extra("scope").(string)
	granted := strings.Fields(text)
	if len(granted) == 0 {
		return nil
	}
	var missing []string
	for _, s := range scopes {
		if !slices.Contains(granted, s) && !slices.Contains(granted, strings.TrimSuffix(s, ".readonly")) {
			missing = append(missing, s)
		}
	}
	if missing == nil {
		return nil
	}
	e := topic{doing: "log in to Google", names: p.namesFor(scopes), rows: []refusal{{
		cause: "this person's login is not for " + strings.Join(missing, ","), remedy: remedyPerson,
	}}}.explain(answer{status: http.StatusForbidden, skew: a.skew})
	e.Code = codeScope
	return e
}

// codeScope is the code of RFC 6750 §3.1 for a token that is not for a scope.
const codeScope = "insufficient_scope"

func (p person) Profile() Profile {
	profile := Profile{Text: "a person's login by gcloud", Member: "user:YOUR_ADDRESS", Scopes: scopesOr(p.scopes)}
	if p.direct {
		profile.QuotaProject = p.quota
		profile.Text += ", reading the directory by that person's admin role"
	}
	return profile
}

func (p person) namesFor(scopes []string) []string {
	profile := p.Profile()
	profile.Scopes = scopes
	return profile.names()
}

func (p person) topic(scopes []string) topic {
	return topic{names: p.namesFor(scopes), rows: []refusal{
		{0, "invalid_grant", "invalid_rapt", "the credentials are a person's, and their session has ended", remedyPerson},
		{0, "invalid_grant", "", "the credentials are a person's, and have expired or were revoked", remedyPerson},
		{0, "admin_policy_enforced", "", "access control for apps blocks the client that the person logged in by", "in the Admin console under Security > API controls > App access control, trust the client id " + httpx.ID(p.clientID)},
		{500, "", "", causeFault, remedyLater},
		{0, "internal_failure", "", causeFault, remedyLater},
		{0, "", "", "Google does not accept the person's login", remedyPerson},
	}}
}
