package cli_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"ssosync/internal/cli"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/emulator/inproc"
)

const (
	googleURL = "https://google.example.com"
	awsURL    = "https://scim.us-east-1.amazonaws.com"
)

// An office is a world without a network, and a program in it.
type office struct {
	*world
	wire http.RoundTripper
}

func newOffice(t *testing.T) *office {
	t.Helper()
	w := newWorld(t)
	w.at(t, googleURL, awsURL)
	return &office{w, inproc.Mux(map[string]http.Handler{
		"google.example.com": w.google, "scim.us-east-1.amazonaws.com": w.aws,
		"identitystore.us-east-1.amazonaws.com": w.aws, "sso.us-east-1.amazonaws.com": w.aws,
	})}
}

// environ is the environment of a program in the office.
func (o *office) environ() []string {
	var environ []string
	for name, value := range o.env {
		environ = append(environ, name+"="+value)
	}
	return environ
}

// run runs the program.
func (o *office) run(t *testing.T, files map[string]string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, err bytes.Buffer
	code = cli.Main(t.Context(), args, cli.Env{
		Stdout: &out, Stderr: &err, Environ: o.environ(), Base: o.wire,
		ReadFile: func(name string) ([]byte, error) { return readFile(files, name) },
	})
	return out.String(), err.String(), code
}

// A wiretap remembers the tokens that pass.
type wiretap struct {
	next   http.RoundTripper
	mu     sync.Mutex
	tokens []string
}

func (w *wiretap) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	if token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer "); ok && !slices.Contains(w.tokens, token) {
		w.tokens = append(w.tokens, token)
	}
	w.mu.Unlock()
	return w.next.RoundTrip(req)
}

// A parrot answers with what it was sent, as some proxies do that refuse a
// request.
type parrot struct{ to string }

