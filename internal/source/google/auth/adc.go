package auth

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"ssosync/internal/secret"
)

// ApplicationDefault logs in by what Google's own libraries would take: the file
// that GOOGLE_APPLICATION_CREDENTIALS names, else the login of gcloud, else the
// metadata server of a machine in Google Cloud (Google Cloud guide: how
// Application Default Credentials works). Unlike them it never passes over the
// Subject: with one, a service account signs for it, or there is an error.
type ApplicationDefault struct {
	// JSON is the contents of such a file, of any kind, if it is at hand; ""
	// means to look for one.
	JSON           secret.String
	ServiceAccount string                   // e-mail of the one to be used, if it is not the credentials' own
	Subject        string                   // e-mail of the administrator
	Scopes         []string                 // nil means [ReadScopes]
	Getenv         func(name string) string // nil means [os.Getenv]
	// AWS, if it has credentials, is used for files whose source is AWS: Google's
	// library finds none on ECS and EKS.
	AWS AWS
	Net
}

// NewTokens returns the tokens of the credentials, or says what is missing.
func (a ApplicationDefault) NewTokens() (*Tokens, error) { return tokensOf(a, a.Scopes) }

// For returns the login that the credentials are good for.
func (a ApplicationDefault) For(scopes ...string) (Login, error) {
	way, err := a.resolve()
	if err != nil {
		return nil, err
	}
	return way.For(scopes...)
}

// Profile says what was found where. It reads the file, and asks nobody.
func (a ApplicationDefault) Profile() Profile {
	way, err := a.resolve()
	if err != nil {
		return Profile{
			Text: "application default credentials: " + err.Error(), Account: a.ServiceAccount,
			Subject: a.Subject, Scopes: scopesOr(a.Scopes),
		}
	}
	p := way.Profile()
	p.Text = "application default credentials: " + p.Text
	return p
}

// resolve finds the credentials, and decides what they are used for.
func (a ApplicationDefault) resolve() (Way, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	doc, where, err := a.find()
	if err != nil {
		return nil, err
	}
	if doc == nil {
		return a.machine()
	}
	way, err := a.of(doc, true)
	if err != nil {
		return nil, fmt.Errorf("read the credentials of %s: %w", where, err)
	}
	return way, nil
}

// find returns the document and where it is from; nil if there is none.
func (a ApplicationDefault) find() (doc []byte, where string, err error) {
	if !a.JSON.Empty() {
		doc, err = unwrap([]byte(a.JSON.Reveal()))
		if err != nil {
			err = fmt.Errorf("read the credentials: %w", err)
		}
		return doc, "the configuration", err
	}
	const named = "GOOGLE_APPLICATION_CREDENTIALS"
	if file := a.env(named); file != "" {
		text, err := readFile(file)
		if err != nil {
			return nil, "", fmt.Errorf("read the file of %s: %w", named, err)
		}
		doc, err := unwrap(text)
		if err != nil {
			return nil, "", fmt.Errorf("read the file of %s: %w", named, err)
		}
		return doc, named, nil
	}
	text, err := readFile(a.wellKnown())
	if errors.Is(err, os.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read the login of gcloud: %w", err)
	}
	return text, "gcloud", nil
}

func (a ApplicationDefault) env(name string) string {
	if a.Getenv == nil {
		return os.Getenv(name)
	}
	return a.Getenv(name)
}

// wellKnown is where gcloud auth application-default login writes to.
func (a ApplicationDefault) wellKnown() string {
	const file = "application_default_credentials.json"
	switch dir := a.env("CLOUDSDK_CONFIG"); {
	case dir != "":
		return filepath.Join(dir, file)
	case runtime.GOOS == "windows":
		return filepath.Join(a.env("APPDATA"), "gcloud", file)
	}
	return filepath.Join(a.env("HOME"), ".config", "gcloud", file)
}

// readFile reads up to a megabyte: a key has three kilobytes.
func readFile(name string) ([]byte, error) {
	const most = 1 << 20
	f, err := os.Open(name) //nolint:gosec // Its name is the operator's.
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // It was only read.
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("%s is larger than a megabyte: these are no credentials", name)
	}
	return text, err
}
