package auth_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ssosync/internal/httpx"
	"ssosync/internal/source/google/auth"
)

const (
	account  = "sync@sync-example.iam.gserviceaccount.com"
	pool     = "projects/123456789/locations/global/workloadIdentityPools/pool"
	resource = pool + "/providers/aws"

	// What must not be seen anywhere.
	federatedToken = "ya29.federated-secret"
	accountToken   = "ya29.account-secret"
	personToken    = "ya29.person-secret"
	machineToken   = "ya29.machine-secret"
	directoryToken = "ya29.directory-secret"
	githubBearer   = "github-bearer-secret"
	githubIdentity = "eyJ.github-identity-secret"
	refreshToken   = "1//refresh-secret"
)

func noted() []string {
	return []string{"-secret", "PRIVATE KEY", "SECRETACCESSKEY"}
}

// cloud is the services of Google that give tokens, the metadata server and
// GitHub's, as their pages describe them. It checks what arrives before it
// answers.
type cloud struct {
	t       testing.TB
	base    string              // where all of Google is; "" means each at its own host
	signers []string            // tokens that may have the account sign
	getters []string            // tokens that may get tokens of the account
	script  map[string][]answer // answers by name of the service, before its own
	date    string              // of all answers
	scope   string              // what a person's login is for

	mu     sync.Mutex
	asked  []string // names of services
	reqs   map[string]*http.Request
	forms  map[string]url.Values
	docs   map[string]map[string]any
	claims map[string]any // of the latest assertion
	subs   []any          // whom all of them were for, nil for nobody
	log    bytes.Buffer
	meter  httpx.Meter
	clock  auth.Clock
}

func newCloud(tb testing.TB) *cloud {
	return &cloud{
		t: tb, script: map[string][]answer{}, reqs: map[string]*http.Request{}, forms: map[string]url.Values{}, docs: map[string]map[string]any{},
		signers: []string{federatedToken, machineToken, personToken}, getters: []string{federatedToken, machineToken, personToken},
	}
}

