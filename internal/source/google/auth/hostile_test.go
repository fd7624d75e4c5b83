package auth_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/oauth2"

	"ssosync/internal/httpx"
	"ssosync/internal/source/google/auth"
)

// The assertion of a login goes to where the key says, and not on from there.
func TestALoginFollowsNoRedirect(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		var hosts []string
		base := httpx.Func(func(req *http.Request) (*http.Response, error) {
			hosts = append(hosts, req.URL.Host)
			return &http.Response{
				StatusCode: status, Header: http.Header{"Location": {"https://thief.example.com/"}}, Request: req,
				Body: io.NopCloser(strings.NewReader(`{"access_token":"t"}`)),
			}, nil
		})
		tokens, err := auth.Delegation{Key: key(t), Base: base}.NewTokens()
		if err != nil {
			t.Fatal(err)
		}
		if token, err := tokens.Token(t.Context(), ""); err == nil || len(hosts) != 1 || hosts[0] != "oauth2.googleapis.com" {
			t.Errorf("%d: %v, asked %v, token %q", status, err, hosts, token)
		}
	}
}

func TestWhereTokensAreAskedFor(t *testing.T) {
	for uri, good := range map[string]bool{
		"https://oauth2.googleapis.com/token": true, "http://127.0.0.1:8080/token": true, "http://localhost/token": true, "http://[::1]:1/": true,
		"http://oauth2.googleapis.com/token": false, "http://localhost.example.com/": false, "http://127.0.0.1@example.com/": false,
		"https://user@oauth2.googleapis.com/token": false, "https://u:p@oauth2.googleapis.com/token": false, "https://:443/": false,
	} {
		if _, err := auth.ParseKey(keyFile(map[string]any{"token_uri": uri})); (err == nil) != good {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

func TestATokenThatNoHeaderHolds(t *testing.T) {
	for _, bad := range []string{"a b", "a\r\nX-Evil: 1", "é", "\x7f"} {
		tokens := auth.NewTokens(&counted{f: func(context.Context, int) (*oauth2.Token, error) {
			return &oauth2.Token{AccessToken: bad}, nil
		}})
		if got, err := tokens.Token(t.Context(), ""); err == nil || strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %q, %v", bad, got, err)
		}
	}
}

func TestRefusalsAreTame(t *testing.T) {
	wild := `\u001b[2J\u202e\nx` + strings.Repeat("y", 100_000)
	g := &google{t: t, key: &rsaKey().PublicKey, answers: []answer{{status: 400, body: `{"error":"` + wild + `","error_description":"` + wild + `"}`}}}
	_, err := g.tokens(auth.Delegation{Key: key(t), Subject: "amy@example.com"}).Token(t.Context(), "")
	if err == nil || len(err.Error()) > 800 || strings.ContainsFunc(err.Error(), unicode.IsControl) || strings.Contains(err.Error(), "\u202e") {
		t.Errorf("%.900q", err)
	}
}
