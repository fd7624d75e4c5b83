package google_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2/google/externalaccount"

	"ssosync/internal/emulator/google"
)

const (
	githubPool     = "projects/4711/locations/global/workloadIdentityPools/github"
	githubAudience = "//iam.googleapis.com/" + githubPool + "/providers/actions"
)

// job asks for an ID token as actions/toolkit does.
type job struct{ url string }

func (j job) SubjectToken(ctx context.Context, o externalaccount.SupplierOptions) (string, error) {
	return j.ask(ctx, "request", "https:"+o.Audience)
}

func (j job) ask(ctx context.Context, token, audience string) (string, error) {
	address := j.url + "/github/oidc?api-version=2.0"
	if audience != "" {
		address += "&audience=" + url.QueryEscape(audience)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var body struct{ Value string }
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil || res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %w", res.Status, errors.Join(err, errNoToken))
	}
	return body.Value, nil
}

var errNoToken = errors.New("no token")

// assert trades a signed assertion for a token, and reads users with it.
func (b *bench) assert(t *testing.T, jwt string) error {
	t.Helper()
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {jwt}}
	res, err := http.PostForm(b.url+"/token", form)
	mustDo(t, err)
	defer res.Body.Close()
	body := decode(t, res.Body)
	token, _ := body["access_token"].(string)
	if token == "" {
		return fmt.Errorf("%v", body)
	}
	if got := outcome(t, b.srv, token, "users?customer=my_customer"); got != "OK" {
		return errors.New(got)
	}
	return nil
}

// sts exchanges a subject token by plain HTTP, as a form or as JSON.
func sts(t *testing.T, srv *google.Server, kind, token string, asJSON bool) string {
	t.Helper()
	const access = "urn:ietf:params:oauth:token-type:access_token"
	contentType, body := "application/x-www-form-urlencoded", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "audience": {githubAudience}, "scope": {cloud},
		"requested_token_type": {access}, "subject_token_type": {"urn:ietf:params:oauth:token-type:" + kind}, "subject_token": {token},
	}.Encode()
	if asJSON {
		data, err := json.Marshal(map[string]string{
			"grantType": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": githubAudience, "scope": cloud,
			"requestedTokenType": access, "subjectTokenType": "urn:ietf:params:oauth:token-type:" + kind, "subjectToken": token,
		})
		mustDo(t, err)
		contentType, body = "application/json; charset=utf-8", string(data)
	}
	w := post(t, srv, "/v1/token", contentType, "", body)
	answer := decode(t, w.Body)
	if w.Code == http.StatusOK {
		if answer["issued_token_type"] != access || answer["token_type"] != "Bearer" || answer["expires_in"] != 3599.0 {
			t.Errorf("exchange: %v", answer)
		}
		return answer["access_token"].(string)
	}
	return fmt.Sprint(w.Code, " ", answer["error"], ": ", answer["error_description"])
}

// uploaded is the public half of the test's key, as an issuer's.
func uploaded(t *testing.T) google.Key {
	t.Helper()
	public, err := x509.MarshalPKIXPublicKey(&testKey().PublicKey)
	mustDo(t, err)
	return google.Key{ID: "k1", PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))}
}

