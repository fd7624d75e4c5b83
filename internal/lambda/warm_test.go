package lambda_test

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ssosync/internal/emulator/fault"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

// What one event says, the next one does not know.
func TestEventsKnowNothingOfEachOther(t *testing.T) {
	w := newWorld(t, company(t), iic.Options{})
	w.mustSync(`{"dry_run":true,"group_match":"name:Dev*","settings":{"log-level":"error","log-format":"text","group-name":"x-{name}"}}`)
	if text := w.out.String(); strings.Count(text, "\n") != 1 {
		t.Errorf("the log is\n%s", text)
	}
	w.invoke(`{"dryrun":true}`)
	a := w.mustSync("")
	w.holds(everything)
	if a.DryRun || len(w.said("creating user")) != 3 {
		t.Errorf("%+v\n%s", a, w.out.String())
	}
}

// A process that answers many events does not grow.
func TestManyEvents(t *testing.T) {
	w := newWorld(t, company(t), iic.Options{})
	settle := func() (heap int64, goroutines int) {
		w.net.Wait()
		w.aws.ResetCalls()
		w.google.Reset()
		w.google.RevokeTokens()
		for range 3 {
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc), runtime.NumGoroutine()
	}
	round := func(n int) {
		for i := range n {
			w.mustSync("")
			w.mustSync(`{"dry_run":true,"settings":{"ignore-users":"user` + strconv.Itoa(i) + `@example.com"}}`)
			w.invoke(`{"unknown` + strconv.Itoa(i) + `":1}`)
		}
	}
	round(8)
	before, running := settle()
	round(25)
	after, still := settle()
	if grown := after - before; grown > 300<<10 || still > running {
		t.Errorf("%d bytes more, %d goroutines of %d", grown, still, running)
	}
}

// A secret is fetched once in five minutes, or when it was not taken.
func TestSecretsAreFetchedNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, company(t), iic.Options{})
		w.vault.set("scim", `{"token":"`+scimToken+`"}`)
		w.with("SCIM_ACCESS_TOKEN", "secretsmanager:scim#token")
		asked := func(want int) {
			t.Helper()
			w.mustSync("")
			if n := w.vault.count(); n != want {
				t.Errorf("asked %d times, want %d", n, want)
			}
		}
		asked(1)
		time.Sleep(time.Minute)
		asked(1)
		w.mustSync(`{"dry_run":true}`)
		time.Sleep(4 * time.Minute)
		asked(2)
		// A new token that is in use before the five minutes are over: one run
		// fails, and the next has it.
		w.aws.Update(func(o *iic.Options) { o.Tokens = []iic.Token{{Value: "new" + scimToken}} })
		w.vault.set("scim", `{"token":"new`+scimToken+`"}`)
		if a := w.invoke(""); a.errorType != "Configuration" || strings.Contains(a.text+w.out.String(), "TOPSECRET") {
			t.Errorf("%+v", a)
		}
		asked(3)
		w.net.Wait()
	})
}

// A secret that is not there is looked for again each time.
func TestAMissingSecretIsNotRemembered(t *testing.T) {
	w := newWorld(t, company(t), iic.Options{})
	w.with("SCIM_ACCESS_TOKEN", "SSOSyncSCIMAccessToken")
	a := w.invoke("")
	if a.errorType != "Configuration" || !strings.Contains(a.errorMessage, "SSOSyncSCIMAccessToken") {
		t.Errorf("%+v", a)
	}
	w.vault.set("SSOSyncSCIMAccessToken", scimToken)
	w.mustSync("")
}

// The old tool's function finds its secrets by their names when it is told
// nothing.
func TestFixedNames(t *testing.T) {
	w := newWorld(t, company(t), iic.Options{})
	for name, variable := range map[string]string{
		"SSOSyncGoogleAdminEmail": "GOOGLE_ADMIN", "SSOSyncGoogleCredentials": "GOOGLE_CREDENTIALS",
		"SSOSyncSCIMAccessToken": "SCIM_ACCESS_TOKEN", "SSOSyncSCIMEndpointUrl": "SCIM_ENDPOINT",
	} {
		w.vault.set(name, w.env[variable])
		delete(w.env, variable)
	}
	w.mustSync("")
	w.holds(everything)
	said := len(w.said("configuration"))
	w.mustSync("")
	if again := len(w.said("configuration")); said != 4 || again != said {
		t.Errorf("%d secrets were found by name, and then %d", said, again)
	}
}

// When a run was last good is known from the ledger, also when one fails.
func TestSecondsSinceSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, company(t), iic.Options{})
		w.with("SSOSYNC_STATE", t.TempDir())
		since := func(want float64, known bool) {
			t.Helper()
			m := w.metrics()
			got, ok := m["SecondsSinceSuccess"]
			if ok != known || got != want || got != m["SecondsSinceSuccess{Target="+scimHost+"}"] {
				t.Errorf("%v seconds (known: %v), want %v", got, ok, want)
			}
		}
		off := &fault.Rule{Op: "ListUsers", Do: fault.Status(fault.Answer{Code: http.StatusForbidden, Body: `{"detail":"no"}`})}
		w.toAWS.Add(off)
		w.invoke("")
		since(0, false)
		w.toAWS.Clear()
		w.mustSync("")
		since(0, true)
		time.Sleep(time.Hour)
		w.mustSync(`{"dry_run":true}`)
		since(3600, true)
		w.toAWS.Add(off)
		w.invoke("")
		since(3600, true)
		w.toAWS.Clear()
		w.mustSync("")
		since(0, true)
		w.net.Wait()
	})
}

