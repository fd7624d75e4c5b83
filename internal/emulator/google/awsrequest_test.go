package google_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	auth "cloud.google.com/go/auth/credentials"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"ssosync/internal/emulator/google"
)

// serialized is a GetCallerIdentity request on its way to Google.
type serialized struct {
	URL     string   `json:"url"`
	Method  string   `json:"method"`
	Headers []header `json:"headers"`
}

type header struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// put sets a header, or with "" takes it away.
func (s *serialized) put(key, value string) {
	s.Headers = slices.DeleteFunc(s.Headers, func(h header) bool { return strings.EqualFold(h.Key, key) })
	if value != "" {
		s.Headers = append(s.Headers, header{key, value})
	}
}

func (s *serialized) edit(key, old, replacement string) {
	for _, h := range s.Headers {
		if strings.EqualFold(h.Key, key) {
			s.put(key, strings.ReplaceAll(h.Value, old, replacement))
			return
		}
	}
}

// signedByAWS is the request as the AWS SDK signs it.
func signedByAWS(t *testing.T, host, region string, creds aws.Credentials, at time.Time) *serialized {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+host+"?Action=GetCallerIdentity&Version=2011-06-15", nil)
	mustDo(t, err)
	req.Header.Set("X-Goog-Cloud-Target-Resource", audience)
	empty := sha256.Sum256(nil)
	mustDo(t, v4.NewSigner().SignHTTP(t.Context(), creds, req, hex.EncodeToString(empty[:]), "sts", region, at))
	s := &serialized{URL: req.URL.String(), Method: req.Method, Headers: []header{{"host", host}}}
	for key := range req.Header {
		s.Headers = append(s.Headers, header{key, req.Header.Get(key)})
	}
	return s
}

func (s *serialized) token(t *testing.T) string {
	t.Helper()
	data, err := json.Marshal(s)
	mustDo(t, err)
	return url.QueryEscape(string(data))
}

func exchangeAWS(t *testing.T, srv *google.Server, token string) string {
	t.Helper()
	w := post(t, srv, "/v1/token", "application/x-www-form-urlencoded", "", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "audience": {audience}, "scope": {cloud},
		"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
		"subject_token_type":   {"urn:ietf:params:aws:token-type:aws4_request"}, "subject_token": {token},
	}.Encode())
	body := decode(t, w.Body)
	if w.Code == http.StatusOK {
		return "OK"
	}
	return fmt.Sprint(body["error"], ": ", body["error_description"])
}

