package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"ssosync/internal/config"
	"ssosync/internal/doctor"
	"ssosync/internal/httpx"
	"ssosync/internal/identity"
	"ssosync/internal/policy"
	"ssosync/internal/reconcile"
	"ssosync/internal/secret"
	"ssosync/internal/source/google"
	"ssosync/internal/source/google/auth"
	"ssosync/internal/target/iic"
)

// DoctorOptions are what a doctor needs besides a configuration, which may be
// wrong in any way.
type DoctorOptions struct {
	Options
	Problems []error // what is wrong with it
	// State is where state is kept; "" is nowhere, for the reason that NoState
	// gives. Open opens it for those who only look.
	State, NoState string
	Open           func() (reconcile.Store, error)
	// Explain takes errors apart.
	Explain func(error) doctor.Explanation
}

// Doctor returns what a doctor looks at. It makes no call. What cannot be made of
// a configuration that is wrong is left out, and said so.
func Doctor(cfg config.Config, o DoctorOptions) doctor.Input {
	if o.Base == nil {
		o.Base = httpx.NewTransport()
	}
	rules, err := Rules(cfg)
	return doctor.Input{
		Problems: problems(o.Problems), Google: googleSide(cfg, o, rules), AWS: awsSide(cfg, o, rules), Rules: rules, Unruly: err != nil,
		Local:   doctor.Local{Memory: memoryOf(cfg, o), Why: o.NoState, EnvFile: cfg.EnvFile, Mode: modeOf},
		Explain: o.Explain, Now: time.Now(),
	}
}

func problems(errs []error) []doctor.Problem {
	var all []doctor.Problem
	for _, err := range errs {
		p := doctor.Problem{Text: err.Error()}
		if e, ok := errors.AsType[*config.Error](err); ok {
			p.Option = e.Option
		} else if strings.HasPrefix(p.Text, "google-credentials:") {
			p.Option = "google-credentials"
		}
		all = append(all, p)
	}
	return all
}

// missing names the settings of a group that are among the problems.
func missing(errs []error, group config.Group) string {
	var names []string
	for _, p := range problems(errs) {
		for _, o := range config.Options {
			if o.Group == group && o.Name == p.Option && !slices.Contains(names, o.Name) {
				names = append(names, o.Name)
			}
		}
	}
	return strings.Join(names, ", ")
}

func googleSide(cfg config.Config, o DoctorOptions, rules policy.Rules) doctor.Google {
	meter, clock := &httpx.Meter{}, &auth.Clock{}
	unbuilt := func(err error) doctor.Google {
		return doctor.Google{Err: err, Missing: missing(o.Problems, config.Google)}
	}
	way, err := Login(cfg, o.Options, meter, clock)
	if err != nil {
		return unbuilt(err)
	}
	who := way.Profile()
	sourceOf := func(scopes ...string) (*google.Source, *auth.Tokens, error) {
		login, err := way.For(scopes...)
		if err != nil {
			return nil, nil, err
		}
		tokens := auth.NewTokens(login)
		src, err := google.New(google.Options{
			Tokens: tokens, Endpoint: cfg.GoogleEndpoint, CustomerID: cfg.CustomerID, Needs: rules.Needs(),
			Base: o.Base, Meter: meter, Log: o.Log, UserAgent: "ssosync/" + o.Version,
		})
		return src, tokens, err
	}
	src, tokens, err := sourceOf(who.Scopes...)
	if err != nil {
		return unbuilt(err)
	}
	return doctor.Google{
		Directory: directoryOf{src}, Who: who.Text, Subject: who.Subject, Account: who.Account, ClientID: who.ClientID,
		CustomerID: cfg.CustomerID, Scopes: who.Scopes,
		Login: func(ctx context.Context) error {
			_, err := tokens.Token(ctx, "")
			return err
		},
		Refused: func(ctx context.Context) ([]string, error) { return auth.Granted(ctx, way, who.Scopes) },
		With: func(ctx context.Context, scope string) (doctor.Registry, bool) {
			src, tokens, err := sourceOf(scope)
			if err != nil {
				return nil, false
			}
			_, err = tokens.Token(ctx, "")
			return src, err == nil
		},
		Skew: clock.Skew, Requests: func() int { return meter.Total().Calls },
	}
}

// directoryOf is a source as a doctor asks it.
type directoryOf struct{ *google.Source }

// Administrator implements doctor.Directory.
func (d directoryOf) Administrator(ctx context.Context, address string) (doctor.Administrator, error) {
	a, err := d.Source.Administrator(ctx, address)
	return doctor.Administrator(a), err
}

