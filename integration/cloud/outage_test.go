//go:build unix

package cloud

import "testing"

// S3 that is down when a run begins costs it its memory, and a warning: who left
// must not wait for it.
func TestS3IsDownAtTheStart(t *testing.T) {
	t.Parallel()
	s, c := newStore(t), newCompany(t, "ada", "grace", "edsger")
	w := newWorld(t, "--fixture", c.path)
	environ := w.with(s.environ()...)
	w.run(environ)
	c.suspend(w, "grace")
	s.process.kill()
	w.run(environ).says(t, "level=warning", "nothing is remembered between runs", "1 user deactivated")
	if w.person("grace@example.com").Active {
		t.Error("who left waits for S3")
	}
	w.fails(1, environ, []string{"history"}, "keep state in s3://", "connection refused")
	s.begin()
	w.run(environ).says(t, "Nothing to do")
	w.run(environ, "journal", "verify")
}
