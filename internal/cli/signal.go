package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// UntilSignal returns a context that ends, with the signal as its cause, when
// the program is asked to stop by Ctrl-C or SIGTERM. A second signal ends the
// program at once. A broken pipe is none of them: that nobody reads the output
// any more is no reason to stop in the middle of a sync.
func UntilSignal(parent context.Context) (ctx context.Context, stop func()) {
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop = signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
