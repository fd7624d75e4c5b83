package google_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/compute/metadata"
	"golang.org/x/oauth2"
	oauth "golang.org/x/oauth2/google"

	"ssosync/internal/emulator/google"
)

// TestRefreshTokens: user credentials, by the vendor's own library.
func TestRefreshTokens(t *testing.T) {
	b := start(t, acme(t), google.Options{})
	set := func(change func(*google.RefreshToken)) {
		b.dir.Update(func(f *google.Fixture) {
			f.RefreshTokens = []google.RefreshToken{{Token: "1//good", ClientID: "app", ClientSecret: "hush", Email: adminEmail, Scopes: allScopes}}
			change(&f.RefreshTokens[0])
		})
	}
	refresh := func(id, secret, token string) (string, error) {
		conf := &oauth2.Config{ClientID: id, ClientSecret: secret, Endpoint: oauth2.Endpoint{TokenURL: b.url + "/token"}}
		tok, err := conf.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token}).Token()
		if err != nil {
			return "", err
		}
		return tok.AccessToken, nil
	}
	set(func(*google.RefreshToken) {})
	token, err := refresh("app", "hush", "1//good")
	mustDo(t, err)
	if got := outcome(t, b.srv, token, "users?customer=my_customer"); got != "OK" {
		t.Errorf("users.list: %s", got)
	}
	for want, c := range map[string]struct {
		id, secret, token string
		change            func(*google.RefreshToken)
	}{
		"401 invalid_client The OAuth client was not found.":        {id: "other"},
		"401 invalid_client The provided client secret is invalid.": {secret: "loud"},
		"400 invalid_grant Bad Request":                             {token: "1//other"},
		"400 invalid_grant Token has been expired or revoked.":      {change: func(r *google.RefreshToken) { r.State = google.RefreshRevoked }},
		"400 invalid_grant reauth related error (invalid_rapt)":     {change: func(r *google.RefreshToken) { r.State = google.RefreshReauth }},
		"400 invalid_grant Account has been deleted":                {change: func(r *google.RefreshToken) { r.Email = "gone@example.com" }},
		"400 invalid_grant Account disabled: bob@example.com":       {change: func(r *google.RefreshToken) { r.Email = "bob@example.com" }},
	} {
		set(func(r *google.RefreshToken) {
			if c.change != nil {
				c.change(r)
			}
		})
		or := func(a, b string) string {
			if a != "" {
				return a
			}
			return b
		}
		_, err := refresh(or(c.id, "app"), or(c.secret, "hush"), or(c.token, "1//good"))
		re, ok := errors.AsType[*oauth2.RetrieveError](err)
		if !ok {
			t.Fatalf("%s: %v", want, err)
		}
		if got := fmt.Sprint(re.Response.StatusCode, " ", re.ErrorCode, " ", re.ErrorDescription); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if reauth := strings.Contains(want, "rapt"); reauth != strings.Contains(string(re.Body), `"error_subtype": "invalid_rapt"`) {
			t.Errorf("%s: %s", want, re.Body)
		}
	}
	set(func(r *google.RefreshToken) { r.NoProject = true })
	token, err = refresh("app", "hush", "1//good")
	mustDo(t, err)
	if got := outcome(t, b.srv, token, "users?customer=my_customer"); !strings.HasPrefix(got, "Forbidden: accessNotConfigured: Your application is authenticating by using local Application Default Credentials.") {
		t.Errorf("without a quota project: %s", got)
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/admin/directory/v1/users?customer=my_customer", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("X-Goog-User-Project", "acme-project")
	w := httptest.NewRecorder()
	if b.srv.ServeHTTP(w, req); w.Code != http.StatusOK {
		t.Errorf("with a quota project: %d %s", w.Code, w.Body)
	}
}

