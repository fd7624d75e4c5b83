package config

import (
	"strings"
	"syscall"
	"testing"
)

func TestFileProblems(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"unknown key": {"dry-run: true\ngrup-match: TOPSECRET42\n", "ssosync.yaml:2:1: unknown key; do you mean group-match?\n   2 | grup-match: …\n     | ^"},
		"unheard of":  {"colour: TOPSECRET42\n", "ssosync.yaml:1:1: unknown key\n   1 | colour: …\n     | ^"},
		"underscores": {"group_match: x\n", "ssosync.yaml:1:1: unknown key; do you mean group-match?\n   1 | group_match: …\n     | ^"},
		"guard":       {"guard: x\n", "ssosync.yaml:1:1: unknown key; do you mean guards?\n   1 | guard: …\n     | ^"},
		"flag only":   {"accept: [users]\n", "ssosync.yaml:1:1: accept is set by a flag or variable, not in the file\n   1 | accept: …\n     | ^"},
		"list":        {"access-token: [TOPSECRET42]\n", "ssosync.yaml:1:1: access-token takes one value, not a list\n   1 | access-token: …\n     | ^"},
		"map":         {"access-token:\n  TOPSECRET42: 1\n", "ssosync.yaml:1:1: access-token takes a value, not keys below it\n   1 | access-token: …\n     | ^"},
		"no map":      {"guards: TOPSECRET42\n", "ssosync.yaml:1:1: guards takes a value for each name below it, NAME: VALUE\n   1 | guards: …\n     | ^"},
		"deep map":    {"guards: {users: {a: TOPSECRET42}}\n", "ssosync.yaml:1:1: guards has a value that is not plain text\n   1 | guards: …\n     | ^"},
		"deep list":   {"ignore-users: [[TOPSECRET42]]\n", "ssosync.yaml:1:1: ignore-users has a value that is not plain text\n   1 | ignore-users: …\n     | ^"},
		"anchor":      {"access-token: &TOPSECRET42 x\n", "ssosync.yaml:1:1: access-token has a value that is not plain text\n   1 | access-token: …\n     | ^"},
		"twice":       {"dry-run: true\ndry-run: false\n", "ssosync.yaml:2:1: this key is there twice\n   2 | dry-run: …\n     | ^"},
		"not a map":   {"TOPSECRET42\n", "ssosync.yaml:1:1: the file is not a list of settings, each written KEY: VALUE"},
		"documents":   {"dry-run: true\n---\ndebug: true\n", "ssosync.yaml:3:6: there is more than one document in the file\n   3 | debug: …\n     | ^"},
		"not YAML":    {"access-token: \"TOPSECRET42\n", "ssosync.yaml:1:15: this is not YAML: could not find end character of double-quoted text\n   1 | access-token: …\n     | ^"},
		"indented":    {"access-token: a\n  TOPSECRET42: b\n", "ssosync.yaml:1:15: this is not YAML: mapping value is not allowed in this context\n   1 | access-token: …\n     | ^"},
		"directive":   {"%YAML TOPSECRET42\n---\na: b\n", "ssosync.yaml:1:7: this is not YAML"},
		"twice loose": {"'TOPSECRET42': 1\n'TOPSECRET42': 2\n", "ssosync.yaml:2:1: this key is there twice"},
		"boolean":     {"dry-run: TOPSECRET42\n", "dry-run is neither true nor false (from ssosync.yaml line 1); write true, false, yes, no, 1 or 0"},
		"two at once": {"a: 1\nb: 2\n", "ssosync.yaml:1:1: unknown key\n   1 | a: …\n     | ^\nssosync.yaml:2:1: unknown key\n   2 | b: …\n     | ^"},
		"a loose key": {"\"TOPSECRET42\": 1\n", "ssosync.yaml:1:1: unknown key"},
		"nothing":     {"# nothing\n", ""},
		"null":        {"access-token:\ngroup-match: ~\n", ""},
		"empty":       {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, _, err := world{files: map[string]string{"ssosync.yaml": test.text}}.load(t)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestFilesThatAreAskedFor(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"--config", "no.yaml"}, "read no.yaml: file does not exist"},
		{[]string{"--config", "ssosync.yaml"}, "read ssosync.yaml: file does not exist"},
		{[]string{"--env-file", "no.env"}, "read no.env: file does not exist"},
		{[]string{"--env-file", "no.env", "--no-env-file"}, ""},
		{[]string{"-c", "no.json"}, "read the Google key no.json: file does not exist (from flag --google-credentials); give the name of a key file, JSON, or base64 of JSON"},
		{[]string{"-c", "TOPSECRET42"}, "read the Google key: file does not exist (from flag --google-credentials); give the name of a key file, JSON, or base64 of JSON"},
	} {
		_, _, _, err := world{args: test.args}.load(t)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%q: got %q, want %q", test.args, got, test.want)
		}
	}
}

