package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"ssosync/internal/config"
	"ssosync/internal/secret"
	"ssosync/internal/setup"
	"ssosync/internal/wire"
)

func newFlags() *pflag.FlagSet {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.Flags(flags)
	return flags
}

func noFile(string) ([]byte, error) { return nil, fs.ErrNotExist }

func wireCheck(cfg config.Config) error { return wire.Check(cfg) }

func places() []choice {
	return []choice{
		{string(setup.Machine), "this machine", "also a server or a VM"},
		{string(setup.Lambda), "AWS Lambda", ""},
		{string(setup.Kubernetes), "Kubernetes", "on EKS, if it is to go without a key"},
		{string(setup.GitHub), "GitHub Actions", ""},
	}
}

func accesses() []choice {
	return []choice{
		{string(setup.KeylessRole), "without a key, with an admin role that only reads", "the least it can do, and nothing to leak"},
		{string(setup.KeylessDelegation), "without a key, with domain-wide delegation", "nothing to leak; it could read as anybody in the company"},
		{string(setup.KeyDelegation), "with a key file and domain-wide delegation", "works anywhere; the key has to be guarded and replaced"},
	}
}

func (i *interview) place(ctx context.Context) error {
	v, err := i.flag(ctx, "runs-on", i.options.place, question{
		title: "Where will ssosync run?", choices: places(), value: string(setup.Machine),
	})
	i.answers.Place = setup.Place(v)
	return err
}

// google asks how to log in to Google, unless what is given says it.
func (i *interview) google(ctx context.Context) error {
	access := i.options.access
	if access == "" {
		access = string(i.evident())
	}
	if access != string(setup.KeyRole) {
		var err error
		access, err = i.flag(ctx, "google-access", access, question{
			title: "How may ssosync read Google's directory?", choices: accesses(), value: string(setup.KeylessRole),
		})
		if err != nil {
			return err
		}
	}
	i.answers.Access = setup.Access(access)
	if err := i.principal(ctx); err != nil {
		return err
	}
	if i.answers.Access.Keyless() {
		return i.serviceAccount(ctx)
	}
	return i.key(ctx)
}

// evident is the way in that what is set already leaves no doubt about.
func (i *interview) evident() setup.Access {
	customer := i.given("customer-id") && i.CustomerID != config.DefaultCustomer
	admin := i.given("google-admin")
	switch key := i.hasKey(); {
	case i.given("google-workload-identity-provider") || i.given("google-impersonate-service-account"):
		if admin {
			return setup.KeylessDelegation
		}
		return setup.KeylessRole
	case key && customer && !admin:
		return setup.KeyRole
	case key:
		return setup.KeyDelegation
	}
	return ""
}

// hasKey reports whether a service account's key is set, or lies here.
func (i *interview) hasKey() bool {
	return i.given("google-credentials") || i.GoogleLogin == config.LoginKey || i.keyFile() != ""
}

// principal asks in whose name, or for which customer, the directory is read.
func (i *interview) principal(ctx context.Context) (err error) {
	a := &i.answers
	if a.Access.Delegated() {
		if i.given("customer-id") {
			a.Customer = i.CustomerID
		}
		a.Admin, err = i.text(ctx, "google-admin", i.GoogleAdmin, question{
			title: "Google administrator", help: "Address of a super administrator, or of one who may read users and groups.",
		})
		return err
	}
	a.Customer, err = i.text(ctx, "customer-id", i.CustomerID, question{
		title: "Google customer id", help: "Admin console > Account > Account settings. It looks like C01abcd23.",
		check: func(s string) error {
			if s == config.DefaultCustomer || strings.ContainsAny(s, "@. ") {
				return errors.New("a service account has no customer of its own: the id itself is needed, neither an address nor a domain")
			}
			return checkSetting("customer-id", s)
		},
	})
	return err
}

var accountRE = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z][a-z0-9.:-]*\.iam\.gserviceaccount\.com$`)

func (i *interview) serviceAccount(ctx context.Context) (err error) {
	i.answers.ServiceAccount, err = i.text(ctx, "google-impersonate-service-account", i.GoogleServiceAccount, question{
		title: "Address of the service account", help: "ssosync@PROJECT.iam.gserviceaccount.com. It need not exist yet: " + setup.GoogleFile + " will say how to make it.",
		check: func(s string) error {
			if !accountRE.MatchString(s) {
				return errors.New("it looks like ssosync@my-project.iam.gserviceaccount.com; the name has 6 characters at least")
			}
			return nil
		},
	})
	return err
}

// keyFile is a key in the current directory, under the name that the guides use.
func (i *interview) keyFile() string {
	for _, name := range []string{"credentials.json", "key.json"} {
		if data, err := i.env.ReadFile(name); err == nil && keyOf(data).Type == "service_account" {
			return name
		}
	}
	return ""
}

// A keyAccount is what a key's file says of its service account that is no
// secret.
type keyAccount struct {
	Type     string `json:"type"`
	Email    string `json:"client_email"`
	ClientID string `json:"client_id"`
}

// keyOf reads a key; the zero value is none.
func keyOf(data []byte) keyAccount {
	var k keyAccount
	if json.Unmarshal(data, &k) != nil || !accountRE.MatchString(k.Email) || strings.Trim(k.ClientID, "0123456789") != "" {
		k.Email, k.ClientID = "", "" // it is somebody's text
	}
	return k
}

// key asks where the key is.
func (i *interview) key(ctx context.Context) (err error) {
	a := &i.answers
	i.know([]byte(i.GoogleCredentials.Reveal()))
	if i.given("google-credentials") && i.settled("google-credentials") {
		return nil
	}
	if a.Key = i.reference("google-credentials"); a.Key != "" {
		return nil
	}
	usual := map[setup.Place]string{
		setup.Machine: i.keyFile(), setup.Lambda: "secretsmanager:ssosync/google-key",
		setup.Kubernetes: "file:/var/run/secrets/ssosync/key.json", setup.GitHub: "env:GOOGLE_CREDENTIALS_JSON",
	}[a.Place]
	if a.Place == setup.Machine && usual != "" && i.options.key == "" {
		a.Key = usual // that is what it lies there for
	} else {
		a.Key, err = i.flag(ctx, "google-key", i.options.key, question{
			title: "Where is the key of the service account?", value: usual, check: isPlace,
			help: "A file, or file:PATH, env:NAME, secretsmanager:NAME, ssm:NAME. The key itself does not belong here.",
		})
	}
	if data, e := i.env.ReadFile(a.Key); err == nil && e == nil {
		i.know(data)
	}
	return err
}

// know takes from a key what the steps in Google need of it.
func (i *interview) know(key []byte) {
	if k := keyOf(key); k.Email != "" {
		i.answers.ServiceAccount, i.answers.ClientID = k.Email, k.ClientID
	}
}

// isPlace refuses what is a secret itself rather than where one is.
func isPlace(s string) error {
	_, ok, err := secret.ParseReference(s)
	switch {
	case err != nil:
		return err
	case ok || len(s) < 200 && !strings.ContainsAny(s, "{}\"\n"):
		return nil
	}
	return errors.New("this is a secret itself, or too long for a name: say where it is kept")
}
