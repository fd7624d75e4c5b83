package setup_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"ssosync/internal/config"
	"ssosync/internal/secret"
	"ssosync/internal/setup"
)

// Whatever is answered, what is written can be run with, and says what was
// answered.
func TestTheSettingsAreValid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := draw(rt)
		cfg, err := load(byName(t, a, ""))
		if err != nil {
			rt.Fatalf("%v\n%s", err, setup.Settings(a))
		}
		type said struct {
			Admin, Customer, ServiceAccount, Provider, Endpoint, Manage, Users, Groups, After, State, Store, Role string
			Match                                                                                                 []string
		}
		want := said{
			a.Admin, a.Customer, "", a.Provider, a.Endpoint, config.ManageAll, a.DeprovisionUsers, a.DeprovisionGroups, a.DeleteAfter, a.State, a.StoreID, a.AssumeRole, a.Groups,
		}
		if a.Customer == "" {
			want.Customer = config.DefaultCustomer
		}
		if a.Access.Keyless() {
			want.ServiceAccount = a.ServiceAccount
		}
		if a.GroupsOnly {
			want.Manage = config.ManageGroups
		}
		if a.DeprovisionUsers == config.Keep && a.DeprovisionGroups == config.Keep {
			want.After = "30d"
		}
		got := said{
			cfg.GoogleAdmin, cfg.CustomerID, cfg.GoogleServiceAccount, cfg.GoogleProvider, cfg.Endpoint, cfg.Manage, cfg.DeprovisionUsers, cfg.DeprovisionGroups,
			cfg.DeleteAfter, cfg.State, cfg.IdentityStoreID, cfg.AssumeRole, cfg.GroupMatch,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("%s\n%s", diff, setup.Settings(a))
		}
		login := map[bool]string{true: config.LoginIdentity, false: config.LoginKey}[a.Access.Keyless()]
		if a.Access.Keyless() && a.Place == setup.Machine {
			login = config.LoginADC
		}
		if cfg.GoogleLogin != login {
			rt.Errorf("it logs in by %s, want %s\n%s", cfg.GoogleLogin, login, setup.Settings(a))
		}
		if a.Token == "" && cfg.AccessToken.Reveal() != a.TokenText.Reveal() {
			rt.Errorf("the token is %q, want %q", cfg.AccessToken.Reveal(), a.TokenText.Reveal())
		}
		if len(a.Extra) > 0 && (cfg.Guards["users"] != "20%/9" || !cfg.Suspended || !slices.Equal(cfg.IgnoreUsers, a.Extra[0].Values) || cfg.Mapping["title"] == "") {
			rt.Errorf("what was given besides is lost:\n%s", setup.Settings(a))
		}
	})
}

// What is in .env does not go into the file, and is named there.
func TestWhatIsElsewhere(t *testing.T) {
	env := "GOOGLE_CREDENTIALS_JSON=" + key + "\nGOOGLE_USER=admin@example.com\nSCIM_ENDPOINT=https://scim.us-east-1.amazonaws.com/t/scim/v2/\nSCIM_TOKEN=d7a9"
	a := setup.Answers{
		Place: setup.Machine, Access: setup.KeyDelegation, Admin: "admin@example.com", Endpoint: "https://scim.us-east-1.amazonaws.com/t/scim/v2", Groups: []string{"*"},
		DeprovisionUsers: config.Deactivate, DeprovisionGroups: config.EmptyGroup, DeleteAfter: "30d", State: config.StateAuto, StoreID: "d-1",
		Elsewhere: map[string]string{
			"google-credentials": ".env line 1", "google-admin": ".env line 2", "endpoint": ".env line 3", "access-token": ".env line 4",
			"group-match": "environment GROUP_MATCH", "state": ".env line 9", "identity-store-id": ".env line 5",
		},
	}
	files := byName(t, a, env)
	if files[".env"] != env {
		t.Errorf(".env is changed: %q", files[".env"])
	}
	if _, err := load(files); err != nil {
		t.Error(err)
	}
	text := files[setup.SettingsFile]
	for option, from := range a.Elsewhere {
		if !strings.Contains(text, "# "+option+" is set in "+from+".\n") || strings.Contains("\n"+text, "\n"+option+":") {
			t.Errorf("%s:\n%s", option, text)
		}
	}
}