// A file that is there and cannot be read may hold dry-run: true.
func TestFilesThatCannotBeRead(t *testing.T) {
	for name, want := range map[string]string{
		"ssosync.yaml":     "read ssosync.yaml: permission denied",
		".env":             "read .env: permission denied",
		"credentials.json": "read credentials.json: permission denied",
	} {
		_, _, _, err := world{fails: map[string]error{name: syscall.EACCES}}.load(t)
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v", name, err)
		}
	}
	w := world{fails: map[string]error{".env": syscall.EISDIR}} // as some tools make it
	w.mustLoad(t)
	w.args = []string{"--env-file=.env"}
	if _, _, _, err := w.load(t); err == nil || err.Error() != "read .env: is a directory" {
		t.Errorf("got %v", err)
	}
}

func TestLambdaReadsADotEnvOnlyIfItIsNamed(t *testing.T) {
	files := map[string]string{".env": "GOOGLE_USER=a@example.com"}
	for _, test := range []struct {
		w    world
		want string
	}{
		{world{mode: CLI}, "a@example.com"},
		{world{mode: CLI, args: []string{"--no-env-file"}}, ""},
		{world{mode: Lambda}, ""},
		{world{mode: Lambda, env: map[string]string{"SSOSYNC_ENV_FILE": ".env"}}, "a@example.com"},
	} {
		test.w.files = files
		c, _, _ := test.w.mustLoad(t)
		if c.GoogleAdmin != test.want || (c.EnvFile == "") != (test.want == "") {
			t.Errorf("%+v: got %q from %q, want %q", test.w, c.GoogleAdmin, c.EnvFile, test.want)
		}
	}
}

// Whatever the file or the .env looks like, Load returns, and shows no secret:
// neither in what is wrong, nor in warnings, nor when it explains itself.
func FuzzLoadKeepsSecrets(f *testing.F) {
	const token, key = "t0Ken-abcdefgh", "k3y-ijklmnop"
	f.Add("dry-run: true\n", "guards: {users: 10%/5}\n", "A=b\n", "export SSOSYNC_DRYRUN=1\n")
	f.Add("a: &x [", "b: *x", "'", "\"")
	f.Add("  ", "? ", "GOOGLE_CREDENTIALS_JSON={", "\xff\xfe")
	f.Add("x: |\n ", "\n  - ", "SSOSYNC_X='\n", "export ")
	f.Fuzz(func(t *testing.T, yamlBefore, yamlAfter, envBefore, envAfter string) {
		w := world{files: map[string]string{
			"ssosync.yaml": yamlBefore + "access-token: " + token + "\ngoogle-credentials: '{\"private_key\":\"" + key + "\"}'\n" + yamlAfter,
			".env":         envBefore + "SCIM_TOKEN=" + token + "\nGOOGLE_CREDENTIALS_JSON={\"private_key\":\"" + key + "\"}\nAWS_SECRET_ACCESS_KEY=" + key + "\n" + envAfter,
		}}
		c, sources, warnings, err := w.load(t)
		var shown strings.Builder
		for _, err := range []error{err, c.Validate()} {
			if err != nil {
				shown.WriteString(err.Error() + "\n")
			}
		}
		for _, w := range warnings {
			shown.WriteString(w.Text + "\n")
		}
		for _, r := range Explain(c, sources) {
			// Other settings may show what they were set to.
			if o, ok := find(r.Option); !ok || o.Secret {
				shown.WriteString(r.Value + r.From + "\n")
			}
		}
		for _, s := range []string{token, key} {
			if strings.Contains(shown.String(), s) {
				t.Errorf("%q is shown by %v:\n%s", s, w, shown.String())
			}
		}
	})
}
