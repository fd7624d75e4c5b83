package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// A Federation logs in by an identity of elsewhere, which Google's Security
// Token Service exchanges for a federated token (IAM guide: Workload Identity
// Federation; RFC 8693). No key is involved. Such a token reads no directory: it
// is the Caller of an [Impersonation].
type Federation struct {
	// Provider is the resource name of the pool's provider, as in
	// "projects/123456789/locations/global/workloadIdentityPools/aws/providers/aws",
	// with or without //iam.googleapis.com/ or https://iam.googleapis.com/ before
	// it. The project is a number.
	Provider string
	From     Identity
	Net
}

// An Identity is one of elsewhere: [AWS] or [GitHub].
type Identity interface {
	// subject returns the proof, which is a secret, and its type (RFC 8693 §3).
	subject(ctx context.Context, c *client, p provider) (token, kind string, err error)
	// check says what is missing.
	check() error
	// kind names it for people, and known who exactly it is as far as that can be
	// told without asking; ask may ask for it, and returns "" in vain.
	kind() string
	known() string
	ask(ctx context.Context) string
	// member is who that is in IAM policies, in the pool at principals.
	member(who, principals string) string
}

// A provider is the resource name of a provider, checked.
type provider struct{ number, pool, name string }

const iamService = "//iam.googleapis.com/"

var errProvider = errors.New("the workload identity provider is not of the form projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER: " +
	"gcloud iam workload-identity-pools providers list --location=global --workload-identity-pool=POOL --format='value(name)' prints it")

func parseProvider(s string) (provider, error) {
	s = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(s), "https:"), iamService)
	m := regexp.MustCompile(`^projects/([a-z0-9:.-]+)/locations/global/workloadIdentityPools/([a-z0-9-]+)/providers/([a-z0-9-]+)$`).FindStringSubmatch(s)
	switch {
	case m == nil:
		return provider{}, errProvider
	case strings.Trim(m[1], "0123456789") != "":
		return provider{}, fmt.Errorf("the workload identity provider names the project %s by its id, and must name it by its number: "+
			"gcloud projects describe %[1]s --format='value(projectNumber)'", m[1])
	}
	return provider{number: m[1], pool: m[2], name: m[3]}, nil
}

func (p provider) poolName() string {
	return "projects/" + p.number + "/locations/global/workloadIdentityPools/" + p.pool
}
func (p provider) resource() string   { return p.poolName() + "/providers/" + p.name }
func (p provider) audience() string   { return iamService + p.resource() }
func (p provider) principals() string { return "principalSet:" + iamService + p.poolName() }

// For returns the login. The token is asked for with these scopes, of which
// only [ScopeCloud] is of use.
func (f Federation) For(scopes ...string) (Login, error) {
	p, err := parseProvider(f.Provider)
	if err != nil {
		return nil, err
	}
	if f.From == nil {
		return nil, errors.New("nothing says whose identity is to be federated")
	}
	if err := errors.Join(f.check(), f.From.check()); err != nil {
		return nil, err
	}
	return federated{Federation: f, provider: p, scopes: scopes, client: f.client()}, nil
}

// Profile says whose identity goes to which pool.
func (f Federation) Profile() Profile {
	p, err := parseProvider(f.Provider)
	if err != nil || f.From == nil {
		return Profile{Text: "an identity of elsewhere → workload identity pool"}
	}
	return f.profile(p, f.From.known())
}

// ask is Profile with what can be found out about the identity.
func (f Federation) ask(ctx context.Context) Profile {
	p, err := parseProvider(f.Provider)
	if err != nil || f.From == nil {
		return f.Profile()
	}
	return f.profile(p, f.From.ask(ctx))
}

func (f Federation) profile(p provider, who string) Profile {
	return Profile{
		Text: fmt.Sprintf("%s → workload identity pool %s, provider %s, of project %s",
			strings.TrimSpace(f.From.kind()+" "+who), p.pool, p.name, p.number),
		Member: f.From.member(who, p.principals()), Scopes: []string{ScopeCloud},
	}
}

// federated is a federation that is ready for use.
type federated struct {
	Federation
	provider provider
	scopes   []string
	client   *client
}

// Login proves the identity anew and exchanges it.
func (f federated) Login(ctx context.Context) (*oauth2.Token, error) {
	subject, kind, err := f.From.subject(ctx, f.client, f.provider)
	if err != nil {
		return nil, err
	}
	a, err := f.client.do(ctx, call{op: OpExchange, url: f.stsURL(), form: url.Values{
		"grant_type":           {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"audience":             {f.provider.audience()},
		"scope":                {strings.Join(f.scopes, " ")},
		"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
		"subject_token_type":   {kind},
		"subject_token":        {subject},
	}})
	if err != nil {
		return nil, err
	}
	if !a.ok() {
		return nil, f.topic(ctx).explain(a)
	}
	return a.token()
}

const doingExchange = "exchange the identity at Google's Security Token Service"

func (f federated) topic(ctx context.Context) topic {
	who := f.From.ask(ctx)
	identity := f.From.kind() + " " + who
	if who == "" {
		identity += "(aws sts get-caller-identity prints which)"
	}
	return topic{doing: doingExchange, rows: stsRefusals(), names: append(f.profile(f.provider, who).names(),
		"{audience}", f.provider.audience(), "{provider}", f.provider.resource(), "{number}", f.provider.number, "{identity}", identity)}
}

// token decodes the grant of RFC 6749 §5.1.
func (a answer) token() (*oauth2.Token, error) {
	var doc struct {
		AccessToken string      `json:"access_token"`
		TokenType   string      `json:"token_type"`
		ExpiresIn   json.Number `json:"expires_in"`
	}
	if json.Unmarshal(a.body, &doc) != nil || doc.AccessToken == "" {
		return nil, errors.New("the token endpoint answered without an access token")
	}
	token := &oauth2.Token{AccessToken: doc.AccessToken, TokenType: doc.TokenType}
	if s, err := doc.ExpiresIn.Int64(); err == nil && s > 0 {
		token.Expiry = time.Now().Add(time.Duration(min(s, longestLife)) * time.Second)
	}
	return token, nil
}

// longestLife is the longest that any of Google's tokens lives, in seconds (IAM
// guide: create short-lived credentials).
const longestLife = 12 * 60 * 60

// refuse is for what can be said before anybody is asked.
func refuse(cause, remedy string) *Error {
	return &Error{Doing: "log in to Google", Cause: cause, Remedy: remedy}
}

// asBearer says whether a text may stand in a header as it is.
func asBearer(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
