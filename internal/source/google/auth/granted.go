package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Granted asks for one token per scope, and returns the scopes that are refused
// in a way that is about scopes, in their order. Any other refusal is an error:
// it would be the same for all of them. Only delegation, and the login of a
// person, are granted scopes one by one: who acts as itself gets a token for any,
// and is refused by the API if its admin role does not do.
func Granted(ctx context.Context, w Way, scopes []string) (missing []string, err error) {
	if _, ready := w.(AccessToken); ready {
		return nil, errors.New("what an access token is for shows only when it is used")
	}
	for _, scope := range scopes {
		login, err := w.For(scope)
		if err != nil {
			return nil, fmt.Errorf("ask for %s: %w", scope, err)
		}
		switch _, err := login.Login(ctx); {
		case err == nil:
		case isAboutScopes(err):
			missing = append(missing, scope)
		default:
			return nil, fmt.Errorf("ask for %s: %w", scope, err)
		}
	}
	return missing, nil
}

// isAboutScopes reports whether another scope might be granted. The other
// meanings of access_denied are about the administrator, and the Security Token
// Service refuses an identity, whatever it asks for.
func isAboutScopes(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Doing == doingExchange {
		return false
	}
	switch e.Code {
	case "unauthorized_client", "invalid_scope", codeScope:
		return true
	case "access_denied":
		return !strings.Contains(strings.ToLower(e.Description), "restricted")
	}
	return false
}
