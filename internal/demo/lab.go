package demo

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"ssosync/internal/config"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/httpx"
	"ssosync/internal/reconcile"
	"ssosync/internal/wire"
)

const (
	serviceAccount = "ssosync@example-sync.iam.gserviceaccount.com"
	region         = "us-east-1"
	storeID        = "d-1234567890"
	scimToken      = "example-token-of-the-emulator"
)

// grace is how long requests that are under way may take when the servers are
// shut down.
const grace = time.Second

// A lab is both services on this machine, and what it takes to talk to them.
type lab struct {
	dir    *google.Directory
	google *google.Server
	aws    *iic.Server

	googleURL, awsURL string
	admin             string // whom to impersonate
	signing           *rsa.PrivateKey
	key               []byte // the same for the service account, as the Cloud console gives it

	serving   sync.WaitGroup
	servers   []*http.Server
	transport *http.Transport
}

// ports are those of both services on 127.0.0.1; 0 is any.
type ports struct{ google, aws int }

// open starts both services.
func open(ctx context.Context, dir *google.Directory, p ports, latency time.Duration) (_ *lab, err error) {
	l := &lab{
		dir: dir, google: google.New(dir, google.Options{Latency: latency}), transport: httpx.NewTransport(),
		aws: iic.New(iic.Options{Tokens: []iic.Token{{Value: scimToken}}, IdentityStoreID: storeID, Region: region, Throttle: true, Latency: latency}),
	}
	defer func() {
		if err != nil {
			l.close(ctx)
		}
	}()
	if err := l.aws.Seed(landingZone()); err != nil {
		return nil, fmt.Errorf("set up AWS: %w", err)
	}
	if l.googleURL, err = l.serve(ctx, l.google, p.google); err != nil {
		return nil, fmt.Errorf("start the Google emulator: %w", err)
	}
	if l.awsURL, err = l.serve(ctx, l.aws, p.aws); err != nil {
		return nil, fmt.Errorf("start the AWS emulator: %w", err)
	}
	if err := l.authorize(); err != nil {
		return nil, err
	}
	return l, nil
}

// serve answers on a port of this machine that nobody else can reach.
func (l *lab) serve(ctx context.Context, h http.Handler, port int) (url string, err error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	l.servers = append(l.servers, srv)
	l.serving.Go(func() { _ = srv.Serve(ln) }) // it ends with http.ErrServerClosed, when close says so
	return "http://" + ln.Addr().String(), nil
}

// close ends both services, and with them what is connected to them.
func (l *lab) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	for _, srv := range l.servers {
		if err := srv.Shutdown(ctx); err != nil {
			_ = srv.Close() // who does not end is ended
		}
	}
	l.serving.Wait()
}

// authorize makes a service account that may read the directory as its
// administrator does.
func (l *lab) authorize() (err error) {
	if l.admin, err = administrator(l.dir.Fixture()); err != nil {
		return err
	}
	if l.signing, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	l.key, err = l.grant(l.dir)
	return err
}

// grant lets the service account into a directory, with the scopes that the
// usual guides have (Admin console help: control API access with domain-wide
// delegation).
func (l *lab) grant(dir *google.Directory) ([]byte, error) {
	dir.Delegate(serviceAccount, "admin.directory.group.readonly", "admin.directory.group.member.readonly", "admin.directory.user.readonly")
	key, err := dir.AddKey(serviceAccount, l.googleURL, l.signing)
	if err != nil {
		return nil, fmt.Errorf("let the service account in: %w", err)
	}
	return key, nil
}

// A variable is one of those that ssosync or the AWS SDK reads.
type variable struct{ name, value string }

// environment is all that ssosync needs to know, under the names of the usual
// guides where they have one.
func (l *lab) environment() []variable {
	return []variable{
		{"GOOGLE_CREDENTIALS_JSON", base64.StdEncoding.EncodeToString(l.key)},
		{"GOOGLE_USER", l.admin},
		{"SSOSYNC_GOOGLE_ENDPOINT", l.googleURL},
		{"SCIM_ENDPOINT", l.awsURL + l.aws.BasePath()},
		{"SCIM_TOKEN", scimToken},
		{"SSOSYNC_NAME_CONFLICT", config.ConflictSuffix},
		{"SSOSYNC_PROTECT_USERS", BreakGlass},
		{"AWS_IDENTITY_STORE_ID", storeID},
		{"AWS_DEFAULT_REGION", region},
		{"AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"},
		{"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, // AWS's own example, which opens nothing
		{"AWS_ENDPOINT_URL_IDENTITYSTORE", l.awsURL},
		{"AWS_ENDPOINT_URL_SSO_ADMIN", l.awsURL},
		{"AWS_ENDPOINT_URL_STS", l.awsURL},
	}
}

// reconciler is the run of ssosync itself, from its configuration on. It reads
// no file and no variable of this process.
func (l *lab) reconciler(version string, dryRun bool, progress func(done, of int)) (*reconcile.Reconciler, error) {
	environ := []string{"SSOSYNC_DRY_RUN=" + strconv.FormatBool(dryRun), "SSOSYNC_IMPACT=" + config.ImpactOff}
	for _, v := range l.environment() {
		environ = append(environ, v.name+"="+v.value)
	}
	cfg, _, _, err := config.Load(config.Input{Environ: environ, ReadFile: noFile})
	if err = errors.Join(err, cfg.Validate(wire.Check)); err != nil {
		return nil, fmt.Errorf("configure: %w", err)
	}
	return wire.Reconciler(cfg, wire.Options{Version: version, Log: slog.New(slog.DiscardHandler), Base: l.transport, Progress: progress})
}

func noFile(name string) ([]byte, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
