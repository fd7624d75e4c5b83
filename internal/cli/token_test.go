package cli_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ssosync/internal/cli"
)

// A gate is a SCIM endpoint that knows tokens, and nothing else.
type gate map[string]bool

func (g gate) RoundTrip(req *http.Request) (*http.Response, error) {
	status, body := http.StatusOK, `{"patch":{"supported":true}}`
	token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	if req.Method != http.MethodGet || !strings.HasSuffix(req.URL.Path, "/ServiceProviderConfig") {
		status = http.StatusTeapot
	} else if !g[token] {
		status, body = http.StatusUnauthorized, `{"detail":"no `+token+`","status":"401"}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req, ContentLength: -1}, nil
}

// lines answers each question with the next line.
type answers []string

func (a *answers) next() string {
	if len(*a) == 0 {
		return ""
	}
	line := (*a)[0]
	*a = (*a)[1:]
	return line
}

func (a *answers) Read(p []byte) (int, error) { return copy(p, a.next()+"\n"), nil }

const (
	oldToken = "OLDTOPSECRET-token-of-last-year"
	newToken = "NEWTOPSECRET-token-of-this-year"
)

// token runs a command about tokens, in a directory that has a .env.
func token(t *testing.T, dotEnv string, g gate, change func(*cli.Env), args ...string) (stdout, stderr string, code int) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile(".env", []byte(dotEnv), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs watched
	env := cli.Env{Stdout: &out, Stderr: &errs, Base: g, Environ: []string{"SCIM_ENDPOINT=https://scim.eu-west-1.amazonaws.com/t-1/scim/v2/"}}
	if change != nil {
		change(&env)
	}
	code = cli.Main(t.Context(), append([]string{"token"}, args...), env)
	for _, secret := range []string{oldToken, newToken} {
		if strings.Contains(out.String()+errs.String(), secret) {
			t.Errorf("a token is shown:\n%s%s", &out, &errs)
		}
	}
	return out.String(), errs.String(), code
}

func daysAgo(n int) string { return time.Now().UTC().AddDate(-1, 0, n).Format(time.DateOnly) }

func TestToken(t *testing.T) {
	valid := gate{oldToken: true}
	for name, c := range map[string]struct {
		dotEnv string
		gate   gate
		code   int
		want   []string
	}{
		"nobody knows when":   {"SCIM_TOKEN=" + oldToken, valid, 0, []string{"✔ access-token: AWS takes it (from .env line 1)\n", "Set access-token-created"}},
		"fine":                {"SCIM_TOKEN=" + oldToken + "\nSSOSYNC_SCIM_ACCESS_TOKEN_CREATED=" + daysAgo(200), valid, 0, []string{"✔ access-token: AWS takes it (from .env line 1); made on " + daysAgo(200), " days ago; 199 days are left, until "}},
		"soon":                {"SCIM_TOKEN=" + oldToken + "\nSSOSYNC_SCIM_ACCESS_TOKEN_CREATED=" + daysAgo(20), valid, 0, []string{"! access-token: AWS takes it", "19 days are left", "ssosync token rotate"}},
		"over":                {"SCIM_TOKEN=" + oldToken + "\nSSOSYNC_SCIM_ACCESS_TOKEN_CREATED=" + daysAgo(-1), gate{}, 5, []string{"✘ access-token: ", "401", "its year was over on ", "ssosync token rotate"}},
		"a second":            {"SCIM_TOKEN=" + oldToken + "\nSCIM_ACCESS_TOKEN_FALLBACK=" + newToken, gate{oldToken: true, newToken: true}, 0, []string{"✔ access-token: ", "✔ access-token-fallback: "}},
		"a second that is no": {"SCIM_TOKEN=" + oldToken + "\nSCIM_ACCESS_TOKEN_FALLBACK=" + newToken, valid, 0, []string{"✔ access-token: ", "✘ access-token-fallback: "}},
		"none":                {"", valid, 5, nil},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := token(t, c.dotEnv, c.gate, nil)
			if code != c.code {
				t.Errorf("exit code %d: %s%s", code, stdout, stderr)
			}
			for _, want := range c.want {
				if !strings.Contains(stdout, want) {
					t.Errorf("no %q in: %s", want, stdout)
				}
			}
		})
	}
}

func TestTokenJSON(t *testing.T) {
	stdout, _, code := token(t, "SCIM_TOKEN="+oldToken+"\nSSOSYNC_SCIM_ACCESS_TOKEN_CREATED="+daysAgo(20), gate{oldToken: true}, nil, "--output=json")
	var doc struct {
		Host   string
		Tokens []struct {
			Setting, From, Ends string
			Accepted, Sure      bool
			DaysLeft            *int
		}
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil || code != 0 {
		t.Fatalf("%v, exit code %d: %s", err, code, stdout)
	}
	if doc.Host != "scim.eu-west-1.amazonaws.com" || len(doc.Tokens) != 1 || !doc.Tokens[0].Accepted || !doc.Tokens[0].Sure || *doc.Tokens[0].DaysLeft != 19 {
		t.Errorf("%+v", doc)
	}
}

// TestRotation walks through it as an administrator does, who pastes the old
// token first, then half of the new one, and who says that it is in place before
// it is.
func TestRotation(t *testing.T) {
	g := gate{oldToken: true, newToken: true}
	pasted := answers{oldToken, newToken[:10], newToken}
	enters := 0
	stdout, stderr, code := token(t, "SCIM_TOKEN="+oldToken, g, func(env *cli.Env) {
		env.Interactive = func() bool { return true }
		env.ReadSecret = func(context.Context) (string, error) { return pasted.next(), nil }
		env.Stdin = reader(func(p []byte) (int, error) {
			switch enters++; enters {
			case 2:
				if err := os.WriteFile(".env", []byte("SCIM_TOKEN="+newToken), 0o600); err != nil {
					t.Error(err)
				}
			case 3:
				delete(g, oldToken)
			}
			return copy(p, "\n"), nil
		})
	}, "rotate")
	if code != 0 || stdout != "" {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	at := 0
	for _, want := range []string{
		"https://eu-west-1.console.aws.amazon.com/singlesignon/", "That is the one in use", "AWS does not take it", "AWS takes it.\n", "from: .env line 1",
		"It is not: the old one is still there", "It is there.", "delete the old one", "AWS does not take it any more", "The new token lives until ",
	} {
		i := strings.Index(stderr[at:], want)
		if i < 0 {
			t.Fatalf("no %q in the rest of: %s", want, stderr)
		}
		at += i
	}
}

func TestRotationEndsEarly(t *testing.T) {
	g := gate{oldToken: true, newToken: true}
	for name, c := range map[string]struct {
		terminal bool
		pasted   answers
		code     int
		want     string
	}{
		"no terminal":    {false, nil, 5, "takes somebody at a terminal"},
		"nothing pasted": {true, answers{""}, 1, "nothing was changed, as you said"},
		"not in place":   {true, answers{newToken}, 1, "the settings still have the old token"},
	} {
		_, stderr, code := token(t, "SCIM_TOKEN="+oldToken, g, func(env *cli.Env) {
			env.Interactive = func() bool { return c.terminal }
			env.ReadSecret = func(context.Context) (string, error) { return c.pasted.next(), nil }
			env.Stdin = &answers{}
		}, "rotate")
		if code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit code %d: %s", name, code, stderr)
		}
	}
}

// What the token is kept in is said with the command that writes it.
func TestRotationNamesTheCommand(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte(oldToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := token(t, "SCIM_TOKEN=file:"+file, gate{oldToken: true, newToken: true}, func(env *cli.Env) {
		env.Interactive = func() bool { return true }
		env.ReadSecret = func(context.Context) (string, error) { return newToken, nil }
		env.Stdin = reader(func(p []byte) (int, error) {
			if err := os.WriteFile(file, []byte(newToken), 0o600); err != nil {
				t.Error(err)
			}
			return copy(p, "\n"), nil
		})
	}, "rotate")
	if code != 0 || !strings.Contains(stderr, "file:"+file) || !strings.Contains(stderr, "It is there.") || !strings.Contains(stderr, "AWS still takes it. Delete it") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
