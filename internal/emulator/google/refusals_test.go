package google_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	oauth "golang.org/x/oauth2/google"
	"golang.org/x/oauth2/google/externalaccount"
	admin "google.golang.org/api/admin/directory/v1"
	"google.golang.org/api/iamcredentials/v1"
	"google.golang.org/api/option"

	"ssosync/internal/emulator/google"
)

// first is the first refusal that went over the wire.
type first struct {
	where, code, message string
	status               int
	dated                time.Time
}

// watched is a server that remembers it.
type watched struct {
	*bench
	seen *first
}

func watch(t *testing.T, dir *google.Directory) *watched {
	t.Helper()
	w := &watched{bench: &bench{dir: dir, srv: google.New(dir, google.Options{})}}
	ts := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		w.srv.ServeHTTP(rec, r)
		if rec.Code >= 400 && w.seen == nil {
			w.seen = refused(google.Operation(r), rec)
		}
		maps.Copy(rw.Header(), rec.Header())
		rw.WriteHeader(rec.Code)
		_, _ = rw.Write(rec.Body.Bytes())
	}))
	t.Cleanup(ts.Close)
	w.url = ts.URL
	return w
}

// refused reads either form of error: of the token endpoints, of the APIs.
func refused(op string, rec *httptest.ResponseRecorder) *first {
	var body struct {
		Error       json.RawMessage
		Description string `json:"error_description"`
	}
	var api struct {
		Message, Status string
		Errors          []struct{ Reason string }
	}
	f := &first{where: op, status: rec.Code}
	f.dated, _ = http.ParseTime(rec.Header().Get("Date"))
	if json.Unmarshal(rec.Body.Bytes(), &body) != nil {
		return f
	}
	if json.Unmarshal(body.Error, &f.code) == nil {
		f.message = body.Description
		return f
	}
	if json.Unmarshal(body.Error, &api) == nil {
		f.code, f.message = api.Status, api.Message
		if len(api.Errors) == 1 {
			f.code = api.Errors[0].Reason
		}
	}
	return f
}

// diagnose asks for one thing after the other, as far as it comes.
func diagnose(t *testing.T, svc *admin.Service, customer string) error {
	t.Helper()
	ctx := t.Context()
	if _, err := svc.Users.Get(adminEmail).Context(ctx).Do(); err != nil {
		return err
	}
	if _, err := svc.Customers.Get(customer).Context(ctx).Do(); err != nil {
		return err
	}
	if _, err := svc.Users.List().Customer(customer).MaxResults(1).Context(ctx).Do(); err != nil {
		return err
	}
	if _, err := svc.Groups.List().Customer(customer).MaxResults(1).Context(ctx).Do(); err != nil {
		return err
	}
	if _, err := svc.Members.List("ops@example.com").MaxResults(1).Context(ctx).Do(); err != nil {
		return err
	}
	if _, err := svc.Members.HasMember("ops@example.com", "liz@example.com").Context(ctx).Do(); err != nil {
		return err
	}
	_, err := svc.RoleAssignments.List(customer).UserKey(adminEmail).Context(ctx).Do()
	return err
}

// byKey is the whole sequence with a key and delegation.
func (w *watched) byKey(t *testing.T) func() error {
	svc := w.client(t)
	return func() error {
		file, err := oauth.JWTConfigFromJSON(w.key(t), allScopes...)
		mustDo(t, err)
		file.Subject = adminEmail
		svc, err = admin.NewService(t.Context(), option.WithEndpoint(w.url+"/"), option.WithHTTPClient(file.Client(t.Context())))
		mustDo(t, err)
		return diagnose(t, svc, "my_customer")
	}
}

// key is the file of a key that is registered already.
func (w *watched) key(t *testing.T) []byte {
	before := w.dir.Fixture()
	file, err := w.dir.AddKey(robot, w.url, testKey())
	mustDo(t, err)
	w.dir.Update(func(f *google.Fixture) { *f = before })
	return file
}

// keyless is the chain from AWS or GitHub to an administrator: the service
// account signs, asked by the federated identity or, with impersonation, by
// itself.
func (w *watched) keyless(t *testing.T, from string, impersonate bool) func() error {
	w.dir.Update(func(f *google.Fixture) {
		f.GitHub = google.GitHub{Repository: "example/directory", RequestToken: "request"}
		f.Providers = append(f.Providers, google.Provider{Audience: githubAudience, Issuer: google.GitHubIssuer})
		f.ServiceAccounts[0].TokenCreators = []string{"principalSet://iam.googleapis.com/" + pool + "/*", "principalSet://iam.googleapis.com/" + githubPool + "/*", "serviceAccount:" + robot}
	})
	return func() error {
		conf := externalaccount.Config{
			Audience: audience, SubjectTokenType: "urn:ietf:params:aws:token-type:aws4_request", TokenURL: w.url + "/v1/token",
			Scopes: []string{cloud}, AwsSecurityCredentialsSupplier: awsRole{"AKIAROLE"},
		}
		if from == "github" {
			conf.Audience, conf.SubjectTokenType = githubAudience, "urn:ietf:params:oauth:token-type:jwt"
			conf.AwsSecurityCredentialsSupplier, conf.SubjectTokenSupplier = nil, job{w.url}
		}
		if impersonate {
			conf.ServiceAccountImpersonationURL = w.url + "/v1/projects/-/serviceAccounts/" + robot + ":generateAccessToken"
		}
		src, err := externalaccount.NewTokenSource(t.Context(), conf)
		mustDo(t, err)
		svc, err := iamcredentials.NewService(t.Context(), option.WithEndpoint(w.url+"/"), option.WithHTTPClient(oauth2.NewClient(t.Context(), src)))
		mustDo(t, err)
		now := time.Now().Unix()
		claims := fmt.Sprintf(`{"iss":%q,"scope":%q,"sub":%q,"aud":"https://oauth2.googleapis.com/token","iat":%d,"exp":%d}`, robot, userScope, adminEmail, now, now+3600)
		out, err := svc.Projects.ServiceAccounts.SignJwt("projects/-/serviceAccounts/"+robot, &iamcredentials.SignJwtRequest{Payload: claims}).Context(t.Context()).Do()
		if err != nil {
			return err
		}
		return w.assert(t, out.SignedJwt)
	}
}

