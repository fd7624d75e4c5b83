//go:build unix

package integration

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
)

// newCampaign is a company that has been synced, and an AWS that takes its time.
func newCampaign(t *testing.T, stream uint64, people int, flags ...string) *campaign {
	t.Helper()
	c := unsynced(t, stream, people, flags...)
	c.settle()
	return c
}

// unsynced is the same before its first sync.
func unsynced(t *testing.T, stream uint64, people int, flags ...string) *campaign {
	t.Helper()
	t.Logf("-seed %d", *seed)
	c := &campaign{company: newCompany(rand.New(rand.NewPCG(*seed, stream)), people, 5), flags: flags, ids: map[string]string{}}
	c.world = newWorld(t, c.company, "--latency", "20ms")
	c.before = c.aws()
	return c
}

// reading waits until a run has read both sides: it has the lock, and is about
// to write.
func (c *campaign) reading(p *process) {
	c.t.Helper()
	eventually(c.t, "the run has read both sides", func() bool { return p.err.count("read both sides") > 0 })
}

// refused waits for a run that has to leave the work to another.
func (p *process) refused(t *testing.T, holder *process) {
	t.Helper()
	p.exits(t, 7)
	names(t, p, holder)
}

// names checks that a run that was refused says who has the lock.
func names(t *testing.T, refused, holder *process) {
	t.Helper()
	if refused.err.count(fmt.Sprintf("process %d", holder.Process.Pid)) == 0 {
		t.Errorf("process %d has the lock, and the other says:\n%s", holder.Process.Pid, &refused.err)
	}
}

// Of two runs that begin at once one does the work, and the other says who.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	c := newCampaign(t, 11, 20)
	for range 10 {
		c.happens()
		p, q := c.sync(), c.sync()
		if p.exits(t, 0, 7) == 0 {
			q.refused(t, p)
		} else {
			names(t, p, q)
			q.exits(t, 0)
		}
	}
	c.settle()
}

// A run that hangs keeps the lock, and gives it up with its life.
func TestStoppedHolder(t *testing.T) {
	t.Parallel()
	c := newCampaign(t, 12, 20)
	for _, last := range []syscall.Signal{syscall.SIGCONT, syscall.SIGKILL} {
		c.happens()
		p := c.sync()
		c.reading(p)
		must(t, p.Process.Signal(syscall.SIGSTOP))
		for range 3 {
			c.sync().refused(t, p)
		}
		must(t, p.Process.Signal(last))
		if code, by := p.end(t); code != 0 && by != syscall.SIGKILL {
			t.Errorf("after %v it ended with %d, %v:\n%s", last, code, by, &p.err)
		}
		c.settle()
	}
}

// A run that is asked to end does so: what is under way ends, the journal has an
// end, and what is left waits.
func TestTerminated(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			c := unsynced(t, 13, 60)
			p := c.sync()
			eventually(t, "the run writes", func() bool { return p.err.count(`"msg":"creating user"`) > 0 })
			must(t, p.Process.Signal(signal))
			p.exits(t, 130)
			if run := c.lastRun(); run.pid != p.Process.Pid || run.end != "interrupted" {
				t.Errorf("process %d was interrupted; the journal says %+v", p.Process.Pid, run)
			}
			c.verify()
			if n := len(c.aws().users); n == 0 || n == 60 {
				t.Errorf("it was interrupted with %d of 60 users done", n)
			}
			c.settle()
		})
	}
}
