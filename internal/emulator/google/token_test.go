package google_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ssosync/internal/emulator/google"
)

const userScope = "https://www.googleapis.com/auth/admin.directory.user.readonly"

// sign makes a JWT the way RFC 7515 says, apart from the code under test.
func sign(t *testing.T, header, claims map[string]any, key *rsa.PrivateKey) string {
	t.Helper()
	part := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	text := part(header) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func post(t *testing.T, srv *google.Server, path, contentType, bearer, body string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, req)
	return w
}

// postForm asks the token endpoint.
func postForm(t *testing.T, srv *google.Server, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	return post(t, srv, "/token", "application/x-www-form-urlencoded", "", form.Encode())
}

// TestTokenEndpoint: one assertion that is good, and what each fault in it is
// answered.
func TestTokenEndpoint(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	const notYours = "401 unauthorized_client: Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."
	const times = "400 invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	type m = map[string]any
	for name, c := range map[string]struct {
		claims m
		setup  func(*google.Directory)
		key    *rsa.PrivateKey
		header m
		want   string
	}{
		"good":                   {want: "200"},
		"no subject":             {claims: m{"sub": ""}, want: "200"},
		"subject in prn":         {claims: m{"sub": "", "prn": "nobody@example.com"}, want: "400 invalid_grant: Invalid email or User ID"},
		"real endpoint":          {claims: m{"aud": "https://oauth2.googleapis.com/token"}, want: "200"},
		"key file's endpoint":    {claims: m{"aud": "http://emulator.test/token"}, want: "200"},
		"no key id":              {header: m{"kid": ""}, want: "200"},
		"clock five minutes off": {claims: m{"iat": at(300 * time.Second), "exp": at(3900 * time.Second)}, want: "200"},
		"old by five minutes":    {claims: m{"iat": at(-3900 * time.Second), "exp": at(-300 * time.Second)}, want: "200"},

		"clock ahead":     {claims: m{"iat": at(301 * time.Second), "exp": at(3901 * time.Second)}, want: times},
		"expired":         {claims: m{"iat": at(-3901 * time.Second), "exp": at(-301 * time.Second)}, want: times},
		"too long":        {claims: m{"exp": at(3601 * time.Second)}, want: times},
		"wrong audience":  {claims: m{"aud": "https://example.net/token"}, want: "400 invalid_grant: Invalid JWT: Failed audience check."},
		"wrong issuer":    {claims: m{"iss": adminEmail}, want: "400 invalid_grant: Invalid JWT: No valid verifier found for issuer."},
		"unknown account": {claims: m{"iss": "x@y.iam.gserviceaccount.com"}, want: "400 invalid_grant: Invalid grant: account not found"},
		"other key":       {key: other, want: "400 invalid_grant: Invalid JWT Signature."},
		"other key id":    {header: m{"kid": "0000"}, want: "400 invalid_grant: Invalid JWT Signature."},
		"other algorithm": {header: m{"alg": "HS256"}, want: "400 invalid_grant: Invalid JWT Signature."},
		"no scope":        {claims: m{"scope": ""}, want: "400 invalid_scope: Invalid OAuth scope or ID token audience provided."},
		"misspelt scope":  {claims: m{"scope": userScope + "s"}, want: "400 invalid_scope: Invalid OAuth scope or ID token audience provided."},
		"short scope":     {claims: m{"scope": "admin.directory.user.readonly"}, want: "400 invalid_scope: Invalid OAuth scope or ID token audience provided."},
		"scope not granted": {
			claims: m{"scope": "https://www.googleapis.com/auth/admin.directory.user"}, want: notYours,
		},
		"one scope not granted": {
			claims: m{"scope": userScope + " https://www.googleapis.com/auth/admin.directory.user"},
			want:   "400 access_denied: Requested client not authorized",
		},
		"no delegation":     {setup: func(d *google.Directory) { d.Delegate(robot) }, want: notYours},
		"subject unknown":   {claims: m{"sub": "nobody@example.com"}, want: "400 invalid_grant: Invalid email or User ID"},
		"subject foreign":   {claims: m{"sub": "guest@partner.test"}, want: "400 invalid_grant: Invalid email or User ID"},
		"subject itself":    {claims: m{"sub": robot}, want: "400 invalid_grant: Invalid email or User ID"},
		"subject malformed": {claims: m{"sub": "admin"}, want: "400 invalid_grant: Not a valid email"},
		"subject a group":   {claims: m{"sub": "ops@example.com"}, want: notYours},
		"subject suspended": {claims: m{"sub": "bob@example.com"}, want: "400 access_denied: Account restricted"},
		"subject deleted": {
			claims: m{"sub": "liz@example.com"}, want: "400 invalid_grant: The account has been deleted",
			setup: func(d *google.Directory) { mustDo(t, d.DeleteUser("liz@example.com")) },
		},
		"account deleted": {
			setup: func(d *google.Directory) { d.Update(func(f *google.Fixture) { f.ServiceAccounts[0].Deleted = true }) },
			want:  "400 invalid_grant: Invalid grant: account not found",
		},
		"account disabled": {
			setup: func(d *google.Directory) { d.Update(func(f *google.Fixture) { f.ServiceAccounts[0].Disabled = true }) },
			want:  "401 disabled_client: The OAuth client was disabled.",
		},
		"key disabled": {
			setup: func(d *google.Directory) {
				d.Update(func(f *google.Fixture) { f.ServiceAccounts[0].Keys[0].Disabled = true })
			},
			want: "400 invalid_grant: Invalid JWT Signature.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := acme(t)
			file, err := d.AddKey(robot, "http://emulator.test/", testKey())
			mustDo(t, err)
			d.Delegate(robot, "admin.directory.user.readonly", "admin.directory.group.readonly")
			if c.setup != nil {
				c.setup(d)
			}
			srv := google.New(d, google.Options{Clock: func() time.Time { return now }})
			var key struct {
				ID string `json:"private_key_id"`
			}
			mustDo(t, json.Unmarshal(file, &key))
			header := m{"alg": "RS256", "typ": "JWT", "kid": key.ID}
			maps.Copy(header, c.header)
			claims := m{"iss": robot, "sub": adminEmail, "scope": userScope, "aud": "http://example.com/token", "iat": now.Unix(), "exp": at(time.Hour)}
			maps.Copy(claims, c.claims)
			private := c.key
			if private == nil {
				private = testKey()
			}
			jwt := sign(t, header, claims, private)
			for _, form := range []url.Values{
				{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {jwt}},
				{"grant_type": {"assertion"}, "assertion_type": {"http://oauth.net/grant_type/jwt/1.0/bearer"}, "assertion": {jwt}},
			} {
				if got := oauthAnswer(t, postForm(t, srv, form)); got != c.want {
					t.Errorf("%s:\n got %s\nwant %s", form.Get("grant_type"), got, c.want)
				}
			}
		})
	}
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// oauthAnswer is "200" for a token in the documented form, else the status,
// the error and its description.
func oauthAnswer(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	code := http.StatusText(w.Code)
	body := decode(t, w.Body)
	if w.Code == http.StatusOK {
		if !strings.HasPrefix(body["access_token"].(string), "ya29.") || body["expires_in"] != 3599.0 || body["token_type"] != "Bearer" {
			t.Errorf("token: %v", body)
		}
		return "200"
	}
	number := map[string]string{"Bad Request": "400", "Unauthorized": "401"}[code]
	return number + " " + body["error"].(string) + ": " + body["error_description"].(string)
}

