package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/cli"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/emulator/inproc"
)

// newClinic is an office in which AWS says who we are, too, and in which one sync
// has been made.
func newClinic(t *testing.T, synced bool) *office {
	t.Helper()
	forAWS(t)
	o := newOffice(t)
	o.wire = inproc.Mux(map[string]http.Handler{
		"google.example.com": o.google, "scim.us-east-1.amazonaws.com": o.aws, "identitystore.us-east-1.amazonaws.com": o.aws,
		"sso.us-east-1.amazonaws.com": o.aws, "sts.us-east-1.amazonaws.com": o.aws,
	})
	o.env["HOME"] = t.TempDir()
	if synced {
		if _, stderr, code := o.run(t, nil); code != 0 {
			t.Fatal(stderr)
		}
	}
	return o
}

// A diagnosis is what a doctor says to programs.
type diagnosis struct {
	Version, Exit, OK, Warnings, Errors, Skipped int
	Calls                                        struct{ Google, AWS int }
	Checks                                       []struct{ ID, Side, Name, Status, Fact, Cause, Remedy string }
}

func (o *office) diagnose(t *testing.T, args ...string) diagnosis {
	t.Helper()
	stdout, stderr, code := o.run(t, nil, append([]string{"doctor", "--output", "json"}, args...)...)
	var d diagnosis
	if err := json.Unmarshal([]byte(stdout), &d); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	if d.Exit != code || (code == 5) != (d.Errors > 0) || d.Errors == 0 && code != 0 {
		t.Errorf("exit code %d, and %+v", code, d)
	}
	return d
}

// bad is everything that is said about what is not in order.
func (d diagnosis) bad() string {
	var b strings.Builder
	for _, c := range d.Checks {
		if c.Status == "error" || c.Status == "warning" {
			b.WriteString(c.ID + ": " + c.Fact + "\n" + c.Cause + "\n" + c.Remedy + "\n")
		}
	}
	return b.String()
}

// The calls for a company that is well are few, and all of them read.
func TestDoctorsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newClinic(t, true)
		o.google.Reset()
		o.aws.ResetCalls()
		d := o.diagnose(t)
		if d.Errors+d.Warnings+d.Skipped != 0 {
			t.Errorf("%+v", d)
		}
		if diff := cmp.Diff(map[string]int{"token": 3, "users.get": 1, "users.list": 2, "groups.list": 2, "members.list": 3}, o.google.Calls()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]int{
			"ServiceProviderConfig": 1, "ListUsers": 1, "sts:GetCallerIdentity": 1, "sso:ListInstances": 1, "identitystore:DescribeIdentityStore": 1,
			"identitystore:ListUsers": 1, "identitystore:ListGroups": 1, "identitystore:ListGroupMemberships": 1,
			"sso:ListAccountAssignmentsForPrincipal": 1, "sso:ListApplicationAssignmentsForPrincipal": 1,
		}, o.aws.Calls()); diff != "" {
			t.Error(diff)
		}
		if len(o.aws.Journal()) != 0 || d.Calls.Google != 11 || d.Calls.AWS != 10 {
			t.Errorf("%d writes, %+v", len(o.aws.Journal()), d.Calls)
		}
	})
}

// googleSays is what a diagnosis says of each row of Google's tables, or of those
// that a doctor does not meet, what a plan says.
var googleSays = map[string]string{
	"not delegated": "Manage domain-wide delegation", "partly unauthorized": "domain-wide delegation", "scope not delegated": "the scope admin.directory.group.readonly is not granted",
	"subject suspended": "suspended", "policy enforced": "API controls", "subject unknown": "--google-admin", "subject malformed": "--google-admin", "account deleted": "account",
	"subject deleted": "administrator", "key disabled": "key", "clock wrong": "behind Google's", "token audience wrong": "key file", "issuer unknown": "key file",
	"login again": "service account", "refresh token revoked": "service account", "scope unknown": "scope", "client unknown": "", "client deleted": "", "account disabled": "disabled",
	"client internal": "", "subject not allowed": "--google-admin", "internal failure": "try again later",
	"Admin SDK API off": "gcloud services enable admin.googleapis.com --project=", "scope missing": "https://www.googleapis.com/auth/admin.directory.user.readonly,https://www.googleapis.com/auth/admin.directory.group.readonly",
	"role missing": "Users > Read and Groups > Read", "domain unknown": "--google-admin is a person", "user gone": "choose another administrator",
	"my_customer without customer": "the customer id (C0…)", "parameters contradictory": "begins with C", "query malformed": "a value with spaces goes in quotes",
	"key of a group": "name a person", "domain without APIs": "API controls", "token expired": "give a new access token", "login required": "give a new access token",
	"quota project missing": "set-quota-project",
}

