package wire

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/url"
	"os"
	"os/user"
	"regexp"
	"strings"
	"time"

	"ssosync/internal/awsid"
	"ssosync/internal/config"
	"ssosync/internal/journal"
	"ssosync/internal/reconcile"
	"ssosync/internal/state"
	"ssosync/internal/state/bucket"
)

// Store opens the state of the target that a configuration names, below root: a
// directory, or s3://BUCKET/PREFIX. Those who only look make nothing there.
func Store(ctx context.Context, cfg config.Config, root string, look bool, o Options) (reconcile.Store, error) {
	host, _ := os.Hostname() // "" is a name as well
	who := owner{by: userName(), host: host}
	target := TargetID(cfg.Endpoint)
	if strings.HasPrefix(root, "s3://") {
		name, prefix, err := bucket.ParseURL(root)
		if err != nil {
			return nil, err //nolint:wrapcheck // It says it all.
		}
		b, err := bucket.Open(ctx, bucket.Options{
			Bucket: name, Prefix: prefix, Target: target, ReadOnly: look, Base: o.Base, Log: o.Log,
			AWS: awsid.Configure(cfg.Region, static(cfg), awsid.Role{}),
		})
		if err != nil {
			return nil, err //nolint:wrapcheck // Likewise.
		}
		return remote{Bucket: b, owner: who}, nil
	}
	open := state.Open
	if look {
		open = state.OpenReadOnly
	}
	dir, err := open(root, target)
	if err != nil {
		return nil, err //nolint:wrapcheck // Likewise.
	}
	return local{Dir: dir, owner: who}, nil
}

// An owner is whom a lock names.
type owner struct{ by, host string }

func (o owner) of(run string, kind journal.Kind) state.Owner {
	return state.Owner{Run: run, Command: "ssosync " + string(kind), User: o.by, Host: o.host, PID: os.Getpid(), Started: time.Now()}
}

// A local store is a directory of state, as a run uses it.
type local struct {
	*state.Dir
	owner
}

// OpenLog implements reconcile.Store.
func (s local) OpenLog(name string) (journal.Log, error) {
	log, err := s.Dir.OpenLog(name)
	if err != nil {
		return nil, err // a nil *state.Log would be no nil journal.Log
	}
	return log, nil
}

// Lock implements reconcile.Store.
func (s local) Lock(ctx context.Context, run string, kind journal.Kind) (reconcile.Lock, error) {
	lock, err := s.Dir.Lock(ctx, s.of(run, kind))
	if err != nil {
		return nil, err
	}
	return lock, nil
}

// A remote store is state in S3, likewise.
type remote struct {
	*bucket.Bucket
	owner
}

// OpenLog implements reconcile.Store. A log that has lost something is set aside
// like a journal that somebody has changed.
func (s remote) OpenLog(name string) (journal.Log, error) {
	log, err := s.Bucket.OpenLog(name)
	if err != nil {
		return nil, damaged(err)
	}
	return log, nil
}

// ReadLog implements reconcile.Store, likewise: what lacks a piece in the middle
// is found out by reading.
func (s remote) ReadLog(name string) (io.ReadCloser, error) {
	log, err := s.Bucket.ReadLog(name)
	if err != nil {
		return nil, damaged(err)
	}
	return readingLog{log}, nil
}

type readingLog struct{ io.ReadCloser }

func (r readingLog) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	return n, damaged(err)
}

// damaged returns err as the journal knows it.
func damaged(err error) error {
	if errors.Is(err, bucket.ErrDamaged) {
		return &journal.DamagedError{Why: err.Error()}
	}
	return err
}

// Lock implements reconcile.Store.
func (s remote) Lock(ctx context.Context, run string, kind journal.Kind) (reconcile.Lock, error) {
	lock, err := s.Bucket.Lock(ctx, s.of(run, kind))
	if err != nil {
		return nil, err
	}
	return lock, nil
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

// unsafeRE is what does not belong into the name of a directory.
var unsafeRE = regexp.MustCompile(`[^a-z0-9.-]+`)

// TargetID returns a name for a SCIM endpoint that is safe for files and tells
// tenants apart without showing them: host, and a digest of all of it.
func TargetID(endpoint string) string {
	host := "unknown"
	if u, err := url.Parse(endpoint); err == nil && u.Host != "" { // one tenant, however its host is written
		u.Host = strings.TrimSuffix(strings.ToLower(u.Host), ":443")
		endpoint = u.String()
	}
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
