// Package doctor checks both sides and this machine, in the order in which one
// thing rests on another, and says of each what is the matter and what to do
// about it. It writes nothing anywhere, decides nothing about users and groups,
// and knows of vendors only what it is told through its interfaces.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"ssosync/internal/policy"
)

// A Status says how it stands with what was checked.
type Status string

// The statuses. A sync would fail, or do damage, with what is an Error.
const (
	OK      Status = "ok"
	Warning Status = "warning"
	Error   Status = "error"
	Skipped Status = "skipped" // it rests on something that is not there
)

// The sides, in the order in which they are shown.
const (
	Configuration = "Configuration"
	GoogleSide    = "Google"
	AWSSide       = "AWS"
	LocalSide     = "Local"
)

// A Finding is what one check came to. Its ID is stable: programs may go by it.
type Finding struct {
	ID     string `json:"id"`   // such as "google.token"
	Side   string `json:"side"` // one of the sides
	Name   string `json:"name"` // for people
	Status Status `json:"status"`
	Fact   string `json:"fact"`             // what is so
	Cause  string `json:"cause,omitempty"`  // why, as far as that can be told
	Remedy string `json:"remedy,omitempty"` // what to do; lines to copy stand alone
}

// A Report is what all checks came to.
type Report struct {
	Findings []Finding
	Calls    Calls
}

// Calls counts the requests that were sent, by side.
type Calls struct {
	Google int `json:"google"`
	AWS    int `json:"aws"`
}

// Count returns how many findings have the status.
func (r Report) Count(s Status) int {
	n := 0
	for _, f := range r.Findings {
		if f.Status == s {
			n++
		}
	}
	return n
}

// An Explanation is an error in parts: what happened, why, and what to do. The
// last two are "" if nobody knows.
type Explanation struct{ Text, Cause, Remedy string }

// An Input is what a doctor looks at.
type Input struct {
	// Problems are what is wrong with the configuration.
	Problems []Problem
	Google   Google
	AWS      AWS
	Local    Local
	Rules    policy.Rules
	Unruly   bool // the rules are among the problems, and decide nothing
	// Explain takes errors of both sides apart.
	Explain func(error) Explanation
	Now     time.Time

	// Patience is how long one check may take, Longest how long the listing of a
	// directory may, and Whole how long all checks may. Zeros are [Patience],
	// [Longest] and [Whole].
	Patience, Longest, Whole time.Duration
}

// A Problem is one thing that is wrong with the configuration.
type Problem struct {
	Option string // the setting, "" if it is about something else
	Text   string
}

// How long things may take: all of it less than a minute, even if nobody
// answers.
const (
	Patience = 10 * time.Second
	Longest  = 30 * time.Second
	Whole    = 50 * time.Second
)

// Run makes all checks: the sides at the same time, and those of one side one
// after the other, since most rest on what came before. The findings are in the
// same order, whoever answers first. When ctx ends, so does Run, with what it has
// found so far.
func Run(ctx context.Context, in Input) Report {
	in.Patience, in.Longest, in.Whole = or(in.Patience, Patience), or(in.Longest, Longest), or(in.Whole, Whole)
	bounded, cancel := context.WithTimeout(ctx, in.Whole)
	defer cancel()
	sides := []func(context.Context, Input) []Finding{google, aws, local}
	found := make([][]Finding, len(sides))
	var work sync.WaitGroup
	for i, side := range sides {
		work.Go(func() { found[i] = side(bounded, in) })
	}
	work.Wait()
	rep := Report{Findings: problems(in.Problems)}
	for _, f := range found {
		rep.Findings = append(rep.Findings, f...)
	}
	rep.Calls = Calls{Google: in.Google.calls(), AWS: in.AWS.calls()}
	return rep
}

func or(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

func problems(all []Problem) []Finding {
	var found []Finding
	for _, p := range all {
		id, name := "config", "configuration"
		if p.Option != "" {
			id, name = "config."+p.Option, p.Option
		}
		found = append(found, Finding{ID: id, Side: Configuration, Name: name, Status: Error, Fact: p.Text})
	}
	return found
}

// A check is one question. What its do returns with no status is not shown: the
// question does not arise.
type check struct {
	id, name string
	needs    []string // ids of earlier checks of the side that must not have failed
	within   time.Duration
	do       func(ctx context.Context) Finding
}

// through makes the checks of a side.
func through(ctx context.Context, in Input, side string, checks []check) []Finding {
	var found []Finding
	names, failed := map[string]string{}, map[string]bool{}
	for _, c := range checks {
		names[c.id] = c.name
		f := c.make(ctx, in, names, failed)
		failed[c.id] = f.Status == Error || f.Status == Skipped
		if f.Status == "" {
			continue
		}
		f.ID, f.Side, f.Name = c.id, side, c.name
		found = append(found, f)
	}
	return found
}

func (c check) make(ctx context.Context, in Input, names map[string]string, failed map[string]bool) Finding {
	for _, need := range c.needs {
		if failed[need] {
			return skip("needs " + names[need])
		}
	}
	if ctx.Err() != nil {
		return skip("there was no time left for it")
	}
	bounded, cancel := context.WithTimeout(ctx, or(c.within, in.Patience))
	defer cancel()
	return c.do(bounded)
}

func ok(format string, args ...any) Finding {
	return Finding{Status: OK, Fact: fmt.Sprintf(format, args...)}
}

func skip(why string) Finding { return Finding{Status: Skipped, Fact: "not checked: " + why} }

// unbuilt is for a side that cannot be asked. What the configuration's own lines
// say already is not said twice.
func (in Input) unbuilt(err error, settings string) Finding {
	if settings != "" {
		return skip("needs " + settings)
	}
	return in.broken(err)
}

// broken says what an error means.
func (in Input) broken(err error) Finding { return in.as(Error, err) }

func (in Input) as(s Status, err error) Finding {
	if errors.Is(err, context.Canceled) {
		return skip("interrupted")
	}
	if f, is := unreached(err); is {
		f.Status = s
		return f
	}
	x := in.Explain(err)
	return Finding{Status: s, Fact: x.Text, Cause: x.Cause, Remedy: x.Remedy}
}

// count says how many there are of something.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// shown is how many names of a list are worth reading.
const shown = 3

// some joins a few names, and counts the others.
func some(names []string) string {
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}