func TestTokenRequestsThatAreNone(t *testing.T) {
	srv := google.New(acme(t), google.Options{})
	for want, form := range map[string]url.Values{
		"400 unsupported_grant_type: Invalid grant_type: password": {"grant_type": {"password"}},
		"400 unsupported_grant_type: Invalid grant_type: ":         {},
		"400 invalid_grant: Invalid JWT: not a JWT":                {"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {"a.b"}},
	} {
		if got := oauthAnswer(t, postForm(t, srv, form)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestScopes: each method takes the scopes of the discovery document and no other.
func TestScopes(t *testing.T) {
	const p = "https://www.googleapis.com/auth/"
	srv := google.New(acme(t), google.Options{})
	every := []string{
		"cloud-platform", "admin.directory.user", "admin.directory.user.readonly", "admin.directory.group", "admin.directory.group.readonly",
		"admin.directory.group.member", "admin.directory.group.member.readonly", "admin.directory.orgunit", "admin.directory.orgunit.readonly",
		"admin.directory.userschema", "admin.directory.userschema.readonly", "admin.directory.customer", "admin.directory.customer.readonly",
		"admin.directory.domain", "admin.directory.domain.readonly", "admin.directory.rolemanagement", "admin.directory.rolemanagement.readonly",
	}
	both := func(s string) []string { return []string{s, s + ".readonly"} }
	members := append(both("admin.directory.group"), both("admin.directory.group.member")...)
	for path, c := range map[string]struct {
		method string
		scopes []string
	}{
		"users?customer=C01abcd23":                                 {"DirectoryUsers.List", append(both("admin.directory.user"), "cloud-platform")},
		"users/liz@example.com":                                    {"DirectoryUsers.Get", both("admin.directory.user")},
		"groups?customer=C01abcd23":                                {"DirectoryGroups.List", both("admin.directory.group")},
		"groups/ops@example.com":                                   {"DirectoryGroups.Get", both("admin.directory.group")},
		"groups/ops@example.com/members":                           {"DirectoryMembers.List", members},
		"groups/ops@example.com/members/liz@example.com":           {"DirectoryMembers.Get", members},
		"groups/ops@example.com/hasMember/liz@example.com":         {"DirectoryMembers.HasMember", members},
		"customer/C01abcd23/orgunits":                              {"DirectoryOrgunits.List", both("admin.directory.orgunit")},
		"customer/C01abcd23/orgunits/Eng/Platform":                 {"DirectoryOrgunits.Get", both("admin.directory.orgunit")},
		"customer/C01abcd23/schemas":                               {"DirectorySchemas.List", both("admin.directory.userschema")},
		"customer/C01abcd23/schemas/AWS":                           {"DirectorySchemas.Get", both("admin.directory.userschema")},
		"customers/C01abcd23":                                      {"DirectoryCustomers.Get", both("admin.directory.customer")},
		"customer/C01abcd23/domains":                               {"DirectoryDomains.List", both("admin.directory.domain")},
		"customer/C01abcd23/domains/example.org":                   {"DirectoryDomains.Get", both("admin.directory.domain")},
		"customer/C01abcd23/roles":                                 {"DirectoryRoles.List", both("admin.directory.rolemanagement")},
		"customer/C01abcd23/roles/1":                               {"DirectoryRoles.Get", both("admin.directory.rolemanagement")},
		"customer/C01abcd23/roleassignments?userKey=" + adminEmail: {"DirectoryRoleAssignments.List", both("admin.directory.rolemanagement")},
	} {
		for _, scope := range every {
			w := getAs(t, srv, srv.Token(adminEmail, scope), path)
			allowed := false
			for _, s := range c.scopes {
				allowed = allowed || s == scope
			}
			if allowed != (w.Code == http.StatusOK) {
				t.Errorf("%s with %s: %d %s", path, scope, w.Code, w.Body)
			}
			if w.Code == http.StatusOK {
				continue
			}
			if got := refusal(t, w); got != "Forbidden: insufficientPermissions: Request had insufficient authentication scopes." {
				t.Errorf("%s: %s", path, got)
			}
			if h := w.Header().Get("WWW-Authenticate"); !strings.Contains(h, `error="insufficient_scope"`) || !strings.Contains(h, p+c.scopes[0]) {
				t.Errorf("%s: %s", path, h)
			}
			for _, part := range []string{"ACCESS_TOKEN_SCOPE_INSUFFICIENT", `"ccc.hosted.frontend.directory.v1.` + c.method + `"`, "google.rpc.ErrorInfo"} {
				if !strings.Contains(w.Body.String(), part) {
					t.Errorf("%s: no %s in %s", path, part, w.Body)
				}
			}
		}
	}
}