func TestTheSchemaAcceptsTheSettings(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("s.json", doc); err != nil {
		t.Fatal(err)
	}
	s := c.MustCompile("s.json")
	rapid.Check(t, func(rt *rapid.T) {
		text := setup.Settings(draw(rt))
		if !strings.HasPrefix(text, "# yaml-language-server: $schema="+config.SchemaFile+"\n") {
			rt.Errorf("editors do not find the schema: %.80s", text)
		}
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			rt.Fatal(err)
		}
		b, err := json.Marshal(value)
		if err != nil {
			rt.Fatal(err)
		}
		value, err = jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			rt.Fatal(err)
		}
		if err := s.Validate(value); err != nil {
			rt.Fatalf("%v\n%s", err, text)
		}
	})
}

// Secrets are in .env and nowhere else, and all that was in it is in it still.
func TestSecretsAreInDotEnvOnly(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := draw(rt)
		a.Place, a.Token = setup.Machine, ""
		a.TokenText = secret.New("TOPSECRET42")
		env := rapid.SampledFrom([]string{"", "A=1\n", "A=1", "# b\nexport C='d\ne'\n"}).Draw(rt, "env")
		files := byName(t, a, env)
		for name, text := range files {
			if strings.Contains(text, "TOPSECRET") != (name == setup.DotEnvFile) {
				rt.Errorf("%s:\n%s", name, text)
			}
		}
		if !strings.HasPrefix(files[".env"], env) {
			rt.Errorf(".env was %q, and is %q", env, files[".env"])
		}
	})
}

// A shell sees the same token as ssosync does.
func TestShellsReadDotEnv(t *testing.T) {
	for _, token := range []string{"d7a9", "a b", "a'b", `a"b$HOME` + "`x`" + `\n'`, "a#b", "a\\b"} {
		text := setup.DotEnv("", setup.Answers{TokenText: secret.New(token)})
		cmd := exec.CommandContext(t.Context(), "sh", "-c", text+`printf %s "$SCIM_TOKEN"`)
		if out, err := cmd.Output(); err != nil || string(out) != token {
			t.Errorf("%q is read as %q from %s (%v)", token, out, text, err)
		}
		if cfg, _ := load(map[string]string{".env": text}); cfg.AccessToken.Reveal() != token {
			t.Errorf("%q is read as %q from %s", token, cfg.AccessToken.Reveal(), text)
		}
	}
	if text := setup.DotEnv("A=1", setup.Answers{}); !strings.HasPrefix(text, "A=1\n# ") || !strings.HasSuffix(text, "\nSCIM_TOKEN=\n") {
		t.Errorf("without a token: %q", text)
	}
}

func TestNext(t *testing.T) {
	for name, c := range map[string]struct {
		a    setup.Answers
		want []string
	}{
		"here":         {setup.Answers{Place: setup.Machine}, []string{"google-setup.md", "SCIM_TOKEN=", "x doctor", "x plan"}},
		"with a token": {setup.Answers{Place: setup.Machine, TokenText: secret.New("a")}, []string{"google-setup.md", "x doctor", "x plan"}},
		"lambda": {setup.Answers{Place: setup.Lambda, Token: "secretsmanager:a/b", Key: "ssm:/k'"}, []string{
			"google-setup.md", "aws secretsmanager create-secret --name a/b ", `put-parameter --type SecureString --name '/k'\'''`, "bootstrap", "x doctor", "x plan",
		}},
		"members": {setup.Answers{Place: setup.GitHub, Token: "secretsmanager:a#b", Key: "env:K"}, []string{"google-setup.md", "variable K", "Commit", "x doctor", "x plan"}},
		"pod":     {setup.Answers{Place: setup.Kubernetes, Token: "file:/a"}, []string{"google-setup.md", "ConfigMap", "x doctor", "x plan"}},
	} {
		got := setup.Next(c.a, "x")
		if len(got) != len(c.want) {
			t.Errorf("%s: %q", name, got)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("%s: %q has no %q", name, got[i], want)
			}
		}
	}
}

func TestGoldenFiles(t *testing.T) {
	for name, a := range golden() {
		for file, text := range byName(t, a, "") {
			if file != config.SchemaFile && file != "key.json" {
				compare(t, filepath.Join("testdata", name, strings.TrimPrefix(file, ".")), text)
			}
		}
	}
}
