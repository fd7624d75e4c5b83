//go:build unix

package cloud

import (
	"encoding/json"
	"testing"
	"time"
)

// leaseTTL is how long a dead run keeps others out: two minutes, and five
// seconds of grace (docs/adr/0025-state-in-s3.md).
const leaseTTL, leaseGrace = 2 * time.Minute, 5 * time.Second

// Who is killed keeps the lock until the lease runs out: nobody asks a process on
// what may be another machine. Then the next run completes what it had begun.
func TestKilledHolder(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := newWorld(t, "--latency", "100ms")
	environ := w.with(s.environ()...)
	p := start(t, w.dir, environ, "--log-format", "json")
	eventually(t, "the run writes", func() bool { return p.err.has(`"msg":"creating user"`) })
	must(t, p.Process.Kill())
	if code := p.end(t); code != -1 {
		t.Fatalf("it was killed, and ends with %d", code)
	}
	lease := s.lease()
	var says struct {
		Owner struct{ PID int }
	}
	must(t, json.Unmarshal(lease.data, &says))
	if says.Owner.PID != p.Process.Pid {
		t.Errorf("process %d had the lock, the lease says %s", p.Process.Pid, lease.data)
	}
	s.takenOver(w, p, lease)
	w.run(environ, "journal", "verify")
	w.run(environ, "history").says(t, "no end", "create of unknown end")
	w.run(environ, "plan", "--detailed-exitcode")
}

// takenOver lets others try until one has the lock of a run that has ended and
// could not give it back.
func (s *store) takenOver(w *world, holder *process, lease *object) {
	s.t.Helper()
	free := lease.written.Add(leaseTTL)
	for refusals := 0; ; refusals++ {
		begun := time.Now()
		q := start(s.t, w.dir, w.with(s.environ()...))
		if q.exits(s.t, 0, 7) == 0 {
			// S3 tells its time to the second.
			if begun.Before(free.Add(-time.Second)) || refusals == 0 {
				s.t.Errorf("a lease of %v is taken over at %v, before %v", lease.written, begun, free)
			}
			s.t.Logf("taken over %v after the lease was written, after %d refusals", begun.Sub(lease.written).Round(time.Second), refusals)
			return
		}
		if late := begun.Sub(free); late > leaseGrace+patience/2 {
			s.t.Fatalf("a lease is not taken over %v after its end", late)
		}
		q.refused(s.t, holder)
		q.says(s.t, "the lock is free at")
		time.Sleep(4 * time.Second)
	}
}

// S3 that goes away in the middle costs the end of the journal. What was decided
// is done, and the next run goes on once the lease is over.
func TestS3StopsInTheMiddle(t *testing.T) {
	t.Parallel()
	s, c := newStore(t), newCompany(t, "ada", "grace", "edsger")
	w := newWorld(t, "--fixture", c.path, "--latency", "300ms")
	environ := w.with(s.environ()...)
	w.run(environ)
	c.suspend(w, "grace")
	p := start(t, w.dir, environ, "--log-format", "json")
	eventually(t, "the run has read both sides", func() bool { return p.err.has("read both sides") })
	lease := s.lease()
	s.process.kill()
	p.exits(t, 0)
	p.says(t, "1 user deactivated", "the journal of this run is not complete", "what this run knows cannot be kept", "the lock could not be given back")
	if w.person("grace@example.com").Active {
		t.Error("who left waits for S3")
	}
	s.begin()
	s.takenOver(w, p, lease)
	w.run(environ).says(t, "Nothing to do")
	w.run(environ, "journal", "verify")
}
