package config

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// For any subset of the places that say something, the strongest one holds.
// The order is written out here, and nowhere asked of the code.
func TestTheStrongestLayerWins(t *testing.T) {
	settings := []struct {
		flag, key string
		env       []string
		field     func(Config) string
	}{
		{"google-admin", "google-admin", []string{"SSOSYNC_GOOGLE_ADMIN", "GOOGLE_ADMIN", "GOOGLE_USER"}, func(c Config) string { return c.GoogleAdmin }},
		{"access-token", "access-token", []string{"SSOSYNC_SCIM_ACCESS_TOKEN", "SCIM_ACCESS_TOKEN", "SCIM_TOKEN"}, func(c Config) string { return c.AccessToken.Reveal() }},
		{"group-match", "group-match", []string{"SSOSYNC_GROUP_MATCH", "GROUP_MATCH"}, func(c Config) string { return strings.Join(c.GroupMatch, "|") }},
		{"ignore-users", "ignore-users", []string{"SSOSYNC_IGNORE_USERS", "IGNORE_USERS"}, func(c Config) string { return strings.Join(c.IgnoreUsers, "|") }},
		{"identity-store-id", "identity-store-id", []string{"SSOSYNC_IDENTITY_STORE_ID", "IDENTITY_STORE_ID", "AWS_IDENTITY_STORE_ID"}, func(c Config) string { return c.IdentityStoreID }},
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(settings).Draw(t, "setting")
		w := world{env: map[string]string{}, files: map[string]string{}}
		want, from := "", "default"
		if s.flag == "group-match" {
			want = "*"
		}
		dotenv := "# a comment\n"
		// From the weakest to the strongest.
		for _, name := range slices.Backward(s.env) {
			if rapid.Bool().Draw(t, "in .env: "+name) {
				want = "dotenv-" + name
				dotenv += name + "=" + want + "\n"
				from = ".env line " + string(rune('0'+strings.Count(dotenv, "\n")))
			}
		}
		w.files[".env"] = dotenv
		if rapid.Bool().Draw(t, "in the file") {
			want, from = "from-yaml", "ssosync.yaml line 2"
			w.files["ssosync.yaml"] = "# a comment\n" + s.key + ": from-yaml\n"
		}
		for _, name := range slices.Backward(s.env) {
			switch rapid.SampledFrom([]string{"unset", "empty", "set"}).Draw(t, "environment "+name) {
			case "set":
				want, from = "env-"+name, "environment "+name
				w.env[name] = want
			case "empty":
				w.env[name] = ""
				if s.flag == "group-match" {
					want, from = "", "environment "+name
				}
			}
		}
		if rapid.Bool().Draw(t, "flag") {
			want, from = "from-flag", "flag --"+s.flag
			w.args = []string{"--" + s.flag, want}
		}
		c, sources, _, err := w.load(t)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.field(c); got != want || sources[s.flag].String() != from {
			t.Errorf("%s is %q (from %s), want %q (from %s)", s.flag, got, sources[s.flag], want, from)
		}
	})
}