// credentialsWithin is how long a doctor waits for AWS credentials: away from
// AWS, where there are none, the instance's metadata service may never answer.
const credentialsWithin = 5 * time.Second

func awsSide(cfg config.Config, o DoctorOptions, rules policy.Rules) doctor.AWS {
	meter := &httpx.Meter{}
	t, err := target(cfg, o.Options, meter, rules)
	if err != nil {
		return doctor.AWS{Err: err, Missing: missing(o.Problems, config.AWS)}
	}
	ends, sure := cfg.TokenEnd()
	side := doctor.AWS{
		HostRegion: t.Region(), Region: cfg.Region, StoreID: cfg.IdentityStoreID,
		ByStore: cfg.Read == config.ReadStore, ByEither: cfg.Read == config.ReadAuto, Impact: cfg.Impact == config.ImpactAuto,
		Store: storeOf{t.Probe(credentialsWithin)}, TokenEnds: ends, AtTheLatest: !sure,
		Requests: func() int { return meter.Total().Calls },
	}
	if u, err := url.Parse(cfg.Endpoint); err == nil {
		side.Endpoint = u.Host
	}
	if side.Region == "" {
		side.Region = side.HostRegion
	}
	if side.SCIM, err = provisioner(cfg, cfg.AccessToken, o, meter, rules); err != nil {
		return doctor.AWS{Err: err, Missing: missing(o.Problems, config.AWS)}
	}
	if !cfg.FallbackToken.Empty() {
		if side.Fallback, err = provisioner(cfg, cfg.FallbackToken, o, meter, rules); err != nil {
			return doctor.AWS{Err: err, Missing: missing(o.Problems, config.AWS)}
		}
	}
	return side
}

// provisioner is SCIM with one token, and no other in reserve.
func provisioner(cfg config.Config, token secret.String, o DoctorOptions, meter *httpx.Meter, rules policy.Rules) (doctor.Provisioner, error) {
	cfg.AccessToken, cfg.FallbackToken = token, secret.String{}
	t, err := target(cfg, o.Options, meter, rules)
	if err != nil {
		return nil, err
	}
	return provisionerOf{t}, nil
}

type provisionerOf struct{ *iic.Target }

// Ping implements doctor.Provisioner.
func (p provisionerOf) Ping(ctx context.Context) error {
	err := p.Target.Ping(ctx)
	if e, ok := errors.AsType[*iic.APIError](err); ok && e.Status == http.StatusForbidden {
		return deniedError{err}
	}
	return err
}

// A deniedError is a doctor.ErrDenied in its own words.
type deniedError struct{ error }

func (e deniedError) Unwrap() error        { return e.error }
func (e deniedError) Is(target error) bool { return target == doctor.ErrDenied }

// Page implements doctor.Provisioner.
func (p provisionerOf) Page(ctx context.Context, kind identity.Kind) ([]doctor.Object, bool, error) {
	page, more, err := p.Target.Page(ctx, kind)
	return objects(page), more, err
}

func objects(from []iic.Object) []doctor.Object {
	all := make([]doctor.Object, len(from))
	for i, o := range from {
		all[i] = doctor.Object(o)
	}
	return all
}

// storeOf is a probe as a doctor asks it.
type storeOf struct{ *iic.Probe }

// Principal implements doctor.Store. Where there are no credentials it says so.
func (s storeOf) Principal(ctx context.Context) (doctor.Principal, error) {
	c, err := s.Probe.Principal(ctx)
	if errors.Is(err, iic.ErrSetup) {
		err = fmt.Errorf("%w: %w", doctor.ErrNone, err)
	}
	return doctor.Principal(c), err
}

// Instances implements doctor.Store.
func (s storeOf) Instances(ctx context.Context) ([]doctor.Instance, error) {
	found, err := s.Probe.Instances(ctx)
	all := make([]doctor.Instance, len(found))
	for i, one := range found {
		all[i] = doctor.Instance(one)
	}
	return all, err
}

// Network implements doctor.Store.
func (s storeOf) Network(ctx context.Context, store string) (doctor.Network, error) {
	n, err := s.Probe.Network(ctx, store)
	return doctor.Network(n), err
}

// Objects implements doctor.Store.
func (s storeOf) Objects(ctx context.Context, store string, kind identity.Kind, pages int) ([]doctor.Object, bool, error) {
	found, more, err := s.Probe.Objects(ctx, store, kind, pages)
	return objects(found), more, err
}

func modeOf(name string) (os.FileMode, error) {
	info, err := os.Stat(name)
	if err != nil {
		return 0, err
	}
	return info.Mode().Perm(), nil
}
