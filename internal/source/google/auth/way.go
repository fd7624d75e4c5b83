package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/oauth2"
)

// A Way is one of the ways to log in, before it is used. Nothing is asked of
// anybody until what For returns is.
type Way interface {
	// For returns the login that asks for exactly these scopes, or says what is
	// missing.
	For(scopes ...string) (Login, error)
	// Profile says who logs in, and how. It holds no secret.
	Profile() Profile
}

// ScopeCloud is the scope of a token that is used to obtain another one
// (IAM Credentials API reference: authorization scopes).
const ScopeCloud = "https://www.googleapis.com/auth/cloud-platform"

// A Profile is what people need to know about a login, to recognise it and to
// set it right. What is not known beforehand is "".
type Profile struct {
	Text         string   // one line for people
	Account      string   // e-mail of the service account that signs or acts
	ClientID     string   // its number, which delegation is granted to
	Subject      string   // e-mail of the administrator that it acts as
	Scopes       []string // what is asked for
	Member       string   // the caller, as IAM policies name it: "principalSet://…", "user:…"
	QuotaProject string   // send it as X-Goog-User-Project with each call of an API
}

// FindClientID returns the command that prints the number of the service
// account, which no one can tell from its address.
func (p Profile) FindClientID() string {
	account := p.Account
	if account == "" {
		account = "SERVICE_ACCOUNT"
	}
	return "gcloud iam service-accounts describe " + account + " --format='value(uniqueId)'"
}

// client is the number itself, or how to find it.
func (p Profile) client() string {
	if p.ClientID != "" {
		return p.ClientID
	}
	return "(the account's numeric Unique ID: " + p.FindClientID() + ")"
}

// names are the words that explanations may use in braces.
func (p Profile) names() []string {
	subject, account, member := p.Subject, p.Account, p.Member
	if subject == "" {
		subject = "(no administrator was named)"
	}
	if account == "" {
		account = "SERVICE_ACCOUNT"
	}
	if member == "" {
		member = "MEMBER"
	}
	return []string{
		"{account}", account, "{client}", p.client(), "{scopes}", strings.Join(p.Scopes, ","),
		"{subject}", subject, "{member}", member, "{who}", p.Text,
	}
}

// acting is the end of a description: whom the account acts as.
func acting(subject string) string {
	if subject == "" {
		return "acting as itself, by an admin role"
	}
	return "acting as " + subject
}

// loginFunc is a function that is a [Login].
type loginFunc func(ctx context.Context) (*oauth2.Token, error)

func (f loginFunc) Login(ctx context.Context) (*oauth2.Token, error) { return f(ctx) }

// tokensOf returns the tokens of a way for scopes, nil meaning [ReadScopes].
func tokensOf(w Way, scopes []string) (*Tokens, error) {
	if scopes == nil {
		scopes = ReadScopes()
	}
	login, err := w.For(scopes...)
	if _, explained := errors.AsType[*Error](err); explained {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("log in to Google: %w", err)
	}
	return NewTokens(login), nil
}
