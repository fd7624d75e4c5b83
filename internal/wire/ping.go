package wire

import (
	"context"
	"fmt"

	"ssosync/internal/config"
	"ssosync/internal/httpx"
	"ssosync/internal/secret"
	"ssosync/internal/target/iic"
)

// Ping asks the SCIM endpoint whether it takes a token, and changes nothing.
func Ping(ctx context.Context, cfg config.Config, o Options, token secret.String) error {
	t, err := iic.New(iic.Options{
		Endpoint: cfg.Endpoint, Token: token, Base: o.Base, Meter: &httpx.Meter{}, Log: o.Log, UserAgent: "ssosync/" + o.Version,
	})
	if err != nil {
		return fmt.Errorf("ask the SCIM endpoint: %w", err)
	}
	if err := t.Ping(ctx); err != nil {
		return fmt.Errorf("ask the SCIM endpoint: %w", err)
	}
	return nil
}
