package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"ssosync/internal/secret"
)

// The variables that a job of GitHub Actions has which may ask for a token
// (GitHub docs: OpenID Connect reference, methods for requesting the token).
const gitHubURL = "ACTIONS_ID_TOKEN_REQUEST_URL"

// googleLogin works out how to log in to Google, from what is given.
func (l *loader) googleLogin() {
	c := &l.cfg
	c.GoogleProvider = providerName(c.GoogleProvider)
	l.providerFrom()
	asked := c.GoogleLogin
	if asked == LoginAuto {
		switch {
		case !c.GoogleAccessToken.Empty() || l.given("google-access-token"):
			l.chosen(LoginToken, "google-access-token")
		case l.given("google-credentials"):
			l.chosen(LoginKey, "google-credentials")
		case c.GoogleProvider != "":
			l.chosen(LoginIdentity, "google-workload-identity-provider")
		}
	}
	switch c.GoogleLogin {
	case LoginToken, LoginIdentity:
		o, _ := find("google-credentials")
		if g, ok := l.strongest(o); ok {
			l.sources[o.Name] = g.origin
			if asked == LoginAuto {
				l.problem(&Error{Option: "google-login", Text: "google-credentials and google-access-token are both given", Hint: "take one of them away, or say which one with --google-login"})
			}
			break
		}
		l.sources[o.Name] = Origin{}
	default:
		l.googleKey()
		l.byType(asked)
	}
}

// given reports whether some layer says something of a setting.
func (l *loader) given(name string) bool {
	o, _ := find(name)
	_, ok := l.strongest(o)
	return ok
}

// chosen notes which login it is, and because of what.
func (l *loader) chosen(login, because string) {
	from := because
	if s := l.sources[because]; s.Layer != FromDefault {
		from = s.String()
	}
	l.cfg.GoogleLogin, l.sources["google-login"] = login, Origin{Layer: FromDerived, Name: from}
}

// byType tells a service account's key from the other credentials that Google's
// tools write, and takes the application default credentials where there is
// nothing else and somebody has made any.
func (l *loader) byType(asked string) {
	c := &l.cfg
	kind := credentialsType(c.GoogleCredentials)
	from := l.sources["google-credentials"]
	switch {
	case l.cfg.broken["google-credentials"]:
	case asked != LoginAuto:
	case kind != "" && kind != "service_account" && from.Name == "file credentials.json":
		// Whoever wrote it may have its like send any file to any server.
		l.problem(&Error{Option: "google-credentials", Text: "credentials.json in this directory is no service account's key", Hint: "name it with --google-credentials (-c), if it is yours"})
	case kind != "":
		login := LoginADC
		if kind == "service_account" {
			login = LoginKey
		}
		c.GoogleLogin, l.sources["google-login"] = login, Origin{Layer: FromDerived, Name: from.String()}
	case !c.GoogleCredentials.Empty() || l.cfg.elsewhere["google-credentials"].Scheme != "":
		c.GoogleLogin, l.sources["google-login"] = LoginKey, Origin{Layer: FromDerived, Name: from.String()}
	case c.GoogleServiceAccount != "":
		l.chosen(LoginADC, "google-impersonate-service-account")
	default:
		l.wellKnown()
	}
}

// wellKnown takes the credentials that gcloud has written, if it has.
func (l *loader) wellKnown() {
	home := l.environ["HOME"].value
	if home == "" || l.in.Mode == Lambda {
		return
	}
	name := home + "/.config/gcloud/application_default_credentials.json"
	if _, err := l.in.ReadFile(name); err == nil || !errors.Is(err, fs.ErrNotExist) {
		l.cfg.GoogleLogin, l.sources["google-login"] = LoginADC, Origin{Layer: FromDerived, Name: "file " + name}
	}
}

// credentialsType returns the type that a credentials file says it is, "" if it
// says none.
func credentialsType(s secret.String) string {
	var file struct {
		Type string `json:"type"`
	}
	if json.Unmarshal([]byte(s.Reveal()), &file) != nil {
		return ""
	}
	return file.Type
}

