// Package demo shows what ssosync does, to people who have neither a Google
// Workspace nor an AWS organization at hand: it runs the real thing against
// emulators of both on this machine. It reaches no other machine, and leaves
// nothing behind that it was not told to write.
package demo

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"
)

// Options are those of [Run] and [Serve].
type Options struct {
	Out, Err   io.Writer // required: what was asked for, and words to people; Run needs no Err
	Color      bool      // on Out, for Run, and on Err, for Serve
	Width      int       // columns; 0 is 80; lines are never under 40 or over 110
	Version    string    // of the program, for the User-Agent
	Executable string    // how the program is called, "go run ./cmd/ssosync"; "" is ssosync

	// GooglePort and AWSPort are where Serve listens on 127.0.0.1; 0 is any.
	GooglePort, AWSPort int
	// Fixture is a JSON file that Serve takes the Google directory from, and
	// reads again whenever it changes; "" is the company of the demo.
	Fixture string
	// WriteFixture has Serve write the company of the demo to Fixture first.
	// A file that is there already is an error.
	WriteFixture bool
	// Load has Serve make up a company of that size instead: people, groups,
	// and people in each group. The zero value is the company of the demo.
	Load Load
	// Latency is added to every answer of both services, by Serve.
	Latency time.Duration
}

// A Load is the size of a made-up company.
type Load struct{ Users, Groups, Members int }

func (o Options) withDefaults() Options {
	o.Width = min(max(cmp.Or(o.Width, 80), 40), 110)
	o.Executable = cmp.Or(o.Executable, "ssosync")
	return o
}

// Run tells a story in six scenes, each of them one run of ssosync or more,
// from its configuration to the wire. It takes some seconds, most of them at
// the pace that AWS allows. When ctx ends before the story does, the error
// wraps that of ctx.
func Run(ctx context.Context, o Options) error {
	o = o.withDefaults()
	l, err := open(ctx, Company(), ports{}, 0)
	if err != nil {
		return err
	}
	defer l.close(ctx)
	s := &story{lab: l, o: o, teller: &teller{w: o.Out, color: o.Color, width: o.Width}}
	for _, scene := range []func(context.Context) error{s.places, s.plan, s.sync, s.again, s.changes, s.half, s.end} {
		err := scene(ctx)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("the demo was stopped: %w", ctx.Err())
		case err != nil:
			return err
		case s.err != nil:
			return fmt.Errorf("write the story: %w", s.err)
		}
	}
	return nil
}
