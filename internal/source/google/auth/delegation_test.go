package auth_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/httpx"
	"ssosync/internal/source/google/auth"
)

// google is the token endpoint, as Google Identity's page on server-to-server
// applications describes it: it checks the assertion before it answers.
type google struct {
	t       testing.TB
	key     *rsa.PublicKey
	answers []answer // before it gives a token
	n       int
	claims  map[string]any
	header  http.Header
	took    time.Duration
	log     bytes.Buffer
	meter   httpx.Meter
}

type answer struct {
	status int
	body   string
	err    error
}

func (g *google) tokens(d auth.Delegation) *auth.Tokens {
	g.t.Helper()
	d.Base, d.Meter = g, &g.meter
	d.Log = slog.New(slog.NewTextHandler(&g.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	tokens, err := d.NewTokens()
	if err != nil {
		g.t.Fatal(err)
	}
	return tokens
}

func (g *google) RoundTrip(req *http.Request) (*http.Response, error) {
	if g.took > 0 {
		select {
		case <-time.After(g.took):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	g.header = req.Header
	if err := req.ParseForm(); err != nil {
		return nil, err
	}
	if req.Method != http.MethodPost || req.PostForm.Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		g.t.Errorf("%s with grant_type %q", req.Method, req.PostForm.Get("grant_type"))
	}
	g.check(req.PostForm.Get("assertion"))
	g.n++
	a := answer{status: 200, body: `{"access_token":"ya29.example","expires_in":3599,"token_type":"Bearer"}`}
	if g.n <= len(g.answers) {
		a = g.answers[g.n-1]
	}
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{}, Request: req,
		Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}, nil
}

// check verifies RS256 (RFC 7515, RFC 7518 §3.3) and keeps the claims.
func (g *google) check(assertion string) {
	g.t.Helper()
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		g.t.Fatalf("assertion of %d parts", len(parts))
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		g.t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(g.key, crypto.SHA256, sum[:], sig); err != nil {
		g.t.Error("the signature is wrong:", err)
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		g.t.Fatal(err)
	}
	if err := json.Unmarshal(claims, &g.claims); err != nil {
		g.t.Fatal(err)
	}
}

func key(tb testing.TB) auth.Key {
	tb.Helper()
	k, err := auth.ParseKey(keyFile(nil))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func TestDelegationAsksForAToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &google{t: t, key: &rsaKey().PublicKey}
		got, err := g.tokens(auth.Delegation{Key: key(t), Subject: "amy@example.com", UserAgent: "ssosync/1"}).Token(t.Context(), "")
		if err != nil || got != "ya29.example" {
			t.Fatal(got, err)
		}
		iat, exp := int64(g.claims["iat"].(float64)), int64(g.claims["exp"].(float64))
		if now := time.Now().Unix(); iat > now || iat < now-300 || exp-iat > 3600 || exp <= now {
			t.Errorf("iat %d, exp %d, now %d", iat, exp, now)
		}
		want := map[string]any{
			"iss": "sync@sync-example.iam.gserviceaccount.com", "sub": "amy@example.com", "aud": "https://oauth2.googleapis.com/token",
			"scope": "https://www.googleapis.com/auth/admin.directory.user.readonly https://www.googleapis.com/auth/admin.directory.group.readonly",
		}
		for _, k := range []string{"iat", "exp", "prn"} {
			delete(g.claims, k)
		}
		if diff := cmp.Diff(want, g.claims); diff != "" {
			t.Error(diff)
		}
		if ua := g.header.Get("User-Agent"); ua != "ssosync/1" {
			t.Errorf("User-Agent %q", ua)
		}
		if c := g.meter.Counts(); len(c) != 1 || c[0].Op != "token" || c[0].Calls != 1 {
			t.Errorf("counted as %+v", c)
		}
		if s := g.log.String(); !strings.Contains(s, "op=token") || strings.Contains(s, "ya29") || strings.Contains(s, "assertion") {
			t.Errorf("log: %s", s)
		}
	})
}