// TestGitHub: what a job is given, and each thing that can be wrong with it.
func TestGitHub(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	mustDo(t, err)
	claims := func(change map[string]any) map[string]any {
		m := map[string]any{
			"iss": google.GitHubIssuer, "aud": "https:" + githubAudience, "sub": "repo:example/directory:ref:refs/heads/main",
			"repository": "example/directory", "iat": now.Unix(), "exp": now.Unix() + 300,
		}
		maps.Copy(m, change)
		return m
	}
	type m = map[string]any
	const bad = "400 invalid_grant: "
	for name, c := range map[string]struct {
		claims   m
		header   m
		key      *rsa.PrivateKey
		provider func(*google.Provider)
		want     string // "" is a token
	}{
		"good":                    {},
		"without https":           {claims: m{"aud": githubAudience}},
		"several audiences":       {claims: m{"aud": []string{"x", githubAudience}}},
		"named audience":          {claims: m{"aud": "ours"}, provider: func(p *google.Provider) { p.AllowedAudiences = []string{"ours"} }},
		"named audience only":     {provider: func(p *google.Provider) { p.AllowedAudiences = []string{"ours"} }, want: bad + "The audience in ID Token [https:" + githubAudience + "] does not match the expected audience " + githubAudience + "."},
		"another audience":        {claims: m{"aud": "https://github.com/example"}, want: bad + "The audience in ID Token [https://github.com/example] does not match"},
		"another issuer":          {claims: m{"iss": "https://gitlab.com"}, want: bad + "The issuer in ID Token https://gitlab.com does not match the expected ones: " + google.GitHubIssuer},
		"expired":                 {claims: m{"iat": now.Unix() - 300, "exp": now.Unix()}, want: bad + fmt.Sprintf("ID Token issued at %d is stale to sign-in.", now.Unix()-300)},
		"from the future":         {claims: m{"iat": now.Unix() + 1}, want: bad + "Invalid times"},
		"of two days":             {claims: m{"exp": now.Unix() + 48*3600}, want: bad + "Invalid times"},
		"no subject":              {claims: m{"sub": ""}, want: bad + "The ID Token has no subject."},
		"subject of 127 bytes":    {claims: m{"sub": strings.Repeat("x", 127)}},
		"subject of 128 bytes":    {claims: m{"sub": strings.Repeat("x", 128)}, want: bad + "The size of mapped attribute google.subject exceeds the 127 bytes limit."},
		"another key":             {key: other, want: bad + "Invalid signature"},
		"another key id":          {header: m{"kid": "k2"}, want: bad + "Invalid signature"},
		"no key id":               {header: m{"kid": ""}, want: bad + "Unable to parse"},
		"disabled key":            {provider: func(p *google.Provider) { p.JWKS[0].Disabled = true }, want: bad + "Invalid signature"},
		"issuer not reachable":    {claims: m{"iss": "https://x.example"}, provider: func(p *google.Provider) { p.Issuer, p.JWKS = "https://x.example", nil }, want: bad + "Error connecting to the given credential's issuer."},
		"repository allowed":      {provider: func(p *google.Provider) { p.AllowedRepositories = []string{"example/directory"} }},
		"repository not allowed":  {provider: func(p *google.Provider) { p.AllowedRepositories = []string{"example/other"} }, want: "401 unauthorized_client: The given credential is rejected by the attribute condition."},
		"provider disabled":       {provider: func(p *google.Provider) { p.Disabled = true }, want: "400 invalid_target: The target service"},
		"provider is one for AWS": {provider: func(p *google.Provider) { p.Issuer = "" }, want: "400 invalid_request: Invalid subject_token_type"},
	} {
		t.Run(name, func(t *testing.T) {
			d := acme(t)
			p := google.Provider{Audience: githubAudience, Issuer: google.GitHubIssuer, JWKS: []google.Key{uploaded(t)}}
			if c.provider != nil {
				c.provider(&p)
			}
			d.Update(func(f *google.Fixture) { f.Providers = append(f.Providers, p) })
			srv := google.New(d, google.Options{Clock: func() time.Time { return now }})
			header := m{"alg": "RS256", "typ": "JWT", "kid": "k1"}
			maps.Copy(header, c.header)
			key := c.key
			if key == nil {
				key = testKey()
			}
			jwt := sign(t, header, claims(c.claims), key)
			for _, kind := range []string{"jwt", "id_token"} {
				got := sts(t, srv, kind, jwt, kind == "jwt")
				if ok := strings.HasPrefix(got, "ya29."); ok != (c.want == "") || !ok && !strings.HasPrefix(got, c.want) {
					t.Errorf("%s: %s, want %s", kind, got, c.want)
				}
			}
		})
	}
}

