package cli_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

const (
	robot = "ssosync@example-project.iam.gserviceaccount.com"
	admin = "admin@example.com"
	// A token has between 500 and 620 characters, some of which URLs have to
	// escape.
	scimToken = "TOPSECRET-d7a9b1c3/+=-PtYgjmUh+Bel31iEl2hpChYgCfrL1spNxnyVmihA=2O76UMFxFkM=R5Kjp-1vRt/1fjORS=6ilI8ihN5KXSc7Tvo=h" +
		"BKqFYY=kv5ZJr3J1TWDtkwtDDb/xHKas1VOq-g6YYZYn9ZhyiA4uoRgnatmUdjAWtGSU8po/799NksnRH9ucAUsdMlHUvTC+QCyE" +
		"ZDz=TddJ8HyS5SUkCnD8zRA9a9SkpXz9w3QlY7Zkuvqdt7s8Stqcbnr3yBdGBL+EPH1qhT61+qt-c4xatws8phP9nhFyJfm+5di4" +
		"P+-zJ5-9+FHz5r1pY4OjE2jBMptUsGr7CmY/uCu3-ZR1zTOlUcR64cXQL-ioDnkHIfxIq2HZt-=PlJhx2jIclHkCiHp6bR1IqfEo" +
		"uHgxzNNAL5+wIScGebc+y-8F5n3=Y+NBDRzrZSgqbjG3uhkW+KFLf6xuI5aHUQPFeNBTxaQWk8J+zF+alHlsZfYcMMDktXP=tKsf" +
		"-2+r+cDkdfrUnW5gcF/Ha6i+li8GjHEAD6=Wj9KfzjsQGMrb9h/ImB/LK777TOPSECRET"
	accessKeyID  = "AKIAEXAMPLE7TOPSECRET"
	accessSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCY/TOPSECRET"
)

// articleScopes are those that the common guide to ssosync has its readers
// grant: more than we ask for.
var articleScopes = []string{"admin.directory.group.readonly", "admin.directory.group.member.readonly", "admin.directory.user.readonly"}

// signingKey is made once: it takes a good part of a second.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// A world is a Google Workspace and an Identity Center, and what one needs to
// know to get at them.
type world struct {
	dir    *google.Directory
	google *google.Server
	aws    *iic.Server
	key    string         // the service account's key file
	seen   map[string]int // calls of AWS that a script has waited for

	signalled *exec.Cmd
	env       map[string]string // as the guide names them, and where the emulators are
}

// newWorld makes a company of three people and two groups, of which nothing is
// in Identity Center yet.
func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{dir: google.Company("example.com"), aws: iic.New(iic.Options{Tokens: []iic.Token{{Value: scimToken}}})}
	w.google = google.New(w.dir, google.Options{})
	for _, u := range []google.User{
		person("ann@example.com", "Ann", "Archer"), person("bo@example.com", "Bo", "Baker"), person("cy@example.com", "Cy", "Cook"),
	} {
		if _, err := w.dir.AddUser(u); err != nil {
			tb.Fatal(err)
		}
	}
	for _, g := range []google.Group{
		{Email: "aws-admins@example.com", Name: "AWS Admins", Members: []google.Member{{Email: "ann@example.com"}}},
		{Email: "aws-dev@example.com", Name: "AWS Dev", Members: []google.Member{{Email: "ann@example.com"}, {Email: "bo@example.com"}}},
	} {
		if _, err := w.dir.AddGroup(g); err != nil {
			tb.Fatal(err)
		}
	}
	w.dir.Delegate(robot, articleScopes...)
	return w
}

func person(email, given, family string) google.User {
	return google.User{PrimaryEmail: email, Name: google.Name{GivenName: given, FamilyName: family}}
}

// at says where the servers are.
func (w *world) at(tb testing.TB, googleURL, awsURL string) {
	tb.Helper()
	key, err := w.dir.AddKey(robot, googleURL, signingKey())
	if err != nil {
		tb.Fatal(err)
	}
	w.key = string(key)
	w.env = map[string]string{
		"GOOGLE_CREDENTIALS_JSON": base64.StdEncoding.EncodeToString(key), "GOOGLE_USER": admin,
		"SCIM_ENDPOINT": awsURL + w.aws.BasePath() + "/", "SCIM_TOKEN": scimToken,
		"AWS_IDENTITY_STORE_ID": "d-1234567890", "AWS_DEFAULT_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": accessKeyID, "AWS_SECRET_ACCESS_KEY": accessSecret,
		"SSOSYNC_GOOGLE_ENDPOINT": googleURL, "AWS_ENDPOINT_URL": awsURL, "AWS_EC2_METADATA_DISABLED": "true",
	}
}

// listen puts both servers on the loopback interface.
func (w *world) listen(tb testing.TB, cleanup func(func())) {
	tb.Helper()
	g, a := httptest.NewServer(w.google), httptest.NewServer(w.aws)
	cleanup(g.Close)
	cleanup(a.Close)
	w.at(tb, g.URL, a.URL)
}

// inAWS says what is in Identity Center, in words.
func (w *world) inAWS() string {
	state := w.aws.State()
	var b strings.Builder
	for _, u := range state.Users {
		active := "active"
		if !u.Active {
			active = "inactive"
		}
		fmt.Fprintf(&b, "user %s %s\n", u.UserName, active)
	}
	for _, g := range state.Groups {
		fmt.Fprintf(&b, "group %s: %s\n", g.DisplayName, strings.Join(state.Members(g.DisplayName), " "))
	}
	lines := strings.SplitAfter(b.String(), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// clientID is what the delegation has to name.
func (w *world) clientID(tb testing.TB) string {
	tb.Helper()
	var key struct {
		ClientID string `json:"client_id"`
	}
	if err := json.Unmarshal([]byte(w.key), &key); err != nil {
		tb.Fatal(err)
	}
	return key.ClientID
}

// keyAs writes a key as it comes out of shells, editors and CI systems.
func keyAs(key, form string) string {
	std := base64.StdEncoding.EncodeToString([]byte(key))
	switch form {
	case "raw":
		return key
	case "wrapped":
		return lines(std, "\n")
	case "crlf":
		return lines(std, "\r\n")
	case "unpadded":
		return strings.TrimRight(std, "=")
	case "urlsafe":
		return base64.RawURLEncoding.EncodeToString([]byte(key))
	case "quoted":
		return "'" + std + "'"
	case "half":
		return key[:len(key)/2]
	}
	return std
}

// lines breaks a text as base64 does.
func lines(s, end string) string {
	var b strings.Builder
	for chunk := range slices.Chunk([]byte(s), 76) {
		b.WriteString(string(chunk) + end)
	}
	return strings.TrimSuffix(b.String(), end)
}