func TestDelegationWithoutSubjectActsAsItself(t *testing.T) {
	g := &google{t: t, key: &rsaKey().PublicKey}
	if _, err := g.tokens(auth.Delegation{Key: key(t), Scopes: []string{"s1", "s2"}}).Token(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if _, ok := g.claims["sub"]; ok || g.claims["scope"] != "s1 s2" {
		t.Errorf("claims %v", g.claims)
	}
}

func TestDelegationNeedsAKey(t *testing.T) {
	if _, err := (auth.Delegation{Subject: "amy@example.com"}).NewTokens(); err == nil {
		t.Error("no error")
	}
}

// What is passing is tried again, what is refused is not.
func TestDelegationRetries(t *testing.T) {
	lost := errors.New("connection reset")
	for name, c := range map[string]struct {
		first answer
		calls int
	}{
		"internal_failure":     {answer{400, `{"error":"internal_failure","error_description":"Backend Error"}`, nil}, 2},
		"unavailable":          {answer{400, `{"error":"temporarily_unavailable"}`, nil}, 2},
		"500":                  {answer{500, `oops`, nil}, 2},
		"503":                  {answer{503, `<html>`, nil}, 2},
		"429":                  {answer{429, `{}`, nil}, 2},
		"lost":                 {answer{0, "", lost}, 2},
		"page instead of JSON": {answer{200, `<html>`, nil}, 2},
		"invalid_grant":        {answer{400, `{"error":"invalid_grant"}`, nil}, 1},
		"unauthorized_client":  {answer{401, `{"error":"unauthorized_client"}`, nil}, 1},
		"403 page":             {answer{403, `<html>`, nil}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &google{t: t, key: &rsaKey().PublicKey, answers: []answer{c.first}}
				_, err := g.tokens(auth.Delegation{Key: key(t), Subject: "amy@example.com"}).Token(t.Context(), "")
				if g.n != c.calls || (err == nil) != (c.calls == 2) {
					t.Errorf("%d calls, %v", g.n, err)
				}
			})
		})
	}
}

func TestDelegationKeepsTheErrorOfTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("connection reset")
		g := &google{t: t, key: &rsaKey().PublicKey}
		for range 8 {
			g.answers = append(g.answers, answer{err: lost})
		}
		_, err := g.tokens(auth.Delegation{Key: key(t), Subject: "amy@example.com"}).Token(t.Context(), "")
		if !errors.Is(err, lost) || g.n != 8 {
			t.Errorf("%d calls, %v", g.n, err)
		}
	})
}

func TestDelegationEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &google{t: t, key: &rsaKey().PublicKey, took: time.Hour}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := g.tokens(auth.Delegation{Key: key(t), Subject: "amy@example.com"}).Token(ctx, "")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// What Google says is explained by what can be done about it.
func TestRefusalsAreExplained(t *testing.T) {
	const (
		grant  = "(https://admin.google.com/ac/owl/domainwidedelegation), add the client id 110000000000000000001 with exactly these scopes: https://www.googleapis.com/auth/admin.directory.user.readonly,https://www.googleapis.com/auth/admin.directory.group.readonly ("
		person = "name the address of a person in this Google Workspace"
	)
	for _, c := range []struct {
		code, description string
		cause, remedy     string
	}{
		{"unauthorized_client", "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.", "not granted domain-wide delegation", grant},
		{"unauthorized_client", "Unauthorized client or scope in request.", "not granted domain-wide delegation", grant},
		{"access_denied", "Requested client not authorized", "at least one of the scopes", grant},
		{"access_denied", "Account restricted", "amy@example.com is restricted or suspended", "choose another administrator"},
		{"admin_policy_enforced", "", "blocks the service account", "trust the client id 110000000000000000001"},
		{"invalid_grant", "Invalid email or User ID", "amy@example.com does not exist", person},
		{"invalid_grant", "Not a valid email", "amy@example.com is not an e-mail address", person},
		{"invalid_grant", "Invalid grant: account not found", "the service account sync@sync-example.iam.gserviceaccount.com was deleted", "create a service account"},
		{"invalid_grant", "The account has been deleted", "amy@example.com was deleted", "choose another administrator"},
		{"invalid_grant", "Invalid JWT Signature.", "the key 0123abcd was deleted", "create a new key"},
		{"invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.", "clock", "sudo timedatectl set-ntp true"},
		{"invalid_grant", "Invalid JWT: Failed audience check.", "token_uri https://oauth2.googleapis.com/token", "as it was downloaded"},
		{"invalid_grant", "No valid verifier found for issuer", "does not know the issuer", "as it was downloaded"},
		{"invalid_grant", "reauth related error (invalid_rapt)", "session has ended", "gcloud auth application-default login --scopes=openid,https://www.googleapis.com/auth/cloud-platform,https://www.googleapis.com/auth/admin.directory.user.readonly,"},
		{"invalid_grant", "Token has been expired or revoked.", "were revoked", "use a service account"},
		{"invalid_grant", "Something new", "not one that is known", "check the key 0123abcd"},
		{"invalid_scope", "Invalid OAuth scope or ID token audience provided.", "misspelt or empty", "ask for https://www.googleapis.com/auth/admin.directory.user.readonly,"},
		{"invalid_client", "The OAuth client was not found.", "does not accept", "check that the key 0123abcd"},
		{"deleted_client", "", "was deleted", "check that the key"},
		{"disabled_client", "", "is disabled", "check that the key"},
		{"org_internal", "", "its own organisation only", "check that the key"},
		{"invalid_request", "Invalid impersonation prn email address.", "most likely of amy@example.com", person},
	} {
		t.Run(c.code+" "+c.description, func(t *testing.T) {
			body, _ := json.Marshal(map[string]string{"error": c.code, "error_description": c.description})
			g := &google{t: t, key: &rsaKey().PublicKey, answers: []answer{{400, string(body), nil}}}
			_, err := g.tokens(auth.Delegation{Key: key(t), Subject: "amy@example.com"}).Token(t.Context(), "")
			e, ok := errors.AsType[*auth.Error](err)
			if !ok {
				t.Fatalf("%v is no *auth.Error", err)
			}
			if e.Status != 400 || e.Code != c.code || e.Description != c.description {
				t.Errorf("%+v", e)
			}
			if !strings.Contains(e.Cause, c.cause) || !strings.Contains(e.Remedy, c.remedy) {
				t.Errorf("cause %q, want %q\nremedy %q, want %q", e.Cause, c.cause, e.Remedy, c.remedy)
			}
			for _, part := range []string{c.code, e.Cause, e.Remedy, strings.TrimSuffix(c.description, ".")} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not in %q", part, err)
				}
			}
			if strings.ContainsAny(e.Cause+e.Remedy, "{}") {
				t.Errorf("a blank is left: %q, %q", e.Cause, e.Remedy)
			}
		})
	}
}

func TestInternalFailureIsExplainedAfterAllTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &google{t: t, key: &rsaKey().PublicKey}
		for range 8 {
			g.answers = append(g.answers, answer{400, `{"error":"internal_failure","error_description":"Backend Error"}`, nil})
		}
		_, err := g.tokens(auth.Delegation{Key: key(t)}).Token(t.Context(), "")
		if e, ok := errors.AsType[*auth.Error](err); !ok || g.n != 8 || e.Remedy != "try again later" {
			t.Errorf("%d calls, %v", g.n, err)
		}
	})
}

func TestBlanksOfAnExplanationAreNamedWhereUnknown(t *testing.T) {
	bare, err := auth.ParseKey(keyFile(map[string]any{"client_id": ""}))
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("é", 400)
	g := &google{t: t, key: &rsaKey().PublicKey, answers: []answer{
		{401, `{"error":"unauthorized_client","error_description":"` + long + `"}`, nil},
		{403, `<html>` + long, nil},
	}}
	tokens := g.tokens(auth.Delegation{Key: bare})
	_, err = tokens.Token(t.Context(), "")
	e, ok := errors.AsType[*auth.Error](err)
	if !ok || !strings.Contains(e.Remedy, "numeric Unique ID") || !strings.Contains(e.Cause, "no administrator was named") {
		t.Error(err)
	}
	if n := len(e.Description); n > 310 || n < 290 {
		t.Errorf("a description of %d bytes is kept", n)
	}
	_, err = tokens.Token(t.Context(), "")
	if err == nil || !strings.Contains(err.Error(), "HTTP status 403") || strings.Contains(err.Error(), "html") {
		t.Error(err)
	}
}