// Two events at once: the second one is told who has the lock.
func TestLocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, company(t), iic.Options{Latency: time.Second})
		dir := t.TempDir()
		w.with("SSOSYNC_STATE", dir)
		first := make(chan answer)
		other := newWorld(t, company(t), iic.Options{})
		other.net, other.env = w.net, w.env
		go func() { first <- w.invoke("") }()
		time.Sleep(500 * time.Millisecond)
		a := other.invoke(job(""))
		if a.errorType != "Locked" || !strings.Contains(a.errorMessage, "lambda:sync") && !strings.Contains(a.errorMessage, "lock") {
			t.Errorf("%+v", a)
		}
		if a := <-first; a.Status != "success" || a.Run == "" {
			t.Errorf("%+v", a)
		}
		if len(w.jobs.told) != 1 || !strings.HasPrefix(w.jobs.told[0], "failure") {
			t.Errorf("told %q", w.jobs.told)
		}
		w.holds(everything)
		w.net.Wait()
	})
}

// A function that remembers nothing says so once, unless somebody wants it so.
func TestState(t *testing.T) {
	w := newWorld(t, company(t), iic.Options{})
	warned := func() (n int) {
		logged, _ := w.lines()
		for _, l := range logged {
			if strings.HasPrefix(l["msg"].(string), "nothing is remembered between runs") && l["level"] == "warning" {
				n++
			}
		}
		return n
	}
	w.mustSync("")
	if warned() != 0 {
		t.Error("SSOSYNC_STATE is empty, and there is a warning")
	}
	delete(w.env, "SSOSYNC_STATE")
	w.with()
	w.mustSync("")
	if warned() != 1 {
		t.Error("no warning")
	}
	dir := filepath.Join(t.TempDir(), "state")
	w.with("SSOSYNC_STATE", dir).mustSync(`{"dry_run":true}`)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a dry run makes a directory: %v", err)
	}
	w.with("SSOSYNC_STATE", "/dev/null/x")
	if a := w.invoke(""); a.errorType != "Configuration" || !strings.Contains(a.errorMessage, "/dev/null/x") {
		t.Errorf("%+v", a)
	}
	w.with("SSOSYNC_STATE", "ftp://x/y")
	if a := w.invoke(""); a.errorType != "Configuration" || !strings.Contains(a.errorMessage, "not supported") {
		t.Errorf("%+v", a)
	}
}

// No secret gets out, whatever the servers say, at the level that says most.
func TestNoSecretIsShown(t *testing.T) {
	spare := "TOPSECRET" + strings.Repeat("h7Yt+Wq2=x", 50)
	var mu sync.Mutex
	sent := []string{"TOPSECRET", "q8Zr/Lp3=w", "h7Yt+Wq2=x", "PRIVATE KEY"}
	echo := func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		mu.Lock()
		defer mu.Unlock()
		sent = append(sent, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"detail":"not ` + spare + `, you sent ` + r.Header.Get("Authorization") + `","error":{"code":403,"message":"` + spare + ` ` + r.Header.Get("Authorization") + `"}}`))
	}
	for _, op := range []string{"ListUsers", "CreateUser", "CreateGroup", "users.list", "members.list", "nothing"} {
		w := newWorld(t, company(t), iic.Options{})
		w.vault.set("scim", scimToken)
		w.vault.set("spare", spare)
		w.with("SCIM_ACCESS_TOKEN_FALLBACK", "secretsmanager:spare", "SSOSYNC_LOG_LEVEL", "trace", "SCIM_ACCESS_TOKEN", "secretsmanager:scim", "AWS_SESSION_TOKEN", "TOPSECRET-session-token")
		w.toAWS.Add(&fault.Rule{Op: op, Do: echo})
		w.toGoogle.Add(&fault.Rule{Op: op, Do: echo})
		a := w.invoke(job(""))
		all := a.text + w.out.String() + strings.Join(w.jobs.told, "\n")
		for _, text := range sent {
			if strings.Contains(all, text) {
				t.Errorf("%s: %q is shown:\n%s", op, text, all)
			}
		}
		if len(w.said("request")) == 0 {
			t.Errorf("%s: nothing is logged of requests", op)
		}
		w.metrics()
	}
}

// What somebody should look at is in the log, since a function has no report.
func TestTheLogSaysWhatToLookAt(t *testing.T) {
	w := newWorld(t, company(t), iic.Options{})
	w.dir.Update(func(f *google.Fixture) {
		f.Groups = append(f.Groups, google.Group{Email: "dev2@example.com", Name: "Dev"})
	})
	a := w.invoke("")
	if a.Status != "partial" || a.Code != 3 {
		t.Errorf("%+v", a)
	}
	said := w.said("conflict")
	if len(said) == 0 || said[0]["name"] == "" || said[0]["next"] == "" {
		t.Errorf("%v", said)
	}
	if m := w.metrics(); m["Conflicts{Target="+scimHost+"}"] != float64(len(said)) || m["Success"] != 1 {
		t.Errorf("%v", m)
	}
	for _, msg := range []string{"Change Summary: users", "Change Summary: Groups", "creating user", "adding user to group"} {
		if len(w.said(msg)) == 0 {
			t.Errorf("no line %q", msg)
		}
	}
}
