// Package google reads a Google Workspace directory, its people, its groups
// and who is directly in them, into a [directory.Snapshot] through the Admin
// SDK's Directory API. It refuses to return a part of a directory, to decide
// who may have access, and to take anything but the API's word "not found" for
// absence.
//
// The requests are made here and not by the generated client of
// google.golang.org/api: its types say false where the answer said nothing
// about "suspended" and "archived", and an account about which nothing was said
// must not be taken for an active one.
package google

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"ssosync/internal/directory"
	"ssosync/internal/httpx"
)

// MyCustomer stands for the customer of whoever asks. It takes a login that
// acts as a person; a service account with an admin role of its own must name
// the customer, C0… (Directory API reference: users.list, customer).
const MyCustomer = "my_customer"

// DefaultEndpoint is where the Directory API lives.
const DefaultEndpoint = "https://admin.googleapis.com/"

// ErrEmpty is returned when a listing of people or groups has no element. A
// customer always has somebody (its first administrator), and Google has been
// seen to answer 200 with the data missing.
var ErrEmpty = directory.ErrEmpty

// Tokens gives access tokens. A token that the API refused (401) is passed as
// refused, and must not come back; "" refuses none.
type Tokens interface {
	Token(ctx context.Context, refused string) (string, error)
}

// Options are what a [Source] is made of. Zero values take the default.
type Options struct {
	Tokens     Tokens            // required
	Endpoint   string            // [DefaultEndpoint]
	CustomerID string            // [MyCustomer]
	Needs      directory.Needs   // what the reader of the snapshot asks for
	Base       http.RoundTripper // a transport of its own
	Meter      *httpx.Meter
	Log        *slog.Logger // of requests, at debug level
	UserAgent  string       // "ssosync"
	// QuotaProject is the project that calls are counted for, if it is not the
	// login's own: people's logins have none (Google Cloud guide: quota project).
	QuotaProject string

	// PerSecond is how many requests may begin per second, of all kinds
	// together: 35. Google allows 2400 per minute for each user and project,
	// that is 40 (Directory API: limits and quotas).
	PerSecond float64
	// InFlight is how many requests may be unanswered at a time: 16. The
	// limit on Google's side is one for all applications of the customer and
	// is not published; a throttled answer halves ours.
	InFlight int
}

// A Source reads a directory. It is safe for concurrent use.
type Source struct {
	api      api
	customer string
	needs    directory.Needs
	paths    []namedPath
	fields   userFields
}

// New returns a source, or says what is wrong with the options.
func New(o Options) (*Source, error) {
	if o.Tokens == nil {
		return nil, errors.New("read from Google: no login")
	}
	if o.Endpoint == "" {
		o.Endpoint = DefaultEndpoint
	}
	root, err := url.Parse(o.Endpoint)
	if err != nil || root.Host == "" {
		return nil, fmt.Errorf("read from Google: endpoint %q is not an address such as %s", o.Endpoint, DefaultEndpoint)
	}
	root.Host = strings.ToLower(root.Host)
	if o.CustomerID == "" {
		o.CustomerID = MyCustomer
	}
	paths, err := parsePaths(o.Needs.Paths)
	if err != nil {
		return nil, fmt.Errorf("read from Google: %w", err)
	}
	return &Source{
		api:      api{root: root, wire: transport(o)},
		customer: o.CustomerID,
		needs:    o.Needs,
		paths:    paths,
		fields:   newUserFields(paths, o.CustomerID == MyCustomer),
	}, nil
}