// notOfDoctors are rows about requests that a doctor does not make, or that it
// takes for what they are.
var notOfDoctors = []string{"group gone", "member gone"}

func TestDoctorKnowsGooglesTables(t *testing.T) {
	for _, r := range google.Refusals() {
		if r.Table == google.TableFederation || slices.Contains(notOfDoctors, r.Name) {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newClinic(t, false)
				defer r.Install(o.google)()
				d := o.diagnose(t)
				want, known := googleSays[r.Name]
				if !known || !strings.Contains(d.bad(), want) || d.Errors == 0 {
					t.Errorf("known: %v, want %q:\n%s", known, want, d.bad())
				}
				for _, c := range d.Checks {
					if c.Status == "error" && c.Remedy == "" {
						t.Errorf("no remedy: %+v", c)
					}
					if c.Side == "AWS" && c.Status == "error" {
						t.Errorf("AWS has nothing to do with it: %+v", c)
					}
				}
				o.sameWords(t, d)
			})
		})
	}
}

// sameWords expects a plan that fails to end in a remedy that the doctor has told.
func (o *office) sameWords(t *testing.T, d diagnosis) {
	t.Helper()
	_, stderr, code := o.run(t, nil, "plan", "--log-level=error")
	if code == 0 {
		return
	}
	_, remedy, ok := strings.Cut(stderr, "  remedy: ")
	remedy = strings.TrimSpace(strings.SplitN(remedy, "\n", 2)[0])
	switch {
	case !ok && !strings.Contains(d.bad(), "this passes"):
		t.Errorf("no remedy: %s", stderr)
	case !strings.Contains(d.bad(), remedy):
		t.Errorf("%q is no remedy of\n%s", remedy, d.bad())
	}
}

// awsSays is the same for AWS. What begins with - is no error, since a run would
// do without.
var awsSays = map[string]string{
	"token unknown": "generate a new access token", "token expired": "generate a new access token", "tenant wrong": "compare the SCIM endpoint",
	"slash at the end of the endpoint": "generate a new access token", "network denied": "aws identitystore update-identity-store", "not permitted": "ScimAllowSourceIps",
	"throttled": "this passes", "internal error": "this passes", "bad gateway": "this passes", "unavailable": "this passes", "gateway timeout": "this passes",
	"filter malformed": "",
	"key denied":       "kms:Decrypt", "key not found": "aws kms describe-key", "key disabled": "aws kms enable-key", "key in a wrong state": "aws kms cancel-key-deletion",
	"key of another usage": "symmetric key", "key ARN malformed": "set the key anew", "key throttled": "this passes",
	"session expired": "aws sso login", "access key unknown": "AWS_ACCESS_KEY_ID", "signature of another time": "clock", "store of another Region": "--identity-store-id",
	"throttled store": "this passes", "internal error of the store": "this passes",
	"missing action identitystore:ListUsers":                    "refused was identitystore:ListUsers,",
	"missing action identitystore:ListGroups":                   "refused was identitystore:ListGroups,",
	"missing action identitystore:ListGroupMemberships":         "refused was identitystore:ListGroupMemberships,",
	"missing action identitystore:DescribeIdentityStore":        "the AWS identity needs identitystore:DescribeIdentityStore, on",
	"missing action sso:ListInstances":                          "the AWS identity needs sso:ListInstances",
	"missing action sso:ListAccountAssignmentsForPrincipal":     "the AWS identity needs sso:ListAccountAssignmentsForPrincipal",
	"missing action sso:ListApplicationAssignmentsForPrincipal": "the AWS identity needs sso:ListApplicationAssignmentsForPrincipal",
	"no instance": "see no instance of IAM Identity Center", "several instances": "", "instance being made": "CREATE_IN_PROGRESS", "instance failed": "CREATE_FAILED",
	"primary Region elsewhere": "SCIM works in the primary Region only",
}