// TestRefusals: every row of the tables can be had, says what it says, and
// ends; each by the vendor's own client.
func TestRefusals(t *testing.T) {
	var names, tables []string
	for _, r := range google.Refusals() {
		names = append(names, r.Name)
		if len(tables) == 0 || tables[len(tables)-1] != r.Table {
			tables = append(tables, r.Table)
		}
		var logins []func(*testing.T) (*watched, func() error)
		key := func(t *testing.T) (*watched, func() error) {
			w := watch(t, acme(t))
			run := w.byKey(t)
			return w, run
		}
		without := func(from string, impersonate bool) func(*testing.T) (*watched, func() error) {
			return func(t *testing.T) (*watched, func() error) {
				w := watch(t, federated(t))
				run := w.keyless(t, from, impersonate)
				return w, run
			}
		}
		switch r.Where {
		case "sts.token":
			logins = append(logins, without("aws", false), without("github", false))
		case "iam.signJwt":
			logins = append(logins, without("aws", false), without("github", false))
		case "iam.generateAccessToken":
			logins = append(logins, without("aws", true), without("github", true))
		default:
			logins = append(logins, key)
		}
		for i, login := range logins {
			t.Run(fmt.Sprint(r.Name, " ", i), func(t *testing.T) {
				w, run := login(t)
				if err := run(); err != nil {
					t.Fatalf("before it: %v", err)
				}
				end := r.Install(w.srv)
				if err := run(); err == nil {
					t.Error("nothing happened")
				}
				check(t, r, w.seen)
				end()
				if err := run(); err != nil {
					t.Errorf("after it: %v", err)
				}
			})
		}
	}
	if want := []string{google.TableToken, google.TableFederation, google.TableDirectory}; !slices.Equal(tables, want) {
		t.Errorf("tables in the order %q, want %q", tables, want)
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != len(google.Refusals()) || len(names) != 45 {
		t.Errorf("%d names, not all different", len(names))
	}
}

func check(t *testing.T, r google.Refusal, got *first) {
	t.Helper()
	if got == nil {
		t.Fatal("no refusal went over the wire")
	}
	if got.status != r.Status || got.code != r.Code || !strings.HasPrefix(got.message, r.Message) || got.message == "" {
		t.Errorf("%+v,\nwant %d %s %s", *got, r.Status, r.Code, r.Message)
	}
	// A state refuses from the first call on that it concerns.
	if got.where != r.Where && (r.Table != google.TableDirectory || r.Where != "users.list") {
		t.Errorf("refused at %s, want %s", got.where, r.Where)
	}
	skew := time.Until(got.dated).Round(time.Minute)
	if want := map[string]time.Duration{"clock wrong": 2 * time.Hour, "identity stale": 20 * time.Minute}[r.Name]; skew != want {
		t.Errorf("Date is off by %v, want %v", skew, want)
	}
}

// TestRoleMissingForAccounts: a service account without delegation loses its
// role as well, and has it back afterwards.
func TestRoleMissingForAccounts(t *testing.T) {
	d := federated(t)
	mustDo(t, d.Assign("Users read", robot))
	srv := google.New(d, google.Options{})
	token := srv.Token(robot, allScopes...)
	rows := google.Refusals()
	i := slices.IndexFunc(rows, func(r google.Refusal) bool { return r.Name == "role missing" })
	end := rows[i].Install(srv)
	if got := outcome(t, srv, token, "users?customer=C01abcd23"); got != notAuthorized {
		t.Errorf("without a role: %s", got)
	}
	end()
	if got := outcome(t, srv, token, "users?customer=C01abcd23"); got != "OK" {
		t.Errorf("at the end: %s", got)
	}
}

// TestFixtureIsACopy: what a caller does to it stays with the caller.
func TestFixtureIsACopy(t *testing.T) {
	d := federated(t)
	d.Update(func(f *google.Fixture) {
		f.RefreshTokens = []google.RefreshToken{{Token: "1//", Scopes: []string{"a"}}}
		f.Metadata.Scopes = []string{"a"}
		p := &f.Providers[0]
		p.AllowedRoles, p.AllowedRepositories, p.AllowedAudiences, p.JWKS = []string{"a"}, []string{"a"}, []string{"a"}, []google.Key{{ID: "a"}}
	})
	before, err := json.Marshal(d)
	mustDo(t, err)
	f := d.Fixture()
	p := &f.Providers[0]
	f.RefreshTokens[0].State, f.RefreshTokens[0].Scopes[0], f.Metadata.Scopes[0] = "b", "b", "b"
	p.AllowedRoles[0], p.AllowedRepositories[0], p.AllowedAudiences[0], p.JWKS[0].ID = "b", "b", "b", "b"
	p.Callers["AKIAROLE"], p.Secrets["AKIAROLE"] = "b", "b"
	after, err := json.Marshal(d)
	mustDo(t, err)
	if !bytes.Equal(before, after) {
		t.Errorf("%s\nafter %s", before, after)
	}
}
