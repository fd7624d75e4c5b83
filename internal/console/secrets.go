package console

import (
	"encoding/json"
	"strings"

	"ssosync/internal/config"
	"ssosync/internal/secret"
)

// Variables returns the values of all variables that hold secrets, read or not.
// One that plainly says where a secret is kept is none, and people need to see
// it when it is not there; the arguments of a command may be one.
func Variables(environ []string) []secret.String {
	names := map[string]bool{"AWS_SECRET_ACCESS_KEY": true, "AWS_SESSION_TOKEN": true}
	for _, o := range config.Options {
		for _, name := range append(o.Env, o.Last...) {
			// The value of a key file's variable may be its path, which is no secret.
			names[name] = names[name] || o.Secret && o.Kind != config.KeyFile
		}
	}
	var all []secret.String
	for _, kv := range environ {
		if name, value, _ := strings.Cut(kv, "="); names[name] && !refers(value) {
			all = append(all, secret.New(strings.TrimSpace(value)))
		}
	}
	return all
}

// refers reports whether a value is the place of a secret.
func refers(value string) bool {
	ref, ok, err := secret.ParseReference(value)
	return err == nil && ok && ref.Scheme != secret.Exec || strings.HasPrefix(strings.TrimSpace(value), "SSOSync")
}

// Settings returns the secrets of a configuration. An AWS access key id is none:
// AWS itself shows it in logs and errors. The lines of the private key are
// secrets each, which in the key's file they are not: there it is one line,
// with its ends escaped.
func Settings(cfg config.Config) []secret.String {
	all := []secret.String{
		cfg.AccessToken, cfg.FallbackToken, cfg.GoogleAccessToken, cfg.ExternalID,
		cfg.AWSSecretAccessKey, cfg.AWSSessionToken,
	}
	var file struct {
		PrivateKey   string `json:"private_key"`
		ClientSecret string `json:"client_secret"`
		RefreshToken string `json:"refresh_token"`
	}
	if json.Unmarshal([]byte(cfg.GoogleCredentials.Reveal()), &file) == nil {
		key := secret.New(strings.ReplaceAll(file.PrivateKey, `\n`, "\n"))
		all = append(all, key, secret.New(file.ClientSecret), secret.New(file.RefreshToken))
	}
	return all
}
