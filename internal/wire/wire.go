// Package wire makes a run out of a configuration. It is the one package that
// knows all the others, and it does nothing besides introducing them.
package wire

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"ssosync/internal/awsid"
	"ssosync/internal/config"
	"ssosync/internal/directory"
	"ssosync/internal/guard"
	"ssosync/internal/httpx"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/policy"
	"ssosync/internal/policy/query"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
	"ssosync/internal/source/google"
	"ssosync/internal/source/google/auth"
	"ssosync/internal/target/iic"
)

// Options are what a run needs besides its configuration.
type Options struct {
	Version  string            // of the program, for the User-Agent
	Log      *slog.Logger      // required
	Base     http.RoundTripper // nil: a transport of its own
	Progress func(done, of int)
	// Store keeps what outlives a run, as [Store] opens it; nil: nothing does.
	Store reconcile.Store
	By    string // user@host, for the journal
	// Getenv looks variables up that logging in to Google goes by; nil: [os.Getenv].
	Getenv func(name string) string
}

// Reconciler returns the run that a valid configuration asks for. It makes no
// call; what it says of the configuration is an error of configuration.
func Reconciler(cfg config.Config, o Options) (*reconcile.Reconciler, error) {
	rules, err := Rules(cfg)
	if err != nil {
		return nil, err
	}
	limits, err := Limits(cfg)
	if err != nil {
		return nil, err
	}
	if o.Base == nil {
		o.Base = httpx.NewTransport()
	}
	meter := &httpx.Meter{}
	source, err := source(cfg, o, meter, rules.Needs())
	if err != nil {
		return nil, err
	}
	target, err := target(cfg, o, meter, rules)
	if err != nil {
		return nil, err
	}
	r := &reconcile.Reconciler{
		Source: source, Target: target, Rules: rules, Limits: limits, Accept: cfg.Accept, DryRun: cfg.DryRun,
		Log: o.Log, Progress: o.Progress, Calls: func() []report.Call { return calls(meter) },
		Width: width, Store: o.Store, Origin: origin(cfg, o), KeepDrift: cfg.Drift == config.DriftReport,
	}
	if cfg.Impact == config.ImpactAuto {
		r.Assigned = target
	}
	return r, times(cfg, r)
}

// times translates how long things may take, and what must stay.
func times(cfg config.Config, r *reconcile.Reconciler) (err error) {
	if r.Never = cfg.DeleteAfter == config.Never; !r.Never {
		if r.DeleteAfter, err = config.ParseTime(cfg.DeleteAfter); err != nil {
			return fmt.Errorf("delete-after: %w", err)
		}
	}
	if cfg.Timeout != "" {
		if r.Timeout, err = config.ParseTime(cfg.Timeout); err != nil {
			return fmt.Errorf("timeout: %w", err)
		}
	}
	r.Protect, err = Invariants(cfg)
	return err
}

// Invariants translates what no run may take away.
func Invariants(cfg config.Config) ([]guard.Invariant, error) {
	var all []guard.Invariant
	var errs []error
	for _, text := range cfg.Protect {
		i, err := guard.ParseInvariant(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("protect: %w", err))
		}
		all = append(all, i)
	}
	return all, errors.Join(errs...)
}

// width is how many steps of one kind may be under way at once. The pace is
// each operation's own, so this only has to be enough to keep it: at 22 writes
// a second, answers that take a second do not hold it back.
const width = 24

// Check says everything that is wrong with the parts of a configuration that
// only their owners understand. It is for config.Config.Validate.
func Check(cfg config.Config) error {
	_, err1 := Rules(cfg)
	_, err2 := Limits(cfg)
	_, err3 := Invariants(cfg)
	return errors.Join(err1, err2, err3)
}

