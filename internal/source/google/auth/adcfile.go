package auth

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// A credentialsFile is what the kinds of credentials files have in them that we
// look at ourselves (Google Cloud guide: application default credentials;
// AIP-4110, AIP-4117).
type credentialsFile struct {
	Type             string          `json:"type"`
	ClientID         string          `json:"client_id"`
	ClientSecret     string          `json:"client_secret"`
	RefreshToken     string          `json:"refresh_token"`
	TokenURI         string          `json:"token_uri"`
	QuotaProject     string          `json:"quota_project_id"`
	Audience         string          `json:"audience"`
	SubjectTokenType string          `json:"subject_token_type"`
	TokenURL         string          `json:"token_url"`
	Impersonation    string          `json:"service_account_impersonation_url"`
	Source           json.RawMessage `json:"credential_source"`
	WorkforceProject string          `json:"workforce_pool_user_project"`
	Caller           json.RawMessage `json:"source_credentials"`
	Delegates        []string        `json:"delegates"`
}

// of returns the way that a document is good for; if it is the last one, with
// everything that the configuration asks for, and else as caller of another.
func (a ApplicationDefault) of(doc []byte, last bool) (Way, error) {
	var f credentialsFile
	if json.Unmarshal(doc, &f) != nil { // its own message would quote from the document
		return nil, errors.New("they are damaged or cut short: not the JSON of credentials")
	}
	switch f.Type {
	case "service_account":
		key, err := ParseKey(doc)
		if err != nil {
			return nil, err
		}
		return a.byKey(key, last), nil
	case "authorized_user":
		return a.byPerson(f, last)
	case "external_account":
		return a.byExternal(f, last)
	case "impersonated_service_account":
		if !last {
			return nil, errors.New("an impersonated service account cannot be the source of another: use delegates")
		}
		if len(f.Caller) == 0 {
			return nil, errors.New(`"source_credentials" is missing`)
		}
		caller, err := a.of(f.Caller, false)
		if err != nil {
			return nil, fmt.Errorf("the source_credentials: %w", err)
		}
		return a.impersonate(caller, f)
	}
	return nil, fmt.Errorf("they are of the type %q, which is none of service_account, authorized_user, external_account and impersonated_service_account",
		httpx.ID(f.Type))
}

func (a ApplicationDefault) byKey(key Key, last bool) Way {
	d := Delegation{Key: key, Base: a.Base, Meter: a.Meter, Log: a.Log, UserAgent: a.UserAgent, Clock: a.Clock}
	switch {
	case !last:
		return d
	case a.ServiceAccount == "" || a.ServiceAccount == key.ClientEmail:
		d.Subject, d.Scopes = a.Subject, a.Scopes
		return d
	}
	return a.as(d, a.ServiceAccount, nil)
}

// as lets a caller use a service account.
func (a ApplicationDefault) as(caller Way, account string, delegates []string) Way {
	return Impersonation{Caller: caller, ServiceAccount: account, Delegates: delegates, Subject: a.Subject, Scopes: a.Scopes, Net: a.Net}
}

// impersonate lets a caller use the service account of a file, or that of the
// configuration, which needs none of the file's delegates.
func (a ApplicationDefault) impersonate(caller Way, f credentialsFile) (Way, error) {
	account, err := f.account()
	if err != nil {
		return nil, err
	}
	if a.ServiceAccount != "" && a.ServiceAccount != account {
		return a.as(caller, a.ServiceAccount, nil), nil
	}
	if account == "" {
		return nil, errors.New(`"service_account_impersonation_url" is missing`)
	}
	var delegates []string
	for _, d := range f.Delegates {
		delegates = append(delegates, d[strings.LastIndex(d, "/")+1:])
	}
	return a.as(caller, account, delegates), nil
}

// account is the service account in service_account_impersonation_url: where
// it is, is known.
func (f credentialsFile) account() (string, error) {
	if f.Impersonation == "" {
		return "", nil
	}
	account, ok := strings.CutSuffix(f.Impersonation[strings.LastIndex(f.Impersonation, "/")+1:], ":generateAccessToken")
	account = strings.ReplaceAll(account, "%40", "@")
	if !ok || !isAccount(account) {
		return "", errors.New(`"service_account_impersonation_url" names no service account`)
	}
	return account, nil
}

