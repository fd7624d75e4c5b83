package auth_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"ssosync/internal/source/google/auth"
)

// Making a key takes a while; the tests share one.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func pkcs8(k any) string {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// keyFile is a key as the Cloud console hands it out, with some fields changed.
func keyFile(changes map[string]any) []byte {
	f := map[string]any{
		"type": "service_account", "project_id": "sync-example", "private_key_id": "0123abcd",
		"private_key": pkcs8(rsaKey()), "client_email": "sync@sync-example.iam.gserviceaccount.com",
		"client_id": "110000000000000000001", "auth_uri": "https://accounts.google.com/o/oauth2/auth",
		"token_uri": "https://oauth2.googleapis.com/token", "universe_domain": "googleapis.com",
		"note": "???>>>~~~", // has "+" and "/" in base64, wherever it begins
	}
	maps.Copy(f, changes)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(f); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func TestParseKey(t *testing.T) {
	k, err := auth.ParseKey(keyFile(nil))
	if err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2]string{
		"client email": {k.ClientEmail, "sync@sync-example.iam.gserviceaccount.com"},
		"client id":    {k.ClientID, "110000000000000000001"},
		"key id":       {k.KeyID, "0123abcd"},
		"project":      {k.ProjectID, "sync-example"},
		"token uri":    {k.TokenURI, "https://oauth2.googleapis.com/token"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
	k, err = auth.ParseKey(keyFile(map[string]any{"token_uri": ""}))
	if err != nil || k.TokenURI != auth.DefaultURI {
		t.Errorf("without token_uri: %q, %v", k.TokenURI, err)
	}
}

// However a key is wrapped on its way, it is the same key.
func TestParseKeyUnwraps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(keyFile(map[string]any{"client_id": rapid.StringMatching(`[0-9]{1,30}`).Draw(t, "id")}))
		want, err := auth.ParseKey([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "base64") {
			enc := rapid.SampledFrom([]*base64.Encoding{
				base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding,
			}).Draw(t, "alphabet")
			text = enc.EncodeToString([]byte(text))
			text = fold(text, rapid.SampledFrom([]int{0, 1, 64, 76}).Draw(t, "column"),
				rapid.SampledFrom([]string{"\n", "\r\n", `\n`, " ", "\n\t"}).Draw(t, "line end"))
		} else if rapid.Bool().Draw(t, "CRLF") {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		switch rapid.IntRange(0, 4).Draw(t, "quotes") {
		case 1:
			text = `"` + text + `"`
		case 2:
			text = `'` + text + `'`
		case 3:
			j, _ := json.Marshal(text)
			text = string(j)
		}
		text = rapid.SampledFrom([]string{"", "\uFEFF", "\n", " \r\n"}).Draw(t, "before") + text +
			rapid.SampledFrom([]string{"", "\n", "\r\n", "  "}).Draw(t, "after")
		got, err := auth.ParseKey([]byte(text))
		if err != nil {
			t.Fatalf("%v of %q", err, text)
		}
		if got.ClientID != want.ClientID || got.ClientEmail != want.ClientEmail || got.KeyID != want.KeyID {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func fold(s string, column int, end string) string {
	if column == 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i += column {
		b.WriteString(s[i:min(len(s), i+column)] + end)
	}
	return b.String()
}

// Every way in which line ends get lost leaves a key that signs.
func TestParseKeyRepairsLineEnds(t *testing.T) {
	good := pkcs8(rsaKey())
	old := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey())}))
	for name, mangled := range map[string]string{
		"as it was":  good,
		"PKCS 1":     old,
		"backslash":  strings.ReplaceAll(good, "\n", `\n`),
		"both":       strings.ReplaceAll(good, "\n", `\r\n`),
		"CRLF":       strings.ReplaceAll(good, "\n", "\r\n"),
		"spaces":     strings.ReplaceAll(good, "\n", " "),
		"none":       strings.ReplaceAll(good, "\n", ""),
		"surrounded": "\n\n " + good + " \n",
	} {
		t.Run(name, func(t *testing.T) {
			k, err := auth.ParseKey(keyFile(map[string]any{"private_key": mangled}))
			if err != nil {
				t.Fatal(err)
			}
			g := &google{t: t, key: &rsaKey().PublicKey}
			if _, err := g.tokens(auth.Delegation{Key: k, Subject: "amy@example.com"}).Token(t.Context(), ""); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestParseKeySaysWhatIsWrong(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := string(keyFile(nil))
	secretPart := pkcs8(rsaKey())[100:140]
	for name, c := range map[string]struct {
		text, want string
	}{
		"empty":        {" \n", "it is empty"},
		"only quotes":  {`""`, "it is empty"},
		"half quoted":  {`'` + good + `"`, "neither JSON nor base64"},
		"a path":       {"/etc/key.json", "neither JSON nor base64"},
		"cut":          {good[:len(good)/2], "damaged or cut short"},
		"cut base64":   {base64.StdEncoding.EncodeToString([]byte(good))[:1001], "neither JSON nor base64"},
		"a person":     {string(keyFile(map[string]any{"type": "authorized_user"})), "a person's login"},
		"federation":   {string(keyFile(map[string]any{"type": "external_account"})), "federation file"},
		"other":        {`{"installed":{}}`, `"type" is not "service_account"`},
		"no e-mail":    {string(keyFile(map[string]any{"client_email": ""})), `"client_email" is missing`},
		"no key":       {string(keyFile(map[string]any{"private_key": "\n"})), `"private_key" is missing`},
		"no BEGIN":     {string(keyFile(map[string]any{"private_key": secretPart})), "cut short"},
		"no END":       {string(keyFile(map[string]any{"private_key": pkcs8(rsaKey())[:500]})), "cut short"},
		"not base64":   {string(keyFile(map[string]any{"private_key": strings.Replace(pkcs8(rsaKey()), secretPart[:3], "***", 1)})), "not base64"},
		"less of it":   {string(keyFile(map[string]any{"private_key": strings.Replace(pkcs8(rsaKey()), secretPart, "", 1)})), "no RSA key"},
		"elliptic":     {string(keyFile(map[string]any{"private_key": pkcs8(curve)})), "no RSA key"},
		"address":      {string(keyFile(map[string]any{"token_uri": "oauth2.googleapis.com"})), `"token_uri" is not an address`},
		"other scheme": {string(keyFile(map[string]any{"token_uri": "file:///etc/passwd"})), `"token_uri" is not an address`},
		"wrapped":      {strings.Repeat("'", 9) + good + strings.Repeat("'", 9), "wrapped too often"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := auth.ParseKey([]byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want %q", err, c.want)
			}
			if strings.Contains(err.Error(), secretPart[:8]) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

func TestAKeyCannotBePrinted(t *testing.T) {
	k, err := auth.ParseKey(keyFile(nil))
	if err != nil {
		t.Fatal(err)
	}
	part := pkcs8(rsaKey())[100:130]
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&out, verb+"\n", k)
		fmt.Fprintf(&out, verb+"\n", &k)
	}
	j, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	slog.New(slog.NewTextHandler(&out, nil)).Info("key", "key", k)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("key", "key", k)
	if s := out.String(); strings.Contains(s, part) || strings.Contains(s, fmt.Sprintf("%x", part)) || !strings.Contains(s, k.KeyID) {
		t.Errorf("the key shows, or nothing does:\n%s", s)
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(keyFile(nil))
	f.Add([]byte(base64.RawURLEncoding.EncodeToString(keyFile(nil))))
	f.Add([]byte(`"{\"type\":\"service_account\"}"`))
	f.Add([]byte("'"))
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := auth.ParseKey(text)
		if err == nil && (k.ClientEmail == "" || k.TokenURI == "") {
			t.Errorf("%+v from %q", k, text)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "parse service-account key: ") {
			t.Error(err)
		}
	})
}
