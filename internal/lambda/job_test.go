package lambda_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ssosync/internal/emulator/fault"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/httpx"
)

const jobID = "11111111-abcd-1111-abcd-111111abcdef"

// job is what CodePipeline sends.
func job(parameters string) string {
	return `{"CodePipeline.job":{"id":"` + jobID + `","accountId":"123456789012","data":{"actionConfiguration":{"configuration":{"FunctionName":"sync","UserParameters":"` +
		parameters + `"}},"inputArtifacts":[],"outputArtifacts":[],"artifactCredentials":{"secretAccessKey":"s","sessionToken":"t","accessKeyId":"a"}}}}`
}

// However a run ends, CodePipeline hears of it, once.
func TestAJobIsToldHowItEnded(t *testing.T) {
	for _, tt := range []struct {
		name      string
		setUp     func(w *world)
		event     string
		told      string // how it begins
		errorType string
	}{
		{"success", func(*world) {}, job(""), "success " + jobID + " Done in ", ""},
		{"dry run", func(*world) {}, job(`{\"dry_run\":true}`), "success " + jobID + " Nothing was changed (dry run): ", ""},
		{"bad parameters", func(*world) {}, job(`{\"dryrun\":true}`), `failure ` + jobID + ` JobFailed event: unknown key "dryrun"`, "Configuration"},
		{"damaged parameters", func(*world) {}, job(`{\"dry_run\":`), `failure ` + jobID + ` JobFailed event: the UserParameters`, "Configuration"},
		{"bad configuration", func(w *world) { w.with("SYNC_METHOD", "all") }, job(""), "failure " + jobID + " JobFailed configuration: sync-method is none of", "Configuration"},
		{"no key", func(w *world) { w.with("GOOGLE_CREDENTIALS", `{"type":"service_account"}`) }, job(""), "failure " + jobID + " JobFailed configuration: google-credentials", "Configuration"},
		{"no secret", func(w *world) { w.with("SCIM_ACCESS_TOKEN", "secretsmanager:gone") }, job(""), "failure " + jobID + " JobFailed configuration: access-token", "Configuration"},
		{"wrong token", func(w *world) { w.with("SCIM_ACCESS_TOKEN", "x"+scimToken) }, job(""), "failure " + jobID + " JobFailed Failed after ", "Configuration"},
		{"no people", func(w *world) { w.dir.Update(func(f *google.Fixture) { f.Groups = nil }) }, job(""), "failure " + jobID + " JobFailed Failed after ", "Refused"},
		{"google is down", func(w *world) {
			w.toGoogle.Add(&fault.Rule{Op: "*", Do: fault.Status(fault.Answer{Code: http.StatusForbidden, Body: `{"error":{"code":403,"message":"no ` + scimToken + `"}}`})})
		}, job(""), "failure " + jobID + " JobFailed Failed after ", "Configuration"},
		{"some fail", func(w *world) {
			w.toAWS.Add(&fault.Rule{Op: "CreateUser", Nth: 2, Do: fault.Status(fault.Answer{Code: http.StatusBadRequest, Body: `{"detail":"no ` + scimToken + `"}`})})
		}, job(""), "failure " + jobID + " JobFailed Done in ", ""},
		{"panic", func(w *world) { w.files = map[string]string{"ssosync.yaml": "panic"} }, job(""), "failure " + jobID + " JobFailed this is a bug of ssosync: the disk is on fire", "Panic"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, company(t), iic.Options{})
			tt.setUp(w)
			a := w.invoke(tt.event)
			if len(w.jobs.told) != 1 || !strings.HasPrefix(w.jobs.told[0], tt.told) {
				t.Errorf("told %q, want %q", w.jobs.told, tt.told)
			}
			if a.errorType != tt.errorType || a.exits != (tt.errorType == "Panic") {
				t.Errorf("%+v", a)
			}
			if all := strings.Join(w.jobs.told, "") + a.text + w.out.String(); strings.Contains(all, "TOPSECRET") || strings.Contains(all, "MII") {
				t.Errorf("a secret is shown: %s", all)
			}
			if m := w.metrics(); (m["Success"] == 1) != (tt.errorType == "") {
				t.Errorf("%v", m)
			}
		})
	}
}

// A partial run says what failed, and is no error of the function: it would be
// the same again.
func TestSomeFail(t *testing.T) {
	w := newWorld(t, company(t), iic.Options{})
	w.toAWS.Add(&fault.Rule{Op: "CreateUser", Nth: 2, Do: fault.Status(fault.Answer{Code: http.StatusBadRequest, Body: `{"detail":"no"}`})})
	a := w.invoke("")
	if a.Status != "partial" || a.Code != 3 || !a.Done || a.errorType != "" || a.Resume != "" || a.Summary["users"]["failed"] != 1 || a.Summary["users"]["create"] != 2 {
		t.Errorf("%+v", a)
	}
	m := w.metrics()
	if m["Failures"] == 0 || m["Failures"] != m["Failures{Target="+scimHost+"}"] || m["Creates{Target="+scimHost+"}"] != 4 || m["Success"] != 1 {
		t.Errorf("%v", m)
	}
	logged, _ := w.lines()
	if last := logged[len(logged)-1]; last["level"] != "warning" || last["status"] != "partial" {
		t.Errorf("the last line is %v", last)
	}
	w.mustSync("")
	w.holds(everything)
}

