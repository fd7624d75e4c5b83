package google

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/url"
	"strings"
)

// NewKey makes a service account key (RSA 2048), registers its public half in
// the directory, and returns the JSON file that the Cloud console would have
// given, whose token_uri is baseURL + "/token". The service account is added
// when the directory lacks it.
func (d *Directory) NewKey(email, baseURL string) ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return d.AddKey(email, baseURL, key)
}

// AddKey is NewKey with a key that the caller made: making one takes a good
// part of a second.
func (d *Directory) AddKey(email, baseURL string, key *rsa.PrivateKey) ([]byte, error) {
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("add key: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("add key: %w", err)
	}
	sum := sha256.Sum256(public)
	k := Key{
		ID:        hex.EncodeToString(sum[:20]),
		PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		TokenURI:  strings.TrimRight(baseURL, "/") + "/token",
	}
	var sa ServiceAccount
	d.Update(func(f *Fixture) { sa = f.addKey(email, k) })
	name, _, _ := strings.Cut(email, "@")
	return json.MarshalIndent(map[string]string{
		"type":                        "service_account",
		"project_id":                  sa.ProjectID,
		"private_key_id":              k.ID,
		"private_key":                 string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		"client_email":                email,
		"client_id":                   sa.ClientID,
		"auth_uri":                    "https://accounts.google.com/o/oauth2/auth",
		"token_uri":                   k.TokenURI,
		"auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
		"client_x509_cert_url":        "https://www.googleapis.com/robot/v1/metadata/x509/" + url.PathEscape(name+"@"+domainOf(email)),
		"universe_domain":             "googleapis.com",
	}, "", "  ")
}

func (f *Fixture) addKey(email string, k Key) ServiceAccount {
	for i := range f.ServiceAccounts {
		if fold(f.ServiceAccounts[i].Email) == fold(email) {
			f.ServiceAccounts[i].Keys = append(f.ServiceAccounts[i].Keys, k)
			return f.ServiceAccounts[i]
		}
	}
	project, _, _ := strings.Cut(domainOf(email), ".")
	f.ServiceAccounts = append(f.ServiceAccounts, ServiceAccount{
		Email: email, ClientID: "1" + number(20, "serviceAccount", email), ProjectID: project, Keys: []Key{k},
	})
	return f.ServiceAccounts[len(f.ServiceAccounts)-1]
}

// Delegate grants domain-wide delegation to a service account, which is added
// when the directory lacks it. Scopes may be short
// ("admin.directory.user.readonly"); none takes the grant away.
func (d *Directory) Delegate(email string, scopes ...string) {
	full := make([]string, 0, len(scopes))
	for _, s := range scopes {
		if !strings.Contains(s, "/") {
			s = scopePrefix + s
		}
		full = append(full, s)
	}
	d.Update(func(f *Fixture) {
		for i := range f.ServiceAccounts {
			if fold(f.ServiceAccounts[i].Email) == fold(email) {
				f.ServiceAccounts[i].DelegatedScopes = full
				return
			}
		}
		f.ServiceAccounts = append(f.ServiceAccounts, ServiceAccount{Email: email, DelegatedScopes: full})
	})
}
