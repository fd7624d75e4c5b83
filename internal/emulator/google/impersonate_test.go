package google_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ssosync/internal/emulator/google"
)

const credentialsPath = "/v1/projects/-/serviceAccounts/" + robot

// TestSignable: which claims Google signs.
func TestSignable(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	d := federated(t)
	d.Update(func(f *google.Fixture) { f.ServiceAccounts[0].TokenCreators = []string{"serviceAccount:" + robot} })
	srv := google.New(d, google.Options{Clock: func() time.Time { return now }})
	token := srv.Token(robot, cloud)
	noon := now.Unix() + 12*3600
	for payload, want := range map[string]string{
		fmt.Sprintf(`{"sub":"x","exp":%d}`, noon): fmt.Sprintf(`{"sub":"x","exp":%d}`, noon),
		`{"sub":"x"}`: fmt.Sprintf(`{"exp":%d,"sub":"x"}`, now.Unix()+3600),
		fmt.Sprintf(`{"sub":"x","exp":%d}`, noon+1): "",
		`{"exp":1.5}`: "",
		`{"exp":"1"}`: "",
		`[]`:          "",
		``:            "",
	} {
		body, err := json.Marshal(map[string]string{"payload": payload})
		mustDo(t, err)
		w := post(t, srv, credentialsPath+":signJwt", "application/json", token, string(body))
		if want == "" {
			if got := refusal(t, w); got != "Bad Request: INVALID_ARGUMENT: Request contains an invalid argument." {
				t.Errorf("%s: %s", payload, got)
			}
			continue
		}
		jwt, _ := decode(t, w.Body)["signedJwt"].(string)
		if got := claimsOf(t, jwt); got != want {
			t.Errorf("%s: signed %s, want %s", payload, got, want)
		}
	}
}

// TestLifetime: how long a token of a service account lives.
func TestLifetime(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	d := federated(t)
	d.Update(func(f *google.Fixture) { f.ServiceAccounts[0].IdentityUsers = []string{"serviceAccount:" + robot} })
	srv := google.New(d, google.Options{Clock: func() time.Time { return now }})
	for lifetime, want := range map[string]string{
		`"3600s"`: "2026-11-20T10:00:00Z", `"300s"`: "2026-11-20T09:05:00Z", `"0.5s"`: "2026-11-20T09:00:00Z", `""`: "2026-11-20T10:00:00Z",
		`"3601s"`: "", `"0s"`: "", `"-1s"`: "", `"1h"`: "", `"3600"`: "", `3600`: "",
	} {
		w := post(t, srv, credentialsPath+":generateAccessToken", "application/json", srv.Token(robot, cloud), `{"scope":["`+cloud+`"],"lifetime":`+lifetime+`}`)
		if got, _ := decode(t, w.Body)["expireTime"].(string); got != want || (want == "") != (w.Code == http.StatusBadRequest) {
			t.Errorf("%s: %d %s, want %s", lifetime, w.Code, got, want)
		}
	}
}

// TestIAMCredentialsCallers: who is not even asked for a role.
func TestIAMCredentialsCallers(t *testing.T) {
	d := federated(t)
	d.Update(func(f *google.Fixture) { f.ServiceAccounts[0].TokenCreators = []string{"serviceAccount:" + robot} })
	srv := google.New(d, google.Options{})
	const nobody = "Unauthorized: UNAUTHENTICATED: Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential."
	for what, c := range map[string]struct{ token, want string }{
		"no token":      {"", nobody},
		"made up":       {"ya29.x", nobody},
		"another scope": {srv.Token(robot, userScope), "Forbidden: PERMISSION_DENIED: Request had insufficient authentication scopes."},
	} {
		w := post(t, srv, credentialsPath+":signJwt", "application/json", c.token, `{"payload":"{}"}`)
		if got := refusal(t, w); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
		if what == "another scope" && !strings.Contains(w.Body.String(), `"google.iam.credentials.v1.IAMCredentials.SignJwt"`) {
			t.Errorf("%s: %s", what, w.Body)
		}
	}
}

// TestClockSkew: the server's clock is in Date, and in what it measures.
func TestClockSkew(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	srv := google.New(acme(t), google.Options{Clock: func() time.Time { return now }})
	token := srv.Token(adminEmail, allScopes...)
	for skew, want := range map[time.Duration]string{0: "Fri, 20 Nov 2026 09:00:00 GMT", -time.Hour: "Fri, 20 Nov 2026 08:00:00 GMT", time.Hour: "Fri, 20 Nov 2026 10:00:00 GMT"} {
		srv.Configure(func(o *google.Options) { o.ClockSkew = skew })
		w := getAs(t, srv, token, "users?customer=my_customer")
		if got := w.Header().Get("Date"); got != want || (w.Code == http.StatusOK) != (skew <= 0) {
			t.Errorf("%v: %d %s, want %s", skew, w.Code, got, want)
		}
	}
}
