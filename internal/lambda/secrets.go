package lambda

import (
	"context"
	"sync"
	"time"

	"ssosync/internal/config"
	"ssosync/internal/secret"
	"ssosync/internal/wire"
)

const (
	// fresh is how long a secret that was fetched is used. A rotation is known
	// after this time at the latest, without a new deployment.
	fresh = 5 * time.Minute
	// kept is how many secrets are kept at most. Who serves more tenants than
	// that fetches more.
	kept = 100
)

// A vault keeps fetched secrets between the events of one process: a function
// that runs for many tenants, or every minute, asks for each of them now and
// then, and not each time. What could not be fetched is not kept.
type vault struct {
	mu    sync.Mutex
	known map[secret.Reference]fetched
}

// A fetched secret is one that was found, and when.
type fetched struct {
	config.Found
	at time.Time
}

// lookup is config's way to secrets during one event.
func (i *invocation) lookup(ctx context.Context) func(config.Config, secret.Reference) (config.Found, error) {
	ask := wire.Lookup(ctx, wire.LookupOptions{Getenv: i.getenv, ReadFile: i.env.ReadFile, Base: i.base, Log: i.log})
	return func(c config.Config, ref secret.Reference) (config.Found, error) {
		if found, ok := i.vault.get(ref, time.Now()); ok {
			return found, nil
		}
		found, err := ask(c, ref)
		if err == nil {
			i.vault.put(ref, fetched{found, time.Now()})
		}
		return found, err
	}
}

func (i *invocation) getenv(name string) (string, bool) {
	value := variable(i.env.Environ, name)
	return value, value != ""
}

func (v *vault) get(ref secret.Reference, now time.Time) (config.Found, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f, ok := v.known[ref]
	return f.Found, ok && now.Sub(f.at) < fresh
}

func (v *vault) put(ref secret.Reference, f fetched) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known == nil || len(v.known) >= kept {
		v.known = map[secret.Reference]fetched{}
	}
	v.known[ref] = f
}

// forget has all secrets fetched again, because one was not taken.
func (v *vault) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.known = nil
}
