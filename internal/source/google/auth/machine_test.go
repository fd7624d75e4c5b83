package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ssosync/internal/httpx"
	"ssosync/internal/source/google/auth"
)

// machine is where no credentials file is.
func (c *cloud) machine(host string) auth.ApplicationDefault {
	return auth.ApplicationDefault{Net: c.net(), Getenv: func(name string) string {
		return map[string]string{"HOME": "/no/such/home", "GCE_METADATA_HOST": host}[name]
	}}
}

func TestAMachineInGoogleCloud(t *testing.T) {
	c := newCloud(t)
	a := c.machine("")
	tokens, err := a.NewTokens()
	c.get(tokens, err, machineToken)
	if got := c.reqs["metadata"].URL.Query().Get("scopes"); got != strings.ReplaceAll(scopes, " ", ",") {
		t.Errorf("scopes %q", got)
	}
	a.Subject = "amy@example.com"
	tokens, err = a.NewTokens()
	c.asked = nil
	c.get(tokens, err, directoryToken)
	if !slices.Equal(c.asked, []string{"account", "metadata", "sign", "token"}) || c.claims["sub"] != "amy@example.com" || c.claims["iss"] != account {
		t.Errorf("asked %v, claims %v", c.asked, c.claims)
	}
	a.ServiceAccount = account
	tokens, err = a.NewTokens()
	c.asked = nil
	c.get(tokens, err, directoryToken)
	if !slices.Equal(c.asked, []string{"metadata", "sign", "token"}) {
		t.Errorf("asked %v", c.asked)
	}
	c.signers, c.getters = nil, nil
	c.script["account"] = []answer{{status: 200, body: `{"email":"machine@other-example.iam.gserviceaccount.com"}`}}
	e := c.refused(a)
	wants(t, e.Remedy, bind+`roles/iam.serviceAccountTokenCreator --member="serviceAccount:machine@other-example.iam.gserviceaccount.com"`)
	if strings.Contains(e.Remedy, "workloadIdentityUser") {
		t.Error("a role of federation is of no use here:", e.Remedy)
	}
}

func TestAMachineElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		lost := answer{err: errors.New("no route to host")}
		c.script["metadata"] = []answer{lost, lost, lost}
		e := c.refused(c.machine(""))
		wants(t, e.Cause, "no application default credentials")
		wants(t, e.Remedy, "gcloud auth application-default login", "GOOGLE_APPLICATION_CREDENTIALS")
		if len(c.asked) != 3 || e.Description == "" {
			t.Errorf("asked %v, %v", c.asked, e)
		}
		c.script["metadata"] = []answer{{status: 404, body: "x"}}
		if e := c.refused(c.machine("")); e.Status != 404 || !strings.Contains(e.Cause, "no service account") {
			t.Error(e)
		}
		for _, says := range []string{`{"email":"sync-example.svc.id.goog"}`, `{"email":""}`, `[]`} {
			c.script["account"] = []answer{{status: 200, body: says}}
			a := c.machine("")
			a.Subject = "amy@example.com"
			wants(t, c.refused(a).Remedy, "--google-impersonate-service-account")
		}
	})
}

func TestWhereAMetadataServerMayBe(t *testing.T) {
	c := newCloud(t)
	for host, good := range map[string]bool{
		"169.254.169.254": true, "127.0.0.1:8080": true, "localhost:1": true, "metadata.google.internal": true, "metadata": true, "169.254.169.252:988": true, "[fd20:ce::254]": true, "10.0.0.1": true,
		"example.com": false, "8.8.8.8": false, "metadata.google.internal.example.com": false, "127.0.0.1/x": false, "u@127.0.0.1": false, "127.0.0.1?x": false, "http://127.0.0.1": false,
	} {
		if _, err := c.machine(host).NewTokens(); (err == nil) != good {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestAskingAMachineEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		a := c.machine("")
		a.Base = httpx.Func(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		tokens, err := a.NewTokens()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := tokens.Token(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// The metadata server is asked through no proxy, which would see the token. The
// test runs itself, because a process reads its proxies once.
func TestMetadataGoesThroughNoProxy(t *testing.T) {
	if os.Getenv("SSOSYNC_TEST_ASKS") != "" {
		a := auth.ApplicationDefault{}
		tokens, err := a.NewTokens()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if _, err := tokens.Token(ctx, ""); err == nil {
			t.Error("a token was given")
		}
		return
	}
	proxied := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { proxied <- r.URL.String() }))
	defer proxy.Close()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = []string{"SSOSYNC_TEST_ASKS=1", "HOME=" + t.TempDir(), "HTTP_PROXY=" + proxy.URL, "http_proxy=" + proxy.URL, "GCE_METADATA_HOST=10.255.255.1"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	select {
	case url := <-proxied:
		t.Errorf("the proxy was asked for %s", url)
	default:
	}
}