// That CodePipeline does not listen does not change what the run came to.
func TestAJobThatHasEnded(t *testing.T) {
	w := newWorld(t, company(t), iic.Options{})
	t.Setenv("AWS_SESSION_TOKEN", "TOPSECRET-of-the-session") // of a role that no variable of ours tells
	w.jobs.down = true
	w.mustSync(job(""))
	said := w.said("CodePipeline could not be told how its job ended")
	if len(said) != 1 || said[0]["level"] != "error" || !strings.Contains(said[0]["err"].(string), "the job has ended [redacted]") || strings.Contains(w.out.String(), "TOPSECRET") {
		t.Errorf("%v", said)
	}
}

// crowd is a company of n people in four groups.
func crowd(t *testing.T, n int) *google.Directory {
	t.Helper()
	return google.Generate(google.Load{Users: n, Groups: 4, MembersPerGroup: n / 2})
}

// A run that has no time left starts nothing new, says how to go on, and the
// next one ends it.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signingKey()
		w := newWorld(t, crowd(t, 300), iic.Options{Throttle: true, Latency: 50 * time.Millisecond})
		w.with("SSOSYNC_STATE", t.TempDir())
		const within = 12 * time.Second
		runs, created := 0, 0
		for ; runs < 10; runs++ {
			start := time.Now()
			a := w.invoke(job(`{\"user_match\":\"*\"}`), within)
			if took := time.Since(start); took > within {
				t.Fatalf("took %v", took)
			}
			n := len(w.aws.State().Users)
			if a.errorType != "" || a.Summary["users"]["create"] != n-created || a.Run == "" {
				t.Fatalf("%d created, %+v", n-created, a)
			}
			created = n
			told := w.jobs.told[len(w.jobs.told)-1]
			if a.Done {
				if a.Status != "success" || !strings.HasPrefix(told, "success ") {
					t.Errorf("%+v %q", a, told)
				}
				break
			}
			if a.Status != "partial" || a.Code != 3 || !strings.Contains(a.Resume, "same event") || told != "continue "+jobID+" ssosync" {
				t.Errorf("%+v %q", a, told)
			}
			if m := w.metrics(); m["Success"] != 0 {
				t.Errorf("%v", m)
			}
			if n == 0 {
				t.Fatal("nothing is done")
			}
		}
		if runs == 0 || created != 301 {
			t.Errorf("%d users after %d runs that had no time", created, runs)
		}
		w.net.Wait()
	})
}

// Without time to do anything, it would be the same again: that is an error.
func TestNoTimeAtAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, company(t), iic.Options{Latency: 2 * time.Second})
		for _, within := range []time.Duration{3 * time.Second, time.Millisecond} {
			a := w.invoke(job(""), within)
			if a.errorType != "OutOfTime" || !strings.Contains(a.errorMessage, "longer timeout") {
				t.Errorf("%v: %+v", within, a)
			}
			if told := w.jobs.told[len(w.jobs.told)-1]; !strings.HasPrefix(told, "failure "+jobID) {
				t.Errorf("told %q", told)
			}
		}
		w.holds(nothing)
		w.net.Wait()
	})
}

// SSOSYNC_TIMEOUT and an event's own time hold if they are shorter.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, crowd(t, 150), iic.Options{Throttle: true})
		start := time.Now()
		a := w.invoke(`{"settings":{"timeout":"4s"},"user_match":"*"}`, 15*time.Minute)
		if a.Done || a.Status != "partial" || time.Since(start) > 5*time.Second {
			t.Errorf("%v: %+v", time.Since(start), a)
		}
		w.net.Wait()
	})
}

// SIGTERM ends a run as the deadline does, and lets none begin.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, crowd(t, 150), iic.Options{Throttle: true})
		time.AfterFunc(3*time.Second, w.function().Stop)
		start := time.Now()
		a := w.invoke(job(`{\"user_match\":\"*\"}`), 15*time.Minute)
		if a.Done || a.Status != "partial" || a.Code != 130 || time.Since(start) > 4*time.Second {
			t.Errorf("%v: %+v", time.Since(start), a)
		}
		if len(w.jobs.told) != 1 || w.jobs.told[0] != "continue "+jobID+" ssosync" {
			t.Errorf("told %q", w.jobs.told)
		}
		n := len(w.aws.State().Users)
		a = w.invoke(`{"user_match":"*"}`, 15*time.Minute)
		if a.errorType == "" || len(w.aws.State().Users) != n {
			t.Errorf("%+v", a)
		}
		w.net.Wait()
	})
}

// Secrets that do not answer leave time to say so, and to tell the pipeline.
func TestSecretsThatDoNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, company(t), iic.Options{}).with("SCIM_ACCESS_TOKEN", "secretsmanager:scim")
		next := w.net
		w.base = httpx.Func(func(req *http.Request) (*http.Response, error) {
			if strings.HasPrefix(req.URL.Host, "secretsmanager.") {
				<-req.Context().Done()
				return nil, req.Context().Err()
			}
			return next.RoundTrip(req)
		})
		const within = 8 * time.Second
		start := time.Now()
		a := w.invoke(job(""), within)
		if took := time.Since(start); took >= within {
			t.Errorf("took %v", took)
		}
		if a.errorType != "OutOfTime" || !strings.Contains(a.errorMessage, "do its network and its role reach Secrets Manager") {
			t.Errorf("%+v", a)
		}
		if len(w.jobs.told) != 1 || !strings.HasPrefix(w.jobs.told[0], "failure "+jobID) {
			t.Errorf("told %q", w.jobs.told)
		}
		w.net.Wait()
	})
}