// providerFrom works out who vouches for us.
func (l *loader) providerFrom() {
	c := &l.cfg
	if c.GoogleProvider == "" || c.GoogleProviderFrom != FromAuto {
		return
	}
	c.GoogleProviderFrom = FromAWS
	why := Origin{Layer: FromDerived, Name: "no job of GitHub Actions"}
	if l.environ[gitHubURL].value != "" {
		c.GoogleProviderFrom, why = FromGitHub, Origin{Layer: FromEnvironment, Name: gitHubURL}
	}
	l.sources["google-workload-identity-from"] = why
}

// providerName returns a provider's name without what Google's own files and
// pages write before it.
func providerName(s string) string {
	for _, before := range []string{"https:", "//iam.googleapis.com/"} {
		s = strings.TrimPrefix(s, before)
	}
	return strings.Trim(s, "/")
}

// google checks how to log in to Google, and as whom.
func (v *validator) google() {
	c := v.cfg
	v.login()
	v.admin()
	if c.CustomerID == "" && !v.unknown("customer-id") {
		v.missing("customer-id", "the Google customer id")
	}
	if c.GoogleServiceAccount != "" && !strings.Contains(c.GoogleServiceAccount, "@") {
		v.wrong("google-impersonate-service-account", "google-impersonate-service-account is not an address", "it looks like ssosync@my-project.iam.gserviceaccount.com")
	}
	if c.GoogleEndpoint != "" {
		if _, text := checkURL(c.GoogleEndpoint); text != "" {
			v.wrong("google-endpoint", "google-endpoint "+text, "")
		}
	}
}

// admin checks whom to act as. Only people have a customer of their own, so that
// a service account that acts as itself must name it. Who is behind the other
// logins is not known here.
func (v *validator) admin() {
	c := v.cfg
	person := c.GoogleLogin == LoginADC || c.GoogleLogin == LoginToken
	switch {
	case c.GoogleAdmin == "" && (person || c.CustomerID != DefaultCustomer || v.unknown("google-admin", "customer-id")):
	case c.GoogleAdmin == "":
		v.missing("google-admin", "the Google administrator")
	case !strings.Contains(c.GoogleAdmin, "@"):
		v.wrong("google-admin", "google-admin is not an address", "")
	case c.GoogleLogin == LoginToken:
		v.wrong("google-admin", "google-admin has no effect: an access token acts as whom it was made for", "take one of them away")
	}
}

// login checks that there is what the login takes.
func (v *validator) login() {
	c := v.cfg
	switch c.GoogleLogin {
	case LoginToken:
		v.mustHave("google-access-token", "the Google access token", c.GoogleAccessToken)
		if c.GoogleServiceAccount != "" {
			v.wrong("google-impersonate-service-account", "google-impersonate-service-account has no effect with an access token", "take one of them away")
		}
	case LoginIdentity:
		switch {
		case v.unknown("google-workload-identity-provider"):
		case c.GoogleProvider == "":
			v.missing("google-workload-identity-provider", "the workload identity provider")
		case !isProvider(c.GoogleProvider):
			v.wrong("google-workload-identity-provider", "google-workload-identity-provider is not projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER",
				"gcloud iam workload-identity-pools providers list prints it")
		}
		if c.GoogleServiceAccount == "" && !v.unknown("google-impersonate-service-account") {
			v.missing("google-impersonate-service-account", "the service account to impersonate")
		}
	case LoginADC:
	default:
		v.mustHave("google-credentials", "the Google key", c.GoogleCredentials)
		if kind := credentialsType(c.GoogleCredentials); kind != "" && kind != "service_account" {
			v.wrong("google-credentials", fmt.Sprintf("google-credentials is no service account's key, but of the type %q", known(kind)), "use --google-login=adc")
		}
	}
}

// known returns the type of a credentials file, if Google's tools write such.
func known(kind string) string {
	switch kind {
	case "authorized_user", "external_account", "external_account_authorized_user", "impersonated_service_account", "gdch_service_account":
		return kind
	}
	return "unknown"
}

// isProvider reports whether s has the form of a provider's full name (IAM
// guide: workload identity federation).
func isProvider(s string) bool {
	parts := strings.Split(s, "/")
	if len(parts) != 8 {
		return false
	}
	for i, want := range []string{"projects", "", "locations", "global", "workloadIdentityPools", "", "providers", ""} {
		if parts[i] == "" || want != "" && parts[i] != want {
			return false
		}
	}
	return strings.Trim(parts[1], "0123456789") == ""
}