func (a ApplicationDefault) byPerson(f credentialsFile, last bool) (Way, error) {
	uri := cmp.Or(f.TokenURI, DefaultURI)
	if a.Endpoint != "" {
		uri = a.tokenURL()
	}
	switch {
	case !isAddress(uri):
		return nil, errors.New(`"token_uri" is not an address that begins with https:// and names no user`)
	case f.RefreshToken == "" || f.ClientID == "":
		return nil, errors.New(`"refresh_token" or "client_id" is missing`)
	}
	p := person{
		clientID: f.ClientID, clientSecret: secret.New(f.ClientSecret), refresh: secret.New(f.RefreshToken), uri: uri,
		quota: cmp.Or(httpx.ID(a.env("GOOGLE_CLOUD_QUOTA_PROJECT")), httpx.ID(f.QuotaProject)), scopes: a.Scopes, Net: a.Net,
	}
	switch {
	case !last:
		return p, nil
	case a.ServiceAccount != "":
		return a.as(p, a.ServiceAccount, nil), nil
	case a.Subject != "":
		return nil, refuse("the credentials are a person's, who cannot act as "+a.Subject,
			"name a service account that can with --google-impersonate-service-account, or leave out --google-admin to read the directory as that person")
	case p.quota == "" && strings.HasPrefix(f.ClientID, gcloudClient):
		return nil, refuse("the credentials are a person's, made by gcloud, and name no project whose quota is used; the Admin SDK API demands one",
			"gcloud auth application-default set-quota-project PROJECT, or set GOOGLE_CLOUD_QUOTA_PROJECT; the project must have admin.googleapis.com enabled")
	}
	p.direct = true
	return p, nil
}

// gcloudClient is how the id of the client begins by which gcloud logs people
// in. Clients of one's own have a project of their own, and need no other.
const gcloudClient = "764086051850-"

func (a ApplicationDefault) byExternal(f credentialsFile, last bool) (Way, error) {
	var source struct {
		EnvironmentID string `json:"environment_id"`
	}
	_ = json.Unmarshal(f.Source, &source) // the library says what is wrong with it
	aws := strings.HasPrefix(source.EnvironmentID, "aws")
	e := external{file: secret.New(string(f.sanitised(a.Net))), audience: f.Audience, sts: cmp.Or(f.TokenURL, a.stsURL()), aws: aws, Net: a.Net}
	if a.Endpoint != "" {
		e.sts = a.stsURL()
	}
	if !isAddress(e.sts) {
		return nil, errors.New(`"token_url" is not an address that begins with https:// and names no user`)
	}
	var caller Way = e
	if aws && a.AWS.Sign != nil {
		caller = Federation{Provider: f.Audience, From: a.AWS, Net: a.Net}
	}
	if !last {
		return caller, nil
	}
	if a.ServiceAccount == "" && f.Impersonation == "" {
		return nil, refuse("the credentials are an identity of elsewhere, which itself reads no directory",
			"name a service account that it may use with --google-impersonate-service-account")
	}
	return a.impersonate(caller, f)
}

// sanitised is the file with nothing but what the exchange takes: the service
// account is used by ourselves, since the library passes over the subject, and
// what we do not know we do not hand on.
func (f credentialsFile) sanitised(n Net) []byte {
	doc := map[string]any{
		"type": f.Type, "audience": f.Audience, "subject_token_type": f.SubjectTokenType, "token_url": cmp.Or(f.TokenURL, n.stsURL()),
		"credential_source": f.Source, "workforce_pool_user_project": f.WorkforceProject,
		"client_id": f.ClientID, "client_secret": f.ClientSecret,
	}
	if n.Endpoint != "" {
		doc["token_url"] = n.stsURL()
	}
	if len(f.Source) == 0 {
		delete(doc, "credential_source")
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return nil // every part of it has just been read
	}
	return text
}
