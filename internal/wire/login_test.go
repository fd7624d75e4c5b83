package wire_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"ssosync/internal/config"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/emulator/inproc"
	"ssosync/internal/report"
	"ssosync/internal/source/google/auth"
	"ssosync/internal/wire"
)

const (
	customer   = "C01abcd23"
	keyless    = "reader@project.iam.gserviceaccount.com"
	poolName   = "projects/4711/locations/global/workloadIdentityPools/pool"
	awsRole    = "arn:aws:sts::123456789012:assumed-role/ssosync"
	principals = "principalSet://iam.googleapis.com/" + poolName
	readUsers  = "https://www.googleapis.com/auth/admin.directory.user.readonly"
	readGroups = "https://www.googleapis.com/auth/admin.directory.group.readonly"
)

// newCloud is a world whose Google has all the ways to log in: a service account
// without a key that AWS and GitHub may use, delegation and an admin role for it,
// a machine, a person.
func newCloud(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, company(t), iic.Options{})
	w.dir.AddServiceAccount(google.ServiceAccount{
		Email: keyless, ClientID: "117000000000000000042", ProjectID: "project", DelegatedScopes: []string{readUsers, readGroups},
		TokenCreators: []string{
			principals + "/attribute.aws_role/" + awsRole, principals + "/attribute.repository/example/sync",
			"serviceAccount:" + keyless, "serviceAccount:sync@project.iam.gserviceaccount.com", "user:admin@example.com",
		},
	})
	w.dir.Update(func(f *google.Fixture) {
		f.Customer.ID = customer
		f.Providers = []google.Provider{
			{
				Audience: "//iam.googleapis.com/" + poolName + "/providers/aws", AccountID: "123456789012",
				Callers: map[string]string{"AKIDEXAMPLE": awsRole + "/function"}, Secrets: map[string]string{"AKIDEXAMPLE": "secret"},
			},
			{Audience: "//iam.googleapis.com/" + poolName + "/providers/github", Issuer: google.GitHubIssuer, AllowedRepositories: []string{"example/sync"}},
		}
		f.GitHub = google.GitHub{Repository: "example/sync", RequestToken: "job-token"}
		f.Metadata = google.Metadata{ServiceAccount: keyless}
		f.RefreshTokens = []google.RefreshToken{{
			Token: "1//refresh", ClientID: "client.apps.googleusercontent.com", ClientSecret: "client-secret", Email: "admin@example.com",
			Scopes: []string{readUsers, readGroups, "https://www.googleapis.com/auth/cloud-platform"}, NoProject: true,
		}}
		f.RoleAssignments = append(f.RoleAssignments,
			google.RoleAssignment{ID: "1", RoleID: "3894208461012999", AssignedTo: "117000000000000000042"},
			google.RoleAssignment{ID: "2", RoleID: "3894208461012997", AssignedTo: "117000000000000000042"})
	})
	w.net = inproc.Mux(w.hosts("sts.googleapis.com", "iamcredentials.googleapis.com", "actions.example.com", "metadata.google.internal"))
	delete(w.env, "GOOGLE_CREDENTIALS_JSON")
	return w
}

// A login is one way: settings, the process's environment, and which calls it makes.
type login struct {
	settings map[string]string
	process  map[string]string
	files    map[string]string
	logins   []string // each once
	describe string   // part of what people are told
}

func logins() map[string]login {
	provider := func(name string) map[string]string {
		return map[string]string{"GOOGLE_WORKLOAD_IDENTITY_PROVIDER": poolName + "/providers/" + name, "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT": keyless}
	}
	and := func(m map[string]string, kv ...string) map[string]string {
		m = maps.Clone(m)
		for i := 0; i < len(kv); i += 2 {
			m[kv[i]] = kv[i+1]
		}
		return m
	}
	itself := []string{"GOOGLE_USER", "", "CUSTOMER_ID", customer}
	github := map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": "https://actions.example.com/github/oidc?x=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "job-token", "GITHUB_REPOSITORY": "example/sync"}
	person, _ := json.Marshal(map[string]string{"type": "authorized_user", "client_id": "client.apps.googleusercontent.com", "client_secret": "client-secret", "refresh_token": "1//refresh", "quota_project_id": "project"})
	return map[string]login{
		"AWS, signing for an administrator":    {provider("aws"), nil, nil, []string{"sts.token", "iam.signJwt", "token"}, "admin@example.com"},
		"AWS, by its own role":                 {and(provider("aws"), itself...), nil, nil, []string{"sts.token", "iam.generateAccessToken"}, keyless},
		"GitHub, signing for an administrator": {provider("github"), github, nil, []string{"github.identity", "sts.token", "iam.signJwt", "token"}, "admin@example.com"},
		"GitHub, by its own role":              {and(provider("github"), itself...), github, nil, []string{"github.identity", "sts.token", "iam.generateAccessToken"}, keyless},
		"a machine of Google's": {
			and(map[string]string{"SSOSYNC_GOOGLE_LOGIN": "adc"}, "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", keyless),
			map[string]string{"GCE_METADATA_HOST": "metadata.google.internal"},
			nil,
			[]string{"iam.signJwt", "token"},
			"admin@example.com",
		},
		"a person who impersonates": {
			map[string]string{"GOOGLE_CREDENTIALS": "person.json", "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT": keyless},
			nil,
			map[string]string{"person.json": string(person)},
			[]string{"iam.signJwt"},
			keyless,
		},
		"a person": {
			map[string]string{"GOOGLE_CREDENTIALS": "person.json", "GOOGLE_USER": ""},
			nil,
			map[string]string{"person.json": string(person)},
			[]string{"token"},
			"",
		},
	}
}

