package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// The names under which requests are counted and logged.
const (
	OpToken    = "token"                   // of the token endpoint, also for a person's login
	OpExchange = "sts.token"               // an identity of elsewhere for a federated token
	OpSign     = "iam.signJwt"             // a service account signs an assertion
	OpGenerate = "iam.generateAccessToken" // a token of a service account
	OpIdentity = "github.identity"         // GitHub proves which workflow this is
	OpMetadata = "metadata"                // the metadata server of a machine in Google Cloud
	OpSubject  = "subject"                 // what a credentials file names as source of an identity
)

// A Net is what the ways to log in have in common: how they reach Google, and
// who hears of it. The zero value works.
type Net struct {
	// Endpoint replaces the base URL of all of Google's services that give
	// tokens: {Endpoint}/token, {Endpoint}/v1/token and
	// {Endpoint}/v1/projects/-/serviceAccounts/…. "" is Google itself.
	Endpoint  string
	Base      http.RoundTripper // nil means a transport of its own
	Meter     *httpx.Meter
	Log       *slog.Logger
	UserAgent string
	Clock     *Clock
}

// check says what is wrong with the endpoint.
func (n Net) check() error {
	if n.Endpoint != "" && !isAddress(n.Endpoint) {
		return errors.New("the endpoint is not an address that begins with https:// (http:// is for this very machine) and names no user")
	}
	return nil
}

func (n Net) at(host, path string) string {
	if n.Endpoint != "" {
		return strings.TrimRight(n.Endpoint, "/") + path
	}
	return "https://" + host + path
}

func (n Net) tokenURL() string { return n.at("oauth2.googleapis.com", "/token") }
func (n Net) stsURL() string   { return n.at("sts.googleapis.com", "/v1/token") }

// iamURL is where a service account is asked to sign or to give a token.
func (n Net) iamURL(account, method string) string {
	return n.at("iamcredentials.googleapis.com", "/v1/projects/-/serviceAccounts/"+url.PathEscape(account)+":"+method)
}

// wire puts the layers of a login together. It follows no redirects, because it
// is used without an [http.Client]: what a login sends goes nowhere else.
func (n Net) wire(o httpx.Options) http.RoundTripper {
	wire := n.Base
	if wire == nil {
		wire = httpx.NewTransport()
	}
	if n.UserAgent != "" {
		wire = httpx.Chain(wire, httpx.UserAgent(n.UserAgent))
	}
	o.Meter, o.Log = n.Meter, n.Log
	if o.Classify == nil {
		o.Classify = Classify
	}
	return httpx.Resilient(wire, o)
}

func (n Net) client() *client { return &client{wire: n.wire(httpx.Options{}), clock: n.Clock} }

// A client sends the requests of one login.
type client struct {
	wire  http.RoundTripper
	clock *Clock
}

// A call is one request of a login.
type call struct {
	op, url string
	bearer  string      // authorizes the request, if it is not ""
	header  http.Header // beside those of the body
	form    url.Values  // the body, one of the two; with neither it is a GET
	doc     any
}

// An answer is what came of a call. Its body is not to be shown.
type answer struct {
	status  int
	body    []byte
	skew    time.Duration
	secrets []secret.String // what the server was sent, and must not be quoted with
}

func (a answer) ok() bool { return a.status >= http.StatusOK && a.status < http.StatusMultipleChoices }

// do sends the request. The error is that of the wire; a refusal is an answer.
func (c *client) do(ctx context.Context, r call) (answer, error) {
	method, body, kind := http.MethodPost, r.form.Encode(), "application/x-www-form-urlencoded"
	switch {
	case r.doc != nil:
		doc, err := json.Marshal(r.doc)
		if err != nil {
			return answer{}, fmt.Errorf("write the request for %s: %w", r.op, err)
		}
		body, kind = string(doc), "application/json"
	case r.form == nil:
		method, kind = http.MethodGet, ""
	}
	req, err := http.NewRequestWithContext(httpx.WithOp(ctx, r.op), method, r.url, strings.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("write the request for %s: its address is none", r.op) // err would quote it
	}
	maps.Copy(req.Header, r.header)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if r.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+r.bearer)
	}
	resp, err := c.wire.RoundTrip(req)
	if err != nil {
		return answer{}, fmt.Errorf("ask %s for %s: %w", req.URL.Host, r.op, err)
	}
	defer resp.Body.Close() //nolint:errcheck // All of it is read, or lost.
	a := answer{status: resp.StatusCode, skew: c.clock.see(resp.Header), secrets: r.secrets()}
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		return answer{}, fmt.Errorf("read the answer to %s: %w", r.op, err)
	}
	return a, nil
}

func (r call) secrets() []secret.String {
	all := []secret.String{secret.New(r.bearer)}
	for _, name := range []string{"assertion", "subject_token", "refresh_token", "client_secret"} {
		all = append(all, secret.New(r.form.Get(name)))
	}
	return all
}

// Classify says what to do about an answer of the token endpoint: only what
// RFC 6749 §5.2 does not define as a refusal is worth another try.
func Classify(status int, body []byte, err error) httpx.Verdict {
	code, _ := oauthError(body)
	switch {
	case err != nil:
		return httpx.ByStatus(0, nil, err)
	case status == http.StatusTooManyRequests:
		return httpx.Throttled
	case status >= http.StatusInternalServerError, code == "internal_failure", code == "temporarily_unavailable":
		return httpx.Transient
	case status < http.StatusOK || status >= http.StatusMultipleChoices:
		return httpx.Fatal
	case !json.Valid(body):
		return httpx.Transient
	}
	return httpx.OK
}
