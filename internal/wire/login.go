package wire

import (
	"cmp"
	"fmt"
	"os"

	"ssosync/internal/awsid"
	"ssosync/internal/config"
	"ssosync/internal/httpx"
	"ssosync/internal/source/google/auth"
)

// Login returns the way to log in to Google that a configuration asks for,
// without a call. The error is one of configuration.
func Login(cfg config.Config, o Options, meter *httpx.Meter, clock *auth.Clock) (auth.Way, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	net := auth.Net{Endpoint: cfg.GoogleEndpoint, Base: o.Base, Meter: meter, Log: o.Log, UserAgent: "ssosync/" + o.Version, Clock: clock}
	switch cfg.GoogleLogin {
	case config.LoginToken:
		return auth.AccessToken{Token: cfg.GoogleAccessToken}, nil
	case config.LoginIdentity:
		var from auth.Identity = caller(cfg, o)
		if cfg.GoogleProviderFrom == config.FromGitHub {
			from = auth.GitHubFrom(o.Getenv)
		}
		return auth.Impersonation{
			Caller:         auth.Federation{Provider: cfg.GoogleProvider, From: from, Net: net},
			ServiceAccount: cfg.GoogleServiceAccount, Subject: cfg.GoogleAdmin, Net: net,
		}, nil
	case config.LoginADC:
		return auth.ApplicationDefault{
			JSON: cfg.GoogleCredentials, ServiceAccount: cfg.GoogleServiceAccount, Subject: cfg.GoogleAdmin,
			Getenv: o.Getenv, AWS: caller(cfg, o), Net: net,
		}, nil
	}
	key, err := auth.ParseKey([]byte(cfg.GoogleCredentials.Reveal()))
	if err != nil {
		return nil, fmt.Errorf("google-credentials: %w", err)
	}
	way := auth.Delegation{
		Key: key, Subject: cfg.GoogleAdmin, Base: o.Base, Meter: meter, Log: o.Log, UserAgent: net.UserAgent, Clock: clock,
	}
	if cfg.GoogleServiceAccount == "" {
		return way, nil
	}
	way.Subject = "" // whom the other account acts as
	return auth.Impersonation{Caller: way, ServiceAccount: cfg.GoogleServiceAccount, Subject: cfg.GoogleAdmin, Net: net}, nil
}

// caller is who we are to AWS, for Google to ask there. The Region is that of the
// program rather than that of Identity Center, which may be in another partition.
func caller(cfg config.Config, o Options) auth.AWS {
	region := cmp.Or(o.Getenv("AWS_REGION"), o.Getenv("AWS_DEFAULT_REGION"), cfg.Region)
	c := awsid.Signer{Region: region, AWS: awsid.Configure(region, static(cfg), awsid.Role{})}
	return auth.AWS{Region: region, Sign: c.Sign, ARN: c.ARN}
}