// TestLogins logs in in every way and synchronizes with it.
func TestLogins(t *testing.T) {
	for name, l := range logins() {
		t.Run(name, func(t *testing.T) {
			w := newCloud(t)
			w.files = l.files
			rep, way, err := w.loginAndSync(l)
			if err != nil {
				t.Fatal(err)
			}
			w.mirrors(map[string][]string{"Dev": {"ann@example.com", "bo@example.com"}})
			if !strings.Contains(way.Profile().Text, l.describe) {
				t.Errorf("it is described as %q", way.Profile().Text)
			}
			for _, op := range l.logins {
				i := slices.IndexFunc(rep.Calls, func(c report.Call) bool { return c.Op == op })
				if i < 0 || rep.Calls[i].Calls != 1 && op != "token" {
					t.Errorf("%s: %+v", op, rep.Calls)
				}
			}
		})
	}
}

// TestLoginByToken has somebody else log in.
func TestLoginByToken(t *testing.T) {
	w := newCloud(t)
	other := logins()["AWS, by its own role"]
	_, way, err := w.loginAndSync(other)
	if err != nil {
		t.Fatal(err)
	}
	l, err := way.For(readUsers, readGroups)
	if err != nil {
		t.Fatal(err)
	}
	token, err := l.Login(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	byToken := login{settings: map[string]string{"GOOGLE_OAUTH_ACCESS_TOKEN": token.AccessToken, "GOOGLE_USER": "", "CUSTOMER_ID": customer}}
	rep, _, err := w.loginAndSync(byToken)
	if err != nil || !rep.Plan.Empty() {
		t.Fatalf("%v, %+v", err, rep.Plan)
	}
	byToken.settings["GOOGLE_OAUTH_ACCESS_TOKEN"] = "ya29.over"
	if _, _, err := w.loginAndSync(byToken); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("a token that is over: %v", err)
	}
}

// TestLoginsThatAreRefused takes a right away, and looks for the command that
// gives it.
func TestLoginsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		login  string
		change func(*google.Fixture)
		want   []string
	}{
		"may not sign": {
			"AWS, signing for an administrator", func(f *google.Fixture) { creators(f, nil) },
			[]string{"roles/iam.serviceAccountTokenCreator", principals + "/attribute.aws_role/", keyless},
		},
		"no delegation": {
			"AWS, signing for an administrator", func(f *google.Fixture) {
				for i := range f.ServiceAccounts {
					f.ServiceAccounts[i].DelegatedScopes = nil
				}
			},
			[]string{readUsers + "," + readGroups, "uniqueId"},
		},
		"another account": {
			"AWS, by its own role", func(f *google.Fixture) { f.Providers[0].AccountID = "999999999999" },
			[]string{"AWS account"},
		},
		"another repository": {
			"GitHub, by its own role", func(f *google.Fixture) { f.Providers[1].AllowedRepositories = []string{"example/other"} },
			[]string{"attribute condition"},
		},
		"no role in Google": {
			"AWS, by its own role", func(f *google.Fixture) { f.RoleAssignments = nil },
			[]string{"role"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newCloud(t)
			w.dir.Update(c.change)
			_, _, err := w.loginAndSync(logins()[c.login])
			if err == nil {
				t.Fatal("it worked")
			}
			e, _ := errors.AsType[*auth.Error](err)
			text := err.Error()
			if e != nil {
				text += e.Remedy
			}
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("nothing about %q in: %v", want, err)
				}
			}
		})
	}
}

// TestEveryRefusalOfALoginNamesItsRemedy goes through the table of the two
// services that a login without a key asks, from either side that vouches.
func TestEveryRefusalOfALoginNamesItsRemedy(t *testing.T) {
	seen := 0
	for _, row := range google.Refusals() {
		if row.Table != google.TableFederation {
			continue
		}
		seen++
		t.Run(row.Name, func(t *testing.T) {
			met := false
			for _, way := range []string{"AWS, signing for an administrator", "AWS, by its own role", "GitHub, signing for an administrator"} {
				w := newCloud(t)
				end := row.Install(w.google)
				_, _, err := w.loginAndSync(logins()[way])
				end()
				if err == nil {
					continue // it does not concern this one
				}
				met = true
				e, ok := errors.AsType[*auth.Error](err)
				if !ok || e.Cause == "" || e.Remedy == "" || !wire.NeedsPerson(err) {
					t.Errorf("%s: %v", way, err)
				}
			}
			if !met {
				t.Error("nobody was refused")
			}
		})
	}
	if seen < 5 {
		t.Errorf("the table has %d rows", seen)
	}
}

func creators(f *google.Fixture, members []string) {
	for i := range f.ServiceAccounts {
		f.ServiceAccounts[i].TokenCreators = members
	}
}

// loginAndSync runs with a configuration and an environment of its own.
func (w *world) loginAndSync(l login) (report.Report, auth.Way, error) {
	w.Helper()
	env := maps.Clone(w.env)
	maps.Copy(env, l.settings)
	maps.Copy(env, l.process)
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
	o := wire.Options{Version: "test", Log: w.log, Base: w.net, Getenv: func(name string) string { return l.process[name] }}
	way, err := wire.Login(cfg, o, nil, nil)
	if err != nil {
		w.Fatal(err)
	}
	r, err := wire.Reconciler(cfg, o)
	if err != nil {
		w.Fatal(err)
	}
	rep, err := r.Run(w.Context())
	return rep, way, err
}
