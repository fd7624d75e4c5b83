package setup_test

import (
	"errors"
	"io/fs"
	"testing"

	"pgregory.net/rapid"

	"ssosync/internal/config"
	"ssosync/internal/secret"
	"ssosync/internal/setup"
	"ssosync/internal/wire"
)

const key = `{"type":"service_account","client_email":"ssosync@acme-sync.iam.gserviceaccount.com","client_id":"110000000000000000001","private_key_id":"1"}`

// draw makes answers as they can be given, of every combination.
func draw(t *rapid.T) setup.Answers {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	a := setup.Answers{
		Place:  rapid.SampledFrom([]setup.Place{setup.Machine, setup.Lambda, setup.Kubernetes, setup.GitHub}).Draw(t, "place"),
		Access: rapid.SampledFrom([]setup.Access{setup.KeylessRole, setup.KeylessDelegation, setup.KeyDelegation, setup.KeyRole}).Draw(t, "access"),
		Endpoint: pick("endpoint", "https://scim.us-east-1.amazonaws.com/11111111111-2222-3333-4444-555555555555/scim/v2",
			"https://scim.us-gov-west-1.amazonaws.com/t/scim/v2", "https://scim.cn-north-1.amazonaws.com.cn/t/scim/v2", "http://127.0.0.1:4566/t/scim/v2"),
		GroupsOnly:        rapid.Bool().Draw(t, "groups only"),
		Groups:            []string{pick("groups", "*", "name:aws-*", `name:"a, b's" email:c*`, "email=a@example.com,x@example.com", "true", "12")},
		DeprovisionUsers:  pick("users", config.Deactivate, config.Delete, config.Keep),
		DeprovisionGroups: pick("groups gone", config.EmptyGroup, config.Delete, config.Keep),
		DeleteAfter:       pick("delete after", "30d", config.Never),
		State:             pick("state", config.StateAuto, "", "s3://my-bucket/ssosync", "s3://my-bucket", "/var/lib/ssosync"),
		StoreID:           pick("store", "", "d-1234567890", "arn:aws:identitystore::123456789012:identitystore/d-1234567890"),
		AssumeRole:        pick("assume", "", "arn:aws:iam::123456789012:role/reader"),
		KMSKey:            pick("kms", "", "arn:aws:kms:us-east-1:123456789012:key/1"),
		Read:              pick("read", "", config.ReadAuto, config.ReadSCIM, config.ReadStore),
		Impact:            pick("impact", "", config.ImpactAuto, config.ImpactOff),
		Elsewhere:         map[string]string{},
	}
	if a.Access.Delegated() {
		a.Admin = pick("admin", "admin@example.com", "o'neil@example.com")
		a.Customer = pick("customer", "", config.DefaultCustomer, "C01abcd23")
	} else {
		a.Customer = pick("customer", "C01abcd23", "C0123", "01234567")
	}
	if a.Access.Keyless() {
		a.ServiceAccount = pick("service account", "ssosync@acme-sync.iam.gserviceaccount.com", "ssosync@acme.example.com.iam.gserviceaccount.com")
	} else {
		a.Key = pick("key", "key.json", "file:/run/key.json", "env:GOOGLE_CREDENTIALS_JSON", "secretsmanager:ssosync/google-key", "ssm:/ssosync/key")
		if rapid.Bool().Draw(t, "key at hand") {
			a.ServiceAccount, a.ClientID = "ssosync@acme-sync.iam.gserviceaccount.com", "110000000000000000001"
		}
	}
	if a.Federated() {
		a.Provider = pick("provider", setup.Provider("123456789012", a.Place), "projects/1/locations/global/workloadIdentityPools/pool-1/providers/p")
		if a.Place == setup.GitHub {
			a.Repository = pick("repository", "acme/identity", "acme/POOL.git", "acme/${x}%{y}")
		} else {
			a.AWSRole = pick("role", "arn:aws:iam::123456789012:role/ssosync", "arn:aws-us-gov:iam::123456789012:role/path/to/sync+a=b")
		}
	}
	a.Token = pick("token", "env:SCIM_TOKEN", "secretsmanager:ssosync/scim-token", "ssm:ssosync-token:3", "file:/run/token", "secretsmanager:ssosync#scim",
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:scim-AbCdEf", "arn:aws:ssm:eu-west-1:123456789012:parameter/scim/token:4#a")
	if a.Place == setup.Machine && rapid.Bool().Draw(t, "in .env") {
		a.Token = ""
		a.TokenText = secret.New(rapid.StringMatching(`[0-9a-zA-Z/=+'"$#\\-]{8,60}`).Draw(t, "token text"))
	}
	if rapid.Bool().Draw(t, "more") {
		a.Extra = []setup.Setting{
			{Option: "ignore-users", Values: []string{"a@example.com", "b's*"}},
			{Option: "user-match", Values: []string{"*"}},
			{Option: "guard", Pairs: map[string]string{"users": "20%/9"}},
			{Option: "mapping", Pairs: map[string]string{"title": "organizations[primary].title"}},
			{Option: "log-level", Values: []string{"debug"}},
			{Option: "suspended", Values: []string{"true"}},
		}
	}
	return a
}

// load reads files as the program does, without any environment.
func load(files map[string]string) (config.Config, error) {
	cfg, _, _, err := config.Load(config.Input{ReadFile: func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}})
	return cfg, errors.Join(err, cfg.Validate(wire.Check))
}

// byName returns the files of answers by their names, with a key.json beside.
func byName(tb testing.TB, a setup.Answers, env string) map[string]string {
	tb.Helper()
	all := map[string]string{"key.json": key}
	if env != "" {
		all[".env"] = env
	}
	for _, f := range setup.Files(a, env) {
		if f.What == "" || len(f.Data) == 0 || f.Mode&0o600 != 0o600 || (f.Name == setup.DotEnvFile) != (f.Mode == 0o600) {
			tb.Errorf("%s: mode %v, %q, %d bytes", f.Name, f.Mode, f.What, len(f.Data))
		}
		all[f.Name] = string(f.Data)
	}
	return all
}