func (c *cloud) net() auth.Net {
	return auth.Net{
		Endpoint: c.base, Base: c, Meter: &c.meter, UserAgent: "ssosync/1", Clock: &c.clock,
		Log: slog.New(slog.NewTextHandler(&c.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

// names tells the services apart by where they are.
func (c *cloud) names(u *url.URL) string {
	at := u.Scheme + "://" + u.Host + u.Path
	iam := "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" + account
	token, sts := "https://oauth2.googleapis.com/token", "https://sts.googleapis.com/v1/token"
	if c.base != "" {
		iam, token, sts = c.base+"/v1/projects/-/serviceAccounts/"+account, c.base+"/token", c.base+"/v1/token"
	}
	const metadata = "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/"
	name, ok := map[string]string{
		token: "token", sts: "sts", iam + ":signJwt": "sign", iam + ":generateAccessToken": "generate",
		metadata + "token": "metadata", metadata: "account",
		"https://pipelines.actions.example.com/abc/idtoken": "github", "https://issuer.example.com/identity": "subject",
	}[at]
	if !ok {
		c.t.Errorf("asked %s", at)
	}
	return name
}

func (c *cloud) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := c.names(req.URL)
	c.asked = append(c.asked, name)
	c.reqs[name] = req
	if ua := req.Header.Get("User-Agent"); ua != "ssosync/1" {
		c.t.Errorf("%s: User-Agent %q", name, ua)
	}
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	switch req.Header.Get("Content-Type") {
	case "application/json":
		var doc map[string]any
		if err := json.Unmarshal(body, &doc); err != nil {
			c.t.Errorf("%s: %v", name, err)
		}
		c.docs[name] = doc
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			c.t.Errorf("%s: %v", name, err)
		}
		c.forms[name] = form
	}
	if queue := c.script[name]; len(queue) > 0 {
		c.script[name] = queue[1:]
		if queue[0].status != 0 || queue[0].err != nil {
			return c.say(req, queue[0])
		}
	}
	return c.say(req, c.answer(name, req))
}

func (c *cloud) say(req *http.Request, a answer) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	h := http.Header{}
	if c.date != "" {
		h.Set("Date", c.date)
	}
	return &http.Response{StatusCode: a.status, Header: h, Request: req, Body: io.NopCloser(strings.NewReader(a.body))}, nil
}

func denied(permission string) answer {
	return answer{status: 403, body: `{"error":{"code":403,"message":"Permission '` + permission + `' denied on resource (or it may not exist).","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"IAM_PERMISSION_DENIED","domain":"iam.googleapis.com","metadata":{"permission":"` + permission + `"}}]}}`}
}

func (c *cloud) answer(name string, req *http.Request) answer {
	bearer := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	ok := func(doc map[string]any) answer {
		text, _ := json.Marshal(doc)
		return answer{status: 200, body: string(text)}
	}
	switch name {
	case "sts":
		return ok(map[string]any{"access_token": federatedToken, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token", "token_type": "Bearer", "expires_in": 3600})
	case "sign":
		if !slices.Contains(c.signers, bearer) {
			return denied("iam.serviceAccounts.signJwt")
		}
		payload, _ := c.docs[name]["payload"].(string)
		return ok(map[string]any{"keyId": "k", "signedJwt": signed(payload)})
	case "generate":
		if !slices.Contains(c.getters, bearer) {
			return denied("iam.serviceAccounts.getAccessToken")
		}
		return ok(map[string]any{"accessToken": accountToken, "expireTime": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
	case "token":
		return c.token(ok)
	case "github":
		if bearer != githubBearer {
			return answer{status: 401, body: "{}"}
		}
		return ok(map[string]any{"value": githubIdentity})
	case "subject":
		return answer{status: 200, body: "plain-subject-secret"}
	case "metadata", "account":
		if req.Header.Get("Metadata-Flavor") != "Google" {
			c.t.Error("no Metadata-Flavor")
		}
		if name == "account" {
			return ok(map[string]any{"email": account, "aliases": []string{"default"}, "scopes": []string{}})
		}
		return ok(map[string]any{"access_token": machineToken, "expires_in": 3000, "token_type": "Bearer"})
	}
	return answer{status: 404, body: "{}"}
}

// token verifies the assertion, or the refresh token.
func (c *cloud) token(ok func(map[string]any) answer) answer {
	form := c.forms["token"]
	if form.Get("grant_type") == "refresh_token" {
		if form.Get("refresh_token") != refreshToken || form.Get("client_id") == "" {
			c.t.Errorf("refreshed with %v", form)
		}
		doc := map[string]any{"access_token": personToken, "expires_in": 3599, "token_type": "Bearer"}
		if c.scope != "" {
			doc["scope"] = c.scope
		}
		return ok(doc)
	}
	if form.Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		c.t.Errorf("grant_type %q", form.Get("grant_type"))
	}
	g := google{t: c.t, key: &rsaKey().PublicKey}
	g.check(form.Get("assertion"))
	c.claims, c.subs = g.claims, append(c.subs, g.claims["sub"])
	return ok(map[string]any{"access_token": directoryToken, "expires_in": 3599, "token_type": "Bearer"})
}

func signed(payload string) string {
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + enc.EncodeToString([]byte(payload))
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, rsaKey(), crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + enc.EncodeToString(sig)
}

// quiet fails if a secret is in any of the texts, or in the log.
func (c *cloud) quiet(texts ...string) {
	c.t.Helper()
	for _, text := range append(texts, c.log.String()) {
		for _, s := range noted() {
			if strings.Contains(text, s) {
				c.t.Errorf("%q is in %q", s, text)
			}
		}
	}
}

// get asks for a token of tokens, and wants this one.
func (c *cloud) get(tokens *auth.Tokens, err error, want string) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	got, err := tokens.Token(c.t.Context(), "")
	if err != nil || got != want {
		c.t.Errorf("%q, %v; want %q", got, err, want)
	}
	c.quiet()
}

// refused asks for a token of a way, and returns why there is none.
func (c *cloud) refused(w auth.Way) *auth.Error {
	c.t.Helper()
	login, err := w.For(auth.ReadScopes()...)
	if err == nil {
		_, err = login.Login(c.t.Context())
	}
	if err == nil {
		c.t.Fatal("a token was given")
	}
	c.quiet(err.Error())
	return asError(c.t, err)
}

// wants fails unless all parts are in the text.
func wants(tb testing.TB, text string, parts ...string) {
	tb.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			tb.Errorf("%q is not in %q", p, text)
		}
	}
}
