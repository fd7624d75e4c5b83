package auth_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/secret"
	"ssosync/internal/source/google/auth"
)

func TestProfiles(t *testing.T) {
	c := newCloud(t)
	named := c.adc(keyFile(nil))
	named.Subject = "amy@example.com"
	machine := c.machine("")
	machine.Subject = "amy@example.com"
	other := c.keyless(workflow())
	other.Subject = ""
	for want, w := range map[string]auth.Way{
		"service account " + account + ", by key 0123abcd, acting as amy@example.com":                                                                                                                                     auth.Delegation{Key: key(t), Subject: "amy@example.com"},
		"service account " + account + ", by key 0123abcd, acting as itself, by an admin role":                                                                                                                            auth.Delegation{Key: key(t)},
		"AWS role → workload identity pool pool, provider aws, of project 123456789 → " + account + " signs for amy@example.com (keyless)":                                                                                c.keyless(role("eu-central-1")),
		"GitHub workflow of example/sync → workload identity pool pool, provider aws, of project 123456789 → " + account + " acts as itself, by an admin role (keyless)":                                                  other,
		"application default credentials: service account " + account + ", by key 0123abcd, acting as amy@example.com":                                                                                                    named,
		"application default credentials: the service account of this machine in Google Cloud signs for amy@example.com (keyless)":                                                                                        machine,
		"a ready access token, of whom it was made for, until it expires":                                                                                                                                                 auth.AccessToken{Token: secret.New(accountToken)},
		"application default credentials: a person's login by gcloud, reading the directory by that person's admin role":                                                                                                  c.adc(personFile(nil)),
		"application default credentials: an identity of elsewhere, by a credentials file → workload identity pool pool, provider aws, of project 123456789 → " + account + " acts as itself, by an admin role (keyless)": c.adc(externalFile(nil)),
	} {
		p := w.Profile()
		if p.Text != want {
			t.Errorf("%q, want %q", p.Text, want)
		}
		if diff := cmp.Diff(auth.ReadScopes(), p.Scopes); diff != "" {
			t.Error(diff)
		}
		c.quiet(p.Text, p.Member)
	}
	long := key(t)
	long.KeyID = strings.Repeat("0123abcd", 5)
	if p := (auth.Delegation{Key: long}).Profile(); !strings.Contains(p.Text, "by key 0123abcd…, ") {
		t.Error(p.Text)
	}
	if p := named.Profile(); p.ClientID != "110000000000000000001" || p.Account != account || p.Subject != "amy@example.com" || p.Member != "serviceAccount:"+account {
		t.Errorf("%+v", p)
	}
	if p := other.Profile(); p.ClientID != "" || p.FindClientID() != "gcloud iam service-accounts describe "+account+" --format='value(uniqueId)'" ||
		p.Member != "principalSet://iam.googleapis.com/"+pool+"/attribute.repository/example/sync" {
		t.Errorf("%+v", p)
	}
	spoilt := workflow()
	spoilt.Repository = `x"; rm -rf /`
	if p := c.keyless(spoilt).Profile(); !strings.HasSuffix(p.Member, "/attribute.repository/OWNER/REPOSITORY") {
		t.Error(p.Member)
	}
	fromAWS := externalFile(map[string]any{"credential_source": map[string]any{"environment_id": "aws1"}})
	if p := c.adc(fromAWS).Profile(); p.Member != "principalSet://iam.googleapis.com/"+pool+"/attribute.aws_role/arn:aws:sts::ACCOUNT:assumed-role/ROLE" {
		t.Error(p.Member)
	}
	as := c.adc(personFile(nil))
	as.ServiceAccount = account
	if p := as.Profile(); p.Text != "application default credentials: a person's login by gcloud → "+account+" acts as itself, by an admin role (keyless)" {
		t.Error(p.Text)
	}
	if p := c.adc(externalFile(nil)).Profile(); p.Member != "principalSet://iam.googleapis.com/"+pool+"/*" {
		t.Error(p.Member)
	}
	if len(c.asked) != 0 {
		t.Errorf("asked %v", c.asked)
	}
}
