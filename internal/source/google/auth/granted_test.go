package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"ssosync/internal/secret"
	"ssosync/internal/source/google/auth"
)

// scoped is a way that is granted some scopes, and refuses the others with an
// error of its own.
type scoped struct {
	granted []string
	refusal error
	asked   *[]string
}

func (s scoped) Profile() auth.Profile { return auth.Profile{} }

func (s scoped) For(scopes ...string) (auth.Login, error) {
	return &counted{f: func(context.Context, int) (*oauth2.Token, error) {
		*s.asked = append(*s.asked, strings.Join(scopes, " "))
		if !slices.Contains(s.granted, scopes[0]) {
			return nil, fmt.Errorf("log in: %w", s.refusal)
		}
		return &oauth2.Token{AccessToken: "t"}, nil
	}}, nil
}

func TestGrantedNamesTheMissingScopes(t *testing.T) {
	for name, row := range map[string]struct {
		refusal error
		about   bool
	}{
		"unauthorized":  {&auth.Error{Code: "unauthorized_client"}, true},
		"denied":        {&auth.Error{Code: "access_denied", Description: "Requested client not authorized"}, true},
		"scope":         {&auth.Error{Code: "invalid_scope"}, true},
		"insufficient":  {&auth.Error{Code: "insufficient_scope"}, true},
		"restricted":    {&auth.Error{Code: "access_denied", Description: "Account restricted"}, false},
		"wrong admin":   {&auth.Error{Code: "invalid_grant", Description: "Invalid email or User ID"}, false},
		"of the STS":    {&auth.Error{Code: "unauthorized_client", Doing: "exchange the identity at Google's Security Token Service"}, false},
		"another error": {errors.New("connection reset"), false},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			w := scoped{granted: []string{"b", "d"}, refusal: row.refusal, asked: &asked}
			missing, err := auth.Granted(t.Context(), w, []string{"d", "c", "b", "a"})
			if row.about {
				if err != nil || !slices.Equal(missing, []string{"c", "a"}) || !slices.Equal(asked, []string{"d", "c", "b", "a"}) {
					t.Errorf("%v, %v, asked %v", missing, err, asked)
				}
				return
			}
			if !errors.Is(err, row.refusal) || missing != nil || len(asked) != 2 {
				t.Errorf("%v, %v, asked %v", missing, err, asked)
			}
		})
	}
}

func TestGrantedAsksTheTokenEndpoint(t *testing.T) {
	g := &google{t: t, key: &rsaKey().PublicKey, answers: []answer{
		{status: 200, body: `{"access_token":"x","expires_in":1}`},
		{status: 401, body: `{"error":"unauthorized_client"}`},
	}}
	d := auth.Delegation{Key: key(t), Subject: "amy@example.com", Base: g}
	missing, err := auth.Granted(t.Context(), d, auth.ReadScopes())
	if err != nil || !slices.Equal(missing, []string{auth.ScopeGroups}) || g.n != 2 || g.claims["scope"] != auth.ScopeGroups {
		t.Errorf("%v, %v, %d calls, %v", missing, err, g.n, g.claims)
	}
	if _, err := auth.Granted(t.Context(), auth.AccessToken{Token: secret.New("x")}, auth.ReadScopes()); err == nil {
		t.Error("an access token was asked for its scopes")
	}
	if _, err := auth.Granted(t.Context(), auth.Delegation{}, auth.ReadScopes()); err == nil {
		t.Error("no error without a key")
	}
}

func TestAReadyTokenIsGivenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens, err := auth.AccessToken{Token: secret.New(directoryToken)}.NewTokens()
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if got, err := tokens.Token(t.Context(), ""); err != nil || got != directoryToken {
				t.Fatal(got, err)
			}
			time.Sleep(time.Hour)
		}
		_, err = tokens.Token(t.Context(), directoryToken)
		e := asError(t, err)
		wants(t, e.Cause, "has expired", "not for these scopes")
		wants(t, e.Remedy, "--google-access-token", auth.ScopeUsers+","+auth.ScopeGroups)
		if e.Status != http.StatusUnauthorized || strings.Contains(err.Error(), directoryToken) {
			t.Error(err)
		}
	})
	if _, err := (auth.AccessToken{}).NewTokens(); err == nil {
		t.Error("no error without a token")
	}
}

// Both answers and refusals tell how wrong the clock is.
func TestTheClockIsCompared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		if _, known := c.clock.Skew(); known {
			t.Error("known without an answer")
		}
		d := auth.Delegation{Key: key(t), Subject: "amy@example.com", Base: c, Clock: &c.clock, UserAgent: "ssosync/1"}
		tokens, err := d.NewTokens()
		c.get(tokens, err, directoryToken)
		if _, known := c.clock.Skew(); known {
			t.Error("known without a date")
		}
		for _, row := range []struct {
			off  time.Duration
			says string
		}{{7 * time.Minute, "(it is 7m0s behind"}, {-time.Hour, "it is 1h0m0s ahead"}, {0, "five minutes"}} {
			c.date = time.Now().Add(row.off).UTC().Format(http.TimeFormat)
			c.script["token"] = []answer{stsError(400, "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.")}
			e := c.refused(d)
			if !strings.Contains(e.Cause, row.says) || (row.off == 0) != strings.HasSuffix(e.Cause, row.says) {
				t.Error(e.Cause)
			}
			if got, known := c.clock.Skew(); !known || got != row.off || e.Skew != row.off {
				t.Errorf("%v, %v; %v; want %v", got, known, e.Skew, row.off)
			}
		}
		c.date = time.Now().Add(3 * time.Minute).UTC().Format(http.TimeFormat)
		tokens, err = c.keyless(workflow()).NewTokens()
		c.get(tokens, err, directoryToken)
		if got, _ := c.clock.Skew(); got != 3*time.Minute {
			t.Error(got)
		}
	})
	var none *auth.Clock
	if _, known := none.Skew(); known {
		t.Error("nobody knows")
	}
}
