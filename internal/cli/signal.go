package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// UntilSignal returns a context that ends, with the signal as its cause, when
// the program is asked to stop by Ctrl-C or SIGTERM. A second signal ends the
// program at once. A signal that was ignored when the program began stays so, as
// shells have it for what runs in the background (POSIX: Shell Command Language,
// 2.12). A broken pipe is none of them: that nobody reads the output any more is
// no reason to stop in the middle of a sync.
func UntilSignal(parent context.Context) (ctx context.Context, stop func()) {
	signal.Ignore(syscall.SIGPIPE)
	var heeded []os.Signal
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(s) {
			heeded = append(heeded, s)
		}
	}
	if len(heeded) == 0 { // none would mean all
		return context.WithCancel(parent)
	}
	ctx, stop = signal.NotifyContext(parent, heeded...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
