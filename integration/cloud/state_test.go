//go:build unix

package cloud

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// Everything that a directory keeps is kept in S3, and what is rested on it
// works from there.
func TestStateInS3(t *testing.T) {
	t.Parallel()
	s, c := newStore(t), newCompany(t, "ada", "grace", "edsger", "barbara")
	w := newWorld(t, "--fixture", c.path)
	environ := w.with(s.environ()...)

	w.run(environ).says(t, "4 users created", "Done in")
	w.run(environ).says(t, "Nothing to do")
	w.run(environ, "plan", "--detailed-exitcode")
	names := map[string]bool{}
	for _, key := range s.keys() {
		_, name, _ := strings.Cut(strings.TrimPrefix(key, "ssosync/"), "/")
		names[name] = true
	}
	if len(names) != 2 || !names["ledger.json"] || !names["journal.jsonl/00000000000000000001"] {
		t.Errorf("after two runs there are the objects %v", names)
	}
	if o := s.find("ledger.json"); !json.Valid(o.data) || !strings.Contains(string(o.data), "ada@example.com") {
		t.Errorf("the ledger is %.200q", o.data)
	}
	w.run(environ, "journal", "verify")
	w.run(environ, "history").says(t, "5 created, 4 joins", "in-sync")

	c.suspend(w, "grace")
	w.run(environ).says(t, "1 user deactivated")
	if w.person("grace@example.com").Active {
		t.Error("who is suspended is active")
	}
	w.run(environ, "history", "show", "latest").says(t, "grace@example.com")
	w.run(environ, "restore", "user", "grace@example.com", "--yes")
	if !w.person("grace@example.com").Active {
		t.Error("who was given back is not active")
	}
	w.run(environ, "journal", "verify")
	runs := slices.DeleteFunc(s.journal(), func(r record) bool { return r.Type != "run" })
	if len(runs) != 4 {
		t.Errorf("the journal has %d runs, want 4", len(runs))
	}
	if got := s.find("lock.json"); got != nil {
		t.Errorf("nobody runs, and the lock is held: %s", got.data)
	}
}

// What is wrong with the place is said before anything is done, with a remedy.
func TestStateThatCannotBe(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := newWorld(t)
	guest := s.guest()
	for _, test := range []struct {
		name    string
		environ []string
		says    []string
	}{
		{"no bucket", []string{"SSOSYNC_STATE=s3://nothing-here/ssosync"}, []string{"NoSuchBucket", "aws s3 mb s3://nothing-here"}},
		{"no name of a bucket", []string{"SSOSYNC_STATE=s3:///ssosync"}, []string{"bucket"}},
		{"wrong secret", []string{"AWS_SECRET_ACCESS_KEY=" + secrets.give("another-secret-of-nobody")}, []string{"SignatureDoesNotMatch", "log in again, or set new ones"}},
		{"unknown key", []string{"AWS_ACCESS_KEY_ID=AKIANOBODYKNOWSTHIS"}, []string{"InvalidAccessKeyId", "log in again, or set new ones"}},
		{"no credentials", []string{"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_EC2_METADATA_DISABLED=true"}, []string{"AWS_ACCESS_KEY_ID", "or keep state in a directory"}},
		{"no right", guest, []string{"403", "AccessDenied", "s3:PutObject", "s3:ListBucket", "arn:aws:s3:::" + bucket + "/ssosync/*"}},
		{"no TLS to another machine", []string{"AWS_ENDPOINT_URL_S3=http://s3.example.com"}, []string{"https://", "AWS_ENDPOINT_URL_S3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, command := range []string{"sync", "plan", "history"} {
				p := start(t, w.dir, w.with(slices.Concat(s.environ(), test.environ)...), command)
				p.exits(t, 5)
				p.says(t, test.says...)
			}
		})
	}
	if keys := s.keys(); len(keys) > 0 {
		t.Errorf("something was written: %q", keys)
	}
	if len(w.report(w.with("SSOSYNC_STATE="), "plan").Changes) == 0 {
		t.Error("something was done")
	}
}