// TestMetadata: a virtual machine, by the vendor's own library, and by hand.
func TestMetadata(t *testing.T) {
	b := start(t, federated(t), google.Options{})
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(b.url, "http://"))
	raw := func(path string, header ...string) (int, string, http.Header) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/computeMetadata/v1/"+path, nil)
		mustDo(t, err)
		for _, h := range header {
			name, value, _ := strings.Cut(h, ": ")
			req.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(req)
		mustDo(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		mustDo(t, err)
		return res.StatusCode, string(body), res.Header
	}
	const flavor, token = "Metadata-Flavor: Google", "instance/service-accounts/default/token"
	if code, _, h := raw("project/project-id", flavor); code != http.StatusNotFound || h.Get("Metadata-Flavor") != "" {
		t.Errorf("no machine: %d %v", code, h)
	}
	b.dir.Update(func(f *google.Fixture) { f.Metadata = google.Metadata{ServiceAccount: robot} })
	client := metadata.NewClient(nil)
	email, err := client.EmailWithContext(t.Context(), "default")
	mustDo(t, err)
	project, err := client.ProjectIDWithContext(t.Context())
	mustDo(t, err)
	numeric, err := client.NumericProjectIDWithContext(t.Context())
	mustDo(t, err)
	scopes, err := client.ScopesWithContext(t.Context(), "default")
	mustDo(t, err)
	if got := fmt.Sprint(email, project, numeric, scopes); got != robot+"acme-project"+"123456789012"+"["+cloud+"]" {
		t.Error(got)
	}
	tok, err := oauth.ComputeTokenSource("").Token()
	mustDo(t, err)
	if !strings.HasPrefix(tok.AccessToken, "ya29.") || tok.TokenType != "Bearer" || time.Until(tok.Expiry).Round(time.Minute) != time.Hour {
		t.Errorf("token %+v", tok)
	}
	sign := func(token string) int {
		return post(t, b.srv, "/v1/projects/-/serviceAccounts/"+robot+":signJwt", "application/json", token, `{"payload":"{}"}`).Code
	}
	if got := sign(tok.AccessToken); got != http.StatusForbidden {
		t.Errorf("a service account signs for itself without the role: %d", got)
	}
	b.dir.Update(func(f *google.Fixture) { f.ServiceAccounts[0].TokenCreators = []string{"serviceAccount:" + robot} })
	if got := sign(tok.AccessToken); got != http.StatusOK {
		t.Errorf("… with it: %d", got)
	}
	for what, c := range map[string]struct {
		path, header, other string
		code                int
	}{
		"flavor":                {token, flavor, "A: b", 200},
		"no flavor":             {token, "A: b", "A: b", 403},
		"another flavor":        {token, "Metadata-Flavor: Other", "A: b", 403},
		"forwarded":             {token, flavor, "X-Forwarded-For: 192.0.2.1", 403},
		"by address":            {"instance/service-accounts/" + robot + "/email", flavor, "A: b", 200},
		"another account":       {"instance/service-accounts/other@example.com/email", flavor, "A: b", 404},
		"another thing":         {"instance/service-accounts/default/identity", flavor, "A: b", 404},
		"another thing at all":  {"instance/zone", flavor, "A: b", 404},
		"the universe's domain": {"universe/universe-domain", flavor, "A: b", 200},
	} {
		code, body, h := raw(c.path, c.header, c.other)
		if code != c.code || h.Get("Metadata-Flavor") != "Google" || body == "" {
			t.Errorf("%s: %d %v %s", what, code, h, body)
		}
	}
	reads := func(query string) bool {
		_, body, _ := raw(token+query, flavor)
		tok := decode(t, strings.NewReader(body))["access_token"].(string)
		return outcome(t, b.srv, tok, "groups?customer=C01abcd23") != "Forbidden: insufficientPermissions: Request had insufficient authentication scopes."
	}
	const groups = "https://www.googleapis.com/auth/admin.directory.group.readonly"
	if reads("?scopes=" + groups) {
		t.Error("a virtual machine gives the scopes that it is asked for")
	}
	b.dir.Update(func(f *google.Fixture) { f.Metadata.AnyScopes = true })
	if !reads("?scopes=x,"+groups) || reads("") {
		t.Error("Cloud Run does not give the scopes that it is asked for, and no others")
	}
	b.dir.Update(func(f *google.Fixture) { f.Metadata = google.Metadata{ServiceAccount: robot, Scopes: []string{groups}} })
	if !reads("") {
		t.Error("the machine's scopes are not the token's")
	}
	b.dir.Update(func(f *google.Fixture) { f.ServiceAccounts[0].Disabled = true })
	if code, _, _ := raw(token, flavor); code != http.StatusNotFound {
		t.Errorf("the account is disabled: %d", code)
	}
}
