package auth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"ssosync/internal/httpx"
	"ssosync/internal/source/google/auth"
)

// What servers say is bounded, tame, and not quoted with what they were sent.
func TestHostileAnswers(t *testing.T) {
	wild := `\u001b[2J\u202e\nx` + strings.Repeat("y", 100_000)
	for service, echo := range map[string]string{"sts": githubIdentity, "sign": federatedToken, "generate": federatedToken, "github": githubBearer, "token": ""} {
		for kind, body := range map[string]string{
			"wild":   `{"error":"` + wild + `","error_description":"` + wild + `"}`,
			"nested": `{"error":{"message":"` + wild + `","status":"` + wild + `","details":[{"reason":"` + wild + `","metadata":{"service":"` + wild + `","consumer":"$(id)"}}]}}`,
			"echo":   `{"error":"` + echo + `","error_description":"you sent ` + echo + `"}`,
			"rpc":    `{"error":{"message":"you sent ` + echo + `","status":"` + echo + `"}}`,
			"html":   "<html>" + strings.Repeat("z", 1000),
			"cut":    `{"error":"inv`,
			"types":  `{"error":{"message":7,"details":"x"}}`,
			"list":   `[]`,
		} {
			for _, status := range []int{400, 403, 302} {
				c := newCloud(t)
				c.script[service] = []answer{{status: status, body: body}}
				i := c.keyless(workflow())
				if service == "generate" {
					c.signers = nil
				}
				if service == "sign" {
					c.getters = nil
				}
				e := c.refused(i)
				if text := e.Error(); len(text) > 3000 || strings.ContainsFunc(text, unicode.IsControl) || strings.ContainsAny(text, "\u202e") || strings.Contains(text, "$(") || strings.Contains(text, "zzz") {
					t.Errorf("%s %s %d: %.900q", service, kind, status, text)
				}
			}
		}
	}
}

func TestAnswersThatHoldNothing(t *testing.T) {
	for service, bodies := range map[string][]string{
		"sts":      {"{}", `{"access_token":""}`, `{"access_token":7}`, `[]`, `{"access_token":"a\r\nb"}`},
		"sign":     {"{}", `{"signedJwt":7}`, `[]`},
		"generate": {"{}", `{"accessToken":"a b"}`, `{"accessToken":"x","expireTime":"soon"}`, `[]`},
		"token":    {"{}", `{"access_token":{}}`},
	} {
		for _, body := range bodies {
			c := newCloud(t)
			if service == "generate" {
				c.signers = []string{accountToken}
			}
			c.script[service] = []answer{{status: 200, body: body}}
			tokens, err := c.keyless(workflow()).NewTokens()
			if err != nil {
				t.Fatal(err)
			}
			if service == "generate" {
				c.script["sign"] = []answer{denied("iam.serviceAccounts.signJwt")}
			}
			got, err := tokens.Token(t.Context(), "")
			if err == nil {
				t.Fatalf("%s %s: %q", service, body, got)
			}
			if last := c.asked[len(c.asked)-1]; last != service {
				t.Errorf("%s %s: went on to %s", service, body, last)
			}
		}
	}
}

func TestExpiriesThatAreNone(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"3600": time.Hour, `"3600"`: time.Hour, "9223372036854775807": 12 * time.Hour, "1e300": 0, "-1": 0, "0": 0, "null": 0,
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newCloud(t)
			c.script["sts"] = []answer{{status: 200, body: `{"access_token":"x","expires_in":` + in + `}`}}
			login, err := c.federation(workflow()).For(auth.ScopeCloud)
			if err != nil {
				t.Fatal(err)
			}
			token, err := login.Login(t.Context())
			if err != nil {
				t.Fatal(in, err)
			}
			if got := time.Until(token.Expiry); got != want && (want != 0 || !token.Expiry.IsZero()) {
				t.Errorf("%s: %v, want %v", in, got, want)
			}
		})
	}
}

func TestKeylessEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		i := c.keyless(workflow())
		i.Base = httpx.Func(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		tokens, err := i.NewTokens()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if _, err := tokens.Token(ctx, ""); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
