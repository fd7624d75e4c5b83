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

	"ssosync/internal/report"
)

// Options are those of [Run] and [Serve].
type Options struct {
	Out, Err   io.Writer // required: what was asked for, and words to people
	Color      bool
	Width      int    // columns; 0 is 80
	Version    string // of the program
	Executable string // how to call it: "ssosync", "go run ./cmd/ssosync"; "" is ssosync

	// GooglePort and AWSPort are where Serve listens on 127.0.0.1; 0 is any.
	GooglePort, AWSPort int
	// Fixture is a JSON file that Serve takes the Google directory from, and
	// reads again whenever it changes; "" is the company of the demo.
	Fixture string
	// WriteFixture has Serve write the company of the demo to Fixture first.
	// A file that is there already is an error.
	WriteFixture bool
}

func (o Options) withDefaults() Options {
	o.Width = cmp.Or(o.Width, 80)
	o.Executable = cmp.Or(o.Executable, "ssosync")
	return o
}

// Run tells a story in six scenes, each of them a run of ssosync from its
// configuration to the wire. It takes some seconds, most of them at the pace
// that AWS allows. The error is that of ctx when it ends before the story does.
func Run(ctx context.Context, o Options) error {
	o = o.withDefaults()
	l, err := open(ctx, Company(), ports{})
	if err != nil {
		return err
	}
	defer l.close(ctx)
	for _, dryRun := range []bool{true, false, false} {
		r, err := l.reconciler(o, nil, dryRun)
		if err != nil {
			return err
		}
		rep, err := r.Run(ctx)
		if err != nil {
			return fmt.Errorf("run: %w", err)
		}
		if err := report.Text(o.Out, rep, report.TextOptions{Color: o.Color, Width: o.Width}); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	return nil
}
