package setup_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/config"
	"ssosync/internal/secret"
	"ssosync/internal/setup"
)

// golden are answers as people give them.
func golden() map[string]setup.Answers {
	const endpoint = "https://scim.us-east-1.amazonaws.com/11111111111-2222-3333-4444-555555555555/scim/v2"
	return map[string]setup.Answers{
		"key": {
			Place: setup.Machine, Access: setup.KeyDelegation, Admin: "admin@example.com", Key: "key.json", ServiceAccount: "ssosync@acme-sync.iam.gserviceaccount.com", ClientID: "110000000000000000001",
			Endpoint: endpoint, TokenText: secret.New("d7a9-token"), Groups: []string{"name:aws-*"}, DeprovisionUsers: config.Deactivate, DeprovisionGroups: config.EmptyGroup, DeleteAfter: "30d", State: config.StateAuto,
		},
		"person": {
			Place: setup.Machine, Access: setup.KeylessRole, Customer: "C01abcd23", ServiceAccount: "ssosync@acme-sync.iam.gserviceaccount.com",
			Endpoint: endpoint, Groups: []string{"*"}, DeprovisionUsers: config.Deactivate, DeprovisionGroups: config.EmptyGroup, DeleteAfter: config.Never, State: config.StateAuto,
		},
		"lambda": {
			Place: setup.Lambda, Access: setup.KeylessDelegation, Admin: "admin@example.com", ServiceAccount: "ssosync@acme-sync.iam.gserviceaccount.com",
			Provider: setup.Provider("123456789012", setup.Lambda), AWSRole: "arn:aws:iam::123456789012:role/ssosync", Endpoint: endpoint, Token: "secretsmanager:ssosync/scim-token",
			Groups: []string{"email:aws-*"}, GroupsOnly: true, DeprovisionUsers: config.Deactivate, DeprovisionGroups: config.EmptyGroup, DeleteAfter: "30d", State: "s3://acme-ssosync/prod", StoreID: "d-1234567890", KMSKey: "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d",
		},
		"github": {
			Place: setup.GitHub, Access: setup.KeylessRole, Customer: "C01abcd23", ServiceAccount: "ssosync@acme-sync.iam.gserviceaccount.com", Provider: setup.Provider("123456789012", setup.GitHub),
			Repository: "acme/identity", Endpoint: endpoint, Token: "env:SCIM_TOKEN", Groups: []string{"*"}, DeprovisionUsers: config.Keep, DeprovisionGroups: config.Keep, State: "",
			AssumeRole: "arn:aws:iam::123456789012:role/reader",
		},
	}
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: UPDATE=1 go test rewrites it\n%s", name, diff)
	}
}
