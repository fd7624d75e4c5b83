package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"ssosync/internal/httpx"
)

// A machine is one in Google Cloud, whose metadata server gives tokens of its
// service account: Compute Engine, GKE, Cloud Run (Compute Engine guide: view
// and query VM metadata). It is asked by ourselves: Google's library looks for
// the server once per process, without a context, and does not let go.
type machine struct {
	host string
	adc  ApplicationDefault
}

// metadataHost is an address rather than a name, so that no name server can
// stand in its place.
const metadataHost = "169.254.169.254"

// machine returns the way of a machine, and of the account that it is to use.
func (a ApplicationDefault) machine() (Way, error) {
	host := a.env("GCE_METADATA_HOST")
	if host == "" {
		host = metadataHost
	}
	if !isNear(host) {
		return nil, errors.New("GCE_METADATA_HOST is neither this machine nor an address of its own network: a metadata server speaks plain http")
	}
	m := machine{host: host, adc: a}
	if a.ServiceAccount != "" {
		return a.as(m, a.ServiceAccount, nil), nil
	}
	if a.Subject != "" {
		return signingMachine{m}, nil
	}
	return m, nil
}

// isNear reports whether a host, with or without a port, is where a metadata
// server may be.
func isNear(host string) bool {
	u, err := url.Parse("http://" + host)
	if err != nil || u.Host != host || u.User != nil {
		return false
	}
	name := u.Hostname()
	ip := net.ParseIP(name)
	return httpx.Loopback(name) || name == "metadata.google.internal" || name == "metadata" ||
		ip != nil && (ip.IsLinkLocalUnicast() || ip.IsPrivate())
}

// client reaches the metadata server, through no proxy, and gives up soon: on
// other machines nobody is there.
func (m machine) client() *client {
	n := m.adc.Net
	if n.Base == nil {
		t := httpx.NewTransport()
		t.Proxy = nil
		n.Base = t
	}
	return &client{wire: n.wire(httpx.Options{Attempts: 3, Timeout: 3 * time.Second}), clock: nil} // its clock is this machine's
}

// For returns the login as the machine's account. Machines of Compute Engine
// have their scopes from when they were made, and pass over these.
func (m machine) For(scopes ...string) (Login, error) {
	c := m.client()
	return loginFunc(func(ctx context.Context) (*oauth2.Token, error) {
		a, err := m.get(ctx, c, "token?scopes="+url.QueryEscape(strings.Join(scopes, ",")))
		if err != nil {
			return nil, err
		}
		return a.token()
	}), nil
}

// get asks about the machine's default account.
func (m machine) get(ctx context.Context, c *client, what string) (answer, error) {
	a, err := c.do(ctx, call{
		op: OpMetadata, url: "http://" + m.host + "/computeMetadata/v1/instance/service-accounts/default/" + what,
		header: http.Header{"Metadata-Flavor": {"Google"}},
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return answer{}, err
	case err != nil:
		e := refuse("there are no application default credentials: GOOGLE_APPLICATION_CREDENTIALS names no file, gcloud has no login here, and no metadata server of Google Cloud answers",
			"gcloud auth application-default login, or name a credentials file in GOOGLE_APPLICATION_CREDENTIALS, or give a key in --google-credentials")
		e.Description = httpx.Said(err.Error(), longest)
		return answer{}, e
	case !a.ok():
		e := refuse("the metadata server gives no token: the machine has no service account", "give the machine a service account, or credentials")
		e.Status = a.status
		return answer{}, e
	}
	return a, nil
}

// account returns the e-mail of the machine's account.
func (m machine) account(ctx context.Context, c *client) (string, error) {
	a, err := m.get(ctx, c, "?recursive=true")
	if err != nil {
		return "", err
	}
	var doc struct {
		Email string `json:"email"`
	}
	if json.Unmarshal(a.body, &doc) != nil || !isAccount(doc.Email) {
		return "", refuse("the machine has no service account of its own that could sign",
			"name one that it may use with --google-impersonate-service-account")
	}
	return doc.Email, nil
}

func (m machine) Profile() Profile {
	return Profile{
		Text:   "the service account of this machine in Google Cloud, acting as itself, by an admin role",
		Member: "serviceAccount:ACCOUNT_OF_THIS_MACHINE", Scopes: scopesOr(m.adc.Scopes),
	}
}

// ask is Profile with the account, if the server tells it.
func (m machine) ask(ctx context.Context) Profile {
	p := m.Profile()
	if account, err := m.account(ctx, m.client()); err == nil {
		p.Text, p.Account, p.Member = "service account "+account+" of this machine", account, "serviceAccount:"+account
	}
	return p
}

// A signingMachine has its own account sign for the administrator.
type signingMachine struct{ machine }

func (s signingMachine) For(scopes ...string) (Login, error) {
	c := s.client()
	return loginFunc(func(ctx context.Context) (*oauth2.Token, error) {
		account, err := s.account(ctx, c)
		if err != nil {
			return nil, err
		}
		login, err := s.adc.as(s.machine, account, nil).For(scopes...)
		if err != nil {
			return nil, fmt.Errorf("have %s sign: %w", account, err)
		}
		return login.Login(ctx)
	}), nil
}

func (s signingMachine) Profile() Profile {
	p := s.machine.Profile()
	p.Text, p.Subject = "the service account of this machine in Google Cloud signs for "+s.adc.Subject+" (keyless)", s.adc.Subject
	return p
}
