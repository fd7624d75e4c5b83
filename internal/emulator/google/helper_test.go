package google_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	oauth "golang.org/x/oauth2/google"
	admin "google.golang.org/api/admin/directory/v1"
	"google.golang.org/api/option"

	"ssosync/internal/emulator/google"
)

const (
	adminEmail = "admin@example.com"
	robot      = "sync@acme-project.iam.gserviceaccount.com"
)

// testKey is made once: it takes a good part of a second.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

var allScopes = []string{
	admin.AdminDirectoryUserReadonlyScope, admin.AdminDirectoryGroupReadonlyScope, admin.AdminDirectoryOrgunitReadonlyScope,
	admin.AdminDirectoryUserschemaReadonlyScope, admin.AdminDirectoryCustomerReadonlyScope, admin.AdminDirectoryDomainReadonlyScope,
	admin.AdminDirectoryRolemanagementReadonlyScope,
}

// bench is an emulator on a listener and the vendor's own client for it.
type bench struct {
	dir *google.Directory
	srv *google.Server
	url string
}

func start(t *testing.T, dir *google.Directory, opts google.Options) *bench {
	t.Helper()
	srv := google.New(dir, opts)
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	return &bench{dir: dir, srv: srv, url: ts.URL}
}

// client signs in with a key and delegation, as a real one would.
func (b *bench) client(t *testing.T) *admin.Service {
	t.Helper()
	key, err := b.dir.AddKey(robot, b.url, testKey())
	if err != nil {
		t.Fatal(err)
	}
	b.dir.Delegate(robot, allScopes...)
	conf, err := oauth.JWTConfigFromJSON(key, allScopes...)
	if err != nil {
		t.Fatal(err)
	}
	conf.Subject = adminEmail
	svc, err := admin.NewService(t.Context(), option.WithEndpoint(b.url+"/"), option.WithHTTPClient(conf.Client(t.Context())))
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// get asks in process, as the administrator with all scopes.
func get(tb testing.TB, srv *google.Server, path string) *httptest.ResponseRecorder {
	tb.Helper()
	return getAs(tb, srv, srv.Token(adminEmail, allScopes...), path)
}

func getAs(tb testing.TB, srv *google.Server, token, path string) *httptest.ResponseRecorder {
	tb.Helper()
	req := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/admin/directory/v1/"+path, nil)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, req)
	return w
}

func decode(tb testing.TB, body io.Reader) map[string]any {
	tb.Helper()
	m := map[string]any{}
	if err := json.NewDecoder(body).Decode(&m); err != nil {
		tb.Fatalf("answer is no JSON: %v", err)
	}
	return m
}

// refusal is "code reason message" of an error answer.
func refusal(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var body struct {
		Error struct {
			Code            int
			Message, Status string
			Errors          []struct{ Reason string }
		}
	}
	err := json.NewDecoder(strings.NewReader(w.Body.String())).Decode(&body)
	if len(body.Error.Errors) == 0 && body.Error.Status != "" { // an API other than the Directory's
		body.Error.Errors = append(body.Error.Errors, struct{ Reason string }{body.Error.Status})
	}
	if err != nil || len(body.Error.Errors) != 1 {
		t.Fatalf("not an error of the API: %d %s", w.Code, w.Body)
	}
	if body.Error.Code != w.Code {
		t.Errorf("body says %d, status is %d", body.Error.Code, w.Code)
	}
	return http.StatusText(w.Code) + ": " + body.Error.Errors[0].Reason + ": " + body.Error.Message
}
