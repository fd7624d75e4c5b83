// Package iic keeps users, groups and memberships in AWS IAM Identity Center:
// it reads them by SCIM or by the Identity Store API, and writes them by SCIM. It
// decides nothing about what should be there, and deletes nothing that it was
// not told to by id.
package iic

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ssosync/internal/httpx"
	"ssosync/internal/identity"
	"ssosync/internal/secret"
)

// A Reader is a way to read what Identity Center holds. All are complete; they
// differ in the credentials they take, and in what they see beside the
// attributes.
type Reader string

// The readers.
const (
	// ReaderAuto is SCIM if the endpoint pages by cursor, else the Identity
	// Store if there are AWS credentials.
	ReaderAuto Reader = "auto"
	// ReaderSCIM needs nothing but the endpoint and its token. It does not see
	// profileUrl.
	ReaderSCIM Reader = "scim"
	// ReaderIdentityStore needs AWS credentials with rights to read. It sees
	// who made an object, too.
	ReaderIdentityStore Reader = "identitystore"
)

// Options say which Identity Center, and how to get there. Endpoint and Token
// are required.
type Options struct {
	// Endpoint is the SCIM endpoint as the console shows it:
	// https://scim.<region>.amazonaws.com/<tenant id>/scim/v2.
	Endpoint string
	Token    secret.String
	// Fallback is tried from the first 401 on: two tokens may be valid at a
	// time, so that one can be replaced (User guide: rotate an access token).
	Fallback secret.String

	Reader Reader // ReaderAuto if empty
	// AWS returns the configuration of the Identity Store reader. It is called
	// when that reader is needed, and not before; nil means that there are no
	// AWS credentials.
	AWS func(ctx context.Context) (aws.Config, error)
	// IdentityStoreID is looked up if empty.
	IdentityStoreID string
	// Region of the Identity Store: that of Endpoint's host if empty, and else
	// that of the AWS configuration.
	Region string
	// Attributes are the names of rows of [identity.Attrs] that somebody will
	// look at; empty means all. What costs extra and is not among them is not
	// read, and listed in [identity.Held.Blind].
	Attributes []string

	// AdoptUser and AdoptGroup say whether an object that stands in the way of a
	// create, and does not have the wanted external id, may be taken over. Nil
	// is never.
	AdoptUser  func(found identity.User) bool
	AdoptGroup func(found identity.Group) bool

	Base      http.RoundTripper // httpx.NewTransport if nil
	Meter     *httpx.Meter
	Log       *slog.Logger // silent if nil
	UserAgent string       // "ssosync" if empty; never absent, since the service refuses a PATCH without one
}

// A Target is one Identity Center. It may be used by many at once.
type Target struct {
	o      Options
	base   *url.URL
	log    *slog.Logger
	http   *http.Client // SCIM: authorized, paced, persistent
	pacer  *httpx.Pacer
	wire   http.RoundTripper // what o.Base is, for the AWS SDK
	tokens tokens
	known  roster
	access access

	pages   atomic.Bool     // the endpoint is known to page by cursor
	noMixed atomic.Bool     // one PATCH may not both add and remove members
	forms   [6]atomic.Int32 // which form of PATCH each family of attributes takes
}

// New checks o, without a call.
func New(o Options) (*Target, error) {
	base, err := parseEndpoint(o.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("SCIM endpoint: %w", err)
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	t := &Target{o: o, base: base, log: o.Log, wire: o.Base, pacer: httpx.NewPacer(limit)}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	if t.wire == nil {
		t.wire = httpx.NewTransport()
	}
	if t.o.UserAgent == "" {
		t.o.UserAgent = "ssosync"
	}
	t.tokens = tokens{primary: o.Token, fallback: o.Fallback}
	t.http = &http.Client{
		Transport:     httpx.Chain(t.resilient(t.throttledMembers(t.wire), classify), httpx.UserAgent(t.o.UserAgent), httpx.Authorize(t.tokens.current)),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a token goes nowhere else
	}
	return t, nil
}

// check sees to everything but the endpoint.
func (o *Options) check() error {
	for _, tok := range []secret.String{o.Token, o.Fallback} {
		if strings.ContainsFunc(tok.Reveal(), func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return errors.New("SCIM access token: it contains white space or other characters that no token has; was it pasted whole, and nothing else?")
		}
	}
	if o.Token.Empty() {
		return errors.New("SCIM access token: it is empty")
	}
	switch o.Reader {
	case "":
		o.Reader = ReaderAuto
	case ReaderAuto, ReaderSCIM:
	case ReaderIdentityStore:
		if o.AWS == nil {
			return fmt.Errorf("reader %q needs AWS credentials", o.Reader)
		}
	default:
		return fmt.Errorf("reader %q: expected %s, %s or %s", o.Reader, ReaderAuto, ReaderSCIM, ReaderIdentityStore)
	}
	return nil
}

// Region returns the Region of the SCIM endpoint, "" if its host does not say.
func (t *Target) Region() string { return regionOf(t.base.Hostname()) }

// tokens are the one in use and the one in reserve.
type tokens struct {
	primary, fallback secret.String
	switched          atomic.Bool
}

func (k *tokens) current(context.Context) (string, error) {
	if k.switched.Load() {
		return k.fallback.Reveal(), nil
	}
	return k.primary.Reveal(), nil
}

// next reports whether there is another token to try than the one that was
// used, and goes over to it.
func (k *tokens) next(usedFallback bool) bool {
	if k.fallback.Empty() || usedFallback {
		return false
	}
	k.switched.Store(true)
	return true
}
