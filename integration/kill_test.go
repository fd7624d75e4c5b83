//go:build unix

package integration

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	// kills is how many have to hit a living process, in each company.
	kills = 55
	// every so many kills a company is left alone until all is well.
	every = 11
	// acting is how many have to hit a run that has begun to write and not ended:
	// these are the ones that matter.
	acting = kills / 4
)

// accepted are all guards: a company of twenty is small enough for a few
// changes, piled up by runs that did not live to do them, to look like a
// mistake. Guards are tested elsewhere.
const accepted = "users,groups,leaves,group-leaves,shrink,query,protected"

// A campaign is a company, its AWS, and what has happened to both.
type campaign struct {
	*world
	*company
	flags  []string          // of every run
	before *cloud            // what AWS had before the first run
	ids    map[string]string // AWS's ids, by Google's
	news   []string          // what has happened since all was well
}

// TestKilledAgainAndAgain kills ssosync at any moment of its life, more than two
// hundred times, while four companies go on living. No lock outlives its holder,
// the journal holds, and a run that is left alone makes everything right.
func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	for i, test := range []struct {
		name  string
		flags []string
	}{
		{"as usual", nil},
		{"read through the Identity Store", []string{"--read", "identitystore"}},
		{"deleting", []string{"--deprovision-users=delete", "--deprovision-groups=delete"}},
		{"groups named by address", []string{"--group-name=email"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			newCampaign(t, uint64(i), 20, test.flags...).kill()
		})
	}
}

func (c *campaign) kill() {
	begun := time.Now()
	length, work := c.measure()
	hit, missed, midway := 0, 0, 0
	for done := true; hit < kills; {
		if done {
			c.happens()
		}
		before := c.journalSize()
		p := c.sync()
		if hit%3 == 0 {
			time.Sleep(rand.N(length))
		} else {
			c.acting(before)
			time.Sleep(rand.N(work))
		}
		must(c.t, p.Process.Kill())
		code, by := p.end(c.t)
		run := c.lastRun()
		done = run.pid == p.Process.Pid
		switch {
		case by == syscall.SIGKILL:
			hit++
			if done && run.intents > 0 && run.end == "" {
				midway++
			}
		case code != 0:
			c.t.Fatalf("a run that was not killed: exit code %d after %q\n%s", code, c.news, &p.err)
		default:
			missed++
		}
		c.verify()
		if hit%every == 0 {
			c.settle()
		}
	}
	c.t.Logf("%d kills in %v, of runs that take %v and act for %v; %d hit one that was acting; %d came too late",
		hit, time.Since(begun).Round(time.Second), length.Round(time.Millisecond), work.Round(time.Millisecond), midway, missed)
	if midway < acting {
		c.t.Errorf("only %d kills hit a run that was acting", midway)
	}
}

// sync begins a run that may do everything.
func (c *campaign) sync(flags ...string) *process {
	c.t.Helper()
	return c.start(slices.Concat([]string{"--accept", accepted}, c.flags, flags)...)
}

// happens lets the company live on.
func (c *campaign) happens() {
	c.t.Helper()
	c.news = append(c.news, c.live()...)
	c.serve(c.fixture())
}

// acting waits until a run has written to the journal: it has decided, and acts.
func (c *campaign) acting(before int64) {
	c.t.Helper()
	eventually(c.t, "the run writes to the journal", func() bool { return c.journalSize() > before })
}

// measure runs it a few times, left alone with something to do, and returns how
// long that takes, in all and from when it acts: what half of the runs exceed.
func (c *campaign) measure() (length, work time.Duration) {
	c.t.Helper()
	var lengths, works []time.Duration
	for range 5 {
		c.happens()
		before, begun := c.journalSize(), time.Now()
		p := c.sync()
		c.acting(before)
		acts := time.Now()
		p.exits(c.t, 0)
		lengths, works = append(lengths, time.Since(begun)), append(works, time.Since(acts))
	}
	c.settle()
	slices.Sort(lengths)
	slices.Sort(works)
	return lengths[2], works[2]
}

// settle lets a run go to its end. Then the next has nothing to do, and AWS has
// what Google says.
func (c *campaign) settle() {
	c.t.Helper()
	c.sync().exits(c.t, 0)
	again := c.sync("--output", "json")
	again.exits(c.t, 0)
	var said struct {
		Outcome string
		Changes []any
		Counts  map[string]map[string]int
	}
	must(c.t, json.Unmarshal([]byte(again.out.String()), &said))
	for kind, counts := range said.Counts {
		delete(counts, "kept") // what is not ours
		for what, n := range counts {
			if n != 0 {
				c.t.Errorf("the second run: %s: %s %d", kind, what, n)
			}
		}
	}
	if said.Outcome != "in-sync" || len(said.Changes) != 0 {
		c.t.Errorf("the second run: %s, %v", said.Outcome, said.Changes)
	}
	c.start(append([]string{"plan", "--detailed-exitcode"}, c.flags...)...).exits(c.t, 0)
	c.verify()

	have := c.aws()
	for _, wrong := range c.judge(c.before, have, slices.Contains(c.flags, "--group-name=email")) {
		c.t.Error(wrong)
	}
	ids := map[string]string{}
	for id, u := range have.users {
		ids[id] = u.ID
	}
	for id, g := range have.groups {
		ids[id] = g.ID
	}
	for id := range c.ids {
		if ids[id] != c.ids[id] && !slices.Contains(c.flags, "--deprovision-users=delete") {
			c.t.Errorf("%s is another object in AWS now:\n%s", id, cmp.Diff(c.ids, ids))
		}
	}
	c.ids = ids
	if c.t.Failed() {
		c.t.Fatalf("after %q", c.news)
	}
	c.news = nil
}
