package auth

import (
	"bytes"
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// DefaultURI is Google's token endpoint, used when a key names none.
const DefaultURI = "https://oauth2.googleapis.com/token"

// A Key is a service-account key as the Cloud console hands it out. It may be
// printed: the private part cannot be.
type Key struct {
	ClientEmail string // of the service account
	ClientID    string // numeric; what the delegation is granted to
	KeyID       string
	ProjectID   string
	TokenURI    string // where tokens are asked for; also the audience

	private secret.String // in PEM form
}

// ParseKey reads a service-account key: the JSON file itself, or that file in
// base64 as environment variables and CI secrets carry it, in the standard or
// the URL-safe alphabet, padded or not, wrapped at any column, in quotes, with
// any line ends. No error shows any part of what was read.
func ParseKey(text []byte) (Key, error) {
	doc, err := unwrap(text)
	if err != nil {
		return Key{}, fmt.Errorf("parse service-account key: %w", err)
	}
	k, err := decodeKey(doc)
	if err != nil {
		return Key{}, fmt.Errorf("parse service-account key: %w", err)
	}
	return k, nil
}

// unwrap takes off quotes and base64 until the JSON document is bare. Nobody
// wraps a key more than a few times.
func unwrap(text []byte) ([]byte, error) {
	for range 4 {
		text = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(text), []byte("\uFEFF")))
		switch {
		case len(text) == 0:
			return nil, errors.New("it is empty")
		case text[0] == '{':
			return text, nil
		case quoted(text):
			text = unquote(text)
		default:
			plain, ok := decodeBase64(text)
			if !ok {
				return nil, errors.New("it is neither JSON nor base64 of JSON")
			}
			text = plain
		}
	}
	return nil, errors.New("it is wrapped too often")
}

func quoted(s []byte) bool {
	n := len(s)
	return n >= 2 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'' || s[0] == '`')
}

// unquote takes off one pair of quotes. In double quotes the text may be a
// JSON string, whose escapes are resolved.
func unquote(s []byte) []byte {
	var inner string
	if s[0] == '"' && json.Unmarshal(s, &inner) == nil {
		return []byte(inner)
	}
	return s[1 : len(s)-1]
}

// decodeBase64 accepts every variant that shells, copy and paste, and other
// languages' libraries produce.
func decodeBase64(s []byte) ([]byte, bool) {
	clean := strings.NewReplacer(
		`\r`, "", `\n`, "", "\r", "", "\n", "", "\t", "", " ", "", "=", "", "-", "+", "_", "/",
	).Replace(string(s))
	plain, err := base64.RawStdEncoding.DecodeString(clean)
	return plain, err == nil
}

func decodeKey(doc []byte) (Key, error) {
	var f map[string]any
	if json.Unmarshal(doc, &f) != nil { // its own message would quote from the document
		return Key{}, errors.New("it is damaged or cut short: not a JSON object")
	}
	text := func(field string) string {
		s, _ := f[field].(string)
		return s
	}
	k := Key{
		ClientEmail: text("client_email"), ClientID: text("client_id"), KeyID: text("private_key_id"),
		ProjectID: text("project_id"), TokenURI: cmp.Or(text("token_uri"), DefaultURI),
	}
	switch kind := text("type"); {
	case kind != "service_account":
		return Key{}, wrongType(kind)
	case k.ClientEmail == "":
		return Key{}, errors.New(`"client_email" is missing`)
	case !isAddress(k.TokenURI):
		return Key{}, errors.New(`"token_uri" is not an address that begins with https:// and names no user`)
	}
	block, err := repairPEM(text("private_key"))
	if err != nil {
		return Key{}, err
	}
	k.private = secret.New(string(block))
	return k, nil
}

// isAddress reports whether a login may be sent there: what is sent is as good
// as a password for an hour, so plain http is for this very machine only.
func isAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Hostname() != "" && u.User == nil &&
		(u.Scheme == "https" || u.Scheme == "http" && httpx.Loopback(u.Hostname()))
}

func wrongType(kind string) error {
	switch kind {
	case "authorized_user":
		return errors.New(`it is a person's login (type "authorized_user", as gcloud writes it): ` +
			"log in by application default credentials, or create a key of a service account instead")
	case "external_account", "impersonated_service_account":
		return fmt.Errorf("it is a federation file (type %q) and holds no key: log in by application default credentials", kind)
	}
	return errors.New(`it is not a service-account key: "type" is not "service_account"`)
}

// repairPEM returns the RSA key in PEM form. The line ends of "private_key"
// are often mangled on the way through shells and CI: written as the two
// characters \n, turned into spaces, or gone. They carry no meaning.
func repairPEM(text string) ([]byte, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New(`"private_key" is missing`)
	}
	text = strings.NewReplacer(`\r`, "", `\n`, "\n", "\r", "").Replace(text)
	_, text, begins := strings.Cut(text, "-----BEGIN ")
	kind, text, headed := strings.Cut(text, "-----")
	body, _, ends := strings.Cut(text, "-----END ")
	if !begins || !headed || !ends {
		return nil, errors.New(`"private_key" is cut short: its BEGIN or END line is missing`)
	}
	der, ok := decodeBase64([]byte(body))
	if !ok {
		return nil, errors.New(`"private_key" is damaged: it is not base64 between its BEGIN and END lines`)
	}
	if !isRSA(der) {
		return nil, errors.New(`"private_key" is damaged or cut short: there is no RSA key in it`)
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), nil
}

func isRSA(der []byte) bool {
	if k, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		_, ok := k.(*rsa.PrivateKey)
		return ok
	}
	_, err := x509.ParsePKCS1PrivateKey(der)
	return err == nil
}
