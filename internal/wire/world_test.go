package wire_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"

	"ssosync/internal/config"
	"ssosync/internal/emulator/fault"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/emulator/inproc"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
	"ssosync/internal/wire"
)

// signingKey is made once: it takes a good part of a second.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

const scimToken = "scim-token-of-the-tests"

// A world is both services and a way to run the product against them, from
// its configuration to the wire, without a network.
type world struct {
	*testing.T
	dir    *google.Directory
	google *google.Server
	aws    *iic.Server
	// faults on the way to either side
	toGoogle, toAWS *fault.Handler
	env             map[string]string
	files           map[string]string // what lies in the current directory
	net             *inproc.Client
	log             *slog.Logger
}

const (
	googleHost = "admin.googleapis.com"
	tokenHost  = "oauth2.googleapis.com"
	scimHost   = "scim.us-east-1.amazonaws.com"
)

func newWorld(t *testing.T, dir *google.Directory, o iic.Options) *world {
	t.Helper()
	o.Tokens = []iic.Token{{Value: scimToken}}
	w := &world{T: t, dir: dir, google: google.New(dir, google.Options{}), aws: iic.New(o), log: slog.New(slog.DiscardHandler)}
	w.toGoogle = fault.Wrap(w.google, google.Operation)
	w.toAWS = fault.Wrap(w.aws, iic.Operation)
	key, err := dir.AddKey("sync@project.iam.gserviceaccount.com", "https://"+tokenHost, signingKey())
	if err != nil {
		t.Fatal(err)
	}
	const scope = "https://www.googleapis.com/auth/admin.directory."
	dir.Delegate("sync@project.iam.gserviceaccount.com", scope+"user.readonly", scope+"group.readonly")
	w.env = map[string]string{
		"GOOGLE_CREDENTIALS_JSON": string(key), "GOOGLE_USER": "admin@example.com",
		"SCIM_ENDPOINT": "https://" + scimHost + w.aws.BasePath(), "SCIM_TOKEN": scimToken,
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value) // the AWS SDK reads the process's own
	}
	w.net = inproc.Mux(w.hosts())
	return w
}

// hosts are who answers where, with more hosts of Google's.
func (w *world) hosts(more ...string) map[string]http.Handler {
	all := map[string]http.Handler{
		googleHost: w.toGoogle, tokenHost: w.toGoogle, scimHost: w.toAWS,
		"identitystore.us-east-1.amazonaws.com": w.toAWS, "sso.us-east-1.amazonaws.com": w.toAWS,
	}
	for _, host := range more {
		all[host] = w.toGoogle
	}
	return all
}

// reconciler reads the configuration as the product does. Settings are name,
// value, name, value.
func (w *world) reconciler(settings ...string) *reconcile.Reconciler {
	w.Helper()
	env := maps.Clone(w.env)
	for i := 0; i < len(settings); i += 2 {
		env["SSOSYNC_"+settings[i]] = settings[i+1]
	}
	var environ []string
	for k, v := range env {
		environ = append(environ, k+"="+v)
	}
	cfg, _, _, err := config.Load(config.Input{Environ: environ, ReadFile: w.readFile})
	if err == nil {
		err = cfg.Validate(wire.Check)
	}
	if err != nil {
		w.Fatal(err)
	}
	r, err := wire.Reconciler(cfg, wire.Options{Version: "test", Log: w.log, Base: w.net})
	if err != nil {
		w.Fatal(err)
	}
	return r
}

var errNoFile = fmt.Errorf("no such file: %w", fs.ErrNotExist)

func (w *world) readFile(name string) ([]byte, error) {
	if text, ok := w.files[name]; ok {
		return []byte(text), nil
	}
	return nil, errNoFile
}

// sync runs and returns what it came to.
func (w *world) sync(settings ...string) (report.Report, error) {
	w.Helper()
	return w.reconciler(settings...).Run(context.Background())
}

// mustSync runs, and all must go well.
func (w *world) mustSync(settings ...string) report.Report {
	w.Helper()
	rep, err := w.sync(settings...)
	if err != nil {
		for _, f := range rep.Failed() {
			w.Errorf("%s %s %s: %v", f.Op, f.Name, f.In, f.Err)
		}
		for _, c := range rep.Plan.Conflicts {
			w.Errorf("conflict: %+v", c)
		}
		w.Fatal(err)
	}
	return rep
}

// writes returns how often each write was sent to AWS since the last reset.
func (w *world) writes() map[string]int {
	n := map[string]int{}
	for _, e := range w.aws.Journal() {
		n[e.Operation]++
	}
	return n
}

// quiet checks that a run has nothing to do.
func (w *world) quiet(settings ...string) {
	w.Helper()
	w.aws.ResetCalls()
	rep := w.mustSync(settings...)
	if n := w.writes(); len(n) > 0 || !rep.Plan.Empty() {
		w.Errorf("another run writes %v: %+v", n, rep.Plan)
	}
}

// mirrors checks that AWS holds what the directory says, for groups of the
// given names: the active members, by address.
func (w *world) mirrors(want map[string][]string) {
	w.Helper()
	st := w.aws.State()
	for name, members := range want {
		got := st.Members(name)
		slices.Sort(members)
		if _, ok := st.Group(name); !ok || !slices.Equal(got, members) {
			w.Errorf("group %q (there: %v) has %v, want %v", name, ok, got, members)
		}
	}
}

func person(email, given, family string) google.User {
	return google.User{PrimaryEmail: email, Name: google.Name{GivenName: given, FamilyName: family}}
}

func members(emails ...string) []google.Member {
	var ms []google.Member
	for _, e := range emails {
		ms = append(ms, google.Member{Email: e})
	}
	return ms
}

// company is a small directory: three people, two groups, one in the other.
func company(t *testing.T) *google.Directory {
	t.Helper()
	d := google.Company("example.com")
	d.Update(func(f *google.Fixture) {
		f.Users = append(f.Users, person("ann@example.com", "Ann", "Ash"), person("bo@example.com", "Bo", "Bell"), person("cy@example.com", "Cy", "Cole"))
		f.Groups = append(
			f.Groups,
			google.Group{Email: "dev@example.com", Name: "Dev", Members: members("ann@example.com", "bo@example.com")},
			google.Group{Email: "all@example.com", Name: "All", Members: members("dev@example.com", "cy@example.com")},
		)
	})
	return d
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
