package config

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// golden compares with a file of testdata, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("testdata/"+name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("UPDATE=1 go test ./internal/config would change testdata/%s:\n%s", name, d)
	}
}

func TestReference(t *testing.T) {
	got := Reference()
	golden(t, "reference.md", got)
	for _, o := range Options {
		for _, name := range append(o.Env, o.Last...) {
			if !strings.Contains(got, "`"+name+"`") {
				t.Errorf("%s is not in the reference", name)
			}
		}
		if !o.NoFlag && !strings.Contains(got, "`--"+o.Name+"`") {
			t.Errorf("--%s is not in the reference", o.Name)
		}
	}
}

func TestHelp(t *testing.T) {
	golden(t, "flags.txt", flags().FlagUsages())
}

func TestExplain(t *testing.T) {
	w := world{
		args: []string{"-e", "https://scim.us-east-1.amazonaws.com/t/scim/v2", "-d", "--guard", "users=50%/9"},
		env:  map[string]string{"SCIM_TOKEN": "TOPSECRET42", "AWS_SESSION_TOKEN": "TOPSECRET42"},
		files: map[string]string{
			"ssosync.yaml":     "# mine\nignore-users: [a, b]\nguards:\n  users: 1%\n  groups: 2%\nmapping:\n  title: a.b\nsync-method: users_groups\n",
			".env":             "\nGOOGLE_USER=admin@example.com\nAWS_ACCESS_KEY_ID=TOPSECRET42\nAWS_SECRET_ACCESS_KEY=TOPSECRET42\n",
			"credentials.json": testKey,
		},
	}
	c, sources, _ := w.mustLoad(t)
	var b strings.Builder
	for _, r := range Explain(c, sources) {
		b.WriteString(r.Option + " = " + r.Value + " (" + r.From + ")\n")
	}
	golden(t, "explain.txt", b.String())
	for _, url := range []string{"https://a:TOPSECRET42@h/scim/v2", "a:TOPSECRET42@h", "https://a:TOPSECRET42@[h", "https://h/scim/v2?token=TOPSECRET42", "https://h/scim/v2#TOPSECRET42", "https://TOPSECRET42@h/x"} {
		c, sources, _ := world{args: []string{"-e", url, "--google-endpoint", url}}.mustLoad(t)
		for _, r := range Explain(c, sources) {
			b.WriteString(r.Value)
		}
	}
	if strings.Contains(b.String(), "TOPSECRET42") || strings.Contains(b.String(), "KEYSECRET") {
		t.Error("a secret is shown")
	}
}