func (p parrot) RoundTrip(req *http.Request) (*http.Response, error) {
	header := req.Header.Get("Authorization")
	body := map[string]string{
		"plain": "denied: " + header, "url": "denied: " + url.QueryEscape(header),
		"json": `{"error":{"code":418,"message":` + quoted(header) + `},"detail":` + quoted(header) + `,"schemas":[]}`,
		"html": "<html>" + base64.StdEncoding.EncodeToString([]byte("x"+header)),
	}[p.to]
	return &http.Response{
		StatusCode: http.StatusTeapot, Request: req, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// forAWS sets the variables that the AWS SDK reads itself.
func forAWS(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": accessKeyID, "AWS_SECRET_ACCESS_KEY": accessSecret, "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": "",
	} {
		t.Setenv(name, value)
	}
}

// Whatever is run, whatever goes wrong, and however much is logged: no secret
// is in the output, in no form.
func TestNoSecretIsShown(t *testing.T) {
	forAWS(t)
	seen := 0
	for name, s := range secretScenarios() {
		for _, verbose := range [][]string{
			{"--debug"}, {"--log-level=trace"}, {"--debug", "--log-format=json"}, {"--log-level=trace", "--log-format=json", "--output=json"},
		} {
			o := newOffice(t)
			files := map[string]string{"key.json": o.key}
			if s.before != nil {
				s.before(o, files)
			}
			tap := &wiretap{next: o.wire}
			o.wire = tap
			args := slices.Clone(s.args)
			if !s.bare {
				args = append(args, verbose...)
			}
			stdout, stderr, code := o.run(t, files, args...)
			if code != s.code {
				t.Errorf("%s %v: exit code %d, want %d\n%s%s", name, verbose, code, s.code, stdout, stderr)
			}
			seen += len(tap.tokens)
			if leak := leakIn(stdout+stderr, o.secrets(tap)); leak != "" {
				t.Errorf("%s %v: %s", name, verbose, leak)
			}
			if s.want != "" && !strings.Contains(stdout+stderr, s.want) {
				t.Errorf("%s %v: nothing about %q in\n%s%s", name, verbose, s.want, stdout, stderr)
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d tokens were sent: is this test alive?", seen)
	}
}

// A secretScenario is something that people do, and may go wrong.
type secretScenario struct {
	args   []string
	bare   bool // takes no flags of the logs
	before func(o *office, files map[string]string)
	code   int
	want   string // is there, so that the scenario is what it claims to be
}

func secretScenarios() map[string]secretScenario {
	fault := func(kind google.FaultKind) func(*office, map[string]string) {
		return func(o *office, _ map[string]string) { o.google.Inject(google.Fault{Kind: kind, Op: "users.list"}) }
	}
	env := func(name, value string) func(*office, map[string]string) {
		return func(o *office, _ map[string]string) { o.env[name] = value }
	}
	all := map[string]secretScenario{
		"sync":          {args: []string{"sync"}, want: "2 users created"},
		"by flags":      {args: []string{"-t", scimToken, "-c", "key.json"}, want: "2 users created"},
		"the old way":   {args: []string{"-t", scimToken, "-r", "us-east-1", "-i", "d-1234567890"}, want: "2 users created"},
		"plan":          {args: []string{"plan", "--detailed-exitcode"}, code: 2},
		"markdown":      {args: []string{"plan", "--output=markdown"}},
		"other reader":  {args: []string{"plan", "--read=identitystore"}},
		"explain":       {args: []string{"config", "explain"}, want: "[set]"},
		"explain table": {args: []string{"config", "explain", "--output=markdown"}, want: "[set]"},
		"validate":      {args: []string{"config", "validate"}, want: "OK"},
		"version":       {args: []string{"version"}, bare: true},
		"help":          {args: []string{"sync", "--help"}, bare: true},
		"completion":    {args: []string{"__complete", "sync", "-t", scimToken, "--out"}, bare: true},
		"no delegation": {before: func(o *office, _ map[string]string) { o.dir.Delegate(robot) }, code: 5, want: "unauthorized_client"},
		"wrong token":   {before: env("SCIM_TOKEN", scimToken+"x"), code: 5, want: "generate a new access token"},
		"half a key":    {before: func(o *office, _ map[string]string) { o.env["GOOGLE_CREDENTIALS_JSON"] = o.key[:len(o.key)/2] }, code: 5},
		"half a base64": {before: func(o *office, _ map[string]string) {
			o.env["GOOGLE_CREDENTIALS_JSON"] = o.env["GOOGLE_CREDENTIALS_JSON"][:999]
		}, code: 5},
		"key in a file that is no key": {args: []string{"-c", "bad.json"}, before: func(o *office, files map[string]string) {
			files["bad.json"] = strings.Replace(o.key, "BEGIN", "BEGUN", 1)
		}, code: 5, want: "private_key"},
		"token as an argument": {args: []string{scimToken}, code: 5},
		"token as a command":   {args: []string{"config", scimToken}, code: 5},
		"token after a flag":   {args: []string{"--dry-run", scimToken}, code: 5},
		"token as a flag":      {args: []string{"--" + scimToken}, code: 5},
		"token as a Region":    {args: []string{"-r", scimToken}, code: 5},
		"token as a choice":    {args: []string{"--sync-method", scimToken}, code: 5},
		"token as a path":      {args: []string{"-c", scimToken}, code: 5},
		"token as a query":     {args: []string{"-g", scimToken + "="}, code: 5},
		"token as a limit":     {args: []string{"--guard", scimToken}, code: 5},
		"token as an endpoint": {args: []string{"-e", scimToken}, code: 5},
		"token in an endpoint": {args: []string{"-e", "https://me:" + url.QueryEscape(scimToken) + "@scim.us-east-1.amazonaws.com/x/scim/v2"}, code: 5},
		"token as a user":      {args: []string{"-u", scimToken + "@example.com"}, code: 5},
		"token in YAML": {before: func(_ *office, files map[string]string) {
			files["ssosync.yaml"] = "access-token: " + scimToken + "\n- x: [\n"
		}, code: 5},
		"token as a key of YAML": {before: func(_ *office, files map[string]string) { files["ssosync.yaml"] = scimToken + ": 1\n" }, code: 5},
		"another token in .env":  {before: func(_ *office, files map[string]string) { files[".env"] = "SCIM_ACCESS_TOKEN='" + scimToken + "\n" }, code: 5},
		"not allowed":            {before: fault(google.Forbidden), code: 5},
		"token refused":          {before: fault(google.AuthError), code: 5},
		"nothing there":          {before: fault(google.MissingKey), code: 4},
		"AWS keys are not good": {args: []string{"--read=identitystore"}, before: func(o *office, _ map[string]string) {
			o.aws.Update(func(a *iic.Options) { a.Deny = func(string) *iic.Denial { return iic.NotAuthorized() } })
		}, code: 5},
		"two groups of a name": {before: func(o *office, _ map[string]string) {
			_, _ = o.dir.AddGroup(google.Group{Email: "x@example.com", Name: "AWS Dev"})
		}, code: 3},
		"a group called like a line of the key": {before: func(o *office, _ map[string]string) {
			for what, line := range o.secrets(&wiretap{}) {
				if what == "line 3 of the key" {
					_ = o.dir.RenameGroup("aws-dev@example.com", line, "")
				}
			}
		}, want: "2 users created"},
		"a group called like a token": {before: func(o *office, _ map[string]string) {
			_ = o.dir.RenameGroup("aws-dev@example.com", scimToken[:60], "")
		}, want: "2 users created"},
		"a user called like a token": {before: func(o *office, _ map[string]string) {
			_ = o.dir.EditUser("ann@example.com", func(u *google.User) { u.Name.GivenName = scimToken })
		}, want: "2 users created"},
	}
	for _, to := range []string{"plain", "url", "json", "html"} {
		all["an answer that is our question, "+to] = secretScenario{before: func(o *office, _ map[string]string) {
			o.wire = split{googleURL + "/admin", parrot{to}, o.wire}
		}, code: 1}
		all["an answer that is our question of AWS, "+to] = secretScenario{before: func(o *office, _ map[string]string) {
			o.wire = split{awsURL, parrot{to}, o.wire}
		}, code: 1}
	}
	return all
}

// A split sends the requests whose URL begins like this another way.
type split struct {
	prefix    string
	to, other http.RoundTripper
}

func (s split) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasPrefix(req.URL.String(), s.prefix) {
		return s.to.RoundTrip(req)
	}
	return s.other.RoundTrip(req)
}

// leakIn says what of the secrets is in a text, and in which line.
func leakIn(text string, secrets map[string]string) string {
	for what, secret := range secrets {
		for form, written := range formsOf(secret) {
			for line := range strings.Lines(text) {
				if strings.Contains(line, written) {
					return fmt.Sprintf("%s shows as %s in %s", what, form, line)
				}
			}
		}
	}
	return ""
}

// secrets are all that must not be seen.
func (o *office) secrets(tap *wiretap) map[string]string {
	all := map[string]string{"the SCIM token": scimToken, "the AWS key": accessSecret}
	var key struct {
		PrivateKey string `json:"private_key"`
	}
	if err := json.Unmarshal([]byte(o.key), &key); err != nil {
		panic(err)
	}
	block, _ := pem.Decode([]byte(key.PrivateKey))
	for i, line := range strings.Split(key.PrivateKey, "\n") {
		if len(line) == 64 {
			all[fmt.Sprintf("line %d of the key", i)] = line
		}
	}
	all["the middle of the key"] = string(block.Bytes[400:420])
	encoded := base64.StdEncoding.EncodeToString([]byte(o.key))
	all["the middle of the encoded file"] = encoded[len(encoded)/2 : len(encoded)/2+48]
	for i, token := range tap.tokens {
		all[fmt.Sprintf("access token %d", i)] = token
	}
	return all
}

// formsOf are the ways to write a secret, each made from first principles.
func formsOf(secret string) map[string]string {
	forms := map[string]string{
		"it is": secret, "a part of a URL": url.QueryEscape(secret), "a path": url.PathEscape(secret), "JSON": quoted(secret)[1 : len(quoted(secret))-1],
		"hex": fmt.Sprintf("%x", secret),
	}
	for from := 0; from+48 <= len(secret); from += 16 {
		forms[fmt.Sprintf("a part from %d on", from)] = secret[from : from+48]
	}
	for before := range 3 {
		for name, enc := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64url": base64.RawURLEncoding} {
			whole := enc.EncodeToString([]byte("xyz"[:before] + secret + "xyz"))
			forms[fmt.Sprintf("%s at %d", name, before)] = whole[4 : len(whole)-8]
		}
	}
	return forms
}
