package wire

import (
	"context"
	"log/slog"
	"net/http"

	"ssosync/internal/awsid"
	"ssosync/internal/config"
	"ssosync/internal/secret"
	"ssosync/internal/secret/lookup"
)

// LookupOptions are what looking secrets up takes. Zero values are those of the
// operating system.
type LookupOptions struct {
	Getenv   func(name string) (string, bool)
	ReadFile func(name string) ([]byte, error)
	Base     http.RoundTripper
	Log      *slog.Logger
}

// Lookup returns what fetches the values that a configuration refers to, for
// config.Input. Each is fetched once. The role of --assume-role has nothing to
// do with it: secrets are where the program is, and not where Identity Center is.
func Lookup(ctx context.Context, o LookupOptions) func(config.Config, secret.Reference) (config.Found, error) {
	var r *lookup.Resolver
	return func(cfg config.Config, ref secret.Reference) (config.Found, error) {
		if r == nil {
			r = &lookup.Resolver{
				Getenv: o.Getenv, ReadFile: o.ReadFile, Base: o.Base, Log: o.Log,
				AWS: awsid.Configure(cfg.Region, static(cfg), awsid.Role{}),
			}
		}
		value, err := r.Resolve(ctx, ref)
		if err != nil {
			return config.Found{}, err //nolint:wrapcheck // It is a sentence already.
		}
		return config.Found{Text: value.Text, Changed: value.Changed}, nil
	}
}
