//go:build unix

package cloud

import (
	"fmt"
	"syscall"
	"testing"
)

// refused checks that a run that had to leave the work to another says whose.
func (p *process) refused(t *testing.T, holder *process) {
	t.Helper()
	p.says(t, fmt.Sprintf("process %d", holder.Process.Pid), "holds the lock since", "remedy: wait for it to end or stop it")
}

// Of two processes that begin at once, on what could be two machines, one has the
// lock; the other does nothing, and says who has it. Two that do not meet both
// work, and the journal shows that they did not meet.
func TestTwoProcessesRace(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := newWorld(t, "--latency", "60ms")
	environ := w.with(s.environ()...)
	w.run(environ)
	const races = 25
	met, worked := 0, 1
	for met < races {
		if worked-1-met > 2*races {
			t.Fatalf("of two processes that begin at once both work: they met %d times only", met)
		}
		p, q := start(t, w.dir, environ), start(t, w.dir, environ)
		switch a, b := p.exits(t, 0, 7), q.exits(t, 0, 7); {
		case a == 0 && b == 0:
			worked += 2
			continue
		case a == 0:
			q.refused(t, p)
		case b == 0:
			p.refused(t, q)
		default:
			t.Fatalf("nobody has worked:\n%s%s", &p.err, &q.err)
		}
		met, worked = met+1, worked+1
	}
	w.run(environ, "journal", "verify")
	runs, under := 0, false
	for _, r := range s.journal() {
		switch {
		case r.Type == "run" && under:
			t.Fatal("a run has begun before the one before has ended")
		case r.Type == "run":
			runs, under = runs+1, true
		case r.Type == "end":
			under = false
		}
	}
	if runs != worked {
		t.Errorf("the journal has %d runs, and %d have worked", runs, worked)
	}
	t.Logf("%d processes have worked, in %d races", worked, races)
}

// A run that is stopped by its operator gives the lock back.
func TestTerminatedHolder(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := newWorld(t, "--latency", "100ms")
	environ := w.with(s.environ()...)
	p := start(t, w.dir, environ, "--log-format", "json")
	eventually(t, "the run writes", func() bool { return p.err.has(`"msg":"creating user"`) })
	must(t, p.Process.Signal(syscall.SIGTERM))
	p.exits(t, 130)
	if o := s.find("lock.json"); o != nil {
		t.Errorf("the run has ended, and the lock is held: %s", o.data)
	}
	w.run(environ).says(t, "Done in")
	w.run(environ, "journal", "verify")
	w.run(environ, "plan", "--detailed-exitcode")
}