func TestDoctorKnowsAWSsTables(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range iic.Refusals() {
		want, known := awsSays[r.Name]
		if !known || want == "" {
			continue
		}
		seen[r.Name] = true
		t.Run(r.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newClinic(t, true)
				defer r.Install(o.aws)()
				d := o.diagnose(t)
				if !strings.Contains(d.bad(), want) {
					t.Errorf("want %q:\n%s", want, d.bad())
				}
				d = o.diagnose(t, "--read=identitystore")
				ofStore := r.Table == iic.TableIdentityStore && r.Where != "identitystore:DescribeIdentityStore"
				if !strings.Contains(d.bad(), want) || (ofStore || r.Table == iic.TableSCIM) && d.Errors == 0 {
					t.Errorf("by the store, want %q:\n%s", want, d.bad())
				}
				for _, c := range d.Checks {
					if c.Status == "error" && c.Remedy == "" && !strings.Contains(c.Fact, "this passes") {
						t.Errorf("no remedy: %+v", c)
					}
				}
			})
		})
	}
	for _, name := range slices.Sorted(maps.Keys(awsSays)) {
		if awsSays[name] != "" && !seen[name] {
			t.Errorf("there is no row %q", name)
		}
	}
}

// Half of a configuration is enough for the checks of that half.
func TestDoctorOfHalfAConfiguration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			unset []string
			set   map[string]string
			args  []string
			says  []string
			whole string // the side that is checked all the same
		}{
			"no Google":     {[]string{"GOOGLE_CREDENTIALS_JSON", "GOOGLE_USER"}, nil, nil, []string{"config.google-credentials: ", "config.google-admin: "}, "AWS"},
			"a damaged key": {nil, map[string]string{"GOOGLE_CREDENTIALS_JSON": "{"}, nil, []string{"config.google-credentials: "}, "AWS"},
			"no AWS":        {[]string{"SCIM_ENDPOINT", "SCIM_TOKEN"}, nil, nil, []string{"config.endpoint: ", "config.access-token: "}, "Google"},
			"a wrong query": {nil, nil, []string{"-g", "name:"}, []string{"name:"}, "AWS"},
			"nothing":       {[]string{"GOOGLE_CREDENTIALS_JSON", "GOOGLE_USER", "SCIM_ENDPOINT", "SCIM_TOKEN"}, nil, nil, []string{"config.endpoint: "}, "Local"},
		} {
			o := newClinic(t, true)
			for _, v := range c.unset {
				delete(o.env, v)
			}
			maps.Copy(o.env, c.set)
			d := o.diagnose(t, c.args...)
			for _, want := range c.says {
				if !strings.Contains(d.bad(), want) {
					t.Errorf("%s: no %q in\n%s", name, want, d.bad())
				}
			}
			_, validate, _ := o.run(t, nil, append([]string{"config", "validate"}, c.args...)...)
			checked := 0
			for _, x := range d.Checks {
				switch {
				case x.Side == "Configuration" && !strings.Contains(spaceless(validate), spaceless(x.Fact)):
					t.Errorf("%s: config validate does not say %q:\n%s", name, x.Fact, validate)
				case x.Side == c.whole && x.Status == "error", x.Side != "Configuration" && x.Status == "error":
					t.Errorf("%s: %+v", name, x)
				case x.Side == c.whole && x.Status == "ok":
					checked++
				}
			}
			if checked == 0 || d.Exit != 5 {
				t.Errorf("%s: exit %d, nothing of %s is checked: %+v", name, d.Exit, c.whole, d.Checks)
			}
		}
	})
}

// spaceless is a text whatever its layout is.
func spaceless(s string) string { return strings.Join(strings.Fields(s), " ") }