// TestGitHubJob: from a job to the directory, and the ways to spoil it.
func TestGitHubJob(t *testing.T) {
	b := start(t, federated(t), google.Options{})
	j := job{b.url}
	if _, err := j.ask(t.Context(), "request", ""); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("without a job: %v", err)
	}
	set := func(change func(*google.GitHub)) {
		b.dir.Update(func(f *google.Fixture) {
			f.GitHub = google.GitHub{Repository: "example/directory", RequestToken: "request"}
			f.Providers = []google.Provider{{Audience: githubAudience, Issuer: google.GitHubIssuer}}
			change(&f.GitHub)
		})
	}
	ask := func(audience string) (map[string]any, string) {
		jwt, err := j.ask(t.Context(), "request", audience)
		mustDo(t, err)
		claims := map[string]any{}
		mustDo(t, json.Unmarshal([]byte(claimsOf(t, jwt)), &claims))
		return claims, sts(t, b.srv, "jwt", jwt, false)
	}
	set(func(*google.GitHub) {})
	if _, err := j.ask(t.Context(), "guess", ""); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("another bearer token: %v", err)
	}
	claims, _ := ask("")
	if got := fmt.Sprint(claims["aud"], claims["sub"], claims["repository_owner"], claims["ref"]); got != "https://github.com/examplerepo:example/directory:ref:refs/heads/mainexamplerefs/heads/main" {
		t.Error(got)
	}
	if claims["exp"].(float64)-claims["iat"].(float64) != 300 {
		t.Errorf("lifetime: %v", claims)
	}
	for want, change := range map[string]func(*google.GitHub){
		"ya29.": func(*google.GitHub) {},
		"400 invalid_grant: The issuer in ID Token https://ghes.example":      func(g *google.GitHub) { g.Issuer = "https://ghes.example" },
		"400 invalid_grant: The audience in ID Token [other]":                 func(g *google.GitHub) { g.Audience = "other" },
		"400 invalid_grant: ID Token issued at":                               func(g *google.GitHub) { g.AgeSeconds = 301 },
		"400 invalid_grant: Invalid signature":                                func(g *google.GitHub) { g.Forged = true },
		"400 invalid_grant: The size of mapped attribute google.subject exce": func(g *google.GitHub) { g.Environment = strings.Repeat("e", 128) },
	} {
		set(change)
		if _, got := ask("https:" + githubAudience); !strings.HasPrefix(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	set(func(g *google.GitHub) { g.Environment, g.Ref, g.RequestToken = "prod", "refs/tags/v1", "" })
	if claims, _ := ask(""); claims["sub"] != "repo:example/directory:environment:prod" || claims["ref"] != "refs/tags/v1" {
		t.Errorf("with an environment: %v", claims)
	}
	end := b.srv.Inject(google.Fault{Kind: google.HTMLUnavailable, Op: "github.oidc"})
	if _, err := j.ask(t.Context(), "request", ""); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a fault: %v", err)
	}
	end()
}

// TestGitHubMembers: the names that a policy may give a job.
func TestGitHubMembers(t *testing.T) {
	b := start(t, federated(t), google.Options{})
	sub := "repo:example/directory:ref:refs/heads/main"
	b.dir.Update(func(f *google.Fixture) {
		f.GitHub = google.GitHub{Repository: "example/directory"}
		f.Providers = []google.Provider{{Audience: githubAudience, Issuer: google.GitHubIssuer}}
	})
	set := "principalSet://iam.googleapis.com/" + githubPool
	b.dir.Update(func(f *google.Fixture) { // a token without the attribute has no member with an empty one
		f.Providers = []google.Provider{{Audience: githubAudience, Issuer: "https://issuer.example", JWKS: []google.Key{uploaded(t)}}}
		f.ServiceAccounts[0].TokenCreators = []string{set + "/attribute.ref/"}
	})
	bare := sign(t, map[string]any{"alg": "RS256", "kid": "k1"}, map[string]any{
		"iss": "https://issuer.example", "aud": githubAudience, "sub": "x", "iat": time.Now().Unix() - 1, "exp": time.Now().Unix() + 60,
	}, testKey())
	if w := post(t, b.srv, "/v1/projects/-/serviceAccounts/"+robot+":signJwt", "application/json", sts(t, b.srv, "jwt", bare, false), `{"payload":"{}"}`); w.Code != http.StatusForbidden {
		t.Errorf("an empty attribute: %d", w.Code)
	}
	b.dir.Update(func(f *google.Fixture) {
		f.Providers[0] = google.Provider{Audience: githubAudience, Issuer: google.GitHubIssuer}
	})
	for member, want := range map[string]int{
		set + "/attribute.repository/example/directory": 200, set + "/attribute.repository_owner/example": 200, set + "/attribute.ref/refs/heads/main": 200, set + "/*": 200,
		"principal://iam.googleapis.com/" + githubPool + "/subject/" + sub: 200,
		set + "/attribute.repository/example/other":                        403, "principal://iam.googleapis.com/" + githubPool + "/subject/repo:example/directory": 403,
		"principalSet://iam.googleapis.com/" + pool + "/*": 403, set + "/attribute.repository/example": 403,
	} {
		b.dir.Update(func(f *google.Fixture) { f.ServiceAccounts[0].TokenCreators = []string{member} })
		jwt, err := job{b.url}.ask(t.Context(), "any", "https:"+githubAudience)
		mustDo(t, err)
		token := sts(t, b.srv, "jwt", jwt, false)
		if w := post(t, b.srv, "/v1/projects/-/serviceAccounts/"+robot+":signJwt", "application/json", token, `{"payload":"{}"}`); w.Code != want {
			t.Errorf("%s: %d, want %d", member, w.Code, want)
		}
	}
}

// claimsOf is the payload of a JWT.
func claimsOf(t *testing.T, jwt string) string {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("no JWT: %q", jwt)
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	mustDo(t, err)
	return string(data)
}
