package config

import (
	"io/fs"
	"maps"
	"slices"
	"testing"

	"github.com/spf13/pflag"

	"ssosync/internal/secret"
)

const testKey = `{"type":"service_account","client_id":"123","private_key":"KEYSECRET"}`

// A tester is a testing.T or a rapid.T.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// A world is all that Load may see, for a test.
type world struct {
	args  []string
	env   map[string]string
	files map[string]string
	mode  Mode
	fails map[string]error // what reading a file fails with
	look  func(Config, secret.Reference) (Found, error)
}

func (w world) load(t tester) (Config, Sources, []Warning, error) {
	t.Helper()
	flags := pflag.NewFlagSet("ssosync", pflag.ContinueOnError)
	Flags(flags)
	args, warnings, err := RewriteArgs(w.args, flags, 0)
	if err != nil {
		return Config{}, nil, warnings, err
	}
	if err := flags.Parse(args); err != nil {
		t.Fatalf("parse what RewriteArgs made, %q: %v", args, err)
	}
	var environ []string
	for _, name := range slices.Sorted(maps.Keys(w.env)) {
		environ = append(environ, name+"="+w.env[name])
	}
	c, s, more, err := Load(Input{Flags: flags, Environ: environ, Mode: w.mode, Lookup: w.look, ReadFile: func(name string) ([]byte, error) {
		if text, ok := w.files[name]; ok {
			return []byte(text), nil
		}
		if err := w.fails[name]; err != nil {
			return nil, &fs.PathError{Op: "read", Path: name, Err: err}
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}})
	return c, s, append(warnings, more...), err
}

func (w world) mustLoad(t tester) (Config, Sources, []Warning) {
	t.Helper()
	c, s, warnings, err := w.load(t)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return c, s, warnings
}

// The command line and the .env of the guides, as their readers have them.
func TestArticle(t *testing.T) {
	w := world{
		args: []string{"-e", "https://scim.us-east-1.amazonaws.com/xxx/scim/v2/", "-t", "tok", "-u", "admin@example.com", "-i", "d-123456789", "-r", "us-east-1", "--debug"},
		files: map[string]string{".env": "# .env example\nGOOGLE_CREDENTIALS_JSON=eyJ0eXBlIjoic2VydmljZV9hY2NvdW50IiwiY2xpZW50X2lkIjoiMTIzIiwicHJpdmF0ZV9rZXkiOiJLRVlTRUNSRVQifQ==\n" +
			"GOOGLE_USER=admin@example.com\nSCIM_ENDPOINT=https://scim.us-east-1.amazonaws.com/xxx/scim/v2/\nSCIM_TOKEN=tok\nAWS_IDENTITY_STORE_ID=d-123456789\n" +
			"AWS_DEFAULT_REGION=us-east-1\nAWS_ACCESS_KEY_ID=AKIAEXAMPLE\nAWS_SECRET_ACCESS_KEY=abc/def\n"},
	}
	check := func(t *testing.T, w world) Config {
		t.Helper()
		c, _, warnings := w.mustLoad(t)
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
		if len(warnings) > 0 {
			t.Errorf("warnings: %q", warnings)
		}
		if c.Endpoint != "https://scim.us-east-1.amazonaws.com/xxx/scim/v2" || c.AccessToken.Reveal() != "tok" || c.GoogleAdmin != "admin@example.com" ||
			c.IdentityStoreID != "d-123456789" || c.Region != "us-east-1" || c.GoogleCredentials.Reveal() != testKey {
			t.Errorf("got %+v", c)
		}
		return c
	}
	c := check(t, w)
	if c.LogLevel != "debug" || c.AWSAccessKeyID.Reveal() != "AKIAEXAMPLE" || c.AWSSecretAccessKey.Reveal() != "abc/def" {
		t.Errorf("got %+v", c)
	}
	w.args = nil // every flag of the command has its variable
	check(t, w)
}