// Rules translates a configuration into policy.
func Rules(cfg config.Config) (policy.Rules, error) {
	var errs []error
	r := policy.Rules{
		IgnoreUsers: cfg.IgnoreUsers, IgnoreGroups: cfg.IgnoreGroups, IncludeGroups: cfg.IncludeGroups,
		ProtectUsers: cfg.ProtectUsers, ProtectGroups: cfg.ProtectGroups,
		NameConflict: policy.NameConflict(cfg.NameConflict), Adopt: match.Adopt(cfg.Adopt),
		DeprovisionUsers: policy.Deprovision(cfg.DeprovisionUsers), DeprovisionGroups: policy.Deprovision(cfg.DeprovisionGroups),
		DeleteUnmanaged: cfg.DeleteUnmanaged, Suspended: cfg.Suspended, GroupsOnly: cfg.Manage == config.ManageGroups,
		LeaveUnknownMembers: cfg.LeaveUnknownMembers,
		Canonical:           iic.Canonical, CanonicalGroup: iic.CanonicalGroup,
	}
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	var err error
	r.GroupMatch, err = query.ParseGroups(cfg.GroupMatch...)
	note(err)
	r.UserMatch, err = query.ParseUsers(cfg.UserMatch...)
	note(err)
	r.GroupName, err = policy.ParseGroupName(cfg.GroupName)
	note(err)
	r.Mapping, err = policy.NewMapping(cfg.Mapping)
	note(err)
	r.Attributes, err = r.Mapping.ParseAttributes(cfg.Attributes)
	note(err)
	note(r.Protect(cfg.ProtectPresets...))
	return r, errors.Join(errs...)
}

// Limits translates the guards' limits.
func Limits(cfg config.Config) (map[string]guard.Limit, error) {
	limits := map[string]guard.Limit{}
	var errs []error
	for name, text := range cfg.Guards {
		limit, err := guard.ParseLimit(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("guard %s: %w", name, err))
		}
		limits[name] = limit
	}
	return limits, errors.Join(errs...)
}

func source(cfg config.Config, o Options, meter *httpx.Meter, needs directory.Needs) (*google.Source, error) {
	way, err := Login(cfg, o, meter, nil)
	if err != nil {
		return nil, err
	}
	login, err := way.For(auth.ReadScopes()...)
	if err != nil {
		return nil, fmt.Errorf("log in to Google: %w", err)
	}
	return google.New(google.Options{
		Tokens: auth.NewTokens(login), QuotaProject: way.Profile().QuotaProject, Endpoint: cfg.GoogleEndpoint, CustomerID: cfg.CustomerID, Needs: needs,
		Base: o.Base, Meter: meter, Log: o.Log, UserAgent: "ssosync/" + o.Version,
	})
}

func target(cfg config.Config, o Options, meter *httpx.Meter, r policy.Rules) (*iic.Target, error) {
	return iic.New(iic.Options{
		Endpoint: cfg.Endpoint, Token: cfg.AccessToken, Fallback: cfg.FallbackToken, Reader: iic.Reader(cfg.Read),
		AWS:             awsid.Configure(cfg.Region, static(cfg), awsid.Role{ARN: cfg.AssumeRole, ExternalID: cfg.ExternalID}),
		IdentityStoreID: cfg.IdentityStoreID, Region: cfg.Region, Attributes: r.Attributes,
		AdoptUser: func(found identity.User) bool {
			return adopts(r.Adopt, found.ExternalID) && !directory.LooksLikeUserID(found.ExternalID) && !r.Protected(identity.KindUser, found.UserName)
		},
		AdoptGroup: func(found identity.Group) bool {
			return adopts(r.Adopt, found.ExternalID) && !directory.LooksLikeGroupID(found.ExternalID) && !r.Protected(identity.KindGroup, found.Name)
		},
		Base: o.Base, Meter: meter, Log: o.Log, UserAgent: "ssosync/" + o.Version,
	})
}

// static are the AWS credentials that the configuration itself has.
func static(cfg config.Config) awsid.Static {
	return awsid.Static{AccessKeyID: cfg.AWSAccessKeyID, SecretAccessKey: cfg.AWSSecretAccessKey, SessionToken: cfg.AWSSessionToken}
}

func adopts(how match.Adopt, externalID string) bool {
	return how == match.AdoptAll || how == match.AdoptUnowned && externalID == ""
}

func calls(meter *httpx.Meter) []report.Call {
	var all []report.Call
	for _, c := range meter.Counts() {
		all = append(all, report.Call{Op: c.Op, Calls: c.Calls, Retries: c.Retries, Throttles: c.Throttles, Waited: c.Waited})
	}
	return all
}