// TestAWSRequest: one that the AWS SDK signed is taken, in each part of AWS;
// each of its parts matters.
func TestAWSRequest(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	d := federated(t)
	d.Update(func(f *google.Fixture) {
		p := &f.Providers[0]
		p.Secrets = map[string]string{"ASIAROLE": "hush", "AKIAROLE": "hush", "ASIACN": "hush", "ASIAGOV": "hush"}
		p.Callers = map[string]string{
			"ASIAROLE": roleName + "/s", "AKIAROLE": "arn:aws:iam::123456789012:user/ada", "ASIANOSECRET": roleName + "/s",
			"ASIACN": "arn:aws-cn:sts::123456789012:assumed-role/ssosync/s", "ASIAGOV": "arn:aws-us-gov:sts::123456789012:assumed-role/ssosync/s",
			"ASIAFAR": "arn:aws:sts::999999999999:assumed-role/ssosync/s",
		}
	})
	srv := google.New(d, google.Options{Clock: func() time.Time { return now }})
	key := func(id string) aws.Credentials {
		creds := aws.Credentials{AccessKeyID: id, SecretAccessKey: "hush"}
		if strings.HasPrefix(id, "ASIA") {
			creds.SessionToken = "session"
		}
		return creds
	}
	const regional = "sts.eu-west-1.amazonaws.com"
	for name, c := range map[string]struct {
		host, region, key string
		at                time.Duration
		change            func(*serialized)
		want              string // "" is OK
	}{
		"regional":             {},
		"long-lived":           {key: "AKIAROLE"},
		"global":               {host: "sts.amazonaws.com", region: "us-east-1"},
		"China":                {host: "sts.cn-north-1.amazonaws.com.cn", region: "cn-north-1", key: "ASIACN"},
		"GovCloud":             {host: "sts.us-gov-west-1.amazonaws.com", region: "us-gov-west-1", key: "ASIAGOV"},
		"other order":          {change: func(s *serialized) { slices.Reverse(s.Headers) }},
		"names in lower case":  {change: func(s *serialized) { s.edit("X-Amz-Date", "x", "x") }},
		"quarter of an hour":   {at: -15 * time.Minute},
		"unsigned extra":       {change: func(s *serialized) { s.put("accept", "*/*") }},
		"no secret to compare": {key: "ASIANOSECRET", change: func(s *serialized) { s.edit("Authorization", "Signature=", "Signature=") }},

		"too old":               {at: -15*time.Minute - time.Second, want: "the signature has expired"},
		"too new":               {at: 15*time.Minute + time.Second, want: "the signature has expired"},
		"another secret":        {key: "ASIAROLE", change: func(s *serialized) { s.edit("x-amz-security-token", "session", "sessiom") }, want: "the signature does not match"},
		"another resource":      {change: func(s *serialized) { s.edit("x-goog-cloud-target-resource", "lambda", "lambdb") }, want: "x-goog-cloud-target-resource is not the audience"},
		"no resource":           {change: func(s *serialized) { s.put("x-goog-cloud-target-resource", "") }, want: "the header x-goog-cloud-target-resource is not there and signed"},
		"resource not signed":   {change: func(s *serialized) { s.edit("Authorization", ";x-goog-cloud-target-resource", "") }, want: "the header x-goog-cloud-target-resource is not there and signed"},
		"host not signed":       {change: func(s *serialized) { s.edit("Authorization", "=host;", "=") }, want: "the header host is not there and signed"},
		"session not signed":    {change: func(s *serialized) { s.edit("Authorization", ";x-amz-security-token", "") }, want: "the header x-amz-security-token is not there and signed"},
		"no session":            {change: func(s *serialized) { s.put("x-amz-security-token", "") }, want: "temporary credentials need x-amz-security-token"},
		"signed but not there":  {change: func(s *serialized) { s.edit("Authorization", "=host;", "=accept;host;") }, want: "the signed header accept is not there"},
		"headers out of order":  {change: func(s *serialized) { s.edit("Authorization", "=host;x-amz-date;", "=x-amz-date;host;") }, want: "its signed headers are not in order"},
		"a header twice":        {change: func(s *serialized) { s.Headers = append(s.Headers, header{"HOST", regional}) }, want: "it has the header host twice"},
		"no date":               {change: func(s *serialized) { s.put("x-amz-date", "") }, want: "it has no x-amz-date"},
		"another day":           {change: func(s *serialized) { s.edit("Authorization", "/20261120/", "/20261119/") }, want: "it is signed for another day than x-amz-date"},
		"another host":          {change: func(s *serialized) { s.edit("host", "eu-west-1", "eu-west-2") }, want: "its host is not that of its URL"},
		"another region":        {region: "eu-west-2", want: "it is signed for another region than that of its host"},
		"another service":       {change: func(s *serialized) { s.edit("Authorization", "/sts/", "/iam/") }, want: "it has no signature of version 4"},
		"no signature":          {change: func(s *serialized) { s.put("Authorization", "") }, want: "it has no signature of version 4"},
		"GET":                   {change: func(s *serialized) { s.Method = "GET" }, want: "it is no GetCallerIdentity request"},
		"another action":        {change: func(s *serialized) { s.URL = strings.Replace(s.URL, "GetCaller", "SetCaller", 1) }, want: "it is no GetCallerIdentity request"},
		"no version":            {change: func(s *serialized) { s.URL, _, _ = strings.Cut(s.URL, "&") }, want: "it is no GetCallerIdentity request"},
		"more parameters":       {change: func(s *serialized) { s.URL += "&X=y" }, want: "it is no GetCallerIdentity request"},
		"without TLS":           {change: func(s *serialized) { s.URL = strings.Replace(s.URL, "https", "http", 1) }, want: "its URL is not that of AWS STS"},
		"somebody's host":       {host: "sts.example.com", want: "its URL is not that of AWS STS"},
		"almost AWS's":          {host: "sts.eu-west-1.amazonaws.com.example.com", want: "its URL is not that of AWS STS"},
		"a path":                {change: func(s *serialized) { s.URL = strings.Replace(s.URL, "?", "/x?", 1) }, want: "its URL is not that of AWS STS"},
		"China without .cn":     {host: "sts.cn-north-1.amazonaws.com", region: "cn-north-1", key: "ASIACN", want: "its region is not one of sts.cn-north-1.amazonaws.com"},
		".cn without China":     {host: regional + ".cn", want: "its region is not one of " + regional + ".cn"},
		"a key of another part": {key: "ASIAGOV", want: "the access key is not known in this part of AWS"},
		"an unknown key":        {key: "ASIANONE", want: "the access key is not known in this part of AWS"},
		"another account":       {key: "ASIAFAR", want: "the AWS account is not the provider's"},
	} {
		t.Run(name, func(t *testing.T) {
			or := func(a, b string) string {
				if a != "" {
					return a
				}
				return b
			}
			s := signedByAWS(t, or(c.host, regional), or(c.region, "eu-west-1"), key(or(c.key, "ASIAROLE")), now.Add(c.at))
			if c.change != nil {
				c.change(s)
			}
			want := "OK"
			if c.want != "" {
				want = "invalid_grant: Invalid AWS subject token: " + c.want + "."
			}
			if got := exchangeAWS(t, srv, s.token(t)); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
	for _, text := range []string{"", "%zz", "{}x", "[]"} {
		if got := exchangeAWS(t, srv, text); got != "invalid_grant: Invalid AWS subject token: it is no URL-encoded JSON." {
			t.Errorf("%q: %s", text, got)
		}
	}
	if got := exchangeAWS(t, srv, "{}"); got != "invalid_grant: Invalid AWS subject token: its URL is not that of AWS STS." {
		t.Error(got)
	}
}

// TestSTSRequestsThatAreNone: what the service says to parameters.
func TestSTSRequestsThatAreNone(t *testing.T) {
	srv := google.New(federated(t), google.Options{})
	good := url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "audience": {audience}, "scope": {cloud},
		"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
		"subject_token_type":   {"urn:ietf:params:aws:token-type:aws4_request"}, "subject_token": {"{}"},
	}
	for name, c := range map[string]struct{ key, value, want string }{
		"grant":     {"grant_type", "password", "invalid_request: Invalid grant_type or requested_token_type."},
		"requested": {"requested_token_type", "jwt", "invalid_request: Invalid grant_type or requested_token_type."},
		"audience":  {"audience", pool, `invalid_request: Invalid value for "audience". This value should be the full resource name of the Identity Provider.`},
		"pool only": {"audience", "//iam.googleapis.com/" + pool, `invalid_request: Invalid value for "audience".`},
		"scope":     {"scope", " ", "invalid_scope: "},
		"subject":   {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt", "invalid_request: Invalid subject_token_type: urn:ietf:params:oauth:token-type:jwt"},
	} {
		form := maps.Clone(good)
		form.Set(c.key, c.value)
		w := post(t, srv, "/v1/token", "application/x-www-form-urlencoded", "", form.Encode())
		body := decode(t, w.Body)
		if got := fmt.Sprint(body["error"], ": ", body["error_description"]); w.Code != http.StatusBadRequest || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %d %s, want %s", name, w.Code, got, c.want)
		}
	}
	if w := post(t, srv, "/v1/token", "application/json", "", "{"); w.Code != http.StatusBadRequest {
		t.Errorf("cut JSON: %d", w.Code)
	}
}

// TestAuthLibrary: Google's newer library, from a file as gcloud writes it.
func TestAuthLibrary(t *testing.T) {
	b := start(t, federated(t), google.Options{})
	b.dir.Update(func(f *google.Fixture) {
		f.ServiceAccounts[0].IdentityUsers = []string{"principal://iam.googleapis.com/" + pool + "/subject/" + roleName + "/session"}
	})
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIAROLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session", "AWS_REGION": "eu-west-1"} {
		t.Setenv(name, value)
	}
	file := map[string]any{
		"type": "external_account", "audience": audience, "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
		"token_url": b.url + "/v1/token", "universe_domain": "googleapis.com",
		"service_account_impersonation_url": b.url + "/v1/projects/-/serviceAccounts/" + robot + ":generateAccessToken",
		"credential_source": map[string]string{
			"environment_id": "aws1", "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
		},
	}
	data, err := json.Marshal(file)
	mustDo(t, err)
	creds, err := auth.NewCredentialsFromJSON(auth.ExternalAccount, data, &auth.DetectOptions{Scopes: []string{userScope}})
	mustDo(t, err)
	token, err := creds.Token(t.Context())
	mustDo(t, err)
	mustDo(t, b.dir.Assign("Users read", robot))
	if got := outcome(t, b.srv, token.Value, "users?customer=C01abcd23"); got != "OK" {
		t.Errorf("users.list as the service account: %s", got)
	}
}
