package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/oauth2"
)

// An Impersonation lets a caller that has no access to the directory use a
// service account that has, without a key of it (IAM guide: service account
// impersonation). With a Subject the account signs an assertion that it acts as
// that administrator, which is domain-wide delegation; otherwise it acts as
// itself, which takes an admin role of its own.
type Impersonation struct {
	Caller         Way
	ServiceAccount string   // e-mail
	Delegates      []string // e-mails of accounts between the caller and ServiceAccount
	Subject        string   // e-mail of the administrator
	Scopes         []string // nil means [ReadScopes]
	Net
}

// NewTokens returns the tokens of the service account, or says what is missing.
func (i Impersonation) NewTokens() (*Tokens, error) { return tokensOf(i, i.Scopes) }

// For returns the login of the service account.
func (i Impersonation) For(scopes ...string) (Login, error) {
	switch {
	case i.Caller == nil:
		return nil, errors.New("nobody is there to use the service account")
	case !isAccount(i.ServiceAccount):
		return nil, errors.New("the service account to be used is not an address such as ssosync@my-project.iam.gserviceaccount.com")
	}
	for _, d := range i.Delegates {
		if !isAccount(d) {
			return nil, errors.New("a service account on the way to the one to be used is not an address")
		}
	}
	if err := i.check(); err != nil {
		return nil, err
	}
	caller, err := i.Caller.For(ScopeCloud)
	if err != nil {
		return nil, err
	}
	i.Scopes = scopes
	return impersonated{Impersonation: i, caller: caller, client: i.client()}, nil
}

// isAccount reports whether a text may be the address of a service account, and
// stand in a command.
func isAccount(s string) bool {
	return len(s) <= 254 && regexp.MustCompile(`^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+\.[a-z]+$`).MatchString(s)
}

// Profile says who uses which account to act as whom.
func (i Impersonation) Profile() Profile {
	if i.Caller == nil {
		return i.profile(Profile{Text: "nobody"})
	}
	return i.profile(i.Caller.Profile())
}

func (i Impersonation) profile(caller Profile) Profile {
	deed := " acts as itself, by an admin role"
	if i.Subject != "" {
		deed = " signs for " + i.Subject
	}
	return Profile{
		Text:    caller.Text + " → " + i.ServiceAccount + deed + " (keyless)",
		Account: i.ServiceAccount, Subject: i.Subject, Scopes: scopesOr(i.Scopes), Member: caller.Member,
	}
}

// impersonated is an impersonation that is ready for use.
type impersonated struct {
	Impersonation
	caller Login
	client *client
}

// Login asks for a new token. A refusal is an [*Error].
func (i impersonated) Login(ctx context.Context) (*oauth2.Token, error) {
	base, err := i.caller.Login(ctx)
	if err != nil {
		return nil, err
	}
	if !asBearer(base.AccessToken) {
		return nil, errors.New("the caller's token is not one that a header can hold")
	}
	if i.Subject == "" {
		token, a, err := i.generate(ctx, base.AccessToken, i.Scopes)
		return token, i.explain(ctx, a, err, causeToken, remedyToken)
	}
	assertion, err := i.assert(ctx, base.AccessToken)
	if err != nil {
		return nil, err
	}
	a, err := i.client.do(ctx, call{op: OpToken, url: i.tokenURL(), form: url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion},
	}})
	if err != nil {
		return nil, err
	}
	if !a.ok() {
		t := topic{rows: tokenRefusals(), names: append(i.Profile().names(), "{key}", "that Google keeps", "{uri}", i.tokenURL())}
		return nil, t.explain(a)
	}
	return a.token()
}

// assert has the account sign, by the caller itself if it may, which is one
// hop and one role less; else by the account's own token, if the caller may get
// one (roles/iam.workloadIdentityUser holds that, and not signing).
func (i impersonated) assert(ctx context.Context, bearer string) (string, error) {
	assertion, direct, err := i.sign(ctx, bearer, i.Delegates)
	if !lacksPermission(direct, err) {
		return assertion, i.explain(ctx, direct, err, causeSign, remedySign)
	}
	token, a, err := i.generate(ctx, bearer, []string{ScopeCloud})
	if lacksPermission(a, err) {
		return "", i.explain(ctx, direct, nil, causeNeither, remedyNeither)
	}
	if err := i.explain(ctx, a, err, causeToken, remedyToken); err != nil {
		return "", err
	}
	assertion, a, err = i.sign(ctx, token.AccessToken, nil)
	return assertion, i.explain(ctx, a, err, causeSelf, remedySelf)
}

// lacksPermission reports a refusal that another way may get around.
func lacksPermission(a answer, err error) bool {
	s := read(a.body)
	return err == nil && a.status == http.StatusForbidden && s.code != "SERVICE_DISABLED" &&
		!strings.Contains(s.description, "has not been used in project")
}

// explain returns nil if the answer is good, and else what it means.
func (i impersonated) explain(ctx context.Context, a answer, err error, cause403, remedy403 string) error {
	if err != nil || a.ok() {
		return err
	}
	caller := askedProfile(ctx, i.Caller)
	names := append(i.profile(caller).names(), "{caller}", caller.Text)
	bind := bindCreator
	if strings.HasPrefix(caller.Member, "principal") { // who is federated has a role of its own for that
		bind = bindUser
	}
	return topic{
		doing: "use the service account " + i.ServiceAccount, rows: iamRefusals(cause403, remedy403),
		names: append(names, "{bind}", strings.NewReplacer(names...).Replace(bind)), project: projectOf(i.ServiceAccount),
	}.explain(a)
}

// projectOf returns the project that an account is of, "" for those that
// Google made, whose addresses do not say.
func projectOf(account string) string {
	_, host, _ := strings.Cut(account, "@")
	project, ok := strings.CutSuffix(host, ".iam.gserviceaccount.com")
	if !ok {
		return ""
	}
	return project
}

// askedProfile is the profile with what can be found out by asking.
func askedProfile(ctx context.Context, w Way) Profile {
	if a, ok := w.(interface {
		ask(ctx context.Context) Profile
	}); ok {
		return a.ask(ctx)
	}
	return w.Profile()
}
