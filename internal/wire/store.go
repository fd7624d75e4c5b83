package wire

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"os"
	"os/user"
	"regexp"
	"time"

	"ssosync/internal/config"
	"ssosync/internal/journal"
	"ssosync/internal/reconcile"
	"ssosync/internal/state"
)

// A store is a directory of state, as a run uses it.
type store struct {
	*state.Dir
	by, host string
}

// Store opens the state of the target that a configuration names, below root.
// Those who only look make nothing there.
func Store(cfg config.Config, root string, look bool) (reconcile.Store, error) {
	open := state.Open
	if look {
		open = state.OpenReadOnly
	}
	dir, err := open(root, TargetID(cfg.Endpoint))
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname() // "" is a name as well
	return store{Dir: dir, by: userName(), host: host}, nil
}

// By returns who runs the program: user@host.
func By() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return userName() + "@" + host
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// OpenLog implements reconcile.Store.
func (s store) OpenLog(name string) (journal.Log, error) {
	log, err := s.Dir.OpenLog(name)
	if err != nil {
		return nil, err // a nil *state.Log would be no nil journal.Log
	}
	return log, nil
}

// Lock implements reconcile.Store.
func (s store) Lock(ctx context.Context, run string, kind journal.Kind) (reconcile.Lock, error) {
	lock, err := s.Dir.Lock(ctx, state.Owner{
		Run: run, Command: "ssosync " + string(kind), User: s.by, Host: s.host, PID: os.Getpid(), Started: time.Now(),
	})
	if err != nil {
		return nil, err
	}
	return lock, nil
}

// unsafeRE is what does not belong into the name of a directory.
var unsafeRE = regexp.MustCompile(`[^a-z0-9.-]+`)

// TargetID returns a name for a SCIM endpoint that is safe for files and tells
// tenants apart without showing them: host, and a digest of all of it.
func TargetID(endpoint string) string {
	host := "unknown"
	if u, err := url.Parse(endpoint); err == nil && u.Hostname() != "" {
		host = unsafeRE.ReplaceAllString(u.Hostname(), "-")
	}
	sum := sha256.Sum256([]byte(endpoint))
	return host[:min(len(host), 100)] + "-" + hex.EncodeToString(sum[:6])
}

func origin(cfg config.Config, o Options) reconcile.Origin {
	host := ""
	if u, err := url.Parse(cfg.Endpoint); err == nil {
		host = u.Host
	}
	return reconcile.Origin{
		TargetID: TargetID(cfg.Endpoint), Host: host, Version: o.Version, By: o.By, PID: os.Getpid(),
		Config: config.Fingerprint(cfg, config.Google, config.AWS, config.Scope, config.Semantics, config.Guards),
		Scope:  config.Fingerprint(cfg, config.Scope),
	}
}
