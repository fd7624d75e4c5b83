//go:build unix

package cloud

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A world is the emulators of Google and of IAM Identity Center in a process of
// their own, and a directory for those who talk to them.
type world struct {
	t        *testing.T
	dir      string
	emulator *process
	environ  []string // of everybody who talks to them
}

// newWorld starts the emulators, by default with the company of the demo.
func newWorld(t *testing.T, flags ...string) *world {
	t.Helper()
	w := &world{t: t, dir: directory(t)}
	home := "HOME=" + w.dir
	w.emulator = launch(t, w.dir, []string{home}, program, append([]string{"emulator"}, flags...)...)
	// The last of the variables, with the end of its line.
	eventually(t, "the emulator says how to reach it", func() bool {
		_, last, found := strings.Cut(w.emulator.out.String(), "AWS_ENDPOINT_URL_SSO_ADMIN=")
		return found && strings.HasSuffix(last, "\n")
	})
	w.environ = []string{home, "SSOSYNC_LOG_LEVEL=trace"} // that there is more to search
	for line := range strings.Lines(w.emulator.out.String()) {
		if assignment, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			w.environ = append(w.environ, strings.ReplaceAll(assignment, "'", ""))
		}
	}
	for _, name := range []string{"SCIM_TOKEN", "AWS_SECRET_ACCESS_KEY", "GOOGLE_CREDENTIALS_JSON"} {
		secrets.give(w.variable(name))
	}
	secrets.give(w.key().PrivateKey)
	return w
}

// variable is the value of one of those that the emulator prints.
func (w *world) variable(name string) string {
	w.t.Helper()
	value := variable(w.environ, name)
	if value == "" {
		w.t.Fatalf("the emulator does not tell %s", name)
	}
	return value
}

// variable is the value that counts of a variable, "" if it is not set.
func variable(environ []string, name string) string {
	for _, v := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// A googleKey is what of a service account's key the tests need.
type googleKey struct {
	Email      string `json:"client_email"`
	PrivateKey string `json:"private_key"`

	text string // all of it, in JSON
}

func (w *world) key() (key googleKey) {
	w.t.Helper()
	data, err := base64.StdEncoding.DecodeString(w.variable("GOOGLE_CREDENTIALS_JSON"))
	must(w.t, err)
	must(w.t, json.Unmarshal(data, &key))
	key.text = string(data)
	return key
}

// with is the environ and more; an empty variable counts as none.
func (w *world) with(more ...string) []string { return slices.Concat(w.environ, more) }

// run runs ssosync to its end, which must be one of success.
func (w *world) run(environ []string, args ...string) *process {
	w.t.Helper()
	p := start(w.t, w.dir, environ, args...)
	p.exits(w.t, 0)
	return p
}

// fails runs ssosync to its end, which must have the code, and say all of the
// texts.
func (w *world) fails(code int, environ []string, args []string, texts ...string) {
	w.t.Helper()
	p := start(w.t, w.dir, environ, args...)
	p.exits(w.t, code)
	p.says(w.t, texts...)
}

// A said is what ssosync --output json says.
type said struct {
	Outcome string
	Changes []struct {
		Kind   string
		Action string
		Name   string
	}
	Counts map[string]map[string]int
	Impact struct {
		Unknown string
		Lost    []struct {
			Name        string
			Assignments []struct{ PermissionSet, Account string }
		}
	}
}

// report runs ssosync to its end, and reads what it says.
func (w *world) report(environ []string, args ...string) (s said) {
	w.t.Helper()
	p := w.run(environ, append(args, "--output", "json")...)
	must(w.t, json.Unmarshal([]byte(p.out.String()), &s))
	return s
}

// person finds a user in AWS by name (IAM Identity Center SCIM guide: ListUsers,
// filter).
func (w *world) person(name string) (u struct {
	ID     string
	Active bool
},
) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.variable("SCIM_ENDPOINT")+`/Users?filter=userName+eq+%22`+name+`%22`, http.NoBody)
	must(w.t, err)
	req.Header.Set("Authorization", "Bearer "+w.variable("SCIM_TOKEN"))
	res, err := http.DefaultClient.Do(req)
	must(w.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(w.t, err)
	var page struct {
		Resources []struct {
			ID     string
			Active bool
		}
	}
	must(w.t, json.Unmarshal(body, &page))
	if len(page.Resources) != 1 {
		w.t.Fatalf("%d users are called %s: %s", len(page.Resources), name, body)
	}
	return page.Resources[0]
}

// A company is a fixture of the Google emulator, which a test changes as it goes.
type company struct {
	path    string
	fixture map[string]any
}

// newCompany writes a fixture with people in one group. The first one is the
// administrator.
func newCompany(t *testing.T, people ...string) *company {
	t.Helper()
	c := &company{path: filepath.Join(directory(t), "company.json")}
	var users, members []map[string]any
	for i, name := range people {
		address := name + "@example.com"
		users = append(users, map[string]any{"primaryEmail": address, "isAdmin": i == 0, "name": map[string]string{"givenName": name, "familyName": "Example"}})
		members = append(members, map[string]any{"email": address})
	}
	c.fixture = map[string]any{
		"customer": map[string]string{"id": "C01abcd23", "customerDomain": "example.com"},
		"users":    users, "groups": []map[string]any{{"email": "all@example.com", "name": "All", "members": members}},
	}
	c.write(t)
	return c
}

func (c *company) write(t *testing.T) {
	t.Helper()
	data, err := json.Marshal(c.fixture)
	must(t, err)
	must(t, os.WriteFile(c.path+".new", data, 0o600))
	must(t, os.Rename(c.path+".new", c.path))
}

// suspend suspends people, and waits until the emulator knows.
func (c *company) suspend(w *world, names ...string) {
	w.t.Helper()
	users, _ := c.fixture["users"].([]map[string]any)
	for _, u := range users {
		address, _ := u["primaryEmail"].(string)
		if slices.Contains(names, strings.TrimSuffix(address, "@example.com")) {
			u["suspended"] = true
		}
	}
	const read = " is read again: "
	before := strings.Count(plain(w.emulator.err.String()), read)
	c.write(w.t)
	eventually(w.t, "the emulator has read the company again", func() bool {
		return strings.Count(plain(w.emulator.err.String()), read) > before
	})
}