// No secret is in anything that a doctor says, in no form, however much is
// logged and whatever goes wrong.
func TestDoctorKeepsSecrets(t *testing.T) {
	breakages := map[string]func(*office){
		"nothing": func(*office) {},
		"Google":  func(o *office) { o.dir.Delegate(robot) },
		"AWS": func(o *office) {
			o.aws.Update(func(opts *iic.Options) { opts.Tokens = []iic.Token{{Value: "another"}} })
		},
		"plain": func(o *office) { o.wire = parrot{"plain"} },
		"json":  func(o *office) { o.wire = parrot{"json"} },
		"html":  func(o *office) { o.wire = parrot{"html"} },
	}
	for name, breakIt := range breakages {
		for _, args := range [][]string{{"--debug"}, {"--log-level=trace", "--log-format=json"}, {"--debug", "--output=json"}} {
			synctest.Test(t, func(t *testing.T) {
				o := newClinic(t, true)
				o.env["SSOSYNC_SCIM_ACCESS_TOKEN_FALLBACK"] = strings.ReplaceAll(scimToken, "A", "B")
				breakIt(o)
				tap := &wiretap{next: o.wire}
				o.wire = tap
				stdout, stderr, _ := o.run(t, nil, append([]string{"doctor"}, args...)...)
				var key struct {
					PrivateKey string `json:"private_key"`
				}
				if err := json.Unmarshal([]byte(o.key), &key); err != nil {
					t.Fatal(err)
				}
				secrets := append([]string{scimToken, o.env["SSOSYNC_SCIM_ACCESS_TOKEN_FALLBACK"], accessSecret, o.env["GOOGLE_CREDENTIALS_JSON"], "TOPSECRET", strings.Split(key.PrivateKey, "\n")[1]}, tap.tokens...)
				if len(tap.tokens) == 0 {
					t.Errorf("%s: nothing was asked", name)
				}
				for _, s := range secrets {
					if visible := strings.ReplaceAll(stdout+stderr, accessKeyID, ""); strings.Contains(visible, s) {
						t.Errorf("%s %v: %.12s… is in\n%s%s", name, args, s, stdout, stderr)
					}
				}
			})
		}
	}
}

// Where a locale has ASCII only, so has a diagnosis; each sign has a line of its own.
func TestDoctorsLocale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			env   map[string]string
			ascii bool
		}{
			{nil, false},
			{map[string]string{"LANG": "C"}, true},
			{map[string]string{"LANG": "POSIX"}, true},
			{map[string]string{"LANG": "de_DE.ISO-8859-1"}, true},
			{map[string]string{"LANG": "de_DE.UTF-8"}, false},
			{map[string]string{"LANG": "C.utf8"}, false},
			{map[string]string{"LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, false},
			{map[string]string{"LANG": "en_US.UTF-8", "LC_ALL": "C"}, true},
			{map[string]string{"LANG": "en_US.UTF-8", "LC_ALL": ""}, false},
		} {
			o := newClinic(t, false)
			o.dir.Delegate(robot)
			maps.Copy(o.env, c.env)
			stdout, stderr, code := o.run(t, nil, "doctor", "--log-level=error")
			only := !strings.ContainsFunc(stdout, func(r rune) bool { return r > '~' })
			if code != 5 || only != c.ascii || stderr != "" {
				t.Errorf("%v: %d %q\n%s", c.env, code, stderr, stdout)
			}
			if want := map[bool]string{true: "  x login", false: "  ✘ login"}[c.ascii]; !strings.Contains(stdout, want) {
				t.Errorf("%v: no %q in\n%s", c.env, want, stdout)
			}
		}
	})
}

// A doctor that is stopped says so, and nothing else.
func TestDoctorIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newClinic(t, false)
		o.aws.Update(func(opts *iic.Options) { opts.Latency = 5 * time.Second })
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errors.New("it is late")) })
		var out, err watched
		began := time.Now()
		if code := cli.Main(ctx, []string{"doctor"}, o.program(&out, &err)); code != 130 || out.String() != "" || time.Since(began) != time.Second {
			t.Errorf("exit code %d after %v: %s%s", code, time.Since(began), &out, &err)
		}
	})
}

// Nobody answers, and it is over within a minute all the same.
func TestDoctorOfTheDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newClinic(t, false)
		o.wire = transport(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		began := time.Now()
		d := o.diagnose(t)
		if took := time.Since(began); took >= time.Minute || !strings.Contains(d.bad(), "google.token: no answer in time") || !strings.Contains(d.bad(), "aws.token: no answer in time") {
			t.Errorf("after %v\n%s", took, d.bad())
		}
	})
}
